// UnsortedSegmentSum, UnsortedSegmentProd, UnsortedSegmentMax, UnsortedSegmentMin: the rows that
// carry the same id, joined.
#include "core/autodiff/gradients.h"
#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/index/rows.h"
#include "ops/index/segment.h"

namespace graphrun::ops {
// Rows of negative id, which the op dropped, get zeros.
Expr GatherNonNegative(GradContext& g, Expr params, Expr ids) {
  const Scope& s = g.scope();
  const Expr zero = ScalarLike(ids, 0);
  const Expr rows = op::Gather(s, params, op::Maximum(s, ids, zero));
  Expr counted = op::GreaterEqual(s, ids, zero);
  // Dimensions of size 1 after those of ids, so that the mask is broadcast over rows.
  const Expr more = op::ExpandDims(s, op::Sub(s, op::Rank(s, rows), op::Rank(s, ids)), 0);
  Expr shape = op::Concat(s, {g.ShapeOf(ids), op::Fill(s, more, op::Const(s, 1))}, 0);
  if (ids.shape().fully_known() && rows.shape().known_rank()) {
    Shape mask = ids.shape();
    while (mask.rank() < rows.shape().rank()) mask.Append(1);
    shape = op::ShapeConst(s, mask);
  }
  counted = op::Reshape(s, counted, shape);
  return op::SelectV2(s, counted, rows, op::ZerosLike(s, rows));
}

namespace unsorted_segment {

constexpr int64_t kGrain = 64 << 10;  // additions

void InferShape(ShapeContext& c) {
  c.WithRank(2, 0);
  const Shape &data = c.In(0), &ids = c.In(1);
  const std::optional<int64_t> n = c.IntValue(2);
  if (n && *n < 0)
    ThrowInvalid(c.node().op->name + ": num_segments " + std::to_string(*n) + " is negative");
  if (!data.known_rank() || !ids.known_rank()) return;
  if (ids.rank() > data.rank()) {
    ThrowInvalid(c.node().op->name + ": segment_ids " + ids.ToString() +
                 " are not the first dimensions of data " + data.ToString());
  }
  c.MergeShapes(data.Slice(0, ids.rank()), ids, "first dimensions of data and segment_ids");
  c.SetOut(0, Concatenate({n.value_or(kUnknownDim)}, data.From(ids.rank())));
}

// What a segment without rows has.
template <typename T>
T Neutral(SegmentMode mode) {
  using Limits = std::numeric_limits<T>;
  if (mode == SegmentMode::kProd) return T(1);
  if (mode == SegmentMode::kMax) return Limits::lowest();
  return mode == SegmentMode::kMin ? Limits::max() : T(0);
}

void Kernel(KernelContext& k, SegmentMode mode) {
  const int64_t n = k.Out(0).shape()[0], count = k.In(1).num_elements();
  const int64_t width = CountElements(k.Out(0).shape(), 1, k.Out(0).shape().rank());
  for (int64_t i = 0; i < count; ++i) {
    if (k.In(1).int_at(i) >= n) ThrowIndexOutOfRange(i, k.In(1).int_at(i), n);
  }
  ForNumeric(k.Out(0).dtype(), [&](auto z) {
    using T = decltype(z);
    const T* x = k.In(0).data<T>();
    T* y = k.Out(0).data<T>();
    std::fill_n(y, n * width, Neutral<T>(mode));
    // Threads take columns, so that rows are joined in order.
    ParallelFor(width, kGrain / (count + 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = 0; i < count; ++i) {
        const int64_t id = k.In(1).int_at(i);
        if (id < 0) continue;
        T* to = y + id * width;
        const T* from = x + i * width;
        if (mode == SegmentMode::kSum) {
          for (int64_t j = begin; j < end; ++j) to[j] += from[j];
        } else {
          for (int64_t j = begin; j < end; ++j) to[j] = JoinRows(mode, to[j], from[j]);
        }
      }
    });
  });
}

std::vector<Grad> Gradient(GradContext& g, SegmentMode mode) {
  const Scope& s = g.scope();
  const Expr ids = g.In(1), count = g.In(2);
  const auto gather = [&](Expr x) { return GatherNonNegative(g, x, ids); };
  if (mode == SegmentMode::kSum) return {gather(g.DOut(0)), {}, {}};
  const SegmentGradient by = {
      [&](Expr x) { return op::UnsortedSegmentSum(s, x, ids, count); },
      [&](Expr x) {
        return s.Add("UnsortedSegmentProd", {x, ids, count});
      },
      gather, [&](Expr x) { return op::Gather(s, x, op::Maximum(s, ids, ScalarLike(ids, 0))); }};
  return {mode == SegmentMode::kProd ? by.OfProd(g) : by.OfExtremum(g), {}, {}};
}

OpDef Declare(const char* name, const std::string& what, const char* none, SegmentMode mode) {
  return Op<>(name)
      .Doc("output[id, ...] is the " + what +
           " of data[i, ...] over all i with segment_ids[i] == id, for id in [0, num_segments), " +
           none +
           " where there is none; i may be several dimensions. Rows of negative id are dropped. "
           "INVALID_ARGUMENT for an id of num_segments or more.")
      .Input("data", "T")
      .Input("segment_ids", "Tindices")
      .Input("num_segments", "Tnumsegments")
      .Output("output", "T")
      .TypeAttr("T", kNumbers)
      .TypeAttr("Tindices", kInts)
      .TypeAttr("Tnumsegments", kInts, DType::kInt32)
      .Shape(InferShape)
      .Grad([mode](GradContext& g) { return Gradient(g, mode); })
      .Kernel([mode](KernelContext& k) { Kernel(k, mode); });
}

}  // namespace unsorted_segment

OpDef UnsortedSegmentSumOp() {
  return unsorted_segment::Declare("UnsortedSegmentSum", "sum", "0", SegmentMode::kSum);
}
OpDef UnsortedSegmentProdOp() {
  return unsorted_segment::Declare("UnsortedSegmentProd", "product", "1", SegmentMode::kProd);
}
OpDef UnsortedSegmentMaxOp() {
  return unsorted_segment::Declare("UnsortedSegmentMax", "maximum", "the dtype's lowest number",
                                   SegmentMode::kMax);
}
OpDef UnsortedSegmentMinOp() {
  return unsorted_segment::Declare("UnsortedSegmentMin", "minimum", "the dtype's highest number",
                                   SegmentMode::kMin);
}

}  // namespace graphrun::ops
