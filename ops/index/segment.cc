// SegmentSum, SegmentMean, SegmentProd, SegmentMax, SegmentMin: rows joined by ascending ids.
#include "ops/index/segment.h"

#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"

namespace graphrun::ops {
namespace segment {

constexpr int64_t kGrain = 64 << 10;  // elements

void InferShape(ShapeContext& c) {
  const Shape data = c.WithRankAtLeast(0, 1), ids = c.WithRank(1, 1);
  if (!data.known_rank()) return;
  c.MergeDim(data[0], ids[0], "rows of data and segment_ids");
  c.SetOut(0, Concatenate({kUnknownDim}, data.From(1)));
}

// Columns [begin, end) of the rows of all segments. Segments without rows are 1 in a product, 0
// otherwise.
template <typename T>
void Join(SegmentMode mode, const Tensor& data, const Tensor& ids, int64_t width, int64_t begin,
          int64_t end, Tensor& out) {
  const T* x = data.data<T>();
  T* y = out.data<T>();
  const int64_t n = ids.num_elements(), segments = out.shape()[0];
  int64_t row = 0;
  for (int64_t id = 0; id < segments; ++id) {
    T* to = y + id * width;
    const int64_t first = row;
    for (; row < n && ids.int_at(row) == id; ++row) {
      const T* from = x + row * width;
      for (int64_t j = begin; j < end; ++j) {
        to[j] = row == first ? from[j] : JoinRows(mode, to[j], from[j]);
      }
    }
    const int64_t rows = row - first;
    if (rows == 0) std::fill(to + begin, to + end, T(mode == SegmentMode::kProd ? 1 : 0));
    if (rows > 1 && mode == SegmentMode::kMean) {
      for (int64_t j = begin; j < end; ++j) to[j] /= static_cast<T>(rows);
    }
  }
}

void Kernel(KernelContext& k, SegmentMode mode) {
  const Tensor &data = k.In(0), &ids = k.In(1);
  const Shape row = data.shape().From(1);
  Tensor& out = k.Allocate(0, data.dtype(), Concatenate({CountSegments(ids)}, row));
  const int64_t width = row.num_elements();
  ForNumeric(data.dtype(), [&](auto z) {
    ParallelFor(width, 1 + kGrain / (ids.num_elements() + 1), [&](int64_t begin, int64_t end) {
      Join<decltype(z)>(mode, data, ids, width, begin, end, out);
    });
  });
}

std::vector<Grad> Gradient(GradContext& g, SegmentMode mode) {
  const Scope& s = g.scope();
  const Expr data = g.In(0), ids = g.In(1);
  const auto gather = [&](Expr x) { return op::Gather(s, x, ids); };
  const SegmentGradient by = {[&](Expr x) {
                                return s.Add("SegmentSum", {x, ids});
                              },
                              [&](Expr x) {
                                return s.Add("SegmentProd", {x, ids});
                              },
                              gather, gather};
  if (mode == SegmentMode::kSum) return {gather(g.DOut(0)), {}};
  if (mode == SegmentMode::kProd) return {by.OfProd(g), {}};
  if (mode != SegmentMode::kMean) return {by.OfExtremum(g), {}};
  // A one for each row, of as many dimensions as data so that the counts are broadcast. Segments
  // without rows have a count of zero, and nobody gathers their share.
  const Expr rest = op::ExpandDims(s, op::Sub(s, op::Rank(s, data), op::Const(s, 1)), 0);
  const Expr shape = op::Concat(s, {g.ShapeOf(ids), op::Fill(s, rest, op::Const(s, 1))}, 0);
  const Expr counts = by.sum(op::Fill(s, shape, ScalarLike(g.DOut(0), 1)));
  return {gather(op::DivNoNan(s, g.DOut(0), counts)), {}};
}

OpDef Declare(const char* name, const std::string& what, SegmentMode mode) {
  return Op(name)
      .Doc("output[id, ...] is the " + what +
           " of data[i, ...] over all i with segment_ids[i] == id, for id from 0 to the last one; "
           "the ids ascend. INVALID_ARGUMENT when they do not, or are negative.")
      .Input("data", "T")
      .Input("segment_ids", "Tindices")
      .Output("output", "T")
      .TypeAttr("T", kNumbers)
      .TypeAttr("Tindices", kInts)
      .AllocatesOutputs()
      .Shape(InferShape)
      .Grad([mode](GradContext& g) { return Gradient(g, mode); })
      .Kernel([mode](KernelContext& k) { Kernel(k, mode); });
}

}  // namespace segment

int64_t CountSegments(const Tensor& ids) {
  const int64_t n = ids.num_elements();
  for (int64_t i = 0; i < n; ++i) {
    const int64_t id = ids.int_at(i);
    const auto fail = [&](const char* why) {
      ThrowInvalid("segment_ids[" + std::to_string(i) + "] = " + std::to_string(id) + why);
    };
    if (id < 0) fail(" is negative");
    if (i > 0 && id < ids.int_at(i - 1)) fail(" is less than the one before it");
    if (id == std::numeric_limits<int64_t>::max()) fail(" is too large");
  }
  return n > 0 ? ids.int_at(n - 1) + 1 : 0;
}

// With one zero in a segment only that element has a gradient, with more none has: products of the
// rest are taken with ones in place of zeros.
Expr SegmentGradient::OfProd(GradContext& g) const {
  const Scope& s = g.scope();
  const Expr x = g.In(0), y = g.Out(0), dy = g.DOut(0);
  const Expr zero = ScalarLike(x, 0), is_zero = op::Equal(s, x, zero);
  const Expr zeros = sum(op::Cast(s, is_zero, DType::kInt32));
  const Expr wanted =
      op::SelectV2(s, op::Greater(s, zeros, op::Const(s, 1)), op::ZerosLike(s, dy), dy);
  const Expr others = op::SelectV2(s, is_zero, op::OnesLike(s, x), x);
  const Expr slope = op::SelectV2(s, is_zero, any(prod(others)), op::RealDiv(s, any(y), others));
  return op::Mul(s, gather(wanted), slope);
}

// Shared evenly by all elements that equal the extremum. A segment without rows shares nothing.
Expr SegmentGradient::OfExtremum(GradContext& g) const {
  const Scope& s = g.scope();
  const Expr x = g.In(0), chosen = op::Equal(s, x, gather(g.Out(0)));
  const Expr shares = gather(op::DivNoNan(s, g.DOut(0), sum(op::Cast(s, chosen, x.dtype()))));
  return op::SelectV2(s, chosen, shares, op::ZerosLike(s, shares));
}

OpDef SegmentSumOp() { return segment::Declare("SegmentSum", "sum", SegmentMode::kSum); }
OpDef SegmentMeanOp() { return segment::Declare("SegmentMean", "mean", SegmentMode::kMean); }
OpDef SegmentProdOp() { return segment::Declare("SegmentProd", "product", SegmentMode::kProd); }
OpDef SegmentMaxOp() { return segment::Declare("SegmentMax", "maximum", SegmentMode::kMax); }
OpDef SegmentMinOp() { return segment::Declare("SegmentMin", "minimum", SegmentMode::kMin); }

}  // namespace graphrun::ops
