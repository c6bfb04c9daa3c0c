// UnsortedSegmentSum: sums of the rows that carry the same id.
#include "core/base/parallel.h"
#include "core/graph/gradients.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/builders.h"
#include "ops/index/rows.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace unsorted_segment_sum {

constexpr int64_t kGrain = 64 << 10;  // additions

void InferShape(ShapeContext& c) {
  c.WithRank(2, 0);
  const Shape &data = c.In(0), &ids = c.In(1);
  const std::optional<int64_t> n = c.IntValue(2);
  if (n && *n < 0)
    ThrowInvalid("UnsortedSegmentSum: num_segments " + std::to_string(*n) + " is negative");
  if (!data.known_rank() || !ids.known_rank()) return;
  if (ids.rank() > data.rank()) {
    ThrowInvalid("UnsortedSegmentSum: segment_ids " + ids.ToString() +
                 " are not the first dimensions of data " + data.ToString());
  }
  c.MergeShapes(data.Slice(0, ids.rank()), ids, "first dimensions of data and segment_ids");
  c.SetOut(0, Concatenate({n.value_or(kUnknownDim)}, data.From(ids.rank())));
}

// Each row gets its segment's gradient; rows of negative id, which were dropped, get zeros.
std::vector<Grad> Gradient(GradContext& g) {
  const Scope& s = g.scope();
  const Expr ids = g.In(1),
             zero = s.Const(ids.dtype() == DType::kInt32 ? Tensor::Scalar<int32_t>(0)
                                                         : Tensor::Scalar<int64_t>(0));
  const Expr rows = op::Gather(s, g.DOut(0), op::Maximum(s, ids, zero));
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
  return {op::SelectV2(s, counted, rows, op::ZerosLike(s, rows)), {}, {}};
}

void Kernel(KernelContext& k) {
  const int64_t n = k.Out(0).shape()[0], count = k.In(1).num_elements();
  const int64_t width = CountElements(k.Out(0).shape(), 1, k.Out(0).shape().rank());
  for (int64_t i = 0; i < count; ++i) {
    if (k.In(1).int_at(i) >= n) ThrowIndexOutOfRange(i, k.In(1).int_at(i), n);
  }
  ClearElements(k.Out(0));
  ForNumeric(k.Out(0).dtype(), [&](auto z) {
    using T = decltype(z);
    const T* x = k.In(0).data<T>();
    T* y = k.Out(0).data<T>();
    // Threads take columns, so that rows are added in order.
    ParallelFor(width, kGrain / (count + 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = 0; i < count; ++i) {
        const int64_t id = k.In(1).int_at(i);
        for (int64_t j = begin; id >= 0 && j < end; ++j) y[id * width + j] += x[i * width + j];
      }
    });
  });
}

}  // namespace unsorted_segment_sum

OpDef UnsortedSegmentSumOp() {
  return Op<>("UnsortedSegmentSum")
      .Doc(
          "output[id, ...] is the sum of data[i, ...] over all i with segment_ids[i] == id, for id "
          "in "
          "[0, num_segments); i may be several dimensions. Rows of negative id are dropped. "
          "INVALID_ARGUMENT for an id "
          "of num_segments or more.")
      .Input("data", "T")
      .Input("segment_ids", "Tindices")
      .Input("num_segments", "Tnumsegments")
      .Output("output", "T")
      .TypeAttr("T", kNumbers)
      .TypeAttr("Tindices", kInts)
      .TypeAttr("Tnumsegments", kInts, DType::kInt32)
      .Shape(unsorted_segment_sum::InferShape)
      .Grad(unsorted_segment_sum::Gradient)
      .Kernel(unsorted_segment_sum::Kernel);
}

}  // namespace graphrun::ops
