// Sum: adds over dimensions.
#include "core/build/ops.h"
#include "ops/reduce/add_rows.h"
#include "ops/reduce/reduce_kernel.h"

namespace graphrun::ops {
namespace sum {

// Each summed element gets the sum's gradient.
std::vector<Grad> Gradient(GradContext& g, const ReduceAttrs& t) {
  return {op::BroadcastTo(g.scope(), WithReducedDims(g, t, g.DOut(0)), g.ShapeOf(g.In(0))), {}};
}

void Kernel(KernelContext& k, const ReducePlan& plan) {
  ForNumeric(k.Out(0).dtype(), [&](auto z) { Reduce<Adder<decltype(z)>, decltype(z)>(k, plan); });
}

// Over all dimensions but the last.
TileRule Tiles(const KernelRequest& r) {
  const int rank = r.In(0).rank();
  if (rank < 2) return {};
  const AxisSet axes = AxesOf(r.Value(1), rank);
  if (axes[rank - 1] || static_cast<int>(axes.count()) != rank - 1) return {};
  return SumRule(r);
}

}  // namespace sum

OpDef SumOp() {
  return ReduceOp("Sum", "the sum", "T", kNumbers)
      .Grad(sum::Gradient)
      .Tiles(sum::Tiles)
      .Kernel(PlanReduce, sum::Kernel);
}

}  // namespace graphrun::ops
