// Qr: decomposition of matrices into an orthogonal and an upper triangular one.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/autodiff/gradients.h"
#include "core/base/parallel.h"
#include "core/base/size.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "ops/axis.h"

namespace graphrun::ops {
namespace qr {

struct Attrs {
  bool full;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  const Shape x = c.WithRankAtLeast(0, 2);
  if (!x.known_rank()) return;
  const int rank = x.rank();
  const int64_t m = x[rank - 2], n = x[rank - 1];
  const int64_t p = m < 0 || n < 0 ? kUnknownDim : std::min(m, n);
  Shape q = x, r = x;
  q.Set(rank - 1, t.full ? m : p);
  r.Set(rank - 2, t.full ? m : p);
  c.SetOut(0, q);
  c.SetOut(1, r);
}

// `columns` columns of the row-major matrix at `to` times the reflection I - tau·v·vᵀ from the
// left. `products` is scratch of as many elements. Walks along rows, which is how they lie in
// memory.
template <typename T>
void Reflect(const T* v, T tau, int64_t rows, T* to, int64_t stride, int64_t columns, T* products) {
  if (tau == 0) return;
  ParallelFor(columns, 65536 / (rows + 1) + 16, [&](int64_t begin, int64_t end) {
    std::fill(products + begin, products + end, T{0});
    for (int64_t i = 0; i < rows; ++i) {
      const T* row = to + i * stride;
      for (int64_t c = begin; c < end; ++c) products[c] += v[i] * row[c];
    }
    for (int64_t i = 0; i < rows; ++i) {
      T* row = to + i * stride;
      const T factor = tau * v[i];
      for (int64_t c = begin; c < end; ++c) row[c] -= factor * products[c];
    }
  });
}

// The vector v = (1, below the diagonal) of reflection j.
template <typename T>
void CopyVector(const T* a, int64_t m, int64_t n, int64_t j, T* v) {
  v[0] = 1;
  for (int64_t i = 1; i < m - j; ++i) v[i] = a[(j + i) * n + j];
}

// One matrix in place. A reflection gives the diagonal the sign that the column's head does not
// have, which makes the result the one that TensorFlow gives.
template <typename T>
void Decompose(T* a, T* taus, int64_t m, int64_t n, T* v, T* products) {
  for (int64_t j = 0; j < std::min(m, n); ++j) {
    T* const head = a + j * n + j;
    T squares = 0;
    for (int64_t i = 1; i < m - j; ++i) squares += head[i * n] * head[i * n];
    taus[j] = 0;
    if (squares <= std::numeric_limits<T>::min()) {
      for (int64_t i = 1; i < m - j; ++i) head[i * n] = 0;
      continue;
    }
    const T x = *head;
    const T norm = std::sqrt(x * x + squares);
    const T diagonal = x >= 0 ? -norm : norm;
    for (int64_t i = 1; i < m - j; ++i) head[i * n] /= x - diagonal;
    taus[j] = (diagonal - x) / diagonal;
    *head = diagonal;
    CopyVector(a, m, n, j, v);
    Reflect(v, taus[j], m - j, head + 1, n, n - j - 1, products);
  }
}

// q [m, columns] = the product of the reflections, applied to the unit matrix from the last on.
template <typename T>
void MakeQ(const T* a, const T* taus, int64_t m, int64_t n, int64_t columns, T* q, T* v,
           T* products) {
  std::fill_n(q, m * columns, T{0});
  for (int64_t i = 0; i < columns; ++i) q[i * columns + i] = 1;
  for (int64_t j = std::min(m, n) - 1; j >= 0; --j) {
    CopyVector(a, m, n, j, v);
    // Columns before j have nothing in the rows that the reflection changes.
    Reflect(v, taus[j], m - j, q + j * columns + j, columns, columns - j, products);
  }
}

template <typename T>
void Run(KernelContext& k) {
  const Shape &xs = k.In(0).shape(), &qs = k.Out(0).shape(), &rs = k.Out(1).shape();
  const int rank = xs.rank();
  const int64_t m = xs[rank - 2], n = xs[rank - 1], p = std::min(m, n);
  const int64_t columns = qs[rank - 1], rows = rs[rank - 2];
  const int64_t batch = CountElements(xs, 0, rank - 2);
  Tensor work = k.Scratch(kDTypeOf<T>, {CheckedAdd(CheckedMul(m, n), p, m, std::max(n, columns))});
  T* const a = work.data<T>();
  T *const taus = a + m * n, *const v = taus + p, *const products = v + m;
  const T* x = k.In(0).data<T>();
  T *q = k.Out(0).data<T>(), *r = k.Out(1).data<T>();
  for (int64_t b = 0; b < batch; ++b) {
    std::copy_n(x + b * m * n, m * n, a);
    Decompose(a, taus, m, n, v, products);
    MakeQ(a, taus, m, n, columns, q + b * m * columns, v, products);
    T* const to = r + b * rows * n;
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < n; ++j) to[i * n + j] = i < p && j >= i ? a[i * n + j] : T{0};
    }
  }
}

// --- gradient (Roberts and Roberts, "QR and LQ decomposition matrix backpropagation algorithms",
// arXiv:2009.10071)

Expr Product(const Scope& s, Expr a, Expr b, bool ta = false, bool tb = false) {
  return op::BatchMatMulV2(s, a, b, ta, tb);
}
Expr Transposed(const Scope& s, Expr x) {
  const int rank = x.shape().rank();
  std::vector<int32_t> perm(rank);
  for (int i = 0; i < rank; ++i) perm[i] = i;
  std::swap(perm[rank - 2], perm[rank - 1]);
  return op::Transpose(s, x, op::Ints(s, perm));
}
// x·r⁻ᵀ for upper triangular r.
Expr TimesInverse(const Scope& s, Expr x, Expr r) {
  return Transposed(s, s.Add("MatrixTriangularSolve", {r, Transposed(s, x)}, {{"lower", false}}));
}

// For square or tall a = q·r: with M = tril(qᵀ·dq - dqᵀ·q + r·drᵀ - dr·rᵀ),
// da = q·(dr + M·r⁻ᵀ) + (dq - q·qᵀ·dq)·r⁻ᵀ
Expr TallGrad(const Scope& s, Expr q, Expr r, Expr dq, Expr dr) {
  const Expr qdq = Product(s, q, dq, true), rdr = Product(s, r, dr, false, true);
  const Expr both =
      op::AddV2(s, op::Sub(s, qdq, Transposed(s, qdq)), op::Sub(s, rdr, Transposed(s, rdr)));
  const Expr lower =
      s.Add("MatrixBandPart", {both, op::Const<int64_t>(s, -1), op::Const<int64_t>(s, 0)});
  const Expr in_range = Product(s, q, op::AddV2(s, dr, TimesInverse(s, lower, r)));
  const Expr out_of_range = TimesInverse(s, op::Sub(s, dq, Product(s, q, qdq)), r);
  return op::AddV2(s, in_range, out_of_range);
}

// Columns [begin, end) of matrices; all to the last with end = 0.
Expr Columns(const Scope& s, Expr x, int begin, int end) {
  return op::StridedSlice(s, x, op::Ints(s, {0, begin}), op::Ints(s, {0, end}), op::Ints(s, {1, 1}),
                          {.end = end == 0 ? 2 : 0, .ellipsis = 1});
}

std::vector<Grad> Gradient(GradContext& g, const Attrs& t) {
  const Scope& s = g.scope();
  const Expr a = g.In(0), q = g.Out(0), r = g.Out(1);
  const int rank = a.shape().rank();
  const int64_t m = rank < 0 ? -1 : a.shape()[rank - 2], n = rank < 0 ? -1 : a.shape()[rank - 1];
  if (m < 0 || n < 0) {
    throw Error(Code::kUnimplemented,
                "Qr: the gradient needs the sizes of the matrices while the graph is built");
  }
  if (t.full && m > n) {
    throw Error(Code::kUnimplemented,
                "Qr: there is no gradient for full_matrices and more rows than columns; it is "
                "defined without full_matrices");
  }
  if (m >= n) return {TallGrad(s, q, r, g.DOut(0), g.DOut(1))};
  // a = [x, y], r = [u, v]: x = q·u is square, and y = q·v.
  const int split = static_cast<int>(m);
  const Expr dr = g.DOut(1), dv = Columns(s, dr, split, 0);
  const Expr dq = op::AddV2(s, g.DOut(0), Product(s, Columns(s, a, split, 0), dv, false, true));
  const Expr dx = TallGrad(s, q, Columns(s, r, 0, split), dq, Columns(s, dr, 0, split));
  return {op::Concat(s, {dx, Product(s, q, dv)}, -1)};
}

}  // namespace qr

OpDef QrOp() {
  using qr::Attrs;
  return Op<Attrs>("Qr")
      .Doc(
          "q [...,m,p] with orthonormal columns and upper triangular r [...,p,n], whose product is "
          "input [...,m,n], where p is the smaller of m and n, or m with full_matrices.")
      .Input("input", "T")
      .Output("q", "T")
      .Output("r", "T")
      .Attr("full_matrices", &Attrs::full, false)
      .TypeAttr("T", kFloats)
      .Shape(qr::InferShape)
      .Grad(qr::Gradient)
      .Kernel([](KernelContext& k) {
        ForFloat(k.In(0).dtype(), [&](auto zero) { qr::Run<decltype(zero)>(k); });
      });
}

}  // namespace graphrun::ops
