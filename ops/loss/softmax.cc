// Softmax, LogSoftmax: normalised exponentials along the last dimension, and their logarithms.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/autodiff/gradients.h"
#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "core/graph/tile_rule.h"
#include "ops/axis.h"
#include "ops/batch_rules.h"
#include "ops/loss/softmax_rows.h"

namespace graphrun::ops {
namespace softmax {

void InferShape(ShapeContext& c) { c.SetOut(0, c.WithRankAtLeast(0, 1)); }

// dx = (dy - sum(dy·y))·y, with the sum along the last dimension.
std::vector<Grad> Gradient(GradContext& g) {
  const Scope& s = g.scope();
  const Expr y = g.Out(0), dy = g.DOut(0);
  const Expr along = op::Sum(s, op::Mul(s, dy, y), {-1}, true);
  return {op::Mul(s, op::Sub(s, dy, along), y)};
}

// dx = dy - sum(dy)·exp(y)
std::vector<Grad> LogGradient(GradContext& g) {
  const Scope& s = g.scope();
  const Expr dy = g.DOut(0), all = op::Sum(s, dy, {-1}, true);
  return {op::Sub(s, dy, op::Mul(s, all, op::Exp(s, g.Out(0))))};
}

// exp(x[i] - max) of a row that holds NaN or infinity, where they are infinite, divided by their
// infinite sum: NaN there, 0 elsewhere. So does the library with which TensorFlow computes float32;
// its float64 is NaN in the whole row.
void FinishOddRow(int64_t n, float* y) {
  for (int64_t i = 0; i < n; ++i) {
    if (y[i] == y[i]) y[i] = 0;
  }
}
void FinishOddRow(int64_t n, double* y) {
  std::fill_n(y, n, std::numeric_limits<double>::quiet_NaN());
}

// A row of n > 0 elements; without kLog, `to` may be `from`.
template <bool kLog, typename T>
void Row(const T* from, int64_t n, T* to) {
  const ExpSum<T> row = ExpRow(from, n, to);
  if (kLog) {
    const T log_sum = std::log(row.sum);
    for (int64_t i = 0; i < n; ++i) to[i] = from[i] - row.max - log_sum;
  } else if (row.sum == row.sum) {
    ScaleRow(1 / row.sum, n, to);
  } else {
    FinishOddRow(n, to);
  }
}

TileRule Tiles(const KernelRequest& r) {
  TileRule rule;
  ForFloat(r.InType(0), [&](auto z) {
    using T = decltype(z);
    rule.rows = [](const RowCall& c) {
      Row<false>(static_cast<const T*>(c.in[0]), c.columns, static_cast<T*>(c.out[0]));
    };
  });
  rule.rows_grain = kSoftmaxGrain;
  rule.rows_in_place = true;
  return rule;
}

template <bool kLog>
void Kernel(KernelContext& k) {
  const Shape& shape = k.In(0).shape();
  const int64_t n = shape[shape.rank() - 1];
  if (n == 0) return;
  ForFloat(k.Out(0).dtype(), [&](auto z) {
    using T = decltype(z);
    const T* x = k.In(0).data<T>();
    T* y = k.Out(0).data<T>();
    ParallelFor(k.In(0).num_elements() / n, kSoftmaxGrain / n + 1, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) Row<kLog>(x + r * n, n, y + r * n);
    });
  });
}

}  // namespace softmax

OpDef SoftmaxOp() {
  return Op<>("Softmax")
      .Doc("softmax[...,j] = exp(logits[...,j]) / sum over the last dimension of exp(logits).")
      .Input("logits", "T")
      .Output("softmax", "T")
      .TypeAttr("T", kFloats)
      .Shape(softmax::InferShape)
      .Grad(softmax::Gradient)
      .Tiles(softmax::Tiles)
      .Kernel(softmax::Kernel<false>)
      .Batch(BatchStacked)
      .InPlace(0);
}

OpDef LogSoftmaxOp() {
  return Op<>("LogSoftmax")
      .Doc(
          "logsoftmax[...,j] = logits[...,j] - log of the sum over the last dimension of "
          "exp(logits).")
      .Input("logits", "T")
      .Output("logsoftmax", "T")
      .TypeAttr("T", kFloats)
      .Shape(softmax::InferShape)
      .Grad(softmax::LogGradient)
      .Kernel(softmax::Kernel<true>)
      .Batch(BatchStacked);
}

}  // namespace graphrun::ops
