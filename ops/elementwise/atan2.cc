// Atan2, MulNoNan: element-wise, two operands.
#include <cmath>

#include "core/build/ops.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {

// dy = dz·x/(x² + y²), dx = -dz·y/(x² + y²)
OpDef Atan2Op() {
  return Elementwise<2, false>(
             "Atan2", "The angle of the point (x, y), from -pi to pi, broadcast.", kFloatTypes,
             [](const auto& y, const auto& x) {
               return PerElement([](auto a, auto b) { return std::atan2(a, b); }, y, x);
             },
             kHeavy, {{"y", "x"}, "z"}, false)
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        const Expr y = g.In(0), x = g.In(1);
        const Expr scaled =
            op::RealDiv(s, g.DOut(0), op::AddV2(s, op::Square(s, y), op::Square(s, x)));
        return BinaryGrad(
            g, [&] { return op::Mul(s, x, scaled); },
            [&] { return op::Mul(s, op::Neg(s, y), scaled); });
      });
}

// dx = dz·y, dy = x·dz, each by the same product
OpDef MulNoNanOp() {
  return BinaryElementwise("MulNoNan", "x * y, and 0 where y is 0 whatever x is, broadcast.",
                           kFloatTypes,
                           [](const auto& x, const auto& y) { return ProductNoNan(x, y); })
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        return BinaryGrad(
            g,
            [&] {
              return s.Add("MulNoNan", {g.DOut(0), g.In(1)});
            },
            [&] {
              return s.Add("MulNoNan", {g.In(0), g.DOut(0)});
            });
      });
}

}  // namespace graphrun::ops
