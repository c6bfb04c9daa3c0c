// ResourceApplyAdam: steps by running means of the gradient and of its square (Kingma, Ba, ICLR
// 2015).
#include <cmath>

#include "ops/training/apply.h"

namespace graphrun::ops {
namespace apply_adam {

struct Attrs {
  bool use_locking;  // kept for saving
  bool use_nesterov;
};

void Kernel(KernelContext& k, const Attrs& t) {
  ForFloat(k.In(9).dtype(), [&](auto z) {
    using T = decltype(z);
    const T beta1_power = k.In(3).scalar<T>(), beta2_power = k.In(4).scalar<T>();
    const T lr = k.In(5).scalar<T>(), beta1 = k.In(6).scalar<T>(), beta2 = k.In(7).scalar<T>();
    const T epsilon = k.In(8).scalar<T>();
    const T alpha = lr * std::sqrt(T(1) - beta2_power) / (T(1) - beta1_power);
    ApplyDense<T, 3>(k, 9, [=](const auto& grad, auto var, auto m, auto v) {
      m += (grad - m) * (T(1) - beta1);
      v += (grad.square() - v) * (T(1) - beta2);
      if (t.use_nesterov) {
        var -= (grad * (T(1) - beta1) + m * beta1) * alpha / (ExactSqrt(v) + epsilon);
      } else {
        var -= m * alpha / (ExactSqrt(v) + epsilon);
      }
    });
  });
}

}  // namespace apply_adam

OpDef ResourceApplyAdamOp() {
  using apply_adam::Attrs;
  return Op<Attrs>("ResourceApplyAdam")
      .Doc(
          "m and v are running means of grad and grad² (weights beta and 1-beta); "
          "var -= lr·√(1-beta2_power) / (1-beta1_power) · m / (√v + epsilon); with use_nesterov "
          "beta1·m + (1-beta1)·grad stands for m.")
      .Input("var", "resource")
      .Input("m", "resource")
      .Input("v", "resource")
      .Input("beta1_power", "T")
      .Input("beta2_power", "T")
      .Input("lr", "T")
      .Input("beta1", "T")
      .Input("beta2", "T")
      .Input("epsilon", "T")
      .Input("grad", "T")
      .TypeAttr("T", kFloats)
      .Attr("use_locking", &Attrs::use_locking, false)
      .Attr("use_nesterov", &Attrs::use_nesterov, false)
      .Writes()
      .Shape([](ShapeContext& c) { InferApplyDense(c, 3, 9); })
      .NoGradient("it has no outputs")
      .Kernel(apply_adam::Kernel);
}

}  // namespace graphrun::ops
