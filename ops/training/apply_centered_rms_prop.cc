// ResourceApplyCenteredRMSProp and its sparse form: RMSProp by the gradient's variance.
#include "ops/training/apply.h"

namespace graphrun::ops {
namespace apply_centered_rms_prop {

// The sparse op weighs old and new apart, which matters where they are infinite.
template <typename T>
auto Rule(const KernelContext& k, bool sparse) {
  const T lr = k.In(4).scalar<T>(), rho = k.In(5).scalar<T>();
  const T momentum = k.In(6).scalar<T>(), epsilon = k.In(7).scalar<T>();
  return [=](const auto& grad, auto var, auto mg, auto ms, auto mom) {
    if (sparse) {
      ms = ms * rho + grad.square() * (T(1) - rho);
      mg = mg * rho + grad * (T(1) - rho);
    } else {
      ms += (grad.square() - ms) * (T(1) - rho);
      mg += (grad - mg) * (T(1) - rho);
    }
    mom = mom * momentum + grad * lr / ExactSqrt(ms - mg.square() + epsilon);
    var -= mom;
  };
}

OpDef Declare(const char* name, const char* doc, bool sparse) {
  Op<ApplyAttrs> op(name);
  op.Doc(doc).Input("var", "resource").Input("mg", "resource").Input("ms", "resource");
  op.Input("mom", "resource").Input("lr", "T").Input("rho", "T").Input("momentum", "T");
  op.Input("epsilon", "T").Input("grad", "T").TypeAttr("T", kFloats);
  if (sparse) op.Input("indices", "Tindices").TypeAttr("Tindices", kInts);
  return op.Attr("use_locking", &ApplyAttrs::use_locking, false)
      .Writes()
      .Shape([sparse](ShapeContext& c) {
        sparse ? InferApplySparse(c, 4, 8, 9) : InferApplyDense(c, 4, 8);
      })
      .NoGradient("it has no outputs")
      .Kernel([sparse](KernelContext& k) {
        ForFloat(k.In(8).dtype(), [&](auto z) {
          using T = decltype(z);
          const auto rule = Rule<T>(k, sparse);
          sparse ? ApplySparse<T, 4>(k, 8, 9, rule) : ApplyDense<T, 4>(k, 8, rule);
        });
      });
}

}  // namespace apply_centered_rms_prop

OpDef ResourceApplyCenteredRMSPropOp() {
  return apply_centered_rms_prop::Declare(
      "ResourceApplyCenteredRMSProp",
      "mg and ms are running means of grad and grad² (weights rho and 1-rho); "
      "mom = momentum·mom + lr·grad / √(ms - mg² + epsilon); var -= mom.",
      false);
}

OpDef ResourceSparseApplyCenteredRMSPropOp() {
  return apply_centered_rms_prop::Declare(
      "ResourceSparseApplyCenteredRMSProp",
      "ResourceApplyCenteredRMSProp on the rows `indices` [n] with grad [n, inner...], one by one.",
      true);
}

}  // namespace graphrun::ops
