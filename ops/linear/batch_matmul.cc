// BatchMatMul, BatchMatMulV2, BatchMatMulV3: products of the matrices in the last two dimensions.
#include <algorithm>

#include "core/autodiff/gradients.h"
#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/linear/gemm.h"

namespace graphrun::ops {
namespace batch_matmul {

// Multiplications of one product from which on it is better to split the product than the batch.
constexpr double kLargeProduct = 1 << 22;

struct Attrs {
  bool tx, ty;
  DType a, b, out;  // of V3
};

template <bool kBroadcast>
void InferShape(ShapeContext& c, const Attrs& t) {
  const Shape x = c.WithRankAtLeast(0, 2), y = c.WithRankAtLeast(1, 2);
  if (!x.known_rank() || !y.known_rank()) return;
  const int rx = x.rank(), ry = y.rank();
  c.MergeDim(x[t.tx ? rx - 2 : rx - 1], y[t.ty ? ry - 1 : ry - 2], "inner dimension");
  const Shape bx = x.Slice(0, rx - 2), by = y.Slice(0, ry - 2);
  Shape out = kBroadcast ? Broadcast(bx, by) : c.MergeShapes(bx, by, "batch dimensions");
  out.Append(x[t.tx ? rx - 1 : rx - 2]);
  out.Append(y[t.ty ? ry - 2 : ry - 1]);
  c.SetOut(0, out);
}

// As MatMul's; what broadcasting repeated is summed.
std::vector<Grad> Gradient(GradContext& g, const Attrs& t) {
  const Expr x = g.In(0), y = g.In(1), dz = g.DOut(0);
  const Scope& s = g.scope();
  std::vector<Grad> dx = g.None();
  if (g.Needs(0)) {
    dx[0] = g.SumTo(0, t.tx ? op::BatchMatMulV2(s, y, dz, t.ty, true)
                            : op::BatchMatMulV2(s, dz, y, false, !t.ty));
  }
  if (g.Needs(1)) {
    dx[1] = g.SumTo(1, t.ty ? op::BatchMatMulV2(s, dz, x, true, t.tx)
                            : op::BatchMatMulV2(s, x, dz, !t.tx, false));
  }
  return dx;
}

// Where matrix number i of the broadcast batch lies in an operand, in matrices.
int64_t MatrixAt(int64_t i, const Shape& batch, const Shape& operand) {
  int64_t at = 0, stride = 1;
  for (int d = batch.rank() - 1, o = operand.rank() - 3; d >= 0; --d, --o) {
    const int64_t position = i % batch[d];
    i /= batch[d];
    if (o < 0) break;
    if (operand[o] > 1) at += position * stride;
    stride *= operand[o];
  }
  return at;
}

struct Plan {
  bool tx, ty;
  int64_t m, n, inner, count, grain;
  Shape batch;
};

Plan MakePlan(const KernelRequest& r, const Attrs& t) {
  const Shape &x = r.In(0), &z = r.Out(0);
  Plan p{.tx = t.tx,
         .ty = t.ty,
         .m = z[z.rank() - 2],
         .n = z[z.rank() - 1],
         .inner = x[x.rank() - (t.tx ? 2 : 1)],
         .count = 0,
         .grain = 0,
         .batch = z.Slice(0, z.rank() - 2)};
  p.count = p.batch.num_elements();
  const double work = static_cast<double>(p.m) * p.n * p.inner;
  p.grain = work >= kLargeProduct ? p.count : static_cast<int64_t>(65536 / std::max(work, 1.0)) + 1;
  return p;
}

template <typename T>
void Run(KernelContext& k, const Plan& p) {
  const Shape &xs = k.In(0).shape(), &ys = k.In(1).shape();
  const T *x = k.In(0).data<T>(), *y = k.In(1).data<T>();
  T* z = k.Out(0).data<T>();
  ParallelFor(p.count, p.grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      Gemm<T>(p.tx, p.ty, p.m, p.n, p.inner, x + MatrixAt(i, p.batch, xs) * p.m * p.inner,
              y + MatrixAt(i, p.batch, ys) * p.inner * p.n, z + i * p.m * p.n);
    }
  });
}

void Kernel(KernelContext& k, const Plan& p) {
  ForNumeric(k.Out(0).dtype(), [&](auto z) { Run<decltype(z)>(k, p); });
}

void InferV3Shape(ShapeContext& c, const Attrs& t) {
  if (t.a != t.b || t.a != t.out) {
    throw Error(Code::kUnimplemented, "BatchMatMulV3 of " + std::string(DTypeName(t.a)) + " and " +
                                          std::string(DTypeName(t.b)) + " into " +
                                          std::string(DTypeName(t.out)) +
                                          ": the types must be the same; cast them first");
  }
  InferShape<true>(c, t);
}

// Operands of types a and b, a product of type out.
Op<Attrs> Common(const char* name, std::string doc, const char* a = "T", const char* b = "T",
                 const char* out = "T") {
  return Op<Attrs>(name)
      .Doc(std::move(doc))
      .Input("x", a)
      .Input("y", b)
      .Output("output", out)
      .Attr("adj_x", &Attrs::tx, false)
      .Attr("adj_y", &Attrs::ty, false)
      .Grad(Gradient)
      .Kernel(MakePlan, Kernel)
      .Cost([](const CostContext& c, const Attrs& t) {
        const Shape& x = c.In(0);
        return Flops(2.0 * c.Out(0).num_elements() * x[x.rank() - (t.tx ? 2 : 1)]);
      });
}

}  // namespace batch_matmul

OpDef BatchMatMulOp() {
  return batch_matmul::Common(
             "BatchMatMul",
             "output [...,m,n] = x [...,m,k] times y [...,k,n] for each matrix of the batch; adj_x "
             "and "
             "adj_y transpose first. INVALID_ARGUMENT unless batch dimensions and k agree.")
      .TypeAttr("T", kNumbers)
      .Shape(batch_matmul::InferShape<false>);
}

OpDef BatchMatMulV2Op() {
  return batch_matmul::Common(
             "BatchMatMulV2",
             "output [...,m,n] = x [...,m,k] times y [...,k,n] for each matrix of the batch, whose "
             "dimensions are broadcast; adj_x and adj_y transpose first. INVALID_ARGUMENT unless "
             "batch dimensions can be broadcast and k agrees.")
      .TypeAttr("T", kNumbers)
      .Shape(batch_matmul::InferShape<true>);
}

OpDef BatchMatMulV3Op() {
  return batch_matmul::Common(
             "BatchMatMulV3",
             "BatchMatMulV2 with types of their own for operands and product, which must be the "
             "same here; UNIMPLEMENTED otherwise.",
             "Ta", "Tb", "Tout")
      .TypeAttr("Ta", &batch_matmul::Attrs::a, kNumbers)
      .TypeAttr("Tb", &batch_matmul::Attrs::b, kNumbers)
      .TypeAttr("Tout", &batch_matmul::Attrs::out, kNumbers)
      .Shape(batch_matmul::InferV3Shape);
}

}  // namespace graphrun::ops
