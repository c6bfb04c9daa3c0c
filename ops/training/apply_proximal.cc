// ResourceApplyProximalGradientDescent, ResourceApplyProximalAdagrad and their sparse forms: a
// step, then shrinking towards zero by l1 and l2.
#include <cmath>
#include <limits>

#include "ops/training/apply.h"

namespace graphrun::ops {
namespace apply_proximal {

// What a step of length `step` leaves of x. A negative l1 counts as none.
template <typename T>
T Shrink(T x, T step, T l1, T l2) {
  const T scale = T(1) + l2 * step;
  if (!(l1 > 0)) return x / scale;
  if (std::isnan(x) || std::isnan(step)) return std::numeric_limits<T>::quiet_NaN();
  const T size = std::max(std::abs(x) - step * l1, T(0));
  return (x > 0 ? size : x < 0 ? -size : T(0)) / scale;
}

// The scalars from input `at` on: step length, l1, l2.
template <typename T>
auto Descent(const KernelContext& k, int at) {
  const T lr = k.In(at).scalar<T>(), l1 = k.In(at + 1).scalar<T>(), l2 = k.In(at + 2).scalar<T>();
  return [=](const auto& grad, auto var) {
    for (Eigen::Index i = 0; i < grad.size(); ++i) {
      var[i] = Shrink(var[i] - grad[i] * lr, lr, l1, l2);
    }
  };
}

template <typename T>
auto Adagrad(const KernelContext& k, int at) {
  const T lr = k.In(at).scalar<T>(), l1 = k.In(at + 1).scalar<T>(), l2 = k.In(at + 2).scalar<T>();
  if (!(lr > 0 && l1 >= 0 && l2 >= 0)) {
    ThrowInvalid(k.node().op->name + ": lr must be above 0, l1 and l2 at least 0; they are " +
                 std::to_string(lr) + ", " + std::to_string(l1) + " and " + std::to_string(l2));
  }
  return [=](const auto& grad, auto var, auto accum) {
    for (Eigen::Index i = 0; i < grad.size(); ++i) {
      accum[i] += grad[i] * grad[i];
      const T step = lr / std::sqrt(accum[i]);
      var[i] = Shrink(var[i] - grad[i] * step, step, l1, l2);
    }
  };
}

OpDef Declare(const char* name, const char* doc, bool adagrad, bool sparse) {
  Op<ApplyAttrs> op(name);
  op.Doc(doc).Input("var", "resource");
  if (adagrad) op.Input("accum", "resource");
  op.Input(adagrad ? "lr" : "alpha", "T").Input("l1", "T").Input("l2", "T");
  op.Input(adagrad || sparse ? "grad" : "delta", "T").TypeAttr("T", kFloats);
  if (sparse) op.Input("indices", "Tindices").TypeAttr("Tindices", kInts);
  const int handles = adagrad ? 2 : 1, grad = handles + 3;
  return op.Attr("use_locking", &ApplyAttrs::use_locking, false)
      .Writes()
      .Shape([=](ShapeContext& c) {
        sparse ? InferApplySparse(c, handles, grad, grad + 1) : InferApplyDense(c, handles, grad);
      })
      .NoGradient("it has no outputs")
      .Kernel([=](KernelContext& k) {
        ForFloat(k.In(grad).dtype(), [&](auto z) {
          using T = decltype(z);
          if (adagrad) {
            CheckApplyValues<2>(k);
            const auto rule = Adagrad<T>(k, 2);
            sparse ? ApplySparse<T, 2>(k, 5, 6, rule) : ApplyDense<T, 2>(k, 5, rule);
          } else {
            const auto rule = Descent<T>(k, 1);
            sparse ? ApplySparse<T, 1>(k, 4, 5, rule) : ApplyDense<T, 1>(k, 4, rule);
          }
        });
      });
}

constexpr const char* kSparse =
    "The op without Sparse on the rows `indices` [n] with grad [n, inner...], one by one.";

}  // namespace apply_proximal

OpDef ResourceApplyProximalGradientDescentOp() {
  return apply_proximal::Declare(
      "ResourceApplyProximalGradientDescent",
      "x = var - alpha·delta; var = sign(x)·max(|x| - alpha·l1, 0) / (1 + alpha·l2).", false,
      false);
}

OpDef ResourceSparseApplyProximalGradientDescentOp() {
  return apply_proximal::Declare("ResourceSparseApplyProximalGradientDescent",
                                 apply_proximal::kSparse, false, true);
}

OpDef ResourceApplyProximalAdagradOp() {
  return apply_proximal::Declare("ResourceApplyProximalAdagrad",
                                 "accum += grad²; step = lr / √accum; x = var - step·grad; "
                                 "var = sign(x)·max(|x| - step·l1, 0) / (1 + step·l2).",
                                 true, false);
}

OpDef ResourceSparseApplyProximalAdagradOp() {
  return apply_proximal::Declare("ResourceSparseApplyProximalAdagrad", apply_proximal::kSparse,
                                 true, true);
}

}  // namespace graphrun::ops
