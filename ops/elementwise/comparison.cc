// Less, LessEqual, Greater, GreaterEqual, Equal, NotEqual, IsNan, IsInf, IsFinite: predicates,
// element-wise.
#include <cmath>

#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace comparison {
namespace {

struct EqualAttrs {
  bool incompatible_shape_error;
};

// Shapes that do not fit give one answer, `otherwise`, when the attribute allows that.
template <typename Fn>
Op<EqualAttrs> EqualNamed(const char* name, const char* doc, Fn, bool otherwise) {
  Op<EqualAttrs> op(name);
  op.Doc(std::string(doc) +
         " With incompatible_shape_error false, shapes that cannot be broadcast give one scalar "
         "answer instead of an "
         "error.")
      .Input("x", "T")
      .Input("y", "T")
      .Output("z", "bool")
      .TypeAttr("T", kNumberOrBoolTypes.dtypes())
      .Attr("incompatible_shape_error", &EqualAttrs::incompatible_shape_error, true)
      .Shape([](ShapeContext& c, const EqualAttrs& a) {
        if (a.incompatible_shape_error) return c.SetOut(0, Broadcast(c.In(0), c.In(1)));
        if (!c.In(0).fully_known() || !c.In(1).fully_known()) return;
        try {
          c.SetOut(0, Broadcast(c.In(0), c.In(1)));
        } catch (const Error& e) {
          if (e.broken()) throw;
          c.SetOut(0, Shape{});
        }
      })
      .NoGradient("the result is bool")
      .Elements(LoopsOf<2, true, Fn>(kNumberOrBoolTypes, kCheap))
      .Kernel(
          [](const KernelRequest& r) -> std::optional<ElementwisePlan> {
            // A scalar from two operands that are none is the answer for shapes that do not fit.
            if (r.Out(0).rank() == 0 && r.In(0).rank() + r.In(1).rank() > 0) return {};
            return PlanElements(r);
          },
          [otherwise](KernelContext& k, const std::optional<ElementwisePlan>& plan) {
            if (plan) return RunElements(k, *plan);
            k.Out<bool>(0)[0] = otherwise;
          })
      .Commutative();
  return op;
}

}  // namespace
}  // namespace comparison

OpDef LessOp() {
  return Predicate<2>("Less", "x < y, broadcast.", kNumberTypes,
                      [](const auto& x, const auto& y) {
                        return PerElement([](auto a, auto b) { return a < b; }, x, y);
                      })
      .Means(Meaning::kLess);
}
OpDef LessEqualOp() {
  return Predicate<2>("LessEqual", "x <= y, broadcast.", kNumberTypes,
                      [](const auto& x, const auto& y) {
                        return PerElement([](auto a, auto b) { return a <= b; }, x, y);
                      })
      .Means(Meaning::kLessEqual);
}
OpDef GreaterOp() {
  return Predicate<2>("Greater", "x > y, broadcast.", kNumberTypes,
                      [](const auto& x, const auto& y) {
                        return PerElement([](auto a, auto b) { return a > b; }, x, y);
                      })
      .Means(Meaning::kGreater);
}
OpDef GreaterEqualOp() {
  return Predicate<2>("GreaterEqual", "x >= y, broadcast.", kNumberTypes,
                      [](const auto& x, const auto& y) {
                        return PerElement([](auto a, auto b) { return a >= b; }, x, y);
                      })
      .Means(Meaning::kGreaterEqual);
}
OpDef EqualOp() {
  return comparison::EqualNamed(
      "Equal", "x == y, broadcast.",
      [](const auto& x, const auto& y) {
        return PerElement([](auto a, auto b) { return a == b; }, x, y);
      },
      false);
}
OpDef NotEqualOp() {
  return comparison::EqualNamed(
      "NotEqual", "x != y, broadcast.",
      [](const auto& x, const auto& y) {
        return PerElement([](auto a, auto b) { return a != b; }, x, y);
      },
      true);
}
OpDef IsNanOp() {
  return Predicate<1>("IsNan", "Whether x is NaN, element-wise.", kFloatTypes,
                      [](const auto& x) { return PerElement([](auto v) { return v != v; }, x); });
}
OpDef IsInfOp() {
  return Predicate<1>(
      "IsInf", "Whether x is infinite, element-wise.", kFloatTypes,
      [](const auto& x) { return PerElement([](auto v) { return std::isinf(v); }, x); });
}
OpDef IsFiniteOp() {
  return Predicate<1>(
      "IsFinite", "Whether x is neither infinite nor NaN, element-wise.", kFloatTypes,
      [](const auto& x) { return PerElement([](auto v) { return std::isfinite(v); }, x); });
}

}  // namespace graphrun::ops
