// TruncateDiv, TruncateMod, Mod: quotients towards zero and their remainders, element-wise.
#include <cmath>

#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace truncated_division {
namespace {

// x / y and x % y of integers, where the most negative number divided by -1 wraps.
struct Quotient {
  template <typename T>
  T operator()(T x, T y) const {
    if (y == 0) ThrowInvalid("integer division by zero");
    return y == -1 ? static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(x)) : x / y;
  }
};
struct Remainder {
  template <typename T>
  T operator()(T x, T y) const {
    if constexpr (std::is_floating_point_v<T>) {
      return std::fmod(x, y);
    } else {
      if (y == 0) ThrowInvalid("integer division by zero");
      return y == -1 ? 0 : x % y;
    }
  }
};

Op<> RemainderNamed(const char* name) {
  Op<> op = BinaryElementwise(
      name,
      "The remainder of x / y that has x's sign, broadcast, as C's %. INVALID_ARGUMENT when an "
      "integer is divided by zero.",
      kNumberTypes, [](const auto& x, const auto& y) { return PerElement(Remainder{}, x, y); });
  op.NoGradient("TensorFlow defines none; FloorMod has one");
  return op;
}

}  // namespace
}  // namespace truncated_division

OpDef TruncateDivOp() {
  return BinaryElementwise("TruncateDiv",
                           "x / y of integers, rounded towards zero, broadcast. INVALID_ARGUMENT "
                           "when one is divided by zero.",
                           kIntTypes,
                           [](const auto& x, const auto& y) {
                             return PerElement(truncated_division::Quotient{}, x, y);
                           })
      .NoGradient("the operands are integers");
}
OpDef TruncateModOp() { return truncated_division::RemainderNamed("TruncateMod"); }
OpDef ModOp() { return truncated_division::RemainderNamed("Mod"); }

}  // namespace graphrun::ops
