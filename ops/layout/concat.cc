// ConcatV2: joins tensors along an existing dimension.
#include <numeric>

#include "core/autodiff/gradients.h"
#include "core/base/size.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "core/graph/tile_rule.h"
#include "ops/axis.h"
#include "ops/batch_rules.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace concat {

void InferShape(ShapeContext& c) {
  const int n = c.num_inputs() - 1;
  c.WithRank(n, 0);
  Shape joined = Shape::Unknown();
  int rank = Shape::kUnknownRank;
  for (int i = 0; i < n && rank < 0; ++i) rank = c.In(i).rank();
  if (rank < 0) return;
  const std::optional<int> axis = KnownAxis(c, n, rank);
  int64_t total = 0;
  for (int i = 0; i < n; ++i) {
    Shape x = c.WithRank(i, rank);
    if (!axis) continue;
    total = total < 0 || x[*axis] < 0 ? kUnknownDim : CheckedAdd(total, x[*axis]);
    x.Set(*axis, kUnknownDim);
    joined = c.MergeShapes(joined, x, "dimensions other than the one concatenated");
  }
  if (!axis) return c.SetOut(0, Shape::UnknownOfRank(rank));
  joined.Set(*axis, total);
  c.SetOut(0, joined);
}

Shape Elements(const PartialContext& c) {
  Shape all;
  for (int i = 0; i + 1 < c.num_inputs(); ++i) {
    Shape part = c.Value(i);
    if (!part.known_rank() && c.In(i).rank() == 1 && c.In(i)[0] >= 0 &&
        c.In(i)[0] <= Shape::kMaxRank) {
      part = Shape::UnknownOfRank(static_cast<int>(c.In(i)[0]));
    }
    if (!part.known_rank() || all.rank() + part.rank() > Shape::kMaxRank) return Shape::Unknown();
    all = Concatenate(all, part);
  }
  return all;
}

// Each input gets its part of dy. Where only the sizes along the axis matter and are known, the
// parts are constants.
std::vector<Grad> Gradient(GradContext& g) {
  const Scope& s = g.scope();
  const int n = g.num_inputs() - 1;
  const Expr dy = g.DOut(0);
  std::vector<Grad> dx = g.None();
  const auto axis_value = ConstInts(g.In(n));
  const int rank = dy.shape().rank();
  bool constant = axis_value && rank >= 0;
  const int axis = constant ? CanonicalAxis(axis_value->front(), rank) : 0;
  for (int i = 0; i < n; ++i) {
    constant = constant && g.In(i).shape().rank() == rank && g.In(i).shape()[axis] >= 0;
  }
  if (constant) {
    std::vector<int32_t> begin(rank, 0), size(rank, -1);
    for (int i = 0; i < n; ++i) {
      size[axis] = static_cast<int32_t>(g.In(i).shape()[axis]);
      if (g.Needs(i)) dx[i] = op::Slice(s, dy, op::Ints(s, begin), op::Ints(s, size));
      begin[axis] += size[axis];
    }
    return dx;
  }
  std::vector<Expr> shapes;
  for (int i = 0; i < n; ++i) shapes.push_back(g.ShapeOf(g.In(i)));
  Expr concat_dim = g.In(n);
  if (concat_dim.dtype() != DType::kInt32) concat_dim = op::Cast(s, concat_dim, DType::kInt32);
  const std::vector<Expr> begins = op::ConcatOffset(s, concat_dim, shapes);
  for (int i = 0; i < n; ++i) {
    if (g.Needs(i)) dx[i] = op::Slice(s, dy, begins[i], shapes[i]);
  }
  return dx;
}

void Kernel(KernelContext& k) {
  const int n = k.num_inputs() - 1;
  const Shape& y = k.Out(0).shape();
  const int axis = CanonicalAxis(k.In(n).int_at(0), y.rank());
  const int64_t outer = CountElements(y, 0, axis), row = CountElements(y, axis, y.rank());
  int64_t begin = 0;
  for (int i = 0; i < n; ++i) {
    const int64_t part = CountElements(k.In(i).shape(), axis, y.rank());
    StridedCopy copy;
    copy.Add(outer, row, part);
    copy.Add(part, 1, 1);
    copy.Run(k.Out(0), begin, k.In(i), 0);
    begin += part;
  }
}

TileRule Tiles(const KernelRequest& r) {
  const int n = r.num_inputs() - 1, last = r.Out(0).rank() - 1;
  TileRule rule;
  if (last < 0 || CanonicalAxis(r.Value(n).int_at(0), last + 1) != last) return rule;
  rule.columns.emplace_back();
  for (int i = 0; i < n; ++i)
    rule.columns[0].push_back({.input = i, .begin = 0, .count = r.In(i)[last]});
  return rule;
}

}  // namespace concat

OpDef ConcatV2Op() {
  return Op<>("ConcatV2")
      .Doc(
          "output joins the N tensors values along dimension axis, an int scalar in [-rank, rank). "
          "INVALID_ARGUMENT "
          "unless all have the same rank and agree in all other dimensions.")
      .Input("values", "N*T")
      .Input("axis", "Tidx")
      .Output("output", "T")
      .NumberAttr("N", 2)
      .TypeAttr("T")
      .TypeAttr("Tidx", kInts, DType::kInt32)
      .Means(Meaning::kJoin)
      .Shape(concat::InferShape)
      .Partial(concat::Elements)
      .Grad(concat::Gradient)
      .Tiles(concat::Tiles)
      .Kernel(concat::Kernel)
      .Batch([](BatchContext& c) { return BatchAlongAxis(c, c.num_inputs() - 1, 0); });
}

}  // namespace graphrun::ops
