// Squeeze: removes dimensions of size 1.
#include <algorithm>

#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "core/graph/tile_rule.h"
#include "ops/axis.h"
#include "ops/batch_rules.h"

namespace graphrun::ops {
namespace squeeze {

struct Attrs {
  std::vector<int64_t> dims;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  const Shape& x = c.In(0);
  if (!x.known_rank()) return;
  std::vector<int> axes;
  for (int64_t d : t.dims) axes.push_back(CanonicalAxis(d, x.rank()));
  Shape y;
  for (int i = 0; i < x.rank(); ++i) {
    if (axes.empty()) {
      if (x[i] < 0) return;  // may be 1: the rank is not known yet
      if (x[i] != 1) y.Append(x[i]);
    } else if (std::find(axes.begin(), axes.end(), i) == axes.end()) {
      y.Append(x[i]);
    } else if (x[i] > 1 || x[i] == 0) {
      ThrowInvalid("Squeeze: dimension " + std::to_string(i) + " of shape " + x.ToString() +
                   " is not 1");
    }
  }
  c.SetOut(0, y);
}

}  // namespace squeeze

OpDef SqueezeOp() {
  using squeeze::Attrs;
  return Op<Attrs>("Squeeze")
      .Doc(
          "output is input without the dimensions squeeze_dims, or without all of size 1 when the "
          "list is empty. "
          "INVALID_ARGUMENT when a listed dimension is not 1.")
      .Input("input", "T")
      .Output("output", "T")
      .TypeAttr("T")
      .Attr("squeeze_dims", &Attrs::dims, {})
      .Minimum(0)
      .Shape(squeeze::InferShape)
      .Partial([](const PartialContext& c) { return c.Value(0); })
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::Reshape(g.scope(), g.DOut(0), g.ShapeOf(g.In(0)))};
      })
      .Kernel([](KernelContext& k) { k.SetOut(0, k.Take(0).Reshaped(k.OutShape(0))); })
      .Tiles(ViewRule)
      .Batch(BatchReshape)
      .ViewOf(0);
}

}  // namespace graphrun::ops
