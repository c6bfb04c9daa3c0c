// ResourceApplyAdaMax, ResourceApplyAdamWithAmsgrad: Adam with a maximum in place of, or over, the
// running mean of squares.
#include <cmath>

#include "ops/training/apply.h"

namespace graphrun::ops {
namespace apply_ada_max {

template <typename T>
auto AdaMax(const KernelContext& k) {
  const T beta1_power = k.In(3).scalar<T>(), lr = k.In(4).scalar<T>(), beta1 = k.In(5).scalar<T>();
  const T beta2 = k.In(6).scalar<T>(), epsilon = k.In(7).scalar<T>();
  const T rate = lr / (T(1) - beta1_power);
  return [=](const auto& grad, auto var, auto m, auto v) {
    m += (grad - m) * (T(1) - beta1);
    v = (v * beta2).max(grad.abs());
    var -= m / (v + epsilon) * rate;
  };
}

template <typename T>
auto Amsgrad(const KernelContext& k) {
  const T beta1_power = k.In(4).scalar<T>(), beta2_power = k.In(5).scalar<T>();
  const T lr = k.In(6).scalar<T>(), beta1 = k.In(7).scalar<T>(), beta2 = k.In(8).scalar<T>();
  const T epsilon = k.In(9).scalar<T>();
  const T rate = lr * std::sqrt(T(1) - beta2_power) / (T(1) - beta1_power);
  return [=](const auto& grad, auto var, auto m, auto v, auto vhat) {
    m += (grad - m) * (T(1) - beta1);
    v += (grad.square() - v) * (T(1) - beta2);
    vhat = vhat.max(v);
    var -= m * rate / (ExactSqrt(vhat) + epsilon);
  };
}

}  // namespace apply_ada_max

OpDef ResourceApplyAdaMaxOp() {
  return Op<ApplyAttrs>("ResourceApplyAdaMax")
      .Doc(
          "m is a running mean of grad (weights beta1 and 1-beta1); v = max(beta2·v, |grad|); "
          "var -= lr / (1-beta1_power) · m / (v + epsilon).")
      .Input("var", "resource")
      .Input("m", "resource")
      .Input("v", "resource")
      .Input("beta1_power", "T")
      .Input("lr", "T")
      .Input("beta1", "T")
      .Input("beta2", "T")
      .Input("epsilon", "T")
      .Input("grad", "T")
      .TypeAttr("T", kFloats)
      .Attr("use_locking", &ApplyAttrs::use_locking, false)
      .Writes()
      .Shape([](ShapeContext& c) { InferApplyDense(c, 3, 8); })
      .NoGradient("it has no outputs")
      .Kernel([](KernelContext& k) {
        ForFloat(k.In(8).dtype(), [&](auto z) {
          using T = decltype(z);
          ApplyDense<T, 3>(k, 8, apply_ada_max::AdaMax<T>(k));
        });
      });
}

OpDef ResourceApplyAdamWithAmsgradOp() {
  return Op<ApplyAttrs>("ResourceApplyAdamWithAmsgrad")
      .Doc(
          "m and v are running means of grad and grad² (weights beta and 1-beta); "
          "vhat = max(vhat, v); "
          "var -= lr·√(1-beta2_power) / (1-beta1_power) · m / (√vhat + epsilon).")
      .Input("var", "resource")
      .Input("m", "resource")
      .Input("v", "resource")
      .Input("vhat", "resource")
      .Input("beta1_power", "T")
      .Input("beta2_power", "T")
      .Input("lr", "T")
      .Input("beta1", "T")
      .Input("beta2", "T")
      .Input("epsilon", "T")
      .Input("grad", "T")
      .TypeAttr("T", kFloats)
      .Attr("use_locking", &ApplyAttrs::use_locking, false)
      .Writes()
      .Shape([](ShapeContext& c) { InferApplyDense(c, 4, 10); })
      .NoGradient("it has no outputs")
      .Kernel([](KernelContext& k) {
        ForFloat(k.In(10).dtype(), [&](auto z) {
          using T = decltype(z);
          ApplyDense<T, 4>(k, 10, apply_ada_max::Amsgrad<T>(k), /*looked_up=*/3);
        });
      });
}

}  // namespace graphrun::ops
