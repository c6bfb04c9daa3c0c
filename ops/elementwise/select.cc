// Select, SelectV2: elements of one tensor or another by a condition.
#include "core/build/ops.h"
#include "ops/batch_rules.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace select {
namespace {

// By masks, which the compiler makes vectors of; it makes a branch or a move each of `c ? a : b`.
using SelectFn = decltype([](const auto& condition, const auto& t, const auto& e) {
  return PerElement(
      []<typename T>(bool c, T a, T b) {
        const auto mask = static_cast<T>(-static_cast<T>(c));
        return static_cast<T>(b ^ ((a ^ b) & mask));
      },
      condition, t, e);
});

// Elements are only moved, so their size is all that matters.
ElementLoop LoopFor(DType dtype) {
  ElementLoop loop;
  ForBits(dtype, [&](auto bits) {
    using T = decltype(bits);
    loop = LoopOf<SelectFn, T, bool, T, T>();
  });
  return loop;
}

// [n] as [n,1,...]: a condition for each row of a tensor.
Shape AsRows(const Shape& condition, int rank) {
  Shape rows = condition;
  while (rows.rank() < rank) rows.Append(1);
  return rows;
}

std::vector<std::pair<DType, ElementLoop>> Loops() {
  std::vector<std::pair<DType, ElementLoop>> loops;
  for (DType dtype : kNumberOrBoolTypes.dtypes()) loops.emplace_back(dtype, LoopFor(dtype));
  return loops;
}

ElementwisePlan PlanSelect(const KernelRequest& r) {
  const Shape condition = AsRows(r.In(0), r.Out(0).rank());
  return ElementwisePlan(LoopFor(r.InType(1)), std::array{&condition, &r.In(1), &r.In(2)},
                         r.Out(0));
}

TileRule SelectTiles(const KernelRequest& r) {
  TileRule rule = ElementsRule(Loops(), r);
  rule.operands[0].shape = AsRows(r.In(0), r.Out(0).rank());
  return rule;
}

void SelectShape(ShapeContext& c) {
  Shape out = c.MergeShapes(c.In(1), c.In(2), "the shapes of the two choices:");
  const Shape& condition = c.In(0);
  if (condition.known_rank() && condition.rank() == 1 && out.known_rank() && out.rank() > 1) {
    out.Set(0, c.MergeDim(condition[0], out[0],
                          "the lengths of the condition and of the choices' first dimension:"));
  } else if (condition.known_rank() && condition.rank() > 0 &&
             !(condition.rank() == 1 && !out.known_rank())) {
    out = c.MergeShapes(condition, out, "the shapes of the condition and of the choices:");
  }
  c.SetOut(0, out);
}

// dt = dy where the condition holds, de = dy where it does not.
template <typename Choose>
std::vector<Grad> ChoiceGrad(GradContext& g, Expr zero, Choose choose) {
  std::vector<Grad> grads(3);
  if (g.Needs(1)) grads[1] = g.SumTo(1, choose(g.scope(), g.In(0), g.DOut(0), zero));
  if (g.Needs(2)) grads[2] = g.SumTo(2, choose(g.scope(), g.In(0), zero, g.DOut(0)));
  return grads;
}

Op<> Declaration(const char* name, const char* doc) {
  return Op(name)
      .Doc(doc)
      .Input("condition", "bool")
      .Input("t", "T")
      .Input("e", "T")
      .Output("output", "T")
      .TypeAttr("T", kNumberOrBoolTypes.dtypes())
      .InPlace(1)
      .InPlace(2);
}

// By SelectV2: a vector condition, which chooses rows, has dimensions of size 1 behind it there.
std::vector<Output> BatchSelect(BatchContext& c) {
  const int rank = c.OutShape(0).rank();
  Output condition = c.In(0);
  if (c.InShape(0).rank() == 1 && rank > 1) {
    Shape rows = c.Stacked(0) ? c.WithTrips(c.InShape(0)) : c.InShape(0);
    for (int i = 1; i < rank; ++i) rows.Append(1);
    condition = c.Reshape(condition, rows);
  } else {
    condition = c.Aligned(0, rank);
  }
  return {c.Add("SelectV2", {condition, c.Full(1), c.Full(2)})};
}

}  // namespace
}  // namespace select

OpDef SelectOp() {
  return select::Declaration(
             "Select",
             "t where condition holds, e elsewhere. t and e have one shape; condition has it too, "
             "or "
             "is a scalar, or a vector with one element for each row (first dimension) of t.")
      .Shape(select::SelectShape)
      .Grad([](GradContext& g) {
        return select::ChoiceGrad(g, op::ZerosLike(g.scope(), g.DOut(0)), op::Select);
      })
      .Tiles(select::SelectTiles)
      .Kernel(select::PlanSelect, RunElements)
      .Batch(select::BatchSelect);
}

OpDef SelectV2Op() {
  return select::Declaration("SelectV2",
                             "t where condition holds, e elsewhere; all three are broadcast.")
      .Shape([](ShapeContext& c) { c.SetOut(0, Broadcast(c.In(0), Broadcast(c.In(1), c.In(2)))); })
      .Grad([](GradContext& g) {
        return select::ChoiceGrad(g, ConstLike(g.scope(), g.DOut(0), 0), op::SelectV2);
      })
      .Elements(select::Loops())
      .Kernel(PlanElements, RunElements)
      .Batch(BatchBroadcast);
}

}  // namespace graphrun::ops
