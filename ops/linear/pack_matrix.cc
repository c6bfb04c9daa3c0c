// _PackMatrix: a matrix in the order in which products by it read it; see PackedGemm.
#include "core/graph/op_context.h"
#include "core/graph/packed_product.h"
#include "ops/linear/packed_gemm.h"

namespace graphrun::ops {
namespace pack_matrix {

struct Attrs {
  bool transpose;
  int64_t parts;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  const Shape b = c.WithRank(0, 2);
  const int64_t k = b[t.transpose ? 1 : 0], n = b[t.transpose ? 0 : 1];
  c.SetOut(0, {n < 0 || k < 0 ? -1 : PackedGemm(n, k, t.parts).packed_size()});
}

PackedGemm MakePlan(const KernelRequest& r, const Attrs& t) {
  const Shape& b = r.In(0);
  return PackedGemm(b[t.transpose ? 0 : 1], b[t.transpose ? 1 : 0], t.parts);
}

void Kernel(KernelContext& k, const PackedGemm& gemm) {
  const Tensor& b = k.In(0);
  gemm.Pack(b.data<float>(), k.attrs<Attrs>().transpose, b.shape()[1], k.Out(0).data<float>());
}

}  // namespace pack_matrix

OpDef PackMatrixOp() {
  using pack_matrix::Attrs;
  return Op<Attrs>(kPackMatrixOp)
      .Doc(
          "The numbers of b [k,n], or with transpose of b [n,k], in the order in which "
          "_PackedMatMul reads them. Made by the compiler alone.")
      .Input("b", "float")
      .Output("packed", "float")
      .Attr("transpose", &Attrs::transpose, false)
      .Attr("parts", &Attrs::parts, 1)
      .Minimum(1)
      .Shape(pack_matrix::InferShape)
      .NoGradient("only the compiler makes it, after all gradients")
      .Kernel(pack_matrix::MakePlan, pack_matrix::Kernel);
}

}  // namespace graphrun::ops
