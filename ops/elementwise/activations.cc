// Tanh, Sigmoid and their gradients: the activations of recurrent cells, element-wise.
#include "core/build/ops.h"
#include "ops/elementwise/elementwise.h"
#include "ops/elementwise/sigmoid_tanh.h"

namespace graphrun::ops {
namespace {

template <typename X>
constexpr bool kIsFloat = std::is_same_v<typename std::decay_t<X>::Scalar, float>;

}  // namespace

OpDef TanhOp() {
  return UnaryElementwise(
             "Tanh", "The hyperbolic tangent, element-wise.", kFloatTypes,
             [](const auto& x) {
               if constexpr (kIsFloat<decltype(x)>) {
                 return ByPackets(x, sigmoid_tanh::Tanh{});
               } else {
                 return x.tanh();
               }
             },
             kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::TanhGrad(g.scope(), g.Out(0), g.DOut(0))};
      });
}

// z = dy·(1 - y²): dz/dy = -2·dy·y, dz/ddy = 1 - y²
OpDef TanhGradOp() {
  return ElementwiseGrad(
             "TanhGrad", "Gradient of Tanh: dy * (1 - y * y), of the result y and its gradient dy.",
             kFloatTypes, [](const auto& y, const auto& dy) { return dy * (Num(y, 1) - y * y); })
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        std::vector<Grad> grads(2);
        if (g.Needs(0)) {
          const Expr scaled = op::Mul(s, g.DOut(0), ConstLike(s, g.In(0), -2));
          grads[0] = op::Mul(s, op::Mul(s, scaled, g.In(1)), g.In(0));
        }
        if (g.Needs(1)) grads[1] = op::TanhGrad(s, g.In(0), g.DOut(0));
        return grads;
      });
}

OpDef SigmoidOp() {
  return UnaryElementwise(
             "Sigmoid", "1 / (1 + exp(-x)), element-wise.", kFloatTypes,
             [](const auto& x) {
               if constexpr (kIsFloat<decltype(x)>) {
                 return ByPackets(x, sigmoid_tanh::Sigmoid{});
               } else {
                 return x.logistic();
               }
             },
             kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::SigmoidGrad(g.scope(), g.Out(0), g.DOut(0))};
      });
}

// z = dy·y·(1 - y): dz/dy = dy·(1 - 2y), dz/ddy = y·(1 - y)
OpDef SigmoidGradOp() {
  return ElementwiseGrad(
             "SigmoidGrad",
             "Gradient of Sigmoid: dy * y * (1 - y), of the result y and its gradient dy.",
             kFloatTypes, [](const auto& y, const auto& dy) { return dy * (y * (Num(y, 1) - y)); })
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        std::vector<Grad> grads(2);
        if (g.Needs(0)) {
          const Expr product = op::Mul(s, g.DOut(0), g.In(1));
          const Expr twice = op::Mul(s, ConstLike(s, product, 2), product);
          grads[0] = op::Sub(s, product, op::Mul(s, twice, g.In(0)));
        }
        if (g.Needs(1)) grads[1] = op::SigmoidGrad(s, g.In(0), g.DOut(0));
        return grads;
      });
}

}  // namespace graphrun::ops
