// ResourceApplyAddSign, ResourceApplyPowerSign: steps that grow where gradient and its running mean
// agree in sign.
#include "ops/training/apply.h"

namespace graphrun::ops {
namespace apply_sign {

template <typename T>
auto Rule(const KernelContext& k, bool power) {
  const T lr = k.In(2).scalar<T>(), base = k.In(3).scalar<T>();
  const T decay = k.In(4).scalar<T>(), beta = k.In(5).scalar<T>();
  return [=](const auto& grad, auto var, auto m) {
    m = m * beta + grad * (T(1) - beta);
    const auto agree = grad.sign() * m.sign();
    if (power) {
      var -= grad * lr * (agree * (base * decay)).exp();
    } else {
      var -= grad * lr * (agree * decay + base);
    }
  };
}

OpDef Declare(const char* name, const char* doc, bool power) {
  return Op<ApplyAttrs>(name)
      .Doc(doc)
      .Input("var", "resource")
      .Input("m", "resource")
      .Input("lr", "T")
      .Input(power ? "logbase" : "alpha", "T")
      .Input("sign_decay", "T")
      .Input("beta", "T")
      .Input("grad", "T")
      .TypeAttr("T", kFloats)
      .Attr("use_locking", &ApplyAttrs::use_locking, false)
      .Writes()
      .Shape([](ShapeContext& c) { InferApplyDense(c, 2, 6); })
      .NoGradient("it has no outputs")
      .Kernel([power](KernelContext& k) {
        ForFloat(k.In(6).dtype(), [&](auto z) {
          using T = decltype(z);
          ApplyDense<T, 2>(k, 6, Rule<T>(k, power));
        });
      });
}

}  // namespace apply_sign

OpDef ResourceApplyAddSignOp() {
  return apply_sign::Declare("ResourceApplyAddSign",
                             "m = beta·m + (1-beta)·grad; "
                             "var -= lr·(alpha + sign_decay·sign(grad)·sign(m))·grad.",
                             false);
}

OpDef ResourceApplyPowerSignOp() {
  return apply_sign::Declare("ResourceApplyPowerSign",
                             "m = beta·m + (1-beta)·grad; "
                             "var -= lr·exp(logbase·sign_decay·sign(grad)·sign(m))·grad.",
                             true);
}

}  // namespace graphrun::ops
