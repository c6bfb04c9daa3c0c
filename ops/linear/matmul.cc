// MatMul: product of two matrices, each optionally transposed first.
#include <optional>

#include "core/autodiff/gradients.h"
#include "core/base/parallel.h"
#include "core/base/size.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/batch_rules.h"
#include "ops/linear/gemm.h"
#include "ops/linear/packed_gemm.h"

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
  // Packs the right operand for each product.
  std::optional<PackedGemm> packed;
  size_t scratch_bytes() const {
    return packed ? CheckedBytes(packed->packed_size(), DType::kFloat) : 0;
  }
};

// oneDNN's sgemm reads a transposed right operand slowly: from so many rows on, packing it pays.
// With 1,024 by 256 of it, 128 rows take 0.8 of sgemm's time; with 30 rows both take the same.
bool Packs(const Plan& p, DType dtype) {
  constexpr int64_t kRows = 48, kColumns = 32, kInner = 32;
  return dtype == DType::kFloat && p.tb && p.m >= kRows && p.n >= kColumns && p.inner >= kInner;
}

Plan MakePlan(const KernelRequest& r, const Attrs& t) {
  Plan p{t.ta, t.tb, r.Out(0)[0], r.Out(0)[1], r.In(0)[t.ta ? 0 : 1], {}};
  if (Packs(p, r.InType(0))) p.packed.emplace(p.n, p.inner, NumThreads());
  return p;
}

void PackedProduct(KernelContext& k, const Plan& p) {
  Tensor packed = k.Scratch(DType::kFloat, {p.packed->packed_size()});
  p.packed->Pack(k.In(1).data<float>(), p.tb, p.inner, packed.data<float>());
  p.packed->Run(p.m, {k.In(0).data<float>(), p.ta ? p.m : p.inner, p.ta}, packed.data<float>(),
                k.Out(0).data<float>(), p.n, /*add=*/false);
}

void Kernel(KernelContext& k, const Plan& p) {
  if (p.packed) return PackedProduct(k, p);
  ForNumeric(k.Out(0).dtype(), [&](auto z) {
    using T = decltype(z);
    Gemm<T>(p.ta, p.tb, p.m, p.n, p.inner, k.In(0).data<T>(), k.In(1).data<T>(),
            k.Out(0).data<T>());
  });
}

// Rows of all trips times what is the same in all of them.
std::vector<Output> Batch(BatchContext& c, const Attrs& t) {
  if (t.ta || !c.Stacked(0) || c.Stacked(1)) return {};
  return {c.FromRows(c.Again({c.Rows(0), c.In(1)}), 0)};
}

// Products over the rows of each trip, added up, are one over the rows of all.
Output SumOfTrips(BatchContext& c, const Attrs& t) {
  if (!t.ta || t.tb || !c.Stacked(0) || !c.Stacked(1)) return {};
  return c.Again({c.Rows(0), c.Rows(1)});
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
      .Means(Meaning::kMatrixProduct)
      .Shape(matmul::InferShape)
      .Grad(matmul::Gradient)
      .Kernel(matmul::MakePlan, matmul::Kernel)
      .Batch(matmul::Batch)
      .BatchSum(matmul::SumOfTrips)
      .Cost([](const CostContext& c, const Attrs& t) {
        return Flops(2.0 * c.Out(0).num_elements() * c.In(0)[t.ta ? 0 : 1]);
      });
}

}  // namespace graphrun::ops
