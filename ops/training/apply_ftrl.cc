// ResourceApplyFtrl, ResourceApplyFtrlV2 and their sparse forms: follow the regularized leader.
#include <algorithm>
#include <cmath>

#include "ops/training/apply.h"

namespace graphrun::ops {
namespace apply_ftrl {

struct Attrs {
  bool use_locking;  // kept for saving
  bool multiply_linear_by_lr;
};

template <typename T>
struct Settings {
  T lr, l1, l2, l2_shrinkage, lr_power;
  bool shrinks;  // whether there is an l2_shrinkage
  bool scaled;   // `linear` holds lr times what it holds otherwise
  bool sparse;
};

template <typename T>
void CheckSettings(const KernelContext& k, const Settings<T>& h) {
  const auto check = [&](const char* name, T value, bool good, const char* wanted) {
    if (!good) {
      ThrowInvalid(k.node().op->name + ": " + name + " is " + std::to_string(value) +
                   "; it must be " + wanted);
    }
  };
  check("lr", h.lr, h.lr > 0 || (h.scaled && h.lr >= 0), h.scaled ? "at least 0" : "above 0");
  check("l1", h.l1, h.l1 >= 0, "at least 0");
  check("l2", h.l2, h.l2 >= 0, "at least 0");
  check("l2_shrinkage", h.l2_shrinkage, h.l2_shrinkage >= 0, "at least 0");
  check("lr_power", h.lr_power, h.lr_power <= 0, "at most 0");
}

// The scalars that begin at input `at`; only the second version has l2_shrinkage.
template <typename T>
Settings<T> ReadSettings(const KernelContext& k, int at, bool v2, bool scaled, bool sparse) {
  const auto in = [&](int i) { return k.In(at + i).scalar<T>(); };
  return {in(0), in(1), in(2), v2 ? in(3) : T(0), in(v2 ? 4 : 3), v2, scaled, sparse};
}

template <typename T>
void Step(const Settings<T>& h, T grad, T& var, T& accum, T& linear) {
  const auto power = [&](T x) {
    return h.lr_power == T(-0.5) ? std::sqrt(x) : std::pow(x, -h.lr_power);
  };
  const T next = accum + grad * grad, before = power(accum), after = power(next);
  // Not a product with zero: var may be infinite.
  const T pull = h.shrinks ? grad + T(2) * h.l2_shrinkage * var : grad;
  linear += h.scaled ? pull * h.lr - (after - before) * var : pull - (after - before) / h.lr * var;
  const T l1 = h.scaled ? h.l1 * h.lr : h.l1;
  const T curve = h.scaled ? after + T(2) * h.l2 * h.lr : after / h.lr + T(2) * h.l2;
  // The sparse op keeps a NaN, the dense one takes it for what l1 outweighs.
  if (h.sparse) {
    var = (std::max(std::min(linear, l1), -l1) - linear) / curve;
  } else if (std::abs(linear) > l1) {
    var = ((linear > 0 ? l1 : -l1) - linear) / curve;
  } else {
    var = T(0);
  }
  accum = next;
}

template <typename T>
auto Rule(const Settings<T>& h) {
  return [h](const auto& grad, auto var, auto accum, auto linear) {
    for (Eigen::Index i = 0; i < grad.size(); ++i) Step(h, grad[i], var[i], accum[i], linear[i]);
  };
}

OpDef Declare(const char* name, const char* doc, bool v2, bool sparse) {
  Op<Attrs> op(name);
  op.Doc(doc).Input("var", "resource").Input("accum", "resource").Input("linear", "resource");
  op.Input("grad", "T").TypeAttr("T", kFloats);
  if (sparse) op.Input("indices", "Tindices").TypeAttr("Tindices", kInts);
  op.Input("lr", "T").Input("l1", "T").Input("l2", "T");
  if (v2) op.Input("l2_shrinkage", "T");
  return op.Input("lr_power", "T")
      .Attr("use_locking", &Attrs::use_locking, false)
      .Attr("multiply_linear_by_lr", &Attrs::multiply_linear_by_lr, false)
      .Writes()
      .Shape([sparse](ShapeContext& c) {
        sparse ? InferApplySparse(c, 3, 3, 4) : InferApplyDense(c, 3, 3);
      })
      .NoGradient("it has no outputs")
      .Kernel([v2, sparse](KernelContext& k, const Attrs& t) {
        ForFloat(k.In(3).dtype(), [&](auto z) {
          using T = decltype(z);
          const auto h = ReadSettings<T>(k, sparse ? 5 : 4, v2, t.multiply_linear_by_lr, sparse);
          if (sparse) {
            CheckApplyValues<3>(k);
            CheckSettings(k, h);
          }
          const auto rule = Rule(h);
          sparse ? ApplySparse<T, 3>(k, 3, 4, rule) : ApplyDense<T, 3>(k, 3, rule);
        });
      });
}

constexpr const char* kDense =
    "new = accum + grad²; linear += grad + 2·l2_shrinkage·var - (new^p - accum^p)/lr·var with "
    "p = -lr_power; var = (l1·sign(linear) - linear) / (new^p/lr + 2·l2) where |linear| > l1, else "
    "0; accum = new. The first version has no l2_shrinkage; multiply_linear_by_lr keeps "
    "lr·linear.";
constexpr const char* kSparse =
    "The op without Sparse on the rows `indices` [n] with grad [n, inner...], one by one. "
    "INVALID_ARGUMENT unless lr > 0 (or 0 with multiply_linear_by_lr), l1, l2, l2_shrinkage >= 0 "
    "and lr_power <= 0.";

}  // namespace apply_ftrl

OpDef ResourceApplyFtrlOp() {
  return apply_ftrl::Declare("ResourceApplyFtrl", apply_ftrl::kDense, false, false);
}

OpDef ResourceSparseApplyFtrlOp() {
  return apply_ftrl::Declare("ResourceSparseApplyFtrl", apply_ftrl::kSparse, false, true);
}

OpDef ResourceApplyFtrlV2Op() {
  return apply_ftrl::Declare("ResourceApplyFtrlV2", apply_ftrl::kDense, true, false);
}

OpDef ResourceSparseApplyFtrlV2Op() {
  return apply_ftrl::Declare("ResourceSparseApplyFtrlV2", apply_ftrl::kSparse, true, true);
}

}  // namespace graphrun::ops
