// Clipping of tensors and gradients, as tf.clip_by_value, clip_by_norm, clip_by_global_norm.
#ifndef GRAPHRUN_MODELS_NN_CLIPPING_H_
#define GRAPHRUN_MODELS_NN_CLIPPING_H_

#include <vector>

#include "core/autodiff/gradients.h"

namespace graphrun::train {

// A hyperparameter: a number, a scalar tensor, or a variable (its value).
class Hyper {
 public:
  Hyper(double value) : value_(value) {}                      // NOLINT: implicit by design
  Hyper(int value) : value_(value) {}                         // NOLINT
  Hyper(Expr expr) : expr_(expr) {}                           // NOLINT
  Hyper(const Variable& variable) : expr_(variable.value) {}  // NOLINT
  // The tensor itself, or the number as a constant of `dtype` named `name`.
  Expr AsExpr(const Scope& scope, const char* name, DType dtype = DType::kFloat) const;

 private:
  double value_ = 0;
  Expr expr_;
};

// max(min(x, high), low), element-wise; bounds of x's dtype.
Expr ClipByValue(const Scope& scope, Expr x, const Hyper& low, const Hyper& high);
// Only the values of a sparse gradient are clipped, repeated rows each for itself; none stays none.
Grad ClipByValue(const Scope& scope, const Grad& grad, const Hyper& low, const Hyper& high);

// x · clip_norm / max(|x|₂, clip_norm), x's shape; over all elements or over `axes`.
Expr ClipByNorm(const Scope& scope, Expr x, const Hyper& clip_norm,
                const std::vector<int32_t>& axes = {});
Grad ClipByNorm(const Scope& scope, const Grad& grad, const Hyper& clip_norm);

// sqrt(Σ |g|²) over all gradients, a scalar; none is skipped, and repeated rows of a sparse
// gradient count each for itself, as in TensorFlow. INVALID_ARGUMENT when all are none.
Expr GlobalNorm(const Scope& scope, const std::vector<Grad>& grads);

struct Clipped {
  std::vector<Grad> grads;
  Expr norm;  // before clipping
};
// Each gradient · clip_norm / max(norm, clip_norm), where norm is use_norm or GlobalNorm(grads);
// all of them are NaN when the norm is not finite. None stays none. After Pascanu, Mikolov and
// Bengio, "On the difficulty of training recurrent neural networks", 2013.
Clipped ClipByGlobalNorm(const Scope& scope, const std::vector<Grad>& grads, const Hyper& clip_norm,
                         Expr use_norm = {});

}  // namespace graphrun::train

#endif  // GRAPHRUN_MODELS_NN_CLIPPING_H_
