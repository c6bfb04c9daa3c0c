// _Unavailable: stands for a node of a model file that cannot run here.
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace unavailable {

struct Attrs {
  std::vector<DType> types;
  std::string op, reason, def, function_def;
  int64_t code;
  bool stateful;
  std::vector<std::string> output_names;
};

}  // namespace unavailable

OpDef UnavailableOp() {
  using unavailable::Attrs;
  return Op<Attrs>("_Unavailable")
      .Doc(
          "Stands for a node of op `op` in a model file that cannot run here, for `reason` (empty: "
          "the op does not exist here). A run that needs it fails with canonical code `code`: "
          "before it begins, or, inside a branch or a body, when it gets there. Its outputs, of "
          "types Tout, may be fed. `stateful` says that the node may do more than compute them. "
          "`def` is the node as the file has it; `output_names` are what functions call its "
          "outputs (\"values:0\"), as far as the file says it. `function_def` is what the file has "
          "of the function whose whole body it stands for.")
      .Input("inputs", "Tin")
      .Output("outputs", "Tout")
      .TypeListAttr("Tin")
      .Attr("Tout", &Attrs::types)
      .Attr("op", &Attrs::op)
      .Attr("reason", &Attrs::reason, "")
      .Attr("code", &Attrs::code, static_cast<int>(Code::kUnimplemented))
      .Attr("stateful", &Attrs::stateful, true)
      .Attr("def", &Attrs::def, "")
      .Attr("function_def", &Attrs::function_def, "")
      .Attr("output_names", &Attrs::output_names, {})
      .Has(Effect::kOther)
      .Is(Structure::kUnavailable)
      .Shape([](ShapeContext& c, const Attrs& t) {
        for (size_t i = 0; i < t.types.size(); ++i) c.SetOut(static_cast<int>(i), Shape::Unknown());
      })
      .NoGradient("graphrun does not know the op");
}

}  // namespace graphrun::ops
