// Sinh, Cosh, Asinh, Acosh, Atanh: element-wise. (Tanh is in activations.cc.)
#include "core/build/ops.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {

// dx = dy·cosh(x)
OpDef SinhOp() {
  return UnaryElementwise(
             "Sinh", "The hyperbolic sine, element-wise.", kFloatTypes,
             [](const auto& x) { return x.sinh(); }, kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::Mul(g.scope(), g.DOut(0), g.scope().Add("Cosh", {g.In(0)}))};
      });
}

// dx = dy·sinh(x)
OpDef CoshOp() {
  return UnaryElementwise(
             "Cosh", "The hyperbolic cosine, element-wise.", kFloatTypes,
             [](const auto& x) { return x.cosh(); }, kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::Mul(g.scope(), g.DOut(0), g.scope().Add("Sinh", {g.In(0)}))};
      });
}

// dx = dy/cosh(y)
OpDef AsinhOp() {
  return UnaryElementwise(
             "Asinh", "The inverse of Sinh, element-wise.", kFloatTypes,
             [](const auto& x) { return x.asinh(); }, kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::RealDiv(g.scope(), g.DOut(0), g.scope().Add("Cosh", {g.Out(0)}))};
      });
}

// dx = dy/sinh(y)
OpDef AcoshOp() {
  return UnaryElementwise(
             "Acosh", "The inverse of Cosh, element-wise; NaN below 1.", kFloatTypes,
             [](const auto& x) { return x.acosh(); }, kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::RealDiv(g.scope(), g.DOut(0), g.scope().Add("Sinh", {g.Out(0)}))};
      });
}

// dx = dy/(1 - x²)
OpDef AtanhOp() {
  return UnaryElementwise(
             "Atanh", "The inverse of Tanh, element-wise.", kFloatTypes,
             [](const auto& x) { return x.atanh(); }, kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        const Scope& s = g.scope();
        const Expr difference = op::Sub(s, ConstLike(s, g.In(0), 1), op::Square(s, g.In(0)));
        return {op::Mul(s, g.DOut(0), op::Reciprocal(s, difference))};
      });
}

}  // namespace graphrun::ops
