// Relu, Relu6, Elu, Softplus, Softsign and their gradients: element-wise.
#include "core/build/ops.h"
#include "ops/elementwise/elementwise.h"
#include "ops/exact_exp.h"

namespace graphrun::ops {
namespace rectifiers {
namespace {

const ArgNames kActivation{{"features"}, "activations"};
const ArgNames kOfFeatures{{"gradients", "features"}, "backprops"};

// max(x, 0) and min(x, 0); NaN stays NaN.
template <typename X>
auto AboveZero(const X& x) {
  return PerElement([](auto v) -> decltype(v) { return v < 0 ? 0 : v; }, x);
}
template <typename X>
auto BelowZero(const X& x) {
  return PerElement([](auto v) -> decltype(v) { return v > 0 ? 0 : v; }, x);
}

// Of helpers linear in their first operand and constant in the second wherever they have a
// derivative.
auto LinearGrad(const char* name) {
  return [name](GradContext& g) {
    std::vector<Grad> grads(2);
    if (g.Needs(0)) grads[0] = g.scope().Add(name, {g.DOut(0), g.In(1)});
    return grads;
  };
}

}  // namespace
}  // namespace rectifiers

OpDef ReluOp() {
  return UnaryElementwise(
             "Relu", "max(x, 0), element-wise; NaN stays NaN.", kNumberTypes,
             [](const auto& x) { return rectifiers::AboveZero(x); }, kCheap,
             rectifiers::kActivation)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::ReluGrad(g.scope(), g.DOut(0), g.Out(0))};
      });
}

OpDef ReluGradOp() {
  return ElementwiseGrad(
             "ReluGrad",
             "Gradient of Relu: the gradients times 1 where features > 0, else times 0.",
             kNumberTypes,
             [](const auto& dy, const auto& x) {
               return PerElement([](auto d, auto v) -> decltype(d) { return d * (v > 0 ? 1 : 0); },
                                 dy, x);
             },
             kCheap, rectifiers::kOfFeatures)
      .Grad(rectifiers::LinearGrad("ReluGrad"));
}

OpDef Relu6Op() {
  return UnaryElementwise(
             "Relu6", "min(max(x, 0), 6), element-wise; NaN stays NaN.", kNumberTypes,
             [](const auto& x) {
               return PerElement(
                   [](auto v) -> decltype(v) {
                     if (v < 0) return 0;
                     return v > 6 ? 6 : v;
                   },
                   x);
             },
             kCheap, rectifiers::kActivation)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::Relu6Grad(g.scope(), g.DOut(0), g.Out(0))};
      });
}

OpDef Relu6GradOp() {
  return ElementwiseGrad(
             "Relu6Grad",
             "Gradient of Relu6: the gradients times 1 where 0 < features < 6, else times 0.",
             kNumberTypes,
             [](const auto& dy, const auto& x) {
               return PerElement(
                   [](auto d, auto v) -> decltype(d) { return d * (v > 0 && v < 6 ? 1 : 0); }, dy,
                   x);
             },
             kCheap, rectifiers::kOfFeatures)
      .Grad(rectifiers::LinearGrad("Relu6Grad"));
}

OpDef EluOp() {
  return UnaryElementwise(
             "Elu", "x where x > 0, else exp(x) - 1, element-wise.", kFloatTypes,
             [](const auto& x) {
               return (rectifiers::AboveZero(x) + (rectifiers::BelowZero(x).exp() - Num(x, 1)))
                   .eval();
             },
             kHeavy, rectifiers::kActivation)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::EluGrad(g.scope(), g.DOut(0), g.Out(0))};
      });
}

// z = dy·(min(y, 0) + 1): dz/ddy = min(y, 0) + 1, dz/dy = dy where y < 0
OpDef EluGradOp() {
  return ElementwiseGrad(
             "EluGrad",
             "Gradient of Elu: gradients * (outputs + 1) where outputs < 0, else gradients.",
             kFloatTypes,
             [](const auto& dy, const auto& y) {
               return PerElement(
                   [](auto d, auto v) -> decltype(d) { return v < 0 ? (v + 1) * d : d; }, dy, y);
             },
             kCheap, ArgNames{{"gradients", "outputs"}, "backprops"})
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        std::vector<Grad> grads(2);
        if (g.Needs(0)) grads[0] = op::EluGrad(s, g.DOut(0), g.In(1));
        if (g.Needs(1)) {
          const Expr zero = ConstLike(s, g.In(1), 0);
          const Expr slope = op::Mul(s, g.DOut(0), g.In(0));
          grads[1] = op::SelectV2(s, op::Less(s, g.In(1), zero), slope, zero);
        }
        return grads;
      });
}

OpDef SoftplusOp() {
  return UnaryElementwise(
             "Softplus", "log(1 + exp(x)), element-wise.", kFloatTypes,
             [](const auto& x) {
               return (rectifiers::AboveZero(x) + (-x.abs()).exp().log1p()).eval();
             },
             kHeavy, rectifiers::kActivation)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::Mul(g.scope(), g.DOut(0), op::Sigmoid(g.scope(), g.In(0)))};
      });
}

// z = dy·σ(x): dz/ddy = σ(x), dz/dx = dy·σ'(x)
OpDef SoftplusGradOp() {
  return ElementwiseGrad(
             "SoftplusGrad", "Gradient of Softplus: gradients / (1 + exp(-features)).", kFloatTypes,
             [](const auto& dy, const auto& x) { return (dy / (ExactExp(-x) + Num(x, 1))).eval(); },
             kHeavy, rectifiers::kOfFeatures)
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        std::vector<Grad> grads(2);
        if (g.Needs(0)) grads[0] = op::SoftplusGrad(s, g.DOut(0), g.In(1));
        if (g.Needs(1)) {
          const Expr x = g.In(1), product = op::Mul(s, g.DOut(0), g.In(0));
          const Expr sum = op::AddV2(s, op::AddV2(s, op::Exp(s, op::Neg(s, x)), ConstLike(s, x, 2)),
                                     op::Exp(s, x));
          grads[1] = op::RealDiv(s, product, sum);
        }
        return grads;
      });
}

OpDef SoftsignOp() {
  return UnaryElementwise(
             "Softsign", "x / (1 + |x|), element-wise.", kFloatTypes,
             [](const auto& x) { return x / (x.abs() + Num(x, 1)); }, kCheap,
             rectifiers::kActivation)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {g.scope().Add("SoftsignGrad", {g.DOut(0), g.In(0)})};
      });
}

// z = dy/(1 + |x|)²: dz/ddy = 1/(1 + |x|)², dz/dx = -2·z·sign(x)/(1 + |x|)
OpDef SoftsignGradOp() {
  return ElementwiseGrad(
             "SoftsignGrad", "Gradient of Softsign: gradients / (1 + |features|)^2.", kFloatTypes,
             [](const auto& dy, const auto& x) { return dy / (x.abs() + Num(x, 1)).square(); },
             kCheap, rectifiers::kOfFeatures)
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        std::vector<Grad> grads(2);
        if (g.Needs(0)) grads[0] = s.Add("SoftsignGrad", {g.DOut(0), g.In(1)});
        if (g.Needs(1)) {
          const Expr x = g.In(1);
          const Expr slope = op::RealDiv(s, op::Mul(s, ConstLike(s, x, -2), op::Sign(s, x)),
                                         op::AddV2(s, op::Abs(s, x), ConstLike(s, x, 1)));
          grads[1] = op::Mul(s, op::Mul(s, g.DOut(0), g.Out(0)), slope);
        }
        return grads;
      });
}

}  // namespace graphrun::ops
