// ResourceApplyAdagrad, ResourceApplyAdagradV2 and their sparse forms: steps that shrink with the
// gradients seen.
#include "ops/training/apply.h"

namespace graphrun::ops {
namespace apply_adagrad {

struct Attrs {
  bool use_locking;  // kept for saving
  bool update_slots;
};

template <typename T>
auto Rule(T lr, T epsilon, bool update_slots) {
  return [=](const auto& grad, auto var, auto accum) {
    if (update_slots) accum += grad.square();
    var -= grad * lr / (ExactSqrt(accum) + epsilon);
  };
}

// The first version has no epsilon: the inputs after lr come one earlier.
void Dense(KernelContext& k, const Attrs& t, bool v2) {
  const int grad = v2 ? 4 : 3;
  ForFloat(k.In(grad).dtype(), [&](auto z) {
    using T = decltype(z);
    const T epsilon = v2 ? k.In(3).scalar<T>() : T(0);
    ApplyDense<T, 2>(k, grad, Rule(k.In(2).scalar<T>(), epsilon, t.update_slots));
  });
}

void Sparse(KernelContext& k, const Attrs& t, bool v2) {
  const int grad = v2 ? 4 : 3;
  ForFloat(k.In(grad).dtype(), [&](auto z) {
    using T = decltype(z);
    const T epsilon = v2 ? k.In(3).scalar<T>() : T(0);
    ApplySparse<T, 2>(k, grad, grad + 1, Rule(k.In(2).scalar<T>(), epsilon, t.update_slots));
  });
}

OpDef Declare(const char* name, const char* doc, bool v2, bool sparse) {
  Op<Attrs> op(name);
  op.Doc(doc).Input("var", "resource").Input("accum", "resource").Input("lr", "T");
  if (v2) op.Input("epsilon", "T");
  op.Input("grad", "T").TypeAttr("T", kFloats);
  if (sparse) op.Input("indices", "Tindices").TypeAttr("Tindices", kInts);
  const int grad = v2 ? 4 : 3;
  return op.Attr("use_locking", &Attrs::use_locking, false)
      .Attr("update_slots", &Attrs::update_slots, true)
      .Writes()
      .Shape([grad, sparse](ShapeContext& c) {
        sparse ? InferApplySparse(c, 2, grad, grad + 1) : InferApplyDense(c, 2, grad);
      })
      .NoGradient("it has no outputs")
      .Kernel([v2, sparse](KernelContext& k, const Attrs& t) {
        sparse ? Sparse(k, t, v2) : Dense(k, t, v2);
      });
}

}  // namespace apply_adagrad

OpDef ResourceApplyAdagradOp() {
  return apply_adagrad::Declare(
      "ResourceApplyAdagrad",
      "accum += grad² (unless update_slots is false); var -= lr·grad / √accum.", false, false);
}

OpDef ResourceApplyAdagradV2Op() {
  return apply_adagrad::Declare(
      "ResourceApplyAdagradV2",
      "accum += grad² (unless update_slots is false); var -= lr·grad / (√accum + epsilon).", true,
      false);
}

OpDef ResourceSparseApplyAdagradOp() {
  return apply_adagrad::Declare(
      "ResourceSparseApplyAdagrad",
      "ResourceApplyAdagrad on the rows `indices` [n] with grad [n, inner...], one by one.", false,
      true);
}

OpDef ResourceSparseApplyAdagradV2Op() {
  return apply_adagrad::Declare(
      "ResourceSparseApplyAdagradV2",
      "ResourceApplyAdagradV2 on the rows `indices` [n] with grad [n, inner...], one by one.", true,
      true);
}

}  // namespace graphrun::ops
