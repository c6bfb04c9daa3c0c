// LeakyRelu, Selu and their gradients: element-wise.
#include "core/build/ops.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace leaky_relu {
namespace {

// Self-normalising: with these two numbers, mean 0 and variance 1 are a fixed point.
constexpr double kScale = 1.0507009873554804934193349852946;
constexpr double kScaleAlpha = 1.7580993408473768599402175208123;

const ArgNames kActivation{{"features"}, "activations"};

struct Attrs {
  float alpha;
};

using Leak = decltype([](const auto& x, const auto& alpha) {
  return PerElement([](auto v, auto a) -> decltype(v) { return v > 0 ? v : v * a; }, x, alpha);
});
using LeakGrad = decltype([](const auto& dy, const auto& x, const auto& alpha) {
  return PerElement([](auto d, auto v, auto a) -> decltype(d) { return v > 0 ? d : d * a; }, dy, x,
                    alpha);
});

// fn of the inputs and alpha, which is broadcast.
template <int kInputs, typename Fn>
void Kernel(KernelContext& k, const Attrs& t) {
  ForFloat(k.Out(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    constexpr ElementLoop kLoop = LoopsOf<kInputs + 1, false, Fn>(TypeList<T>{}, kCheap)[0].second;
    const T alpha = static_cast<T>(t.alpha);
    const Shape scalar;
    std::array<Operand, kInputs + 1> in{};
    for (int i = 0; i < kInputs; ++i) in[i] = {k.In(i).raw(), &k.In(i).shape()};
    in[kInputs] = {&alpha, &scalar};
    RunElementwise(kLoop, in, k.Out(0).raw(), k.Out(0).shape());
  });
}

}  // namespace
}  // namespace leaky_relu

OpDef LeakyReluOp() {
  using leaky_relu::Attrs;
  return Op<Attrs>("LeakyRelu")
      .Doc("activations is features where features > 0, else alpha * features, element-wise.")
      .Input("features", "T")
      .Output("activations", "T")
      .Attr("alpha", &Attrs::alpha, 0.2f)
      .TypeAttr("T", kFloats, DType::kFloat)
      .Shape([](ShapeContext& c) { c.SetOut(0, c.In(0)); })
      .Grad([](GradContext& g, const Attrs& t) -> std::vector<Grad> {
        return {g.scope().Add("LeakyReluGrad", {g.DOut(0), g.In(0)}, {{"alpha", t.alpha}})};
      })
      .Kernel(leaky_relu::Kernel<1, leaky_relu::Leak>)
      .InPlace(0);
}

// Linear in the gradients; constant in the features wherever it has a derivative.
OpDef LeakyReluGradOp() {
  using leaky_relu::Attrs;
  return Op<Attrs>("LeakyReluGrad")
      .Doc(
          "Gradient of LeakyRelu: gradients where features > 0, else alpha * gradients; both of "
          "one "
          "shape.")
      .Input("gradients", "T")
      .Input("features", "T")
      .Output("backprops", "T")
      .Attr("alpha", &Attrs::alpha, 0.2f)
      .TypeAttr("T", kFloats, DType::kFloat)
      .Shape([](ShapeContext& c) {
        c.SetOut(0, c.MergeShapes(c.In(0), c.In(1), "the operands' shapes"));
      })
      .Grad([](GradContext& g, const Attrs& t) -> std::vector<Grad> {
        if (!g.Needs(0)) return g.None();
        return {g.scope().Add("LeakyReluGrad", {g.DOut(0), g.In(1)}, {{"alpha", t.alpha}}), {}};
      })
      .Kernel(leaky_relu::Kernel<2, leaky_relu::LeakGrad>)
      .InPlace(0)
      .InPlace(1);
}

OpDef SeluOp() {
  return UnaryElementwise(
             "Selu", "1.0507 x where x > 0, else 1.7581 (exp(x) - 1), element-wise.", kFloatTypes,
             [](const auto& x) {
               using T = typename std::decay_t<decltype(x)>::Scalar;
               return ((x < T{0}).select((x.exp() - T{1}) * Num(x, leaky_relu::kScaleAlpha),
                                         x * Num(x, leaky_relu::kScale)))
                   .eval();
             },
             kHeavy, leaky_relu::kActivation)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {g.scope().Add("SeluGrad", {g.DOut(0), g.Out(0)})};
      });
}

// z = dy·(y + sα) or dy·s: dz/ddy = y + sα or s, dz/dy = dy where y < 0
OpDef SeluGradOp() {
  return ElementwiseGrad(
             "SeluGrad",
             "Gradient of Selu: gradients * (outputs + 1.7581) where outputs < 0, else gradients * "
             "1.0507.",
             kFloatTypes,
             [](const auto& dy, const auto& y) {
               return PerElement(
                   [](auto d, auto v) -> decltype(d) {
                     using T = decltype(d);
                     return d * (v < 0 ? v + static_cast<T>(leaky_relu::kScaleAlpha)
                                       : static_cast<T>(leaky_relu::kScale));
                   },
                   dy, y);
             },
             kCheap, ArgNames{{"gradients", "outputs"}, "backprops"})
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        std::vector<Grad> grads(2);
        if (g.Needs(0)) grads[0] = s.Add("SeluGrad", {g.DOut(0), g.In(1)});
        if (g.Needs(1)) {
          const Expr zero = ConstLike(s, g.In(1), 0);
          const Expr slope = op::Mul(s, g.DOut(0), g.In(0));
          grads[1] = op::SelectV2(s, op::Less(s, g.In(1), zero), slope, zero);
        }
        return grads;
      });
}

}  // namespace graphrun::ops
