// ResourceApplyMomentum, ResourceSparseApplyMomentum: gradient descent with momentum.
#include "ops/training/apply.h"

namespace graphrun::ops {
namespace apply_momentum {

struct Attrs {
  bool use_locking;  // kept for saving
  bool use_nesterov;
};

// The rule for a learning rate and a momentum.
template <typename T>
auto Rule(T lr, T momentum, bool nesterov) {
  return [=](const auto& grad, auto var, auto accum) {
    accum = accum * momentum + grad;
    if (nesterov) {
      var -= grad * lr + accum * (momentum * lr);
    } else {
      var -= accum * lr;
    }
  };
}

void Dense(KernelContext& k, const Attrs& t) {
  ForFloat(k.In(3).dtype(), [&](auto z) {
    using T = decltype(z);
    ApplyDense<T, 2>(k, 3, Rule(k.In(2).scalar<T>(), k.In(4).scalar<T>(), t.use_nesterov));
  });
}

void Sparse(KernelContext& k, const Attrs& t) {
  ForFloat(k.In(3).dtype(), [&](auto z) {
    using T = decltype(z);
    ApplySparse<T, 2>(k, 3, 4, Rule(k.In(2).scalar<T>(), k.In(5).scalar<T>(), t.use_nesterov));
  });
}

}  // namespace apply_momentum

OpDef ResourceApplyMomentumOp() {
  using apply_momentum::Attrs;
  return Op<Attrs>("ResourceApplyMomentum")
      .Doc(
          "accum = momentum·accum + grad; var -= lr·accum, or with use_nesterov "
          "var -= lr·(grad + momentum·accum).")
      .Input("var", "resource")
      .Input("accum", "resource")
      .Input("lr", "T")
      .Input("grad", "T")
      .Input("momentum", "T")
      .TypeAttr("T", kFloats)
      .Attr("use_locking", &Attrs::use_locking, false)
      .Attr("use_nesterov", &Attrs::use_nesterov, false)
      .Writes()
      .Shape([](ShapeContext& c) { InferApplyDense(c, 2, 3); })
      .NoGradient("it has no outputs")
      .Kernel(apply_momentum::Dense);
}

OpDef ResourceSparseApplyMomentumOp() {
  using apply_momentum::Attrs;
  return Op<Attrs>("ResourceSparseApplyMomentum")
      .Doc("ResourceApplyMomentum on the rows `indices` [n] with grad [n, inner...], one by one.")
      .Input("var", "resource")
      .Input("accum", "resource")
      .Input("lr", "T")
      .Input("grad", "T")
      .Input("indices", "Tindices")
      .Input("momentum", "T")
      .TypeAttr("T", kFloats)
      .TypeAttr("Tindices", kInts)
      .Attr("use_locking", &Attrs::use_locking, false)
      .Attr("use_nesterov", &Attrs::use_nesterov, false)
      .Writes()
      .Shape([](ShapeContext& c) { InferApplySparse(c, 2, 3, 4); })
      .NoGradient("it has no outputs")
      .Kernel(apply_momentum::Sparse);
}

}  // namespace graphrun::ops
