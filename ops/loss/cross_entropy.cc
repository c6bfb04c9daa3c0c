// SoftmaxCrossEntropyWithLogits, SparseSoftmaxCrossEntropyWithLogits: the loss of each row of
// logits, together with its gradient.
#include <cmath>

#include "core/autodiff/gradients.h"
#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "core/graph/tile_rule.h"
#include "ops/axis.h"
#include "ops/batch_rules.h"
#include "ops/layout/strided.h"
#include "ops/loss/softmax_rows.h"

namespace graphrun::ops {
namespace cross_entropy {

void InferDense(ShapeContext& c) {
  Shape x = Broadcast(c.In(0), c.In(1));
  if (!x.known_rank()) x = Shape::UnknownOfRank(2);
  if (x.rank() != 2) {
    ThrowInvalid("SoftmaxCrossEntropyWithLogits: features " + c.In(0).ToString() + " and labels " +
                 c.In(1).ToString() + " are no matrix together");
  }
  c.SetOut(0, x.Slice(0, 1));
  c.SetOut(1, x);
}

void InferSparse(ShapeContext& c) {
  Shape x = c.WithRank(0, 2);
  const int64_t rows =
      c.MergeDim(x[0], c.WithRank(1, 1)[0], "rows of features and number of labels");
  if (x[1] == 0)
    ThrowInvalid("SparseSoftmaxCrossEntropyWithLogits: features " + x.ToString() +
                 " have no class");
  x.Set(0, rows);
  c.SetOut(0, {rows});
  c.SetOut(1, x);
}

Expr Column(const Scope& s, Expr vector) { return op::ExpandDims(s, vector, -1); }

// With p = softmax(features): dfeatures = dloss·backprop, and, since backprop = p - labels,
// (dbackprop - sum(dbackprop·p))·p.
Expr FeaturesGradient(GradContext& g) {
  const Scope& s = g.scope();
  const Expr dx = op::Mul(s, Column(s, g.DOut(0)), g.Out(1));
  if (!g.HasDOut(1)) return dx;
  const Expr p = op::Softmax(s, g.In(0)), d = g.DOut(1);
  return op::AddV2(s, dx, op::Mul(s, op::Sub(s, d, op::Sum(s, op::Mul(s, d, p), {1}, true)), p));
}

// dlabels = -dloss·log p. As in TensorFlow, none for backprop, though it holds -labels.
std::vector<Grad> DenseGradient(GradContext& g) {
  const Scope& s = g.scope();
  std::vector<Grad> dx = g.None();
  if (g.Needs(0)) dx[0] = g.SumTo(0, FeaturesGradient(g));
  if (g.Needs(1)) {
    const Expr log = op::Neg(s, op::LogSoftmax(s, g.In(0)));
    dx[1] = g.SumTo(1, op::Mul(s, Column(s, g.DOut(0)), log));
  }
  return dx;
}

// Calls row(r, features of row r, backprop of row r) in parallel.
template <typename T, typename Row>
void ForRows(KernelContext& k, const T* x, Row&& row) {
  const Shape& shape = k.Out(1).shape();
  const int64_t n = shape[1];
  T* y = k.Out(1).data<T>();
  ParallelFor(shape[0], kSoftmaxGrain / (n + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) row(r, x + r * n, y + r * n);
  });
}

// Input i, repeated to the shape of backprop.
Tensor Repeated(KernelContext& k, int i) {
  const Shape &from = k.In(i).shape(), &to = k.Out(1).shape();
  if (from == to) return k.In(i);
  Tensor all = k.Scratch(k.In(i).dtype(), to);
  const auto dim = [&](int d) { return d < 2 - from.rank() ? 1 : from[d - (2 - from.rank())]; };
  StridedCopy copy;
  copy.Add(to[0], to[1], dim(0) == 1 ? 0 : dim(1));
  copy.Add(to[1], 1, dim(1) == 1 ? 0 : 1);
  copy.Run(all, 0, k.In(i), 0);
  return all;
}

// The loss of a row of n classes; writes its backprop to y, which is neither x nor label.
template <typename T>
T DenseRow(const T* x, const T* label, int64_t n, T* y) {
  T sum = 0;
  if (n == 0) return sum;
  const ExpSum<T> row = ExpRow(x, n, y);
  const T shift = row.max + std::log(row.sum), factor = 1 / row.sum;
  for (int64_t i = 0; i < n; ++i) {
    sum += label[i] * (shift - x[i]);
    y[i] = y[i] * factor - label[i];
  }
  return sum;
}

void DenseKernel(KernelContext& k) {
  const int64_t n = k.Out(1).shape()[1];
  const Tensor features = Repeated(k, 0), all_labels = Repeated(k, 1);
  ForFloat(k.Out(0).dtype(), [&](auto z) {
    using T = decltype(z);
    const T* labels = all_labels.data<T>();
    T* loss = k.Out(0).data<T>();
    ForRows<T>(k, features.data<T>(),
               [&](int64_t r, const T* x, T* y) { loss[r] = DenseRow(x, labels + r * n, n, y); });
  });
}

TileRule DenseTiles(const KernelRequest& r) {
  TileRule rule;
  if (r.In(0) != r.In(1)) return rule;
  ForFloat(r.InType(0), [&](auto z) {
    using T = decltype(z);
    rule.rows = [](const RowCall& c) {
      *static_cast<T*>(c.out[0]) =
          DenseRow(static_cast<const T*>(c.in[0]), static_cast<const T*>(c.in[1]), c.columns,
                   static_cast<T*>(c.out[1]));
    };
  });
  rule.rows_grain = kSoftmaxGrain;
  return rule;
}

// The loss of row r of n classes; writes its backprop to y, which may be x.
template <typename T>
T SparseRow(int64_t r, const T* x, int64_t label, int64_t n, T* y) {
  if (label < 0 || label >= n) {
    ThrowInvalid("SparseSoftmaxCrossEntropyWithLogits: label " + std::to_string(label) +
                 " of row " + std::to_string(r) + " is outside the valid range [0, " +
                 std::to_string(n) + ")");
  }
  const T chosen = x[label];
  const ExpSum<T> row = ExpRow(x, n, y);
  ScaleRow(1 / row.sum, n, y);
  y[label] -= 1;
  return std::log(row.sum) - (chosen - row.max);
}

void SparseKernel(KernelContext& k) {
  const int64_t n = k.In(0).shape()[1];
  ForFloat(k.Out(0).dtype(), [&](auto z) {
    using T = decltype(z);
    T* loss = k.Out(0).data<T>();
    ForRows<T>(k, k.In(0).data<T>(), [&](int64_t r, const T* x, T* y) {
      loss[r] = SparseRow(r, x, k.In(1).int_at(r), n, y);
    });
  });
}

// Of the rows of all trips.
std::vector<Output> Batch(BatchContext& c) {
  if (!c.Stacked(0) || !c.Stacked(1) || c.InShape(1).rank() < 1 ||
      c.InShape(0)[0] != c.InShape(1)[0]) {
    return {};
  }
  const Output rows = c.Again({c.Rows(0), c.Rows(1)});
  return {c.FromRows(rows, 0), c.FromRows({rows.node, 1}, 1)};
}

TileRule SparseTiles(const KernelRequest& r) {
  TileRule rule;
  ForFloat(r.InType(0), [&](auto z) {
    ForInt(r.InType(1), [&](auto i) {
      using T = decltype(z);
      using Label = decltype(i);
      rule.rows = [](const RowCall& c) {
        *static_cast<T*>(c.out[0]) =
            SparseRow(c.row, static_cast<const T*>(c.in[0]), *static_cast<const Label*>(c.in[1]),
                      c.columns, static_cast<T*>(c.out[1]));
      };
    });
  });
  rule.rows_grain = kSoftmaxGrain;
  rule.rows_in_place = true;
  return rule;
}

}  // namespace cross_entropy

OpDef SoftmaxCrossEntropyWithLogitsOp() {
  return Op<>("SoftmaxCrossEntropyWithLogits")
      .Doc(
          "For features and labels [rows,classes], broadcast, where each row of labels is a "
          "distribution: "
          "loss[r] is the sum of "
          "-labels[r,j] * log softmax(features[r])[j], and backprop [rows,classes] its gradient, "
          "softmax - labels. "
          "INVALID_ARGUMENT when the shapes do not fit.")
      .Input("features", "T")
      .Input("labels", "T")
      .Output("loss", "T")
      .Output("backprop", "T")
      .TypeAttr("T", kFloats)
      .Shape(cross_entropy::InferDense)
      .Grad(cross_entropy::DenseGradient)
      .Tiles(cross_entropy::DenseTiles)
      .Kernel(cross_entropy::DenseKernel)
      .Batch(cross_entropy::Batch);
}

OpDef SparseSoftmaxCrossEntropyWithLogitsOp() {
  return Op<>("SparseSoftmaxCrossEntropyWithLogits")
      .Doc(
          "For features [rows,classes] and int labels [rows]: loss[r] = -log "
          "softmax(features[r])[labels[r]], and "
          "backprop [rows,classes] its gradient. INVALID_ARGUMENT when a label is not in [0, "
          "classes).")
      .Input("features", "T")
      .Input("labels", "Tlabels")
      .Output("loss", "T")
      .Output("backprop", "T")
      .TypeAttr("T", kFloats)
      .TypeAttr("Tlabels", kInts, DType::kInt64)
      .Shape(cross_entropy::InferSparse)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {cross_entropy::FeaturesGradient(g), {}};
      })
      .Tiles(cross_entropy::SparseTiles)
      .Kernel(cross_entropy::SparseKernel)
      .Batch(cross_entropy::Batch)
      .InPlace(0, 1);
}

}  // namespace graphrun::ops
