// _PackedMatMul: product by a matrix that _PackMatrix laid out.
#include "core/graph/op_context.h"
#include "core/graph/packed_product.h"
#include "ops/linear/packed_gemm.h"

namespace graphrun::ops {
namespace packed_matmul {

struct Attrs {
  int64_t columns, parts;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  const Shape a = c.WithRank(0, 2), packed = c.WithRank(1, 1);
  if (a[1] >= 0) {
    const Shape whole({PackedGemm(t.columns, a[1], t.parts).packed_size()});
    c.MergeShapes(packed, whole, "packed matrix");
  }
  c.SetOut(0, {a[0], t.columns});
}

PackedGemm MakePlan(const KernelRequest& r, const Attrs& t) {
  return PackedGemm(t.columns, r.In(0)[1], t.parts);
}

void Kernel(KernelContext& k, const PackedGemm& gemm) {
  const Tensor& a = k.In(0);
  gemm.Run(a.shape()[0], {a.data<float>(), gemm.k()}, k.In(1).data<float>(), k.Out(0).data<float>(),
           gemm.n(), /*add=*/false);
}

}  // namespace packed_matmul

OpDef PackedMatMulOp() {
  using packed_matmul::Attrs;
  return Op<Attrs>(kPackedMatMulOp)
      .Doc(
          "product [m,columns] = a [m,k] times the matrix [k,columns] that `packed` is the result "
          "of _PackMatrix of, with as many parts. Made by the compiler alone.")
      .Input("a", "float")
      .Input("packed", "float")
      .Output("product", "float")
      .Attr("columns", &Attrs::columns)
      .Minimum(0)
      .Attr("parts", &Attrs::parts, 1)
      .Minimum(1)
      .Shape(packed_matmul::InferShape)
      .NoGradient("only the compiler makes it, after all gradients")
      .Kernel(packed_matmul::MakePlan, packed_matmul::Kernel)
      .Cost([](const CostContext& c) {
        return Flops(2.0 * static_cast<double>(c.Out(0).num_elements()) * c.In(0)[1]);
      });
}

}  // namespace graphrun::ops
