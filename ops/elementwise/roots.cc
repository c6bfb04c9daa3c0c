// Sqrt, Rsqrt and their gradients: element-wise.
#include "core/build/ops.h"
#include "ops/elementwise/elementwise.h"
#include "ops/exact_sqrt.h"

namespace graphrun::ops {
OpDef SqrtOp() {
  return UnaryElementwise("Sqrt", "The square root, element-wise.", kFloatTypes,
                          [](const auto& x) { return ExactSqrt(x); })
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::SqrtGrad(g.scope(), g.Out(0), g.DOut(0))};
      });
}

// z = dy/(2y), and 0 where dy is: dz/dy = -z/y, dz/ddy = 1/(2y)
OpDef SqrtGradOp() {
  return ElementwiseGrad(
             "SqrtGrad",
             "Gradient of Sqrt: dy * 0.5 / y, of the result y and its gradient dy; 0 where dy is "
             "0.",
             kFloatTypes,
             [](const auto& y, const auto& dy) { return ProductNoNan(Num(y, 0.5) / y, dy); })
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        const Expr ratio = op::RealDiv(s, g.DOut(0), g.In(0));
        std::vector<Grad> grads(2);
        if (g.Needs(0)) grads[0] = op::Mul(s, op::Neg(s, ratio), g.Out(0));
        if (g.Needs(1)) grads[1] = op::Mul(s, ConstLike(s, ratio, 0.5), ratio);
        return grads;
      });
}

OpDef RsqrtOp() {
  return UnaryElementwise("Rsqrt", "1 / sqrt(x), element-wise.", kFloatTypes,
                          [](const auto& x) { return ExactSqrt(x).inverse(); })
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::RsqrtGrad(g.scope(), g.Out(0), g.DOut(0))};
      });
}

// z = -dy·y³/2, and 0 where dy is: dz/dy = -3/2·dy·y², dz/ddy = -y³/2
OpDef RsqrtGradOp() {
  return ElementwiseGrad(
             "RsqrtGrad",
             "Gradient of Rsqrt: dy * -0.5 * y^3, of the result y and its gradient dy; 0 where dy "
             "is 0.",
             kFloatTypes,
             [](const auto& y, const auto& dy) {
               return ProductNoNan(y * y * Num(y, -0.5), ProductNoNan(y, dy));
             })
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        std::vector<Grad> grads(2);
        if (g.Needs(0)) {
          const Expr scaled = op::Mul(s, ConstLike(s, g.In(0), -1.5), g.DOut(0));
          grads[0] = op::Mul(s, op::Mul(s, scaled, g.In(1)), op::Square(s, g.In(0)));
        }
        if (g.Needs(1)) grads[1] = op::RsqrtGrad(s, g.In(0), g.DOut(0));
        return grads;
      });
}

}  // namespace graphrun::ops
