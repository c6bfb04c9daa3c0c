// Maximum, Minimum, ClipByValue: element-wise.
#include "core/build/ops.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace extrema {
namespace {

struct Larger {
  template <typename T>
  T operator()(T a, T b) const {
    return a > b || a != a ? a : b;
  }
};
struct Smaller {
  template <typename T>
  T operator()(T a, T b) const {
    return a < b || a != a ? a : b;
  }
};
using ClipFn = decltype([](const auto& x, const auto& low, const auto& high) {
  // A bound of NaN is none.
  return PerElement(
      [](auto v, auto l, auto h) {
        const auto capped = h < v ? h : v;
        return capped < l ? l : capped;
      },
      x, low, high);
});

// The gradient goes to x where `x_wins(x, y)`, to y elsewhere.
template <typename Wins>
std::vector<Grad> WinnerGrad(GradContext& g, Wins x_wins) {
  const Scope& s = g.scope();
  const Expr mask = x_wins(s, g.In(0), g.In(1)), dz = g.DOut(0), zero = ConstLike(s, dz, 0);
  return BinaryGrad(
      g, [&] { return op::SelectV2(s, mask, dz, zero); },
      [&] { return op::SelectV2(s, mask, zero, dz); });
}

void ClipShape(ShapeContext& c) {
  Shape out = c.In(0);
  for (int i : {1, 2}) {
    const Shape& bound = c.In(i);
    if (!bound.known_rank() || bound.rank() == 0) continue;
    out = c.MergeShapes(out, bound, "the shapes of x and of a bound that is no scalar:");
  }
  c.SetOut(0, out);
}

// dx = dy where x is within the bounds; a bound gets what it cut off.
std::vector<Grad> ClipGrad(GradContext& g) {
  const Scope& s = g.scope();
  const Expr x = g.In(0), low = g.In(1), high = g.In(2), dy = g.DOut(0), zero = ConstLike(s, dy, 0);
  const Expr below = op::Less(s, x, low), above = op::Greater(s, x, high);
  std::vector<Grad> grads(3);
  if (g.Needs(0)) grads[0] = op::SelectV2(s, op::LogicalOr(s, below, above), zero, dy);
  if (g.Needs(1)) grads[1] = g.SumTo(1, op::SelectV2(s, below, dy, zero));
  if (g.Needs(2)) grads[2] = g.SumTo(2, op::SelectV2(s, above, dy, zero));
  return grads;
}

}  // namespace
}  // namespace extrema

OpDef MaximumOp() {
  return BinaryElementwise(
             "Maximum", "The larger of x and y, broadcast; NaN if either is.", kNumberTypes,
             [](const auto& x, const auto& y) { return PerElement(extrema::Larger{}, x, y); })
      .Commutative()
      .Grad([](GradContext& g) { return extrema::WinnerGrad(g, op::GreaterEqual); });
}

OpDef MinimumOp() {
  return BinaryElementwise(
             "Minimum", "The smaller of x and y, broadcast; NaN if either is.", kNumberTypes,
             [](const auto& x, const auto& y) { return PerElement(extrema::Smaller{}, x, y); })
      .Means(Meaning::kMinimum)
      .Commutative()
      .Grad([](GradContext& g) { return extrema::WinnerGrad(g, op::LessEqual); });
}

OpDef ClipByValueOp() {
  return Op("ClipByValue")
      .Doc(
          "max(min(t, clip_value_max), clip_value_min), element-wise; each bound is a scalar or "
          "has t's shape.")
      .Input("t", "T")
      .Input("clip_value_min", "T")
      .Input("clip_value_max", "T")
      .Output("output", "T")
      .TypeAttr("T", kNumbers)
      .Shape(extrema::ClipShape)
      .Grad(extrema::ClipGrad)
      .Elements(LoopsOf<3, false, extrema::ClipFn>(kNumberTypes, kCheap))
      .Kernel(PlanElements, RunElements)
      .InPlace(0);
}

}  // namespace graphrun::ops
