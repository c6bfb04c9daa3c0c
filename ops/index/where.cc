// Where: the positions of all elements that are not zero.
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace where {

void InferShape(ShapeContext& c) {
  const Shape x = c.WithRankAtLeast(0, 1);
  c.SetOut(0, {kUnknownDim, x.known_rank() ? x.rank() : kUnknownDim});
}

void Kernel(KernelContext& k) {
  ForNumericOrBool(k.In(0).dtype(), [&](auto z) {
    using T = decltype(z);
    const auto x = k.In<T>(0);
    const Shape& shape = k.In(0).shape();
    const int rank = shape.rank();
    int64_t count = 0;
    for (const T& v : x) count += v != T{0};
    int64_t* y = k.Allocate(0, DType::kInt64, {count, rank}).template data<int64_t>();
    for (int64_t i = 0; i < static_cast<int64_t>(x.size()); ++i) {
      if (x[i] == T{0}) continue;
      int64_t rest = i;
      for (int d = rank - 1; d >= 0; --d) {
        y[d] = rest % shape[d];
        rest /= shape[d];
      }
      y += rank;
    }
  });
}

}  // namespace where

OpDef WhereOp() {
  return Op<>("Where")
      .Doc(
          "index is int64 [n,rank]: the positions of the n elements of input that are true, or not "
          "zero, in row-major "
          "order.")
      .Input("input", "T")
      .Output("index", "int64")
      .TypeAttr("T", {}, DType::kBool)
      .Shape(where::InferShape)
      .NoGradient("positions of elements")
      .Kernel(where::Kernel)
      .AllocatesOutputs();
}

}  // namespace graphrun::ops
