// _Arg: a parameter of a function.
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace arg {

struct Attrs {
  int64_t index;
};

}  // namespace arg

OpDef ArgOp() {
  using arg::Attrs;
  return Op<Attrs>("_Arg")
      .Doc("Parameter number `index` of the function that holds it. Its shape is set from outside.")
      .Output("output", "T")
      .TypeAttr("T")
      .Attr("index", &Attrs::index)
      .Minimum(0)
      .Is(Structure::kArg)
      .Shape([](ShapeContext&) {})
      .NoGradient("it has no inputs");
}

}  // namespace graphrun::ops
