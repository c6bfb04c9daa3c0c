// Placeholder: a tensor that every run which needs it must feed.
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace placeholder {

struct Attrs {
  Shape shape;
};

}  // namespace placeholder

OpDef PlaceholderOp() {
  using placeholder::Attrs;
  return Op<Attrs>("Placeholder")
      .Doc("A tensor of dtype `dtype` that must be fed; its shape must fit attribute shape.")
      .Output("output", "dtype")
      .TypeAttr("dtype")
      .Attr("shape", &Attrs::shape, Shape::Unknown())
      .Is(Structure::kPlaceholder)
      .Shape([](ShapeContext& c, const Attrs& t) { c.SetOut(0, t.shape); })
      .NoGradient("it has no inputs");
}

}  // namespace graphrun::ops
