// ResourceApplyGradientDescent: var -= alpha·delta.
#include "ops/training/apply.h"

namespace graphrun::ops {
namespace apply_gradient_descent {

void Kernel(KernelContext& k) {
  ForFloat(k.In(2).dtype(), [&](auto z) {
    using T = decltype(z);
    const T alpha = k.In(1).scalar<T>();
    ApplyDense<T, 1>(k, 2, [=](const auto& delta, auto var) { var -= alpha * delta; });
  });
}

}  // namespace apply_gradient_descent

OpDef ResourceApplyGradientDescentOp() {
  return Op<ApplyAttrs>("ResourceApplyGradientDescent")
      .Doc("Gradient descent on a variable: var -= alpha·delta.")
      .Input("var", "resource")
      .Input("alpha", "T")
      .Input("delta", "T")
      .TypeAttr("T", kFloats)
      .Attr("use_locking", &ApplyAttrs::use_locking, false)
      .Writes()
      .Shape([](ShapeContext& c) { InferApplyDense(c, 1, 2); })
      .NoGradient("it has no outputs")
      .Kernel(apply_gradient_descent::Kernel);
}

}  // namespace graphrun::ops
