// ReverseV2: reverses dimensions.
#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace reverse {

void InferShape(ShapeContext& c) {
  c.WithRank(1, 1);
  if (c.In(0).known_rank() && c.Value(1)) AxesOf(*c.Value(1), c.In(0).rank());
  c.SetOut(0, c.In(0));
}

Move Plan(const KernelRequest& r) {
  const Shape& x = r.In(0);
  const auto strides = Strides(x);
  const AxisSet reversed = AxesOf(r.Value(1), x.rank());
  Move move;
  for (int i = 0; i < x.rank(); ++i) {
    const bool back = reversed[i];
    move.copy.Add(x[i], strides[i], back ? -strides[i] : strides[i]);
    if (back) move.from_begin += (x[i] - 1) * strides[i];
  }
  return move;
}

}  // namespace reverse

OpDef ReverseV2Op() {
  return Op<>("ReverseV2")
      .Doc(
          "output has the elements of tensor in reverse order along each dimension in the int "
          "vector axis. "
          "INVALID_ARGUMENT when an axis is out of range or occurs twice.")
      .Input("tensor", "T")
      .Input("axis", "Tidx")
      .Output("output", "T")
      .TypeAttr("T")
      .TypeAttr("Tidx", kInts, DType::kInt32)
      .Shape(reverse::InferShape)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::ReverseV2(g.scope(), g.DOut(0), g.In(1)), {}};
      })
      .Kernel(reverse::Plan, RunMove);
}

}  // namespace graphrun::ops
