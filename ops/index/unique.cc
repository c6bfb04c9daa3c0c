// Unique: the distinct elements of a vector.
#include <algorithm>
#include <bit>
#include <functional>
#include <string>

#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace unique {

struct Attrs {
  DType out_idx;
};

void InferShape(ShapeContext& c) {
  c.SetOut(0, {kUnknownDim});
  c.SetOut(1, c.WithRank(0, 1));
}

template <typename T, typename Index>
void Run(KernelContext& k) {
  const auto x = k.In<T>(0);
  const int64_t n = static_cast<int64_t>(x.size());
  const auto position = k.Allocate(1, kDTypeOf<Index>, {n}).template span<Index>();
  // Open addressing: the table holds positions of first occurrences, -1 where it is free.
  const uint64_t buckets = std::bit_ceil<uint64_t>(2 * n + 1);
  Tensor table = k.Scratch(DType::kInt64, {static_cast<int64_t>(buckets)});
  Tensor first = k.Scratch(DType::kInt64, {n});
  int64_t *slots = table.data<int64_t>(), *firsts = first.data<int64_t>();
  std::fill_n(slots, buckets, -1);
  int64_t count = 0;
  for (int64_t i = 0; i < n; ++i) {
    uint64_t at = std::hash<T>()(x[i]) * 0x9E3779B97F4A7C15ull >> 7 & (buckets - 1);
    while (slots[at] >= 0 && !(x[firsts[slots[at]]] == x[i])) at = (at + 1) & (buckets - 1);
    if (slots[at] < 0) {
      firsts[count] = i;
      slots[at] = count++;
    }
    position[i] = static_cast<Index>(slots[at]);
  }
  const auto y = k.Allocate(0, kDTypeOf<T>, {count}).template span<T>();
  for (int64_t i = 0; i < count; ++i) y[i] = x[firsts[i]];
}

void Kernel(KernelContext& k, const Attrs& t) {
  const bool wide = t.out_idx == DType::kInt64;
  const auto run = [&](auto z) {
    using T = decltype(z);
    wide ? Run<T, int64_t>(k) : Run<T, int32_t>(k);
  };
  if (k.In(0).dtype() == DType::kString) return run(std::string());
  ForNumericOrBool(k.In(0).dtype(), run);
}

}  // namespace unique

OpDef UniqueOp() {
  return Op<unique::Attrs>("Unique")
      .Doc(
          "y has the distinct elements of the vector x in order of their first occurrence; x[i] = "
          "y[idx[i]].")
      .Input("x", "T")
      .Output("y", "T")
      .Output("idx", "out_idx")
      .TypeAttr("T")
      .TypeAttr("out_idx", &unique::Attrs::out_idx, kInts, DType::kInt32)
      .Shape(unique::InferShape)
      .NoGradient("positions of elements")
      .Kernel(unique::Kernel)
      .AllocatesOutputs();
}

}  // namespace graphrun::ops
