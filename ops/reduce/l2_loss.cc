// L2Loss: half the sum of squares.
#include "core/build/ops.h"
#include "ops/reduce/reduce_kernel.h"

namespace graphrun::ops {
namespace l2_loss {

void Kernel(KernelContext& k) {
  ForFloat(k.Out(0).dtype(), [&](auto z) {
    using T = decltype(z);
    const auto square = [](T x) { return x * x; };
    k.Out<T>(0)[0] = ReduceLongRun<Adder<T>>(k.In(0).data<T>(), k.In(0).num_elements(), square) / 2;
  });
}

}  // namespace l2_loss

OpDef L2LossOp() {
  return Op<>("L2Loss")
      .Doc("output is half the sum of the squares of t's elements, a scalar.")
      .Input("t", "T")
      .Output("output", "T")
      .TypeAttr("T", kFloats)
      .Shape([](ShapeContext& c) { c.SetOut(0, Shape{}); })
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::Mul(g.scope(), g.In(0), g.DOut(0))};
      })
      .Kernel(l2_loss::Kernel);
}

}  // namespace graphrun::ops
