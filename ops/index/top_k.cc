// TopK, TopKV2: the largest elements of each row. InTopK, InTopKV2: whether a class is among them.
#include <algorithm>
#include <cmath>

#include "core/autodiff/gradients.h"
#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"

namespace graphrun::ops {
namespace top_k {

struct Attrs {
  int64_t k;
  bool sorted;  // the order is the sorted one anyway
};
struct V2Attrs {
  bool sorted;
};
struct InAttrs {
  int64_t k;
};

void InferAt(ShapeContext& c, int64_t count) {
  const Shape x = c.WithRankAtLeast(0, 1);
  if (!x.known_rank()) return;
  const int64_t columns = x[x.rank() - 1];
  if (count < -1) ThrowInvalid(c.node().op->name + ": k is " + std::to_string(count));
  if (columns >= 0 && count > columns) {
    ThrowInvalid(c.node().op->name + ": input of shape " + x.ToString() +
                 " must have at least k = " + std::to_string(count) + " columns");
  }
  Shape y = x;
  y.Set(y.rank() - 1, count);
  c.SetOut(0, y);
  c.SetOut(1, y);
}

void InferV2(ShapeContext& c) {
  c.WithRank(1, 0);
  const std::optional<int64_t> count = c.IntValue(1);
  if (count && *count < 0) {
    ThrowInvalid("TopKV2: k is " + std::to_string(*count) + "; it must be at least 0");
  }
  InferAt(c, count.value_or(kUnknownDim));
}

// The k best of n kept as a heap in the output itself, whose top is the worst of them. Of equal
// elements the first is the better; NaN is worse than any number.
template <typename T, typename Index>
void Row(const T* x, int64_t n, int64_t count, T* values, Index* indices) {
  const auto better = [x](Index a, Index b) {
    if (x[a] > x[b] || (x[b] != x[b] && x[a] == x[a])) return true;
    if (x[b] > x[a] || (x[a] != x[a] && x[b] == x[b])) return false;
    return a < b;
  };
  Index* const end = indices + count;
  for (int64_t i = 0; i < count; ++i) indices[i] = static_cast<Index>(i);
  std::make_heap(indices, end, better);
  for (int64_t i = count; i < n; ++i) {
    if (!better(static_cast<Index>(i), *indices)) continue;
    std::pop_heap(indices, end, better);
    end[-1] = static_cast<Index>(i);
    std::push_heap(indices, end, better);
  }
  std::sort_heap(indices, end, better);
  for (int64_t i = 0; i < count; ++i) values[i] = x[indices[i]];
}

void Kernel(KernelContext& k) {
  const Shape &x = k.In(0).shape(), &y = k.Out(0).shape();
  const int64_t n = x[x.rank() - 1], count = y[y.rank() - 1];
  if (count == 0 || n == 0) return;
  ForNumeric(k.In(0).dtype(), [&](auto z) {
    using T = decltype(z);
    ForInt(k.Out(1).dtype(), [&](auto i) {
      using Index = decltype(i);
      const T* from = k.In(0).data<T>();
      T* values = k.Out(0).data<T>();
      Index* indices = k.Out(1).data<Index>();
      ParallelFor(k.In(0).num_elements() / n, 1 + (1 << 14) / n, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          Row(from + row * n, n, count, values + row * count, indices + row * count);
        }
      });
    });
  });
}

// Each value's gradient goes back to where it came from, by positions in the flattened input.
Expr Gradient(GradContext& g) {
  const Scope& s = g.scope();
  const Expr x = g.In(0), shape = g.ShapeOf(x);
  Expr at = g.Out(1);
  if (at.dtype() != DType::kInt32) at = op::Cast(s, at, DType::kInt32);
  const auto part = [&](Expr dims, bool last) {
    return last ? op::StridedSlice(s, dims, op::Ints(s, {-1}), op::Ints(s, {0}), op::Ints(s, {1}),
                                   {.end = 1})
                : op::StridedSlice(s, dims, op::Ints(s, {0}), op::Ints(s, {-1}), op::Ints(s, {1}),
                                   {.begin = 1});
  };
  const Expr scalar = op::Ints(s, {}), flat = op::Ints(s, {-1});
  const Expr rows = op::Prod(s, part(shape, false), std::vector<int32_t>{0});
  const Expr offsets = op::Mul(s, op::Range(s, op::Const(s, 0), rows, op::Const(s, 1)),
                               op::Reshape(s, part(shape, true), scalar));
  const Expr matrix = op::Concat(s, {op::ExpandDims(s, rows, 0), part(op::Shape(s, at), true)}, 0);
  const Expr ids = op::Reshape(
      s, op::AddV2(s, op::Reshape(s, at, matrix), op::ExpandDims(s, offsets, -1)), flat);
  const Expr sums = op::UnsortedSegmentSum(s, op::Reshape(s, g.DOut(0), flat), ids,
                                           op::Prod(s, shape, std::vector<int32_t>{0}));
  return op::Reshape(s, sums, shape);
}

void InferIn(ShapeContext& c) {
  const Shape x = c.WithRank(0, 2), targets = c.WithRank(1, 1);
  if (c.num_inputs() > 2) c.WithRank(2, 0);
  c.SetOut(0, {c.MergeDim(x[0], targets[0], "rows of predictions and targets")});
}

// Whether fewer than `count` elements of a row exceed that of the target. Never where the target is
// no class or an element is not finite.
void InKernel(KernelContext& k, int64_t count) {
  const int64_t rows = k.In(0).shape()[0], n = k.In(0).shape()[1];
  const auto out = k.Out<bool>(0);
  for (int64_t i = 0; i < rows; ++i) {
    const float* x = k.In(0).data<float>() + i * n;
    const int64_t target = k.In(1).int_at(i);
    out[i] = target >= 0 && target < n &&
             std::all_of(x, x + n, [](float v) { return std::isfinite(v); }) &&
             std::count_if(x, x + n, [&](float v) { return v > x[target]; }) < count;
  }
}

}  // namespace top_k

OpDef TopKOp() {
  using top_k::Attrs;
  return Op<Attrs>("TopK")
      .Doc(
          "The k largest elements of each row of input [..., n], the largest first and the first "
          "of equal ones first: values and indices [..., k]. INVALID_ARGUMENT when k > n.")
      .Input("input", "T")
      .Output("values", "T")
      .Output("indices", "int32")
      .Attr("k", &Attrs::k)
      .Minimum(0)
      .Attr("sorted", &Attrs::sorted, true)
      .TypeAttr("T", kNumbers)
      .Shape([](ShapeContext& c, const Attrs& t) { top_k::InferAt(c, t.k); })
      .Grad([](GradContext& g) -> std::vector<Grad> { return {top_k::Gradient(g)}; })
      .Kernel(top_k::Kernel);
}

OpDef TopKV2Op() {
  using Attrs = top_k::V2Attrs;
  return Op<Attrs>("TopKV2")
      .Doc(
          "The k largest elements of each row of input [..., n], the largest first and the first "
          "of equal ones first: values and indices [..., k]. INVALID_ARGUMENT when k > n.")
      .Input("input", "T")
      .Input("k", "Tk")
      .Output("values", "T")
      .Output("indices", "index_type")
      .Attr("sorted", &Attrs::sorted, true)
      .TypeAttr("T", kNumbers)
      .TypeAttr("Tk", kInts, DType::kInt32)
      .TypeAttr("index_type", kInts, DType::kInt32)
      .Shape(top_k::InferV2)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {top_k::Gradient(g), {}};
      })
      .Kernel(top_k::Kernel);
}

OpDef InTopKOp() {
  using Attrs = top_k::InAttrs;
  return Op<Attrs>("InTopK")
      .Doc(
          "Whether predictions[i, targets[i]] is among the k largest of its row, ties counting as "
          "among them: bool [n] for predictions [n, classes]. False where the target is no class "
          "or a prediction of the row is not finite.")
      .Input("predictions", "float32")
      .Input("targets", "T")
      .Output("precision", "bool")
      .Attr("k", &Attrs::k)
      .TypeAttr("T", kInts, DType::kInt32)
      .Shape([](ShapeContext& c, const Attrs& t) {
        if (t.k != static_cast<int32_t>(t.k)) {
          ThrowInvalid("InTopK: k is " + std::to_string(t.k) + "; it must be an int32");
        }
        top_k::InferIn(c);
      })
      .NoGradient("its output is bool")
      .Kernel([](KernelContext& k, const Attrs& t) { top_k::InKernel(k, t.k); });
}

OpDef InTopKV2Op() {
  return Op("InTopKV2")
      .Doc("InTopK with k as an input.")
      .Input("predictions", "float32")
      .Input("targets", "T")
      .Input("k", "T")
      .Output("precision", "bool")
      .TypeAttr("T", kInts, DType::kInt32)
      .Shape(top_k::InferIn)
      .NoGradient("its output is bool")
      .Kernel([](KernelContext& k) { top_k::InKernel(k, k.In(2).int_at(0)); });
}

}  // namespace graphrun::ops
