// ListDiff: the elements of one vector that another does not have.
#include <functional>
#include <string>

#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "ops/index/position_table.h"

namespace graphrun::ops {
namespace list_diff {

struct Attrs {
  DType out_idx;
};

void InferShape(ShapeContext& c) {
  c.WithRank(0, 1);
  c.WithRank(1, 1);
  c.SetOut(0, {kUnknownDim});
  c.SetOut(1, {kUnknownDim});
}

template <typename T, typename Index>
void Run(KernelContext& k) {
  const auto x = k.In<T>(0), y = k.In<T>(1);
  const int64_t n = static_cast<int64_t>(x.size());
  PositionTable table(k, static_cast<int64_t>(y.size()));
  const auto hash = std::hash<T>();
  for (size_t i = 0; i < y.size(); ++i) {
    table.FindOrKeep(hash(y[i]), static_cast<int64_t>(i), [&](int64_t j) { return y[j] == y[i]; });
  }
  Tensor left = k.Scratch(DType::kInt64, {n});
  int64_t* const at = left.data<int64_t>();
  int64_t count = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (table.Find(hash(x[i]), [&](int64_t j) { return y[j] == x[i]; }) < 0) at[count++] = i;
  }
  const auto out = k.Allocate(0, kDTypeOf<T>, {count}).template span<T>();
  const auto idx = k.Allocate(1, kDTypeOf<Index>, {count}).template span<Index>();
  for (int64_t i = 0; i < count; ++i) {
    out[i] = x[at[i]];
    idx[i] = static_cast<Index>(at[i]);
  }
}

void Kernel(KernelContext& k, const Attrs& t) {
  const bool wide = t.out_idx == DType::kInt64;
  const auto run = [&](auto z) {
    using T = decltype(z);
    wide ? Run<T, int64_t>(k) : Run<T, int32_t>(k);
  };
  if (k.In(0).dtype() == DType::kString) return run(std::string());
  ForNumeric(k.In(0).dtype(), run);
}

}  // namespace list_diff

OpDef ListDiffOp() {
  return Op<list_diff::Attrs>("ListDiff")
      .Doc(
          "out has the elements of the vector x that the vector y does not have, in x's order, "
          "repeated as there; out[i] = x[idx[i]].")
      .Input("x", "T")
      .Input("y", "T")
      .Output("out", "T")
      .Output("idx", "out_idx")
      .TypeAttr("T", {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64, DType::kString})
      .TypeAttr("out_idx", &list_diff::Attrs::out_idx, kInts, DType::kInt32)
      .Shape(list_diff::InferShape)
      .NoGradient("positions of elements")
      .Kernel(list_diff::Kernel)
      .AllocatesOutputs();
}

}  // namespace graphrun::ops
