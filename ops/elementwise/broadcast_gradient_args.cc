// BroadcastGradientArgs: over which axes the gradients of two broadcast operands are summed.
#include <algorithm>

#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace broadcast_gradient_args {
namespace {

struct Axes {
  std::array<Shape, 2> of;  // as values, not as a shape
};

// The axes of the broadcast shape in which an operand has size 1 or is missing. Equal shapes have
// none.
Axes AxesOf(const Shape& s0, const Shape& s1) {
  Axes axes;
  if (s0 == s1) return axes;
  const int rank = std::max(s0.rank(), s1.rank());
  for (int i = 0; i < rank; ++i) {
    const int i0 = i - (rank - s0.rank()), i1 = i - (rank - s1.rank());
    const int64_t d0 = i0 < 0 ? 1 : s0[i0], d1 = i1 < 0 ? 1 : s1[i1];
    if (d0 != d1 && d0 != 1 && d1 != 1) {
      ThrowInvalid("shapes " + s0.ToString() + " and " + s1.ToString() +
                   " cannot be broadcast together");
    }
    if (d0 == 1) axes.of[0].Append(i);
    if (d1 == 1) axes.of[1].Append(i);
  }
  return axes;
}

void InferShape(ShapeContext& c) {
  const Shape s0 = c.ValueAsShape(0), s1 = c.ValueAsShape(1);
  c.WithRank(0, 1);
  c.WithRank(1, 1);
  c.SetOut(0, {kUnknownDim});
  c.SetOut(1, {kUnknownDim});
  if (!s0.fully_known() || !s1.fully_known()) return;
  const Axes axes = AxesOf(s0, s1);
  for (int i : {0, 1}) c.SetOut(i, {axes.of[i].rank()});
}

Shape ValueOf(const Tensor& t) {
  Shape s;
  for (int64_t i = 0; i < t.num_elements(); ++i) s.Append(t.int_at(i));
  return s;
}

void Kernel(KernelContext& k) {
  const Axes axes = AxesOf(ValueOf(k.In(0)), ValueOf(k.In(1)));
  const DType dtype = k.In(0).dtype();
  for (int i : {0, 1}) {
    Tensor& out = k.Allocate(i, dtype, {axes.of[i].rank()});
    ForInt(dtype, [&](auto zero) {
      using T = decltype(zero);
      std::ranges::transform(axes.of[i].dims(), out.data<T>(),
                             [](int64_t d) { return static_cast<T>(d); });
    });
  }
}

}  // namespace
}  // namespace broadcast_gradient_args

OpDef BroadcastGradientArgsOp() {
  return Op("BroadcastGradientArgs")
      .Doc(
          "For the shapes s0 and s1 of two operands that are broadcast together: the axes r0 over "
          "which the gradient "
          "is summed for the first, and r1 for the second. INVALID_ARGUMENT when they cannot be "
          "broadcast.")
      .Input("s0", "T")
      .Input("s1", "T")
      .Output("r0", "T")
      .Output("r1", "T")
      .TypeAttr("T", kInts, DType::kInt32)
      .Shape(broadcast_gradient_args::InferShape)
      .NoGradient("the operands are shapes")
      .Kernel(broadcast_gradient_args::Kernel)
      .AllocatesOutputs();
}

}  // namespace graphrun::ops
