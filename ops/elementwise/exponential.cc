// Exp, Expm1, Log, Log1p, Pow, Xlogy, Xlog1py, Erf: element-wise.
#include <cmath>
#include <numbers>

#include "core/build/ops.h"
#include "ops/elementwise/elementwise.h"
#include "ops/exact_exp.h"

namespace graphrun::ops {
namespace exponential {
namespace {

// Powers of integers by repeated squaring, wrapping as multiplication does.
template <typename T>
T IntPower(T x, T exponent) {
  if (exponent < 0) ThrowInvalid("integers to negative integer powers are not allowed");
  using U = std::make_unsigned_t<T>;
  U result = 1, square = static_cast<U>(x);
  for (U e = static_cast<U>(exponent); e != 0; e >>= 1, square *= square) {
    if (e & 1) result *= square;
  }
  return static_cast<T>(result);
}

// x with zero for a denormal number where those are flushed: functions that look at the bits would
// see it.
template <typename T>
T Flushed(T x) {
  return x == 0 ? std::copysign(T{0}, x) : x;
}

// 1 where x is not 0, else 0.
Expr NotZero(const Scope& s, Expr x) {
  return op::Cast(s, op::NotEqual(s, x, ConstLike(s, x, 0)), x.dtype());
}

}  // namespace
}  // namespace exponential

// dx = dy·y
OpDef ExpOp() {
  return UnaryElementwise(
             "Exp", "e to the power x, element-wise.", kFloatTypes,
             [](const auto& x) { return ExactExp(x); }, kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::Mul(g.scope(), g.DOut(0), g.Out(0))};
      });
}

// dx = dy·exp(x)
OpDef Expm1Op() {
  return UnaryElementwise(
             "Expm1", "exp(x) - 1, exact also near 0, element-wise.", kFloatTypes,
             [](const auto& x) { return ExactExpm1(x); }, kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::Mul(g.scope(), g.DOut(0), op::Exp(g.scope(), g.In(0)))};
      });
}

// dx = dy/x
OpDef LogOp() {
  return UnaryElementwise(
             "Log", "The natural logarithm, element-wise.", kFloatTypes,
             [](const auto& x) { return x.log(); }, kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::Mul(g.scope(), g.DOut(0), op::Reciprocal(g.scope(), g.In(0)))};
      });
}

// dx = dy/(1 + x)
OpDef Log1pOp() {
  return UnaryElementwise(
             "Log1p", "log(1 + x), exact also near 0, element-wise.", kFloatTypes,
             [](const auto& x) { return x.log1p(); }, kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        const Scope& s = g.scope();
        const Expr sum = op::AddV2(s, ConstLike(s, g.In(0), 1), g.In(0));
        return {op::Mul(s, g.DOut(0), op::Reciprocal(s, sum))};
      });
}

// dx = dy·y·x^(y-1), dy = dy·x^y·log(x), and 0 where x is not positive
OpDef PowOp() {
  return BinaryElementwise(
             "Pow",
             "x to the power y, broadcast. INVALID_ARGUMENT when an integer has a negative "
             "exponent.",
             kNumberTypes,
             [](const auto& x, const auto& y) {
               using T = typename std::decay_t<decltype(x)>::Scalar;
               if constexpr (std::is_floating_point_v<T>) {
                 return PerElement([](T a, T b) { return std::pow(exponential::Flushed(a), b); }, x,
                                   y);
               } else {
                 return PerElement(exponential::IntPower<T>, x, y);
               }
             },
             kHeavy)
      .RefusesIntegers()
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        const Expr x = g.In(0), y = g.In(1), dz = g.DOut(0);
        return BinaryGrad(
            g,
            [&] {
              // dz first: 0 stays 0 where the other product overflows.
              const Expr power = op::Pow(s, x, op::Sub(s, y, ConstLike(s, y, 1)));
              return op::Mul(s, op::Mul(s, dz, y), power);
            },
            [&] {
              const Expr positive = op::Greater(s, x, ConstLike(s, x, 0));
              const Expr safe = op::SelectV2(s, positive, x, ConstLike(s, x, 1));
              return op::Mul(s, op::Mul(s, dz, g.Out(0)), op::Log(s, safe));
            });
      });
}

// dx = dy·log(y) where x is not 0, dy = dy·x/y
OpDef XlogyOp() {
  return BinaryElementwise(
             "Xlogy", "x * log(y), and 0 where x is 0, broadcast.", kFloatTypes,
             [](const auto& x, const auto& y) {
               return PerElement(
                   [](auto a, auto product) -> decltype(a) { return a == 0 ? 0 : product; }, x,
                   (x * y.log()).eval());
             },
             kHeavy)
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        const Expr x = g.In(0), y = g.In(1);
        return BinaryGrad(
            g,
            [&] {
              return op::Mul(s, s.Add("Xlogy", {exponential::NotZero(s, x), y}), g.DOut(0));
            },
            [&] {
              return op::Mul(s, s.Add("Xdivy", {x, y}), g.DOut(0));
            });
      });
}

// dx = dy·log(1 + y) where x is not 0, dy = dy·x/(1 + y)
OpDef Xlog1pyOp() {
  return BinaryElementwise(
             "Xlog1py", "x * log(1 + y), and 0 where x is 0, broadcast.", kFloatTypes,
             [](const auto& x, const auto& y) {
               return PerElement(
                   [](auto a, auto b) -> decltype(a) { return a == 0 ? 0 : a * std::log1p(b); }, x,
                   y);
             },
             kHeavy)
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        const Expr x = g.In(0), y = g.In(1);
        return BinaryGrad(
            g,
            [&] {
              return op::Mul(s, s.Add("Xlog1py", {exponential::NotZero(s, x), y}), g.DOut(0));
            },
            [&] {
              const Expr sum = op::AddV2(s, y, ConstLike(s, y, 1));
              return op::Mul(s, s.Add("Xdivy", {x, sum}), g.DOut(0));
            });
      });
}

// dx = dy·2/√π·exp(-x²)
OpDef ErfOp() {
  return UnaryElementwise(
             "Erf", "The error function, element-wise.", kFloatTypes,
             [](const auto& x) { return PerElement([](auto v) { return std::erf(v); }, x); },
             kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        const Scope& s = g.scope();
        const Expr factor = ConstLike(s, g.In(0), 2 * std::numbers::inv_sqrtpi);
        const Expr bell = op::Exp(s, op::Neg(s, op::Square(s, g.In(0))));
        return {op::Mul(s, op::Mul(s, factor, g.DOut(0)), bell)};
      });
}

}  // namespace graphrun::ops
