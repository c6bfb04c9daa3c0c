// SparseSegmentSum, SparseSegmentMean, SparseSegmentSqrtN, the same WithNumSegments, and ...Grad:
// rows chosen by index, joined by ascending segment ids.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/index/rows.h"
#include "ops/index/segment.h"

namespace graphrun::ops {
namespace sparse_segment {

// What a sum of n rows is divided by: 1, n, √n.
enum class Norm { kNone, kMean, kSqrt };

template <typename T>
T Divisor(Norm norm, int64_t n) {
  if (norm == Norm::kNone || n < 2) return T(1);
  return norm == Norm::kMean ? static_cast<T>(n)
                             : static_cast<T>(std::sqrt(static_cast<double>(n)));
}

struct Attrs {
  bool sparse_gradient;  // kept for saving: says how TensorFlow represents the gradient
};

void InferShape(ShapeContext& c) {
  const Shape data = c.WithRankAtLeast(0, 1);
  c.MergeDim(c.WithRank(1, 1)[0], c.WithRank(2, 1)[0], "sizes of indices and segment_ids");
  std::optional<int64_t> segments;
  if (c.num_inputs() > 3) {
    c.WithRank(3, 0);
    segments = c.IntValue(3);
    if (segments && *segments < 0) ThrowInvalid("num_segments " + std::to_string(*segments));
  }
  if (data.known_rank()) c.SetOut(0, Concatenate({segments.value_or(kUnknownDim)}, data.From(1)));
}

// The number of segments; INVALID_ARGUMENT unless the ids ascend from 0 or more and stay below it.
int64_t NumSegments(const KernelContext& k) {
  const int64_t used = CountSegments(k.In(2));
  // TensorFlow's kernels count segments in int32.
  if (used > std::numeric_limits<int32_t>::max())
    ThrowInvalid("segment_ids has " + std::to_string(used - 1) + ", which is too large");
  if (k.num_inputs() < 4) return used;
  const int64_t segments = k.In(3).int_at(0);
  if (segments < used) {
    ThrowInvalid("num_segments is " + std::to_string(segments) + ", and a segment id is " +
                 std::to_string(used - 1));
  }
  return segments;
}

int64_t CheckedIndex(const Tensor& indices, int64_t i, int64_t rows) {
  const int64_t index = indices.int_at(i);
  if (index < 0 || index >= rows) ThrowIndexOutOfRange(i, index, rows);
  return index;
}

void Kernel(KernelContext& k, Norm norm) {
  const Tensor &data = k.In(0), &indices = k.In(1), &ids = k.In(2);
  const Shape row = data.shape().From(1);
  const int64_t n = ids.num_elements(), rows = data.shape()[0], width = row.num_elements();
  Tensor& out = k.Allocate(0, data.dtype(), Concatenate({NumSegments(k)}, row));
  ForNumeric(data.dtype(), [&](auto z) {
    using T = decltype(z);
    const T* x = data.data<T>();
    T* y = out.data<T>();
    std::fill_n(y, out.num_elements(), T(0));
    for (int64_t first = 0, i = 0; first < n; first = i) {
      const int64_t id = ids.int_at(first);
      T* to = y + id * width;
      for (i = first; i < n && ids.int_at(i) == id; ++i) {
        const T* from = x + CheckedIndex(indices, i, rows) * width;
        for (int64_t j = 0; j < width; ++j) to[j] += from[j];
      }
      const T divisor = Divisor<T>(norm, i - first);
      for (int64_t j = 0; divisor != T(1) && j < width; ++j) to[j] /= divisor;
    }
  });
}

void InferGrad(ShapeContext& c) {
  const Shape grad = c.WithRankAtLeast(0, 1);
  c.MergeDim(c.WithRank(1, 1)[0], c.WithRank(2, 1)[0], "sizes of indices and segment_ids");
  c.WithRank(3, 0);
  const std::optional<int64_t> rows = c.IntValue(3);
  if (rows && *rows < 0) ThrowInvalid("output_dim0 " + std::to_string(*rows) + " is negative");
  if (grad.known_rank()) c.SetOut(0, Concatenate({rows.value_or(kUnknownDim)}, grad.From(1)));
}

void GradKernel(KernelContext& k, Norm norm) {
  const Tensor &grad = k.In(0), &indices = k.In(1), &ids = k.In(2);
  const int64_t n = ids.num_elements(), segments = grad.shape()[0], rows = k.Out(0).shape()[0];
  const int64_t width = CountElements(grad.shape(), 1, grad.shape().rank());
  if (rows == 0) return;  // as TensorFlow, whatever the indices are
  Tensor sizes = k.Scratch(DType::kInt64, {segments});
  int64_t* const size = sizes.data<int64_t>();
  std::fill_n(size, segments, 0);
  for (int64_t i = 0; i < n; ++i) {
    if (ids.int_at(i) < 0 || ids.int_at(i) >= segments) {
      ThrowInvalid("segment_ids[" + std::to_string(i) + "] = " + std::to_string(ids.int_at(i)) +
                   " is not in [0, " + std::to_string(segments) + ")");
    }
    ++size[ids.int_at(i)];
  }
  ForFloat(grad.dtype(), [&](auto z) {
    using T = decltype(z);
    T* y = k.Out(0).data<T>();
    std::fill_n(y, k.Out(0).num_elements(), T(0));
    for (int64_t i = 0; i < n; ++i) {
      const int64_t id = ids.int_at(i);
      const T scale = T(1) / Divisor<T>(norm, size[id]);
      const T* from = grad.data<T>() + id * width;
      T* to = y + CheckedIndex(indices, i, rows) * width;
      for (int64_t j = 0; j < width; ++j) to[j] += from[j] * scale;
    }
  });
}

const char* Name(Norm norm) {
  return norm == Norm::kNone ? "Sum" : norm == Norm::kMean ? "Mean" : "SqrtN";
}

Expr Rows(GradContext& g, Expr x) {
  return op::Reshape(
      g.scope(),
      op::Slice(g.scope(), g.ShapeOf(x), op::Ints(g.scope(), {0}), op::Ints(g.scope(), {1})),
      op::Ints(g.scope(), {}));
}

OpDef Declare(Norm norm, bool sized) {
  const std::string name = std::string("SparseSegment") + Name(norm);
  Op<Attrs> op(name + (sized ? "WithNumSegments" : ""));
  op.Doc(
        "output[id, ...] is the sum of data[indices[i], ...] over all i with segment_ids[i] == id, "
        "for Mean divided by their number, for SqrtN by its root; 0 where there is none. The ids "
        "ascend; there are as many segments as num_segments says, or up to the last id. "
        "INVALID_ARGUMENT for ids that do not ascend or are out of range, and for an index out of "
        "range.")
      .Input("data", "T")
      .Input("indices", "Tidx")
      .Input("segment_ids", "Tsegmentids");
  if (sized)
    op.Input("num_segments", "Tnumsegments").TypeAttr("Tnumsegments", kInts, DType::kInt32);
  return op.Output("output", "T")
      .TypeAttr("T", norm == Norm::kNone ? kNumbers : kFloats)
      .TypeAttr("Tidx", kInts, DType::kInt32)
      .TypeAttr("Tsegmentids", kInts, DType::kInt32)
      .Attr("sparse_gradient", &Attrs::sparse_gradient, false)
      .AllocatesOutputs()
      .Shape(InferShape)
      .Grad([name](GradContext& g) {
        std::vector<Grad> grads = g.None();
        grads[0] = g.scope().Add(name + "Grad", {g.DOut(0), g.In(1), g.In(2), Rows(g, g.In(0))});
        return grads;
      })
      .Kernel([norm](KernelContext& k) { Kernel(k, norm); });
}

OpDef DeclareGrad(Norm norm) {
  const std::string name = std::string("SparseSegment") + Name(norm);
  return Op<>(name + "Grad")
      .Doc("The gradient of " + name +
           " for its data, which has output_dim0 rows, from that of its output.")
      .Input("grad", "T")
      .Input("indices", "Tidx")
      .Input("segment_ids", "Tsegmentids")
      .Input("output_dim0", "int32")
      .Output("output", "T")
      .TypeAttr("T", kFloats)
      .TypeAttr("Tidx", kInts, DType::kInt32)
      .TypeAttr("Tsegmentids", kInts, DType::kInt32)
      .Shape(InferGrad)
      .Grad([name](GradContext& g) -> std::vector<Grad> {
        return {g.scope().Add(name + "WithNumSegments",
                              {g.DOut(0), g.In(1), g.In(2), Rows(g, g.In(0))}),
                {},
                {},
                {}};
      })
      .Kernel([norm](KernelContext& k) { GradKernel(k, norm); });
}

}  // namespace sparse_segment

using SparseNorm = sparse_segment::Norm;
OpDef SparseSegmentSumOp() { return sparse_segment::Declare(SparseNorm::kNone, false); }
OpDef SparseSegmentMeanOp() { return sparse_segment::Declare(SparseNorm::kMean, false); }
OpDef SparseSegmentSqrtNOp() { return sparse_segment::Declare(SparseNorm::kSqrt, false); }
OpDef SparseSegmentSumWithNumSegmentsOp() {
  return sparse_segment::Declare(SparseNorm::kNone, true);
}
OpDef SparseSegmentMeanWithNumSegmentsOp() {
  return sparse_segment::Declare(SparseNorm::kMean, true);
}
OpDef SparseSegmentSqrtNWithNumSegmentsOp() {
  return sparse_segment::Declare(SparseNorm::kSqrt, true);
}
OpDef SparseSegmentSumGradOp() { return sparse_segment::DeclareGrad(SparseNorm::kNone); }
OpDef SparseSegmentMeanGradOp() { return sparse_segment::DeclareGrad(SparseNorm::kMean); }
OpDef SparseSegmentSqrtNGradOp() { return sparse_segment::DeclareGrad(SparseNorm::kSqrt); }

}  // namespace graphrun::ops
