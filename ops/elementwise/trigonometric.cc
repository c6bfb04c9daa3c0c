// Sin, Cos, Tan, Asin, Acos, Atan: element-wise.
#include "core/build/ops.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace trigonometric {
namespace {

// 1/√(1 - x²)
Expr InverseComplement(const Scope& s, Expr x) {
  return op::Reciprocal(s, op::Sqrt(s, op::Sub(s, ConstLike(s, x, 1), op::Square(s, x))));
}

}  // namespace
}  // namespace trigonometric

// dx = dy·cos(x)
OpDef SinOp() {
  return UnaryElementwise(
             "Sin", "The sine, element-wise.", kFloatTypes, [](const auto& x) { return x.sin(); },
             kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::Mul(g.scope(), g.DOut(0), op::Cos(g.scope(), g.In(0)))};
      });
}

// dx = -dy·sin(x)
OpDef CosOp() {
  return UnaryElementwise(
             "Cos", "The cosine, element-wise.", kFloatTypes, [](const auto& x) { return x.cos(); },
             kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::Mul(g.scope(), g.DOut(0), op::Neg(g.scope(), op::Sin(g.scope(), g.In(0))))};
      });
}

// dx = dy/cos²(x)
OpDef TanOp() {
  return UnaryElementwise(
             "Tan", "The tangent, element-wise.", kFloatTypes,
             [](const auto& x) { return x.tan(); }, kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        const Scope& s = g.scope();
        return {op::Mul(s, g.DOut(0), op::Square(s, op::Reciprocal(s, op::Cos(s, g.In(0)))))};
      });
}

// dx = dy/√(1 - x²)
OpDef AsinOp() {
  return UnaryElementwise(
             "Asin", "The inverse of Sin, element-wise.", kFloatTypes,
             [](const auto& x) { return x.asin(); }, kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        const Scope& s = g.scope();
        return {op::Mul(s, g.DOut(0), trigonometric::InverseComplement(s, g.In(0)))};
      });
}

// dx = -dy/√(1 - x²)
OpDef AcosOp() {
  return UnaryElementwise(
             "Acos", "The inverse of Cos, element-wise.", kFloatTypes,
             [](const auto& x) { return x.acos(); }, kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        const Scope& s = g.scope();
        return {op::Neg(s, op::Mul(s, g.DOut(0), trigonometric::InverseComplement(s, g.In(0))))};
      });
}

// dx = dy/(1 + x²)
OpDef AtanOp() {
  return UnaryElementwise(
             "Atan", "The inverse of Tan, element-wise.", kFloatTypes,
             [](const auto& x) { return x.atan(); }, kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        const Scope& s = g.scope();
        const Expr sum = op::AddV2(s, ConstLike(s, g.In(0), 1), op::Square(s, g.In(0)));
        return {op::Mul(s, g.DOut(0), op::Reciprocal(s, sum))};
      });
}

}  // namespace graphrun::ops
