// ResourceApplyKerasMomentum and its sparse form: momentum whose slot holds steps, not gradients.
#include "ops/training/apply.h"

namespace graphrun::ops {
namespace apply_keras_momentum {

struct Attrs {
  bool use_locking;  // kept for saving
  bool use_nesterov;
};

template <typename T>
auto Rule(T lr, T momentum, bool nesterov) {
  return [=](const auto& grad, auto var, auto accum) {
    accum = accum * momentum - grad * lr;
    if (nesterov) {
      var += accum * momentum - grad * lr;
    } else {
      var += accum;
    }
  };
}

OpDef Declare(const char* name, const char* doc, bool sparse) {
  Op<Attrs> op(name);
  op.Doc(doc).Input("var", "resource").Input("accum", "resource").Input("lr", "T");
  op.Input("grad", "T").TypeAttr("T", kFloats);
  if (sparse) op.Input("indices", "Tindices").TypeAttr("Tindices", kInts);
  return op.Input("momentum", "T")
      .Attr("use_locking", &Attrs::use_locking, false)
      .Attr("use_nesterov", &Attrs::use_nesterov, false)
      .Writes()
      .Shape([sparse](ShapeContext& c) {
        sparse ? InferApplySparse(c, 2, 3, 4) : InferApplyDense(c, 2, 3);
      })
      .NoGradient("it has no outputs")
      .Kernel([sparse](KernelContext& k, const Attrs& t) {
        ForFloat(k.In(3).dtype(), [&](auto z) {
          using T = decltype(z);
          const auto rule =
              Rule(k.In(2).scalar<T>(), k.In(sparse ? 5 : 4).scalar<T>(), t.use_nesterov);
          sparse ? ApplySparse<T, 2>(k, 3, 4, rule) : ApplyDense<T, 2>(k, 3, rule);
        });
      });
}

}  // namespace apply_keras_momentum

OpDef ResourceApplyKerasMomentumOp() {
  return apply_keras_momentum::Declare(
      "ResourceApplyKerasMomentum",
      "accum = momentum·accum - lr·grad; var += accum, or with use_nesterov "
      "var += momentum·accum - lr·grad.",
      false);
}

OpDef ResourceSparseApplyKerasMomentumOp() {
  return apply_keras_momentum::Declare(
      "ResourceSparseApplyKerasMomentum",
      "ResourceApplyKerasMomentum on the rows `indices` [n] with grad [n, inner...], one by one.",
      true);
}

}  // namespace graphrun::ops
