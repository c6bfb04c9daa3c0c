// BroadcastGradientArgs: over which axes the gradients of two broadcast operands are summed.
#include <algorithm>
#include <array>
#include <vector>

#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace broadcast_gradient_args {
namespace {

// Sizes as the ops' inputs have them, negative ones too.
using Sizes = std::vector<int64_t>;
using Axes = std::array<Sizes, 2>;

std::string ToString(const Sizes& sizes) {
  std::string text;
  for (const int64_t size : sizes) text += (text.empty() ? "" : ",") + std::to_string(size);
  return "[" + text + "]";
}

// The axes of the broadcast shape in which an operand has size 1 or is missing. Equal shapes have
// none.
Axes AxesOf(const Sizes& s0, const Sizes& s1) {
  Axes axes;
  if (s0 == s1) return axes;
  const int64_t rank0 = std::ssize(s0), rank1 = std::ssize(s1), rank = std::max(rank0, rank1);
  for (int64_t i = 0; i < rank; ++i) {
    const int64_t i0 = i - (rank - rank0), i1 = i - (rank - rank1);
    const int64_t d0 = i0 < 0 ? 1 : s0[i0], d1 = i1 < 0 ? 1 : s1[i1];
    if (d0 != d1 && d0 != 1 && d1 != 1) {
      ThrowInvalid("shapes " + ToString(s0) + " and " + ToString(s1) +
                   " cannot be broadcast together");
    }
    if (d0 == 1) axes[0].push_back(i);
    if (d1 == 1) axes[1].push_back(i);
  }
  return axes;
}

Sizes ValueOf(const Tensor& t) {
  Sizes sizes(t.num_elements());
  for (int64_t i = 0; i < t.num_elements(); ++i) sizes[i] = t.int_at(i);
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
    sizes[i].assign(known.dims().begin(), known.dims().end());
  }
  const Axes axes = AxesOf(sizes[0], sizes[1]);
  for (int i : {0, 1}) c.SetOut(i, {std::ssize(axes[i])});
}

void Kernel(KernelContext& k) {
  const Axes axes = AxesOf(ValueOf(k.In(0)), ValueOf(k.In(1)));
  const DType dtype = k.In(0).dtype();
  for (int i : {0, 1}) {
    Tensor& out = k.Allocate(i, dtype, {std::ssize(axes[i])});
    ForInt(dtype, [&](auto zero) {
      using T = decltype(zero);
      std::ranges::transform(axes[i], out.data<T>(), [](int64_t d) { return static_cast<T>(d); });
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
