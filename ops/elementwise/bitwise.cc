// Invert, BitwiseAnd, BitwiseOr, BitwiseXor, LeftShift, RightShift: on the bits of integers.
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace bitwise {
namespace {

// Shifts by less than nothing or by all bits and more have no meaning; they are taken to the
// nearest that has.
template <typename T>
int ShiftCount(T by) {
  constexpr T kMost = sizeof(T) * 8 - 1;
  return static_cast<int>(by < 0 ? 0 : by > kMost ? kMost : by);
}

template <typename Fn>
Op<> OnBits(const char* name, const char* doc, Fn) {
  Op<> op = BinaryElementwise(name, doc, kIntTypes,
                              [](const auto& x, const auto& y) { return PerElement(Fn{}, x, y); });
  op.NoGradient("the operands are integers");
  return op;
}

}  // namespace
}  // namespace bitwise

OpDef InvertOp() {
  return UnaryElementwise(
             "Invert", "Every bit of x inverted, element-wise.", kIntTypes,
             [](const auto& x) { return PerElement([](auto v) -> decltype(v) { return ~v; }, x); })
      .NoGradient("the operand is an integer");
}
OpDef BitwiseAndOp() {
  return bitwise::OnBits("BitwiseAnd", "The bits that x and y both have, broadcast.",
                         [](auto a, auto b) -> decltype(a) { return a & b; })
      .Commutative();
}
OpDef BitwiseOrOp() {
  return bitwise::OnBits("BitwiseOr", "The bits that x or y has, broadcast.",
                         [](auto a, auto b) -> decltype(a) { return a | b; })
      .Commutative();
}
OpDef BitwiseXorOp() {
  return bitwise::OnBits("BitwiseXor", "The bits that either x or y has, not both, broadcast.",
                         [](auto a, auto b) -> decltype(a) { return a ^ b; })
      .Commutative();
}
OpDef LeftShiftOp() {
  return bitwise::OnBits(
      "LeftShift",
      "x * 2^y without the bits that fall out, broadcast. y below 0 counts as 0, beyond the last "
      "bit as the last.",
      [](auto a, auto b) -> decltype(a) {
        return static_cast<decltype(a)>(static_cast<std::make_unsigned_t<decltype(a)>>(a)
                                        << bitwise::ShiftCount(b));
      });
}
OpDef RightShiftOp() {
  return bitwise::OnBits(
      "RightShift",
      "x / 2^y rounded down, broadcast: the sign bit is repeated. y below 0 counts as 0, beyond "
      "the last bit as the last.",
      [](auto a, auto b) -> decltype(a) { return a >> bitwise::ShiftCount(b); });
}

}  // namespace graphrun::ops
