// BroadcastGradientArgs: over which axes the gradients of two broadcast operands are summed.
#include <algorithm>
#include <array>
#include <limits>

#include "core/base/per_dim.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace broadcast_gradient_args {
namespace {

// Sizes as the ops' inputs have them, negative ones too.
using Sizes = PerDim<int64_t>;
// Of each operand the first `count` elements.
struct Axes {
  explicit Axes(int rank) : axes{Sizes(rank), Sizes(rank)} {}
  std::array<Sizes, 2> axes;
  std::array<int, 2> count{};
};

std::string ToString(const Sizes& sizes) {
  std::string text;
  for (const int64_t size : sizes) text += (text.empty() ? "" : ",") + std::to_string(size);
  return "[" + text + "]";
}

// The axes of the broadcast shape in which an operand has size 1 or is missing. Equal shapes have
// none.
Axes AxesOf(const Sizes& s0, const Sizes& s1) {
  const int rank0 = s0.size(), rank1 = s1.size(), rank = std::max(rank0, rank1);
  Axes axes(rank);
  if (std::ranges::equal(s0, s1)) return axes;
  for (int i = 0; i < rank; ++i) {
    const int i0 = i - (rank - rank0), i1 = i - (rank - rank1);
    const int64_t d0 = i0 < 0 ? 1 : s0[i0], d1 = i1 < 0 ? 1 : s1[i1];
    if (d0 != d1 && d0 != 1 && d1 != 1) {
      ThrowInvalid("shapes " + ToString(s0) + " and " + ToString(s1) +
                   " cannot be broadcast together");
    }
    if (d0 == 1) axes.axes[0][axes.count[0]++] = i;
    if (d1 == 1) axes.axes[1][axes.count[1]++] = i;
  }
  return axes;
}

Sizes ValueOf(const Tensor& t) {
  if (t.num_elements() > std::numeric_limits<int>::max())
    ThrowInvalid("a shape has fewer than " + std::to_string(t.num_elements()) + " dimensions");
  Sizes sizes(static_cast<int>(t.num_elements()));
  for (int i = 0; i < sizes.size(); ++i) sizes[i] = t.int_at(i);
  return sizes;
}

void InferShape(ShapeContext& c) {
  c.WithRank(0, 1);
  c.WithRank(1, 1);
  c.SetOut(0, {kUnknownDim});
  c.SetOut(1, {kUnknownDim});
  std::array<Sizes, 2> sizes;
  for (int i : {0, 1}) {
    if (const Tensor* value = c.Value(i)) {
      sizes[i] = ValueOf(*value);
      continue;
    }
    const Shape known = c.ValueAsShape(i);
    if (!known.fully_known()) return;
    sizes[i] = Sizes(known.rank());
    std::ranges::copy(known.dims(), sizes[i].begin());
  }
  const Axes axes = AxesOf(sizes[0], sizes[1]);
  for (int i : {0, 1}) c.SetOut(i, {axes.count[i]});
}

void Kernel(KernelContext& k) {
  const Axes axes = AxesOf(ValueOf(k.In(0)), ValueOf(k.In(1)));
  const DType dtype = k.In(0).dtype();
  for (int i : {0, 1}) {
    Tensor& out = k.Allocate(i, dtype, {axes.count[i]});
    ForInt(dtype, [&](auto zero) {
      using T = decltype(zero);
      std::transform(axes.axes[i].begin(), axes.axes[i].begin() + axes.count[i], out.data<T>(),
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
