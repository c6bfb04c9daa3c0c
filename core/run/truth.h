// What an If takes for true.
#ifndef GRAPHRUN_CORE_RUN_TRUTH_H_
#define GRAPHRUN_CORE_RUN_TRUTH_H_

#include "core/base/tensor.h"

namespace graphrun {

// As TensorFlow: of a scalar whether it is true, not zero, or not empty (a string); of any other
// tensor whether it has elements. REQUIRES: numeric, bool or string.
inline bool IsTrue(const Tensor& t) {
  if (t.shape().rank() != 0) return t.num_elements() > 0;
  if (t.dtype() == DType::kBool) return t.scalar<bool>();
  if (t.dtype() == DType::kString) return !t.scalar<std::string>().empty();
  return t.number_at(0) != 0;
}

// What a While's condition says. INVALID_ARGUMENT when it is no scalar.
inline bool GoesOn(const Tensor& condition) {
  if (condition.shape().rank() != 0)
    ThrowInvalid("a loop's condition is a scalar, not " + condition.ToString());
  return condition.scalar<bool>();
}

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_RUN_TRUTH_H_
