// Add, AddV2, Sub, Mul, Neg, Abs, Square, SquaredDifference: sums and products, element-wise.
#include "ops/builders.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace arithmetic {
namespace {

std::vector<Grad> SumGrad(GradContext& g) {
  return BinaryGrad(
      g, [&] { return g.DOut(0); }, [&] { return g.DOut(0); });
}
Op<> AddNamed(const char* name) {
  Op<> op = BinaryElementwise(name, "x + y, broadcast.", kNumberTypes,
                              [](const auto& x, const auto& y) { return x + y; });
  op.Commutative().Grad(SumGrad);
  return op;
}

}  // namespace
}  // namespace arithmetic

OpDef AddOp() { return arithmetic::AddNamed("Add"); }
OpDef AddV2Op() { return arithmetic::AddNamed("AddV2"); }

OpDef SubOp() {
  return BinaryElementwise("Sub", "x - y, broadcast.", kNumberTypes,
                           [](const auto& x, const auto& y) { return x - y; })
      .Grad([](GradContext& g) {
        return BinaryGrad(
            g, [&] { return g.DOut(0); }, [&] { return op::Neg(g.scope(), g.DOut(0)); });
      });
}

OpDef MulOp() {
  return BinaryElementwise("Mul", "x * y, broadcast.", kNumberTypes,
                           [](const auto& x, const auto& y) { return x * y; })
      .Commutative()
      .Grad([](GradContext& g) {
        return BinaryGrad(
            g, [&] { return op::Mul(g.scope(), g.DOut(0), g.In(1)); },
            [&] { return op::Mul(g.scope(), g.In(0), g.DOut(0)); });
      });
}

OpDef NegOp() {
  return UnaryElementwise("Neg", "-x, element-wise.", kNumberTypes,
                          [](const auto& x) { return -x; })
      .Grad([](GradContext& g) -> std::vector<Grad> { return {op::Neg(g.scope(), g.DOut(0))}; });
}

// dx = dy·sign(x)
OpDef AbsOp() {
  return UnaryElementwise("Abs", "|x|, element-wise.", kNumberTypes,
                          [](const auto& x) { return x.abs(); })
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::Mul(g.scope(), g.DOut(0), op::Sign(g.scope(), g.In(0)))};
      });
}

// dx = dy·2x
OpDef SquareOp() {
  return UnaryElementwise("Square", "x * x, element-wise.", kNumberTypes,
                          [](const auto& x) { return x.square(); })
      .Grad([](GradContext& g) -> std::vector<Grad> {
        const Scope& s = g.scope();
        return {op::Mul(s, g.DOut(0), op::Mul(s, ConstLike(s, g.In(0), 2), g.In(0)))};
      });
}

// dx = dy·2(x - y), dy = -dx
OpDef SquaredDifferenceOp() {
  return BinaryElementwise("SquaredDifference", "(x - y) * (x - y), broadcast.", kNumberTypes,
                           [](const auto& x, const auto& y) { return (x - y).square(); })
      .Commutative()
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        const Expr twice = op::Mul(s, ConstLike(s, g.In(0), 2), op::Sub(s, g.In(0), g.In(1)));
        const Expr dx = op::Mul(s, g.DOut(0), twice);
        return BinaryGrad(
            g, [&] { return dx; }, [&] { return op::Neg(s, dx); });
      });
}

}  // namespace graphrun::ops
