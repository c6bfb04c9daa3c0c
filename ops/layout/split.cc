// Split: cuts a tensor into equal parts.
#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "core/graph/tile_rule.h"
#include "ops/axis.h"
#include "ops/batch_rules.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace split {

void InferShape(ShapeContext& c) {
  c.WithRank(0, 0);
  Shape y = c.WithRankAtLeast(1, 1);
  if (!y.known_rank()) return;
  const int n = c.num_outputs();
  if (const std::optional<int> axis = KnownAxis(c, 0, y.rank())) {
    const int64_t size = y[*axis];
    if (size >= 0 && size % n != 0) {
      ThrowInvalid("Split: dimension " + std::to_string(*axis) + " of shape " + y.ToString() +
                   " cannot be cut into " + std::to_string(n) + " equal parts");
    }
    y.Set(*axis, size < 0 ? kUnknownDim : size / n);
  } else {
    y = Shape::UnknownOfRank(y.rank());
  }
  for (int i = 0; i < n; ++i) c.SetOut(i, y);
}

std::vector<Grad> Gradient(GradContext& g) {
  std::vector<Expr> parts;
  for (int i = 0; i < g.num_outputs(); ++i) parts.push_back(g.DOut(i));
  return {{}, parts.size() == 1 ? parts[0] : op::Concat(g.scope(), parts, g.In(0))};
}

void Kernel(KernelContext& k) {
  const Shape& x = k.In(1).shape();
  const int axis = CanonicalAxis(k.In(0).scalar<int32_t>(), x.rank());
  const int64_t outer = CountElements(x, 0, axis), row = CountElements(x, axis, x.rank());
  const int64_t part = row / k.num_outputs();
  StridedCopy copy;
  copy.Add(outer, part, row);
  copy.Add(part, 1, 1);
  for (int i = 0; i < k.num_outputs(); ++i) copy.Run(k.Out(i), 0, k.In(1), i * part);
}

TileRule Tiles(const KernelRequest& r) {
  const Shape& x = r.In(1);
  TileRule rule;
  if (x.rank() < 1 || CanonicalAxis(r.Value(0).int_at(0), x.rank()) != x.rank() - 1) return rule;
  const int64_t part = r.Out(0)[x.rank() - 1];
  for (int64_t begin = 0; begin < x[x.rank() - 1]; begin += part)
    rule.columns.push_back({{.input = 1, .begin = begin, .count = part}});
  return rule;
}

}  // namespace split

OpDef SplitOp() {
  return Op<>("Split")
      .Doc(
          "output[i] is part i of value, cut along split_dim, an int32 scalar, into num_split "
          "equal parts. "
          "INVALID_ARGUMENT when the dimension is no multiple of num_split.")
      .Input("split_dim", "int32")
      .Input("value", "T")
      .Output("output", "num_split*T")
      .NumberAttr("num_split")
      .TypeAttr("T")
      .Shape(split::InferShape)
      .Grad(split::Gradient)
      .Tiles(split::Tiles)
      .Kernel(split::Kernel)
      .Batch([](BatchContext& c) { return BatchAlongAxis(c, 0, 1); });
}

}  // namespace graphrun::ops
