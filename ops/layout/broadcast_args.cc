// BroadcastArgs: the shape of two operands that are broadcast together, from their shapes.
#include <algorithm>

#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace broadcast_args {

int64_t Dim(int64_t a, int64_t b) {
  if (a == 1) return b;
  if (b == 1 || a == b) return a;
  ThrowInvalid("BroadcastArgs: sizes " + std::to_string(a) + " and " + std::to_string(b) +
               " cannot be broadcast together");
}

void InferShape(ShapeContext& c) {
  const int64_t n0 = c.WithRank(0, 1)[0], n1 = c.WithRank(1, 1)[0];
  c.SetOut(0, {n0 < 0 || n1 < 0 ? kUnknownDim : std::max(n0, n1)});
}

Shape Elements(const PartialContext& c) {
  const Shape a = c.Value(0), b = c.Value(1);
  if (!a.known_rank() || !b.known_rank()) return Shape::Unknown();
  const int rank = std::max(a.rank(), b.rank());
  Shape out = Shape::UnknownOfRank(rank);
  for (int i = 1; i <= rank; ++i) {
    const int64_t d0 = i > a.rank() ? 1 : a[a.rank() - i], d1 = i > b.rank() ? 1 : b[b.rank() - i];
    // Beside an unknown one even a size above 1 is no result yet: they may not fit.
    out.Set(rank - i, d0 < 0 || d1 < 0 ? kUnknownDim : Dim(d0, d1));
  }
  return out;
}

void Kernel(KernelContext& k) {
  ForInt(k.Out(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::span<const T> a = k.In<T>(0), b = k.In<T>(1);
    const std::span<T> out = k.Out<T>(0);
    for (size_t i = 1; i <= out.size(); ++i) {
      const T d0 = i > a.size() ? 1 : a[a.size() - i], d1 = i > b.size() ? 1 : b[b.size() - i];
      out[out.size() - i] = static_cast<T>(Dim(d0, d1));
    }
  });
}

}  // namespace broadcast_args

OpDef BroadcastArgsOp() {
  return Op("BroadcastArgs")
      .Doc(
          "r0 is the shape of two operands of shapes s0 and s1, int vectors, that are broadcast "
          "together. INVALID_ARGUMENT when they cannot be.")
      .Input("s0", "T")
      .Input("s1", "T")
      .Output("r0", "T")
      .TypeAttr("T", kInts, DType::kInt32)
      .Shape(broadcast_args::InferShape)
      .Partial(broadcast_args::Elements)
      .NoGradient("the operands are shapes")
      .Kernel(broadcast_args::Kernel);
}

}  // namespace graphrun::ops
