// BroadcastTo: repeats dimensions of size 1, and adds leading ones.
#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace broadcast_to {

void InferShape(ShapeContext& c) {
  c.WithRank(1, 1);
  const Shape &x = c.In(0), y = c.ValueAsSizes(1);
  c.SetOut(0, y);
  if (!x.known_rank() || !y.known_rank()) return;
  const int added = y.rank() - x.rank();
  bool fits = added >= 0;
  for (int i = 0; fits && i < x.rank(); ++i) {
    fits = x[i] < 0 || x[i] == 1 || y[added + i] < 0 || x[i] == y[added + i];
  }
  if (!fits)
    ThrowInvalid("BroadcastTo: shape " + x.ToString() + " cannot be broadcast to " + y.ToString());
}

Move Plan(const KernelRequest& r) {
  const Shape &x = r.In(0), &y = r.Out(0);
  const auto from = Strides(x), to = Strides(y);
  const int added = y.rank() - x.rank();
  Move move;
  for (int i = 0; i < y.rank(); ++i) {
    move.copy.Add(y[i], to[i], i < added || x[i - added] == 1 ? 0 : from[i - added]);
  }
  return move;
}

}  // namespace broadcast_to

OpDef BroadcastToOp() {
  return Op<>("BroadcastTo")
      .Doc(
          "output has the dimensions that the int vector shape names; input's are aligned with the "
          "last ones, and those "
          "of size 1 are repeated. INVALID_ARGUMENT when another dimension differs.")
      .Input("input", "T")
      .Input("shape", "Tidx")
      .Output("output", "T")
      .TypeAttr("T")
      .TypeAttr("Tidx", kInts, DType::kInt32)
      .Shape(broadcast_to::InferShape)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {g.SumTo(0, g.DOut(0)), {}};
      })
      .Kernel(broadcast_to::Plan, RunMove);
}

}  // namespace graphrun::ops
