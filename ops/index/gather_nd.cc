// GatherNd, ScatterNd: slices by index vectors, out of a tensor and into zeros.
#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/index/scatter.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace gather_nd {

void InferGather(ShapeContext& c) {
  c.SetOut(0, UpdatesShape("GatherNd", c.WithRankAtLeast(1, 1), c.In(0)));
}

void InferScatter(ShapeContext& c) {
  c.WithRank(2, 1);
  const Shape y = c.ValueAsSizes(2);
  c.MergeShapes(c.In(1), UpdatesShape("ScatterNd", c.WithRankAtLeast(0, 1), y),
                "shapes of updates and indexed slices");
  c.SetOut(0, y);
}

std::vector<Grad> GatherGradient(GradContext& g) {
  const Scope& s = g.scope();
  const Expr params = g.In(0), indices = g.In(1), dy = g.DOut(0);
  const Shape& i = indices.shape();
  if (i.rank() == 2 && i[1] == 1) {
    return {IndexedSlices{dy, op::Squeeze(s, indices, {-1}), g.ShapeOf(params)}, {}};
  }
  return {op::ScatterNd(s, indices, dy, op::Shape(s, params, indices.dtype())), {}};
}

void GatherKernel(KernelContext& k) {
  const Shape &x = k.In(0).shape(), &indices = k.In(1).shape();
  const int depth = static_cast<int>(indices[indices.rank() - 1]);
  const int64_t slice = CountElements(x, depth, x.rank()),
                count = CountElements(indices, 0, indices.rank() - 1);
  if (count > 0 && x.num_elements() == 0) {
    ThrowInvalid("GatherNd: " + std::to_string(count) + " slices of an empty tensor of shape " +
                 x.ToString());
  }
  StridedCopy copy;
  copy.Add(slice, 1, 1);
  for (int64_t i = 0; i < count; ++i)
    copy.Run(k.Out(0), i * slice, k.In(0), SliceAt(k.In(1), i, depth, x) * slice);
}

void ScatterKernel(KernelContext& k) {
  ClearElements(k.Out(0));
  ScatterSlices(ScatterMode::kAdd, k.In(0), k.In(1), k.Out(0));
}

}  // namespace gather_nd

OpDef GatherNdOp() {
  return Op<>("GatherNd")
      .Doc(
          "output[i, ...] = params[indices[i,0], ..., indices[i,d-1], ...] for indices [...,d]; i "
          "may be several "
          "dimensions. INVALID_ARGUMENT naming the index when one is out of range.")
      .Input("params", "Tparams")
      .Input("indices", "Tindices")
      .Output("output", "Tparams")
      .TypeAttr("Tparams")
      .TypeAttr("Tindices", kInts)
      .Shape(gather_nd::InferGather)
      .Grad(gather_nd::GatherGradient)
      .Kernel(gather_nd::GatherKernel);
}

OpDef ScatterNdOp() {
  return Op<>("ScatterNd")
      .Doc(
          "output is of shape `shape`, zero but for output[indices[i,0], ..., indices[i,d-1], "
          "...], to which "
          "updates[i, ...] is added; indices is [...,d]. INVALID_ARGUMENT naming the index when "
          "one is out of range.")
      .Input("indices", "Tindices")
      .Input("updates", "T")
      .Input("shape", "Tindices")
      .Output("output", "T")
      .TypeAttr("T", kNumbers)
      .TypeAttr("Tindices", kInts)
      .Shape(gather_nd::InferScatter)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {{}, op::GatherNd(g.scope(), g.DOut(0), g.In(0)), {}};
      })
      .Kernel(gather_nd::ScatterKernel);
}

}  // namespace graphrun::ops
