// ResourceApplyAdadelta and its sparse form: steps scaled by a running mean of the updates made.
#include "ops/training/apply.h"

namespace graphrun::ops {
namespace apply_adadelta {

template <typename T>
auto Rule(const KernelContext& k) {
  const T lr = k.In(3).scalar<T>(), rho = k.In(4).scalar<T>(), epsilon = k.In(5).scalar<T>();
  return [=](const auto& grad, auto var, auto accum, auto accum_update) {
    accum = accum * rho + grad.square() * (T(1) - rho);
    const auto update =
        ExactSqrt(accum_update + epsilon) * ExactSqrt(accum + epsilon).inverse() * grad;
    var -= update * lr;
    // `update` is computed again here, from the same values.
    accum_update = accum_update * rho + update.square() * (T(1) - rho);
  };
}

OpDef Declare(const char* name, const char* doc, bool sparse) {
  Op<ApplyAttrs> op(name);
  op.Doc(doc).Input("var", "resource").Input("accum", "resource").Input("accum_update", "resource");
  op.Input("lr", "T").Input("rho", "T").Input("epsilon", "T").Input("grad", "T");
  op.TypeAttr("T", kFloats);
  if (sparse) op.Input("indices", "Tindices").TypeAttr("Tindices", kInts);
  return op.Attr("use_locking", &ApplyAttrs::use_locking, false)
      .Writes()
      .Shape([sparse](ShapeContext& c) {
        sparse ? InferApplySparse(c, 3, 6, 7) : InferApplyDense(c, 3, 6);
      })
      .NoGradient("it has no outputs")
      .Kernel([sparse](KernelContext& k) {
        ForFloat(k.In(6).dtype(), [&](auto z) {
          using T = decltype(z);
          sparse ? ApplySparse<T, 3>(k, 6, 7, Rule<T>(k)) : ApplyDense<T, 3>(k, 6, Rule<T>(k));
        });
      });
}

}  // namespace apply_adadelta

OpDef ResourceApplyAdadeltaOp() {
  return apply_adadelta::Declare(
      "ResourceApplyAdadelta",
      "accum is a running mean of grad² (weights rho and 1-rho), accum_update one of update²; "
      "update = √(accum_update + epsilon) / √(accum + epsilon) · grad; var -= lr·update.",
      false);
}

OpDef ResourceSparseApplyAdadeltaOp() {
  return apply_adadelta::Declare(
      "ResourceSparseApplyAdadelta",
      "ResourceApplyAdadelta on the rows `indices` [n] with grad [n, inner...], one by one.", true);
}

}  // namespace graphrun::ops
