// Add, AddV2, Sub, Mul, Neg, Abs, Square, SquaredDifference: sums and products, element-wise.
#include "core/build/ops.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace arithmetic {
namespace {

// Elements of small int operands put together; unknown where an operand is, or where the result is
// negative.
template <typename Fn>
auto Elements(Fn fn) {
  return [fn](const PartialContext& c) {
    const Shape x = c.Value(0), y = c.Value(1);
    if (!x.known_rank() || !y.known_rank() ||
        (x.rank() != y.rank() && x.rank() != 1 && y.rank() != 1)) {
      return Shape::Unknown();
    }
    Shape out;
    for (int i = 0; i < std::max(x.rank(), y.rank()); ++i) {
      const int64_t a = x[x.rank() == 1 ? 0 : i], b = y[y.rank() == 1 ? 0 : i];
      out.Append(a < 0 || b < 0 ? kUnknownDim : std::max<int64_t>(kUnknownDim, fn(a, b)));
    }
    return out;
  };
}

std::vector<Grad> SumGrad(GradContext& g) {
  return BinaryGrad(
      g, [&] { return g.DOut(0); }, [&] { return g.DOut(0); });
}
Op<> AddNamed(const char* name) {
  Op<> op = BinaryElementwise(name, "x + y, broadcast.", kNumberTypes,
                              [](const auto& x, const auto& y) { return x + y; });
  op.Commutative()
      .Means(Meaning::kSum)
      .Chains({"AddV2", "Sub"})
      .Partial(Elements([](int64_t a, int64_t b) { return a + b; }))
      .Grad(SumGrad);
  return op;
}

}  // namespace
}  // namespace arithmetic

OpDef AddOp() { return arithmetic::AddNamed("Add"); }
OpDef AddV2Op() { return arithmetic::AddNamed("AddV2"); }

OpDef SubOp() {
  return BinaryElementwise("Sub", "x - y, broadcast.", kNumberTypes,
                           [](const auto& x, const auto& y) { return x - y; })
      .Partial(arithmetic::Elements([](int64_t a, int64_t b) { return a - b; }))
      .Means(Meaning::kDifference)
      .Chains({"AddV2", "Sub", true})
      .Grad([](GradContext& g) {
        return BinaryGrad(
            g, [&] { return g.DOut(0); }, [&] { return op::Neg(g.scope(), g.DOut(0)); });
      });
}

OpDef MulOp() {
  return BinaryElementwise("Mul", "x * y, broadcast.", kNumberTypes,
                           [](const auto& x, const auto& y) { return x * y; })
      .Partial(arithmetic::Elements([](int64_t a, int64_t b) { return a * b; }))
      .Commutative()
      .Means(Meaning::kProduct)
      .Chains({"Mul", "Div"})
      .Grad([](GradContext& g) {
        return BinaryGrad(
            g, [&] { return op::Mul(g.scope(), g.DOut(0), g.In(1)); },
            [&] { return op::Mul(g.scope(), g.In(0), g.DOut(0)); });
      });
}

OpDef NegOp() {
  return UnaryElementwise("Neg", "-x, element-wise.", kNumberTypes,
                          [](const auto& x) {
                            using T = typename std::decay_t<decltype(x)>::Scalar;
                            if constexpr (std::is_floating_point_v<T>) {
                              // Of zero too: Eigen subtracts from zero.
                              return PerElement([](T v) { return -v; }, x);
                            } else {
                              return -x;
                            }
                          })
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
        // In this order: a difference may overflow when it is doubled, where dy is 0.
        const Expr twice = op::Mul(s, ConstLike(s, g.In(0), 2), g.DOut(0));
        const Expr dx = op::Mul(s, twice, op::Sub(s, g.In(0), g.In(1)));
        return BinaryGrad(
            g, [&] { return dx; }, [&] { return op::Neg(s, dx); });
      });
}

}  // namespace graphrun::ops
