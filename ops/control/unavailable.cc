// _Unavailable: stands for a node of a model file that cannot run here.
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace unavailable {

struct Attrs {
  std::vector<DType> types;
  std::string op, reason, def;
  std::vector<std::string> output_names;
};

}  // namespace unavailable

OpDef UnavailableOp() {
  using unavailable::Attrs;
  return Op<Attrs>("_Unavailable")
      .Doc(
          "Stands for a node of op `op` in a model file that cannot run here, for `reason`; a run "
          "that needs it fails before it begins. Its outputs, of types Tout, may be fed. `def` is "
          "the node as the file has it; `output_names` are what functions call its outputs "
          "(\"values:0\"), as far as the file says it.")
      .Input("inputs", "Tin")
      .Output("outputs", "Tout")
      .TypeListAttr("Tin")
      .Attr("Tout", &Attrs::types)
      .Attr("op", &Attrs::op)
      .Attr("reason", &Attrs::reason, "")
      .Attr("def", &Attrs::def, "")
      .Attr("output_names", &Attrs::output_names, {})
      .Has(Effect::kOther)
      .Is(Structure::kUnavailable)
      .Shape([](ShapeContext& c, const Attrs& t) {
        for (size_t i = 0; i < t.types.size(); ++i) c.SetOut(static_cast<int>(i), Shape::Unknown());
      })
      .NoGradient("graphrun does not know the op");
}

}  // namespace graphrun::ops
