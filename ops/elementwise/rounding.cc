// Ceil, Floor, Rint, Round, Sign: piecewise constant functions, element-wise.
#include "core/build/ops.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace rounding {
namespace {

std::vector<Grad> NoGrad(GradContext& g) { return g.None(); }  // zero wherever there is one

}  // namespace
}  // namespace rounding

OpDef CeilOp() {
  return UnaryElementwise("Ceil", "The smallest integer that is at least x, element-wise.",
                          kFloatTypes, [](const auto& x) { return x.ceil(); })
      .Grad(rounding::NoGrad);
}
OpDef FloorOp() {
  return UnaryElementwise("Floor", "The largest integer that is at most x, element-wise.",
                          kFloatTypes, [](const auto& x) { return x.floor(); })
      .Grad(rounding::NoGrad);
}
OpDef RintOp() {
  return UnaryElementwise("Rint", "The integer nearest to x, halves to even, element-wise.",
                          kFloatTypes, [](const auto& x) { return x.rint(); })
      .Grad(rounding::NoGrad);
}
OpDef RoundOp() {
  return UnaryElementwise(
             "Round", "The integer nearest to x, halves to even, element-wise.", kNumberTypes,
             [](const auto& x) {
               if constexpr (std::is_integral_v<typename std::decay_t<decltype(x)>::Scalar>) {
                 return x;
               } else {
                 return x.rint();
               }
             })
      .Grad(rounding::NoGrad);
}
OpDef SignOp() {
  return UnaryElementwise(
             "Sign", "-1, 0 or 1 as x is negative, zero or positive; NaN stays NaN. Element-wise.",
             kNumberTypes,
             [](const auto& x) {
               return PerElement(
                   [](auto v) -> decltype(v) {
                     if (v > 0) return 1;
                     if (v < 0) return -1;
                     return v == 0 ? 0 : v;
                   },
                   x);
             })
      .Grad(
          [](GradContext& g) -> std::vector<Grad> { return {op::ZerosLike(g.scope(), g.In(0))}; });
}

}  // namespace graphrun::ops
