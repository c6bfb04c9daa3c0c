// MatMul: product of two matrices, each optionally transposed first.
#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/linear/gemm.h"

namespace graphrun::ops {
namespace matmul {

struct Attrs {
  bool ta, tb;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  const Shape a = c.WithRank(0, 2), b = c.WithRank(1, 2);
  c.MergeDim(a[t.ta ? 0 : 1], b[t.tb ? 1 : 0], "inner dimension");
  c.SetOut(0, {a[t.ta ? 1 : 0], b[t.tb ? 0 : 1]});
}

// d op(a) = dy·op(b)ᵀ, d op(b) = op(a)ᵀ·dy; a transposed operand takes the transpose of that
// product.
std::vector<Grad> Gradient(GradContext& g, const Attrs& t) {
  const Expr a = g.In(0), b = g.In(1), dy = g.DOut(0);
  const Scope& s = g.scope();
  std::vector<Grad> dx = g.None();
  if (g.Needs(0))
    dx[0] = t.ta ? op::MatMul(s, b, dy, t.tb, true) : op::MatMul(s, dy, b, false, !t.tb);
  if (g.Needs(1))
    dx[1] = t.tb ? op::MatMul(s, dy, a, true, t.ta) : op::MatMul(s, a, dy, !t.ta, false);
  return dx;
}

struct Plan {
  bool ta, tb;
  int64_t m, n, inner;
};

Plan MakePlan(const KernelRequest& r, const Attrs& t) {
  return {t.ta, t.tb, r.Out(0)[0], r.Out(0)[1], r.In(0)[t.ta ? 0 : 1]};
}

void Kernel(KernelContext& k, const Plan& p) {
  ForNumeric(k.Out(0).dtype(), [&](auto z) {
    using T = decltype(z);
    Gemm<T>(p.ta, p.tb, p.m, p.n, p.inner, k.In(0).data<T>(), k.In(1).data<T>(),
            k.Out(0).data<T>());
  });
}

}  // namespace matmul

OpDef MatMulOp() {
  using matmul::Attrs;
  return Op<Attrs>("MatMul")
      .Doc(
          "product [m,n] = op(a) [m,k] times op(b) [k,n], where op transposes if transpose_a or "
          "transpose_b is set. "
          "INVALID_ARGUMENT unless both are matrices with the same k.")
      .Input("a", "T")
      .Input("b", "T")
      .Output("product", "T")
      .Attr("transpose_a", &Attrs::ta, false)
      .Attr("transpose_b", &Attrs::tb, false)
      .TypeAttr("T", kNumbers)
      .Shape(matmul::InferShape)
      .Grad(matmul::Gradient)
      .Kernel(matmul::MakePlan, matmul::Kernel)
      .Cost([](const CostContext& c, const Attrs& t) {
        return Flops(2.0 * c.Out(0).num_elements() * c.In(0)[t.ta ? 0 : 1]);
      });
}

}  // namespace graphrun::ops
