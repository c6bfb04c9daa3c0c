// LogicalAnd, LogicalOr, LogicalNot: element-wise.
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace logical {
namespace {

constexpr TypeList<bool> kBool;

}  // namespace
}  // namespace logical

OpDef LogicalAndOp() {
  return Predicate<2>("LogicalAnd", "x and y, broadcast.", logical::kBool,
                      [](const auto& x, const auto& y) {
                        return PerElement([](bool a, bool b) -> bool { return a & b; }, x, y);
                      })
      .Commutative()
      .Means(Meaning::kAnd);
}
OpDef LogicalOrOp() {
  return Predicate<2>("LogicalOr", "x or y, broadcast.", logical::kBool,
                      [](const auto& x, const auto& y) {
                        return PerElement([](bool a, bool b) -> bool { return a | b; }, x, y);
                      })
      .Commutative();
}
OpDef LogicalNotOp() {
  return Predicate<1>("LogicalNot", "not x, element-wise.", logical::kBool,
                      [](const auto& x) { return PerElement([](bool a) { return !a; }, x); });
}

}  // namespace graphrun::ops
