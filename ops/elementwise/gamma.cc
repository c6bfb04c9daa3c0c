// Lgamma, Digamma, Polygamma, Erfc: special functions, element-wise.
#include <cmath>
#include <limits>
#include <numbers>

#include "core/build/ops.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace gamma {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// lgamma_r, since std::lgamma writes the sign to a global variable.
double LogGamma(double x) {
  int sign;
  return ::lgamma_r(x, &sign);
}
float LogGamma(float x) {
  int sign;
  return ::lgammaf_r(x, &sign);
}

// ψ(x): reflected to x > 0, raised by ψ(x) = ψ(x+1) - 1/x to where the asymptotic series is exact.
double DigammaOf(double x) {
  double reflected = 0;
  if (x <= 0) {
    if (x == std::floor(x)) return kNan;
    const double off = x - std::round(x);  // tan has period π
    reflected = std::abs(off) == 0.5 ? 0 : std::numbers::pi / std::tan(std::numbers::pi * off);
    x = 1 - x;
  }
  double y = 0;
  for (; x < 10; x += 1) y -= 1 / x;
  if (x > 1e17) return std::log(x) - reflected;
  const double z = 1 / (x * x);
  const double tail =
      z * (1.0 / 12 -
           z * (1.0 / 120 -
                z * (1.0 / 252 -
                     z * (1.0 / 240 - z * (1.0 / 132 - z * (691.0 / 32760 - z * (1.0 / 12)))))));
  return y + std::log(x) - 0.5 / x - tail - reflected;
}

// Hurwitz' ζ(s, q) = Σ (q+k)^-s for s > 1, by Euler and Maclaurin from the tenth term on, or from
// q+k > 9 on where it `reaches` so far. As in TensorFlow it does for float64 only: below -9, a
// float32 result lacks the terms near the poles.
double ZetaOf(double s, double q, bool reaches) {
  if (s == 1) return kInfinity;
  if (s < 1) return kNan;
  if (q == kInfinity) return 0;
  if (q <= 0) {
    if (q == std::floor(q)) return s == std::floor(s) && std::fmod(s, 2) == 0 ? kInfinity : kNan;
    if (s != std::floor(s)) return kNan;
  }
  double sum = 0;
  for (int i = 0; i < 10 || (reaches && q <= 9); ++i, q += 1) {
    const double term = std::pow(q, -s);
    sum += term;
    if (q > 0 && std::abs(term) < 1e-18 * std::abs(sum)) return sum;
  }
  double power = std::pow(q, -s);
  sum += q * power / (s - 1) + power / 2;
  // B2k / (2k)! for k = 1, 2, ...
  constexpr double kFactors[] = {1.0 / 12,
                                 -1.0 / 720,
                                 1.0 / 30240,
                                 -1.0 / 1209600,
                                 1.0 / 47900160,
                                 -691.0 / 1307674368000,
                                 1.0 / 74724249600,
                                 -3617.0 / 10670622842880000,
                                 43867.0 / 5109094217170944000};
  double rising = s;
  power /= q;
  for (int k = 0; k < 9; ++k) {
    sum += kFactors[k] * rising * power;
    rising *= (s + 2 * k + 1) * (s + 2 * k + 2);
    power /= q * q;
  }
  return sum;
}

// ψ⁽ⁿ⁾(x) = (-1)ⁿ⁺¹ n! ζ(n+1, x)
double PolygammaOf(double n, double x, bool reaches) {
  if (n < 0 || n != std::floor(n)) return kNan;
  if (n == 0) return DigammaOf(x);
  const double value = std::exp(LogGamma(n + 1)) * ZetaOf(n + 1, x, reaches);
  return std::fmod(n, 2) == 0 ? -value : value;
}

}  // namespace
}  // namespace gamma

// dx = dy·ψ(x)
OpDef LgammaOp() {
  return UnaryElementwise(
             "Lgamma", "The logarithm of the gamma function's absolute value, element-wise.",
             kFloatTypes,
             [](const auto& x) { return PerElement([](auto v) { return gamma::LogGamma(v); }, x); },
             kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        const Scope& s = g.scope();
        return {op::Mul(s, g.DOut(0), s.Add("Digamma", {g.In(0)}))};
      });
}

// dx = dy·ψ'(x)
OpDef DigammaOp() {
  return UnaryElementwise(
             "Digamma", "The derivative of Lgamma, element-wise; NaN at 0, -1, -2, ...",
             kFloatTypes,
             [](const auto& x) {
               return PerElement(
                   [](auto v) { return static_cast<decltype(v)>(gamma::DigammaOf(v)); }, x);
             },
             kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        const Scope& s = g.scope();
        return {op::Mul(s, g.DOut(0), s.Add("Polygamma", {ConstLike(s, g.In(0), 1), g.In(0)}))};
      });
}

// dx = dy·ψ⁽ᵃ⁺¹⁾(x); there is no derivative by the order
OpDef PolygammaOp() {
  return Elementwise<2, false>(
             "Polygamma",
             "The a-th derivative of Digamma at x, broadcast; NaN unless a is a whole number and "
             "not negative.",
             kFloatTypes,
             [](const auto& a, const auto& x) {
               return PerElement(
                   [](auto n, auto v) {
                     constexpr bool kReaches = std::is_same_v<decltype(v), double>;
                     return static_cast<decltype(v)>(gamma::PolygammaOf(n, v, kReaches));
                   },
                   a, x);
             },
             kHeavy / 8, {{"a", "x"}, "z"}, false)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        if (!g.Needs(1)) return g.None();
        const Scope& s = g.scope();
        const Expr next = op::AddV2(s, g.In(0), ConstLike(s, g.In(0), 1));
        return {{}, g.SumTo(1, op::Mul(s, s.Add("Polygamma", {next, g.In(1)}), g.DOut(0)))};
      });
}

// dx = -dy·2/√π·exp(-x²)
OpDef ErfcOp() {
  return UnaryElementwise(
             "Erfc", "1 - Erf(x), exact also for large x, element-wise.", kFloatTypes,
             [](const auto& x) { return PerElement([](auto v) { return std::erfc(v); }, x); },
             kHeavy)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        const Scope& s = g.scope();
        const Expr factor = ConstLike(s, g.In(0), -2 * std::numbers::inv_sqrtpi);
        const Expr bell = op::Exp(s, op::Neg(s, op::Square(s, g.In(0))));
        return {op::Mul(s, op::Mul(s, g.DOut(0), factor), bell)};
      });
}

}  // namespace graphrun::ops
