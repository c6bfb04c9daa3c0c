// MatrixTriangularSolve: systems of equations with triangular matrices.
#include <algorithm>

#include "core/autodiff/gradients.h"
#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "ops/axis.h"

namespace graphrun::ops {
namespace matrix_triangular_solve {

struct Attrs {
  bool lower, adjoint;
};

void InferShape(ShapeContext& c) {
  const Shape a = c.WithRankAtLeast(0, 2), b = c.WithRankAtLeast(1, 2);
  if (!a.known_rank() || !b.known_rank()) return;
  const int ra = a.rank(), rb = b.rank();
  const int64_t m = c.MergeDim(a[ra - 2], a[ra - 1], "sides of the square matrix");
  Shape out = Broadcast(a.Slice(0, ra - 2), b.Slice(0, rb - 2));
  out.Append(c.MergeDim(m, b[rb - 2], "sizes of matrix and right-hand side"));
  out.Append(b[rb - 1]);
  c.SetOut(0, out);
}

// Where matrix number i of the broadcast batch lies in an operand, in matrices.
int64_t MatrixAt(int64_t i, const Shape& out, const Shape& operand) {
  int64_t at = 0, stride = 1;
  for (int d = out.rank() - 3, o = operand.rank() - 3; o >= 0; --d, --o) {
    if (operand[o] > 1) at += i % out[d] * stride;
    i /= out[d];
    stride *= operand[o];
  }
  return at;
}

// op(a)·x = x, row by row from the end where there is one unknown.
template <typename T>
void Solve(const T* a, T* x, int64_t m, int64_t n, const Attrs& t) {
  const bool forward = t.lower != t.adjoint;
  for (int64_t step = 0; step < m; ++step) {
    const int64_t i = forward ? step : m - 1 - step;
    T* const row = x + i * n;
    for (int64_t j = forward ? 0 : i + 1; j < (forward ? i : m); ++j) {
      const T factor = t.adjoint ? a[j * m + i] : a[i * m + j];
      for (int64_t c = 0; c < n; ++c) row[c] -= factor * x[j * n + c];
    }
    for (int64_t c = 0; c < n; ++c) row[c] /= a[i * m + i];
  }
}

template <typename T>
void Run(KernelContext& k, const Attrs& t) {
  const Shape &as = k.In(0).shape(), &bs = k.In(1).shape(), &out = k.Out(0).shape();
  const int rank = out.rank();
  const int64_t m = out[rank - 2], n = out[rank - 1];
  if (out.num_elements() == 0) return;
  const T *a = k.In(0).data<T>(), *b = k.In(1).data<T>();
  T* x = k.Out(0).data<T>();
  ParallelFor(CountElements(out, 0, rank - 2), 65536 / (m * m * n) + 1,
              [&](int64_t begin, int64_t end) {
                for (int64_t i = begin; i < end; ++i) {
                  std::copy_n(b + MatrixAt(i, out, bs) * m * n, m * n, x + i * m * n);
                  Solve(a + MatrixAt(i, out, as) * m * m, x + i * m * n, m, n, t);
                }
              });
}

// db = op(a)⁻ᵀ·dx; da = -db·xᵀ, or its transpose with adjoint, in the triangle that is used.
std::vector<Grad> Gradient(GradContext& g, const Attrs& t) {
  const Scope& s = g.scope();
  const Expr x = g.Out(0);
  const Expr db = s.Add("MatrixTriangularSolve", {g.In(0), g.DOut(0)},
                        {{"lower", t.lower}, {"adjoint", !t.adjoint}});
  std::vector<Grad> grads(2);
  if (g.Needs(0)) {
    const Expr product = t.adjoint ? op::BatchMatMulV2(s, x, db, false, true)
                                   : op::BatchMatMulV2(s, db, x, false, true);
    const Expr da =
        s.Add("MatrixBandPart", {op::Neg(s, product), op::Const<int64_t>(s, t.lower ? -1 : 0),
                                 op::Const<int64_t>(s, t.lower ? 0 : -1)});
    grads[0] = g.SumTo(0, da);
  }
  if (g.Needs(1)) grads[1] = g.SumTo(1, db);
  return grads;
}

}  // namespace matrix_triangular_solve

OpDef MatrixTriangularSolveOp() {
  using matrix_triangular_solve::Attrs;
  return Op<Attrs>("MatrixTriangularSolve")
      .Doc(
          "output x of matrix x = rhs, for matrix [...,m,m] and rhs [...,m,n], whose batch "
          "dimensions are broadcast. Only the lower triangle of matrix is used, or the upper one "
          "when `lower` is false; adjoint transposes it. A zero on the diagonal "
          "gives infinities and NaNs.")
      .Input("matrix", "T")
      .Input("rhs", "T")
      .Output("output", "T")
      .Attr("lower", &Attrs::lower, true)
      .Attr("adjoint", &Attrs::adjoint, false)
      .TypeAttr("T", kFloats)
      .Shape(matrix_triangular_solve::InferShape)
      .Grad(matrix_triangular_solve::Gradient)
      .Kernel([](KernelContext& k, const Attrs& t) {
        ForFloat(k.Out(0).dtype(),
                 [&](auto zero) { matrix_triangular_solve::Run<decltype(zero)>(k, t); });
      });
}

}  // namespace graphrun::ops
