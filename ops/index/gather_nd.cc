// GatherNd, ScatterNd: slices by index vectors, out of a tensor and into zeros.
#include <algorithm>

#include "core/graph/gradients.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/builders.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace gather_nd {

// Which slice an index vector of `depth` elements names in a tensor of shape x. INVALID_ARGUMENT
// when outside.
int64_t SliceAt(const Tensor& indices, int64_t row, int depth, const Shape& x) {
  int64_t at = 0;
  for (int d = 0; d < depth; ++d) {
    const int64_t index = indices.int_at(row * depth + d);
    if (index < 0 || index >= x[d]) {
      ThrowInvalid("indices[" + std::to_string(row) + "," + std::to_string(d) +
                   "] = " + std::to_string(index) + " is not in [0, " + std::to_string(x[d]) +
                   "), for shape " + x.ToString());
    }
    at = at * x[d] + index;
  }
  return at;
}

// The shape of indices [..., depth] together with slices of x, or unknown.
Shape SlicesShape(ShapeContext& c, const Shape& indices, const Shape& x) {
  if (!indices.known_rank() || !x.known_rank()) return Shape::Unknown();
  const int64_t depth = indices[indices.rank() - 1];
  if (depth < 0) return Shape::Unknown();
  if (depth > x.rank()) {
    ThrowInvalid(c.node().op->name + ": index vectors of " + std::to_string(depth) +
                 " elements for a tensor of shape " + x.ToString());
  }
  return Concatenate(indices.Slice(0, indices.rank() - 1), x.From(static_cast<int>(depth)));
}

void InferGather(ShapeContext& c) { c.SetOut(0, SlicesShape(c, c.WithRankAtLeast(1, 1), c.In(0))); }

void InferScatter(ShapeContext& c) {
  c.WithRank(2, 1);
  const Shape y = c.ValueAsShape(2);
  c.MergeShapes(c.In(1), SlicesShape(c, c.WithRankAtLeast(0, 1), y),
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
  StridedCopy copy;
  copy.Add(slice, 1, 1);
  for (int64_t i = 0; i < count; ++i)
    copy.Run(k.Out(0), i * slice, k.In(0), SliceAt(k.In(1), i, depth, x) * slice);
}

void ScatterKernel(KernelContext& k) {
  const Shape &y = k.Out(0).shape(), &indices = k.In(0).shape();
  const int depth = static_cast<int>(indices[indices.rank() - 1]);
  const int64_t slice = CountElements(y, depth, y.rank()),
                count = CountElements(indices, 0, indices.rank() - 1);
  ClearElements(k.Out(0));
  ForNumeric(k.Out(0).dtype(), [&](auto z) {
    using T = decltype(z);
    for (int64_t i = 0; i < count; ++i) {
      T* to = k.Out(0).data<T>() + SliceAt(k.In(0), i, depth, y) * slice;
      const T* from = k.In(1).data<T>() + i * slice;
      for (int64_t j = 0; j < slice; ++j) to[j] += from[j];
    }
  });
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
