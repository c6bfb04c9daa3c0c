// Sqrt, Rsqrt and their gradients: element-wise.
#include "ops/builders.h"
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

// z = dy/(2y): dz/dy = -z/y, dz/ddy = 1/(2y)
OpDef SqrtGradOp() {
  return ElementwiseGrad(
             "SqrtGrad", "Gradient of Sqrt: dy * 0.5 / y, of the result y and its gradient dy.",
             kFloatTypes, [](const auto& y, const auto& dy) { return dy * Num(y, 0.5) / y; })
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        std::vector<Grad> grads(2);
        if (g.Needs(0)) {
          grads[0] = op::Mul(s, op::Neg(s, op::RealDiv(s, g.DOut(0), g.In(0))), g.Out(0));
        }
        if (g.Needs(1)) grads[1] = op::SqrtGrad(s, g.In(0), g.DOut(0));
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

// z = -dy·y³/2: dz/dy = -3/2·dy·y², dz/ddy = -y³/2
OpDef RsqrtGradOp() {
  return ElementwiseGrad("RsqrtGrad",
                         "Gradient of Rsqrt: dy * -0.5 * y^3, of the result y and its gradient dy.",
                         kFloatTypes,
                         [](const auto& y, const auto& dy) { return dy * Num(y, -0.5) * y.cube(); })
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
