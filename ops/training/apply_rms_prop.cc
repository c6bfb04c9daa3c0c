// ResourceApplyRMSProp and its sparse form: steps divided by a running mean of the gradient's size.
#include "ops/training/apply.h"

namespace graphrun::ops {
namespace apply_rms_prop {

// The sparse op weighs ms and grad² apart, which matters where ms is infinite.
template <typename T>
auto Rule(const KernelContext& k, bool sparse) {
  const T lr = k.In(3).scalar<T>(), rho = k.In(4).scalar<T>();
  const T momentum = k.In(5).scalar<T>(), epsilon = k.In(6).scalar<T>();
  return [=](const auto& grad, auto var, auto ms, auto mom) {
    if (sparse) {
      ms = ms * rho + grad.square() * (T(1) - rho);
    } else {
      ms += (grad.square() - ms) * (T(1) - rho);
    }
    mom = mom * momentum + grad * lr / ExactSqrt(ms + epsilon);
    var -= mom;
  };
}

OpDef Declare(const char* name, const char* doc, bool sparse) {
  Op<ApplyAttrs> op(name);
  op.Doc(doc).Input("var", "resource").Input("ms", "resource").Input("mom", "resource");
  op.Input("lr", "T").Input("rho", "T").Input("momentum", "T").Input("epsilon", "T");
  op.Input("grad", "T").TypeAttr("T", kFloats);
  if (sparse) op.Input("indices", "Tindices").TypeAttr("Tindices", kInts);
  return op.Attr("use_locking", &ApplyAttrs::use_locking, false)
      .Writes()
      .Shape([sparse](ShapeContext& c) {
        sparse ? InferApplySparse(c, 3, 7, 8) : InferApplyDense(c, 3, 7);
      })
      .NoGradient("it has no outputs")
      .Kernel([sparse](KernelContext& k) {
        ForFloat(k.In(7).dtype(), [&](auto z) {
          using T = decltype(z);
          const auto rule = Rule<T>(k, sparse);
          sparse ? ApplySparse<T, 3>(k, 7, 8, rule) : ApplyDense<T, 3>(k, 7, rule);
        });
      });
}

}  // namespace apply_rms_prop

OpDef ResourceApplyRMSPropOp() {
  return apply_rms_prop::Declare(
      "ResourceApplyRMSProp",
      "ms = rho·ms + (1-rho)·grad²; mom = momentum·mom + lr·grad / √(ms + epsilon); var -= mom.",
      false);
}

OpDef ResourceSparseApplyRMSPropOp() {
  return apply_rms_prop::Declare(
      "ResourceSparseApplyRMSProp",
      "ResourceApplyRMSProp on the rows `indices` [n] with grad [n, inner...], one by one.", true);
}

}  // namespace graphrun::ops
