// ExpandDims: inserts a dimension of size 1.
#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "core/graph/tile_rule.h"
#include "ops/axis.h"
#include "ops/batch_rules.h"

namespace graphrun::ops {
namespace expand_dims {

void InferShape(ShapeContext& c) {
  const Shape &x = c.In(0), &dim = c.In(1);
  if (dim.fully_known() && dim.num_elements() != 1) {
    ThrowInvalid("ExpandDims: dim must be one number, but its shape is " + dim.ToString());
  }
  if (!x.known_rank()) return;
  const std::optional<int> axis = KnownAxis(c, 1, x.rank() + 1);
  if (!axis) return c.SetOut(0, Shape::UnknownOfRank(x.rank() + 1));
  Shape y = x.Slice(0, *axis);
  y.Append(1);
  c.SetOut(0, Concatenate(y, x.From(*axis)));
}

}  // namespace expand_dims

OpDef ExpandDimsOp() {
  return Op<>("ExpandDims")
      .Doc(
          "output is input with a dimension of size 1 inserted at position dim, an int scalar in "
          "[-rank-1, rank].")
      .Input("input", "T")
      .Input("dim", "Tdim")
      .Output("output", "T")
      .TypeAttr("T")
      .TypeAttr("Tdim", kInts, DType::kInt32)
      .Shape(expand_dims::InferShape)
      .Partial([](const PartialContext& c) { return c.Value(0); })
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::Reshape(g.scope(), g.DOut(0), g.ShapeOf(g.In(0))), {}};
      })
      .Kernel([](KernelContext& k) { k.SetOut(0, k.Take(0).Reshaped(k.OutShape(0))); })
      .Tiles(ViewRule)
      .Batch(BatchReshape)
      .ViewOf(0);
}

}  // namespace graphrun::ops
