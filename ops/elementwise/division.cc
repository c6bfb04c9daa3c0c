// Div, RealDiv, DivNoNan, FloorDiv, FloorMod, Xdivy, Reciprocal, Inv and their helpers: quotients,
// element-wise.
#include <cmath>

#include "core/build/ops.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace division {
namespace {

template <typename T>
void CheckDivisor(T y) {
  if (y == 0) ThrowInvalid("integer division by zero");
}
// 0 - x that wraps: the most negative number divided by -1 is no valid division.
template <typename T>
T WrappingNeg(T x) {
  return static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(x));
}

struct TruncateDiv {
  template <typename T>
  T operator()(T x, T y) const {
    CheckDivisor(y);
    return y == -1 ? WrappingNeg(x) : x / y;
  }
};
struct FloorDivide {
  template <typename T>
  T operator()(T x, T y) const {
    if constexpr (std::is_floating_point_v<T>) {
      return std::floor(x / y);
    } else {
      const T q = TruncateDiv{}(x, y);
      return y != -1 && x % y != 0 && (x < 0) != (y < 0) ? q - 1 : q;
    }
  }
};
// The remainder with y's sign.
struct FloorRemainder {
  template <typename T>
  T operator()(T x, T y) const {
    T r;
    if constexpr (std::is_floating_point_v<T>) {
      r = std::fmod(x, y);
    } else {
      CheckDivisor(y);
      r = y == -1 ? 0 : x % y;
    }
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
  }
};

template <typename X>
inline constexpr bool kReal = std::is_floating_point_v<typename X::Scalar>;

// With `divide` as the op's own kind of division: dx = dy/y, dy = -dy·(x/y)/y
template <typename Divide>
std::vector<Grad> QuotientGrad(GradContext& g, Divide divide) {
  const Scope& s = g.scope();
  return BinaryGrad(
      g, [&] { return divide(s, g.DOut(0), g.In(1)); },
      [&] {
        const Expr ratio = divide(s, divide(s, op::Neg(s, g.In(0)), g.In(1)), g.In(1));
        return op::Mul(s, g.DOut(0), ratio);
      });
}

std::vector<Grad> ReciprocalHelperGrad(GradContext& g) {
  // z = -dy·y², and 0 where dy is: dz/dy = -2·dy·y, dz/ddy = -y²
  const Scope& s = g.scope();
  std::vector<Grad> grads(2);
  if (g.Needs(0)) {
    const Expr scaled = op::Mul(s, g.DOut(0), ConstLike(s, g.In(0), -2));
    grads[0] = op::Mul(s, op::Mul(s, scaled, g.In(1)), g.In(0));
  }
  if (g.Needs(1)) grads[1] = op::ReciprocalGrad(s, g.In(0), g.DOut(0));
  return grads;
}
Op<> ReciprocalNamed(const char* name) {
  Op<> op = UnaryElementwise(name, "1 / x, element-wise.", kFloatTypes,
                             [](const auto& x) { return x.inverse(); });
  op.Grad([](GradContext& g) -> std::vector<Grad> {
    return {op::ReciprocalGrad(g.scope(), g.Out(0), g.DOut(0))};
  });
  return op;
}
Op<> ReciprocalGradNamed(const char* name) {
  Op<> op = ElementwiseGrad(
      name, "Gradient of 1/x: -dy * y * y, of the result y and its gradient dy; 0 where dy is 0.",
      kFloatTypes, [](const auto& y, const auto& dy) { return ProductNoNan(-(y * y), dy); });
  op.Grad(ReciprocalHelperGrad);
  return op;
}

}  // namespace
}  // namespace division

OpDef DivOp() {
  return BinaryElementwise(
             "Div",
             "x / y, broadcast. Integers are divided towards zero; INVALID_ARGUMENT when one is "
             "divided by zero.",
             kNumberTypes,
             [](const auto& x, const auto& y) {
               using X = std::decay_t<decltype(x)>;
               if constexpr (division::kReal<X>) {
                 return x / y;
               } else {
                 return PerElement(division::TruncateDiv{}, x, y);
               }
             })
      .Chains({"Mul", "Div", true})
      .RefusesIntegers()
      .Grad([](GradContext& g) { return division::QuotientGrad(g, op::Div); });
}

OpDef RealDivOp() {
  return BinaryElementwise("RealDiv", "x / y of real numbers, broadcast.", kFloatTypes,
                           [](const auto& x, const auto& y) { return x / y; })
      .Grad([](GradContext& g) { return division::QuotientGrad(g, op::RealDiv); });
}

OpDef DivNoNanOp() {
  return BinaryElementwise("DivNoNan", "x / y, and 0 where y is 0, broadcast.", kFloatTypes,
                           [](const auto& x, const auto& y) {
                             return PerElement(
                                 [](auto a, auto b) -> decltype(a) { return b == 0 ? 0 : a / b; },
                                 x, y);
                           })
      .Grad([](GradContext& g) { return division::QuotientGrad(g, op::DivNoNan); });
}

OpDef FloorDivOp() {
  return BinaryElementwise(
             "FloorDiv",
             "The largest integer that is at most x / y, broadcast, as Python's //. "
             "INVALID_ARGUMENT "
             "when an integer is divided by zero.",
             kNumberTypes,
             [](const auto& x, const auto& y) { return PerElement(division::FloorDivide{}, x, y); })
      .RefusesIntegers()
      .Grad([](GradContext& g) { return g.None(); });
}

// x - floor(x/y)·y: dx = dy, dy = -dy·floor(x/y)
OpDef FloorModOp() {
  return BinaryElementwise("FloorMod",
                           "The remainder of x / y that has y's sign, broadcast, as Python's %. "
                           "INVALID_ARGUMENT when "
                           "an integer is divided by zero.",
                           kNumberTypes,
                           [](const auto& x, const auto& y) {
                             return PerElement(division::FloorRemainder{}, x, y);
                           })
      .RefusesIntegers()
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        return BinaryGrad(
            g, [&] { return g.DOut(0); },
            [&] { return op::Mul(s, g.DOut(0), op::Neg(s, op::FloorDiv(s, g.In(0), g.In(1)))); });
      });
}

// dx = dy·(x≠0)/y, dy = -dy·(x/y)/y
OpDef XdivyOp() {
  return BinaryElementwise("Xdivy", "x / y, and 0 where x is 0, broadcast.", kFloatTypes,
                           [](const auto& x, const auto& y) {
                             return PerElement(
                                 [](auto a, auto b) -> decltype(a) { return a == 0 ? 0 : a / b; },
                                 x, y);
                           })
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        const Expr x = g.In(0), y = g.In(1);
        return BinaryGrad(
            g,
            [&] {
              const Expr used = op::Cast(s, op::NotEqual(s, x, ConstLike(s, x, 0)), x.dtype());
              return op::Mul(s, g.DOut(0), s.Add("Xdivy", {used, y}));
            },
            [&] {
              const Expr ratio = s.Add("Xdivy", {op::Neg(s, x), op::Square(s, y)});
              return op::Mul(s, g.DOut(0), ratio);
            });
      });
}

OpDef ReciprocalOp() { return division::ReciprocalNamed("Reciprocal"); }
OpDef ReciprocalGradOp() { return division::ReciprocalGradNamed("ReciprocalGrad"); }
OpDef InvOp() { return division::ReciprocalNamed("Inv"); }
OpDef InvGradOp() { return division::ReciprocalGradNamed("InvGrad"); }

}  // namespace graphrun::ops
