// SplitV: cuts a tensor into parts of given sizes.
#include "core/autodiff/gradients.h"
#include "core/base/size.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "core/graph/tile_rule.h"
#include "ops/axis.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace split_v {

void InferShape(ShapeContext& c) {
  c.WithRank(2, 0);
  const int n = c.num_outputs();
  c.MergeDim(c.WithRank(1, 1)[0], n, "number of sizes and of parts");
  Shape x = c.WithRankAtLeast(0, 1);
  if (!x.known_rank()) return;
  const std::optional<int> axis = KnownAxis(c, 2, x.rank());
  if (!axis) {
    for (int i = 0; i < n; ++i) c.SetOut(i, Shape::UnknownOfRank(x.rank()));
    return;
  }
  const int64_t whole = x[*axis];
  const Tensor* sizes = c.Value(1);
  int64_t sum = 0;
  int open = 0;
  for (int i = 0; sizes && i < n; ++i) {
    if (sizes->int_at(i) < -1)
      ThrowInvalid("SplitV: the sizes " + sizes->ToString() + " are not all positive");
    if (sizes->int_at(i) < 0) {
      ++open;
    } else {
      sum = CheckedAdd(sum, sizes->int_at(i));
    }
  }
  if (open > 1 || (sizes && whole >= 0 && (open ? sum > whole : sum != whole))) {
    ThrowInvalid("SplitV: the sizes " + sizes->ToString() + " do not fit dimension " +
                 std::to_string(*axis) + " of shape " + x.ToString());
  }
  for (int i = 0; i < n; ++i) {
    int64_t size = sizes ? sizes->int_at(i) : kUnknownDim;
    if (sizes && size < 0 && whole >= 0) size = whole - sum;
    x.Set(*axis, size);
    c.SetOut(i, x);
  }
}

std::vector<Grad> Gradient(GradContext& g) {
  std::vector<Expr> parts;
  for (int i = 0; i < g.num_outputs(); ++i) parts.push_back(g.DOut(i));
  return {parts.size() == 1 ? parts[0] : op::Concat(g.scope(), parts, g.In(2)), {}, {}};
}

void Kernel(KernelContext& k) {
  const Shape& x = k.In(0).shape();
  const int axis = CanonicalAxis(k.In(2).scalar<int32_t>(), x.rank());
  const int64_t outer = CountElements(x, 0, axis), row = CountElements(x, axis, x.rank());
  int64_t begin = 0;
  for (int i = 0; i < k.num_outputs(); ++i) {
    const int64_t part = CountElements(k.Out(i).shape(), axis, x.rank());
    StridedCopy copy;
    copy.Add(outer, part, row);
    copy.Add(part, 1, 1);
    copy.Run(k.Out(i), 0, k.In(0), begin);
    begin += part;
  }
}

TileRule Tiles(const KernelRequest& r) {
  const int last = r.In(0).rank() - 1;
  TileRule rule;
  if (last < 0 || CanonicalAxis(r.Value(2).int_at(0), last + 1) != last) return rule;
  int64_t begin = 0;
  for (int i = 0; i < r.num_outputs(); ++i) {
    const int64_t part = r.Out(i)[last];
    rule.columns.push_back({{.input = 0, .begin = begin, .count = part}});
    begin += part;
  }
  return rule;
}

}  // namespace split_v

OpDef SplitVOp() {
  return Op<>("SplitV")
      .Doc(
          "output[i] is part i of value, cut along split_dim, an int32 scalar, into num_split "
          "parts of size_splits[i] "
          "elements; one size may be -1 and is inferred. INVALID_ARGUMENT when the sizes do not "
          "add up.")
      .Input("value", "T")
      .Input("size_splits", "Tlen")
      .Input("split_dim", "int32")
      .Output("output", "num_split*T")
      .NumberAttr("num_split")
      .TypeAttr("T")
      .TypeAttr("Tlen", kInts, DType::kInt64)
      .Shape(split_v::InferShape)
      .Grad(split_v::Gradient)
      .Tiles(split_v::Tiles)
      .Kernel(split_v::Kernel);
}

}  // namespace graphrun::ops
