// TruncateDiv, TruncateMod, Mod: quotients towards zero and their remainders, element-wise.
#include <cmath>

#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace truncated_division {
namespace {

// As in TensorFlow: of the ops that take a quotient towards zero only Mod calls it an invalid
// argument.
template <Code code, typename T>
void CheckDivisor(T y) {
  if (y == 0) throw Error(code, "integer division by zero");
}

// x / y and x % y of integers, where the most negative number divided by -1 wraps.
struct Quotient {
  template <typename T>
  T operator()(T x, T y) const {
    CheckDivisor<Code::kInternal>(y);
    return y == -1 ? static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(x)) : x / y;
  }
};
template <Code code>
struct Remainder {
  template <typename T>
  T operator()(T x, T y) const {
    if constexpr (std::is_floating_point_v<T>) {
      return std::fmod(x, y);
    } else {
      CheckDivisor<code>(y);
      return y == -1 ? 0 : x % y;
    }
  }
};

template <Code code>
Op<> RemainderNamed(const char* name) {
  Op<> op = BinaryElementwise(
      name,
      "The remainder of x / y that has x's sign, broadcast, as C's %. " +
          std::string(CodeName(code)) + " when an integer is divided by zero.",
      kNumberTypes,
      [](const auto& x, const auto& y) { return PerElement(Remainder<code>{}, x, y); });
  op.RefusesIntegers().NoGradient("TensorFlow defines none; FloorMod has one");
  return op;
}

}  // namespace
}  // namespace truncated_division

OpDef TruncateDivOp() {
  return BinaryElementwise("TruncateDiv",
                           "x / y of integers, rounded towards zero, broadcast. INTERNAL when one "
                           "is divided by zero.",
                           kIntTypes,
                           [](const auto& x, const auto& y) {
                             return PerElement(truncated_division::Quotient{}, x, y);
                           })
      .RefusesIntegers()
      .NoGradient("the operands are integers");
}
OpDef TruncateModOp() { return truncated_division::RemainderNamed<Code::kInternal>("TruncateMod"); }
OpDef ModOp() { return truncated_division::RemainderNamed<Code::kInvalidArgument>("Mod"); }

}  // namespace graphrun::ops
