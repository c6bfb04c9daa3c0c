// MatMul: product of two matrices, each optionally transposed first.
#include <optional>

#include "core/autodiff/gradients.h"
#include "core/base/parallel.h"
#include "core/base/size.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/batch_rules.h"
#include "ops/linear/blocked_gemm.h"
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
  std::optional<BlockedGemm> blocked;
  size_t scratch_bytes() const {
    return blocked ? CheckedBytes(blocked->scratch_size(), DType::kFloat) : 0;
  }
};

// oneDNN's sgemm reads a transposed right operand slowly: from so many rows on, laying it out
// ourselves pays. Without AVX-512, its time for the others depends on sizes and places: on a Zen 3
// core, GFLOP/s of sgemm and ours, [6400,319]ᵀ by [6400,1024] 44 and 71, [1024,512]ᵀ by [1024,128]
// 36 and 72, [128,1024] by [1024,512] 61 and 84, [600,200] by [200,800] 75 and 77, [6400,256] by
// [256,1024] 87 and 82.
bool Blocks(const Plan& p, DType dtype) {
  constexpr int64_t kRows = 48, kColumns = 32, kInner = 32, kLeast = 16, kShortVector = 8;
  if (dtype != DType::kFloat) return false;
  if (p.tb && !p.ta) return p.m >= kRows && p.n >= kColumns && p.inner >= kInner;
  return GemmKernelsHere().lanes <= kShortVector && p.m >= kLeast && p.n >= kLeast &&
         p.inner >= kInner &&
         static_cast<double>(p.m) * static_cast<double>(p.n) * static_cast<double>(p.inner) >=
             kParallelWork;
}

Plan MakePlan(const KernelRequest& r, const Attrs& t) {
  Plan p{t.ta, t.tb, r.Out(0)[0], r.Out(0)[1], r.In(0)[t.ta ? 0 : 1], {}};
  if (Blocks(p, r.InType(0)))
    p.blocked.emplace(BlockedGemm::Sizes{p.m, p.n, p.inner, p.ta, p.tb}, NumThreads());
  return p;
}

void Kernel(KernelContext& k, const Plan& p) {
  if (p.blocked) {
    Tensor scratch = k.Scratch(DType::kFloat, {p.blocked->scratch_size()});
    return p.blocked->Run(k.In(0).data<float>(), k.In(1).data<float>(), k.Out(0).data<float>(),
                          scratch.data<float>());
  }
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
