// PlaceholderWithDefault: passes its input through unless another value is fed.
#include "core/autodiff/gradients.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace placeholder_with_default {

struct Attrs {
  Shape shape;
};

// The input may be more special than what can be fed, so only the attribute counts.
void InferShape(ShapeContext& c, const Attrs& t) {
  c.MergeShapes(c.In(0), t.shape, "the default's shape and attribute shape");
  c.SetOut(0, t.shape);
}

}  // namespace placeholder_with_default

OpDef PlaceholderWithDefaultOp() {
  using placeholder_with_default::Attrs;
  return Op<Attrs>("PlaceholderWithDefault")
      .Doc("The input, unless this op's output is fed. What is fed must fit attribute shape.")
      .Input("input", "dtype")
      .Output("output", "dtype")
      .TypeAttr("dtype")
      .Attr("shape", &Attrs::shape)
      .ViewOf(0)
      .Shape(placeholder_with_default::InferShape)
      .Grad([](GradContext& g) { return std::vector<Grad>{g.DOut(0)}; })
      .Kernel([](KernelContext& k) { k.SetOut(0, k.Take(0)); });
}

}  // namespace graphrun::ops
