// ReverseV2: reverses dimensions.
#include "core/graph/gradients.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/builders.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace reverse {

void InferShape(ShapeContext& c) {
  c.WithRank(1, 1);
  if (c.In(0).known_rank() && c.Value(1)) AxesOf(*c.Value(1), c.In(0).rank());
  c.SetOut(0, c.In(0));
}

void Kernel(KernelContext& k) {
  const Shape& x = k.In(0).shape();
  const auto strides = Strides(x);
  const AxisSet reversed = AxesOf(k.In(1), x.rank());
  StridedCopy copy;
  int64_t begin = 0;
  for (int i = 0; i < x.rank(); ++i) {
    const bool back = reversed[i];
    copy.Add(x[i], strides[i], back ? -strides[i] : strides[i]);
    if (back) begin += (x[i] - 1) * strides[i];
  }
  copy.Run(k.Out(0), 0, k.In(0), begin);
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
      .Kernel(reverse::Kernel);
}

}  // namespace graphrun::ops
