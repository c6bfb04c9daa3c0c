// Slice: a box of a tensor, by its first element and its size.
#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "core/graph/tile_rule.h"
#include "ops/axis.h"
#include "ops/batch_rules.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace slice {

void InferShape(ShapeContext& c) {
  const Shape &x = c.In(0), begins = c.WithRank(1, 1), sizes = c.WithRank(2, 1);
  int64_t rank = c.MergeDim(begins[0], sizes[0], "lengths of begin and size");
  rank = c.MergeDim(rank, x.known_rank() ? x.rank() : kUnknownDim,
                    "length of begin and rank of input");
  if (rank < 0) return;
  Shape y = Shape::UnknownOfRank(rank);
  for (int i = 0; i < y.rank(); ++i) {
    const std::optional<int64_t> begin = c.IntValue(1, i), size = c.IntValue(2, i);
    const int64_t dim = x.known_rank() ? x[i] : kUnknownDim;
    const bool fits =
        (!begin || *begin >= 0) && (!size || *size >= -1) &&
        (dim < 0 || (begin.value_or(0) <= dim && size.value_or(0) <= dim - begin.value_or(0)));
    if (!fits) {
      ThrowInvalid("Slice: begin " + std::to_string(begin.value_or(0)) + " and size " +
                   std::to_string(size.value_or(-1)) + " do not fit dimension " +
                   std::to_string(i) + " of shape " + x.ToString());
    }
    if (size && *size >= 0) {
      y.Set(i, *size);
    } else if (size && begin && dim >= 0) {
      y.Set(i, dim - *begin);
    }
  }
  c.SetOut(0, y);
}

Shape Elements(const PartialContext& c) {
  const Shape x = c.Value(0), begin = c.Value(1), size = c.Value(2);
  const Tensor* exact = c.Constant(2);
  if (x.rank() < 1 || begin.rank() != 1 || begin[0] < 0 || begin[0] > x.rank())
    return Shape::Unknown();
  int64_t end = size.rank() == 1 && size[0] >= 0 ? begin[0] + size[0] : -1;
  if (exact && exact->int_at(0) == -1) end = x.rank();
  if (end < 0 || end > x.rank()) return Shape::Unknown();
  return x.Slice(static_cast<int>(begin[0]), static_cast<int>(end));
}

// dx is dy with zeros around.
std::vector<Grad> Gradient(GradContext& g) {
  const Scope& s = g.scope();
  const Expr x = g.In(0), begin = g.In(1), y = g.Out(0), dy = g.DOut(0);
  const auto first = ConstInts(begin);
  if (first && x.shape().fully_known() && y.shape().fully_known()) {
    std::vector<int32_t> paddings;
    for (int i = 0; i < x.shape().rank(); ++i) {
      const int64_t before = (*first)[i];
      paddings.push_back(static_cast<int32_t>(before));
      paddings.push_back(static_cast<int32_t>(x.shape()[i] - y.shape()[i] - before));
    }
    return {op::Pad(s, dy, op::Const(s, paddings, {x.shape().rank(), 2})), {}, {}};
  }
  const DType index = begin.dtype();
  const Expr after = op::Sub(s, op::Sub(s, op::Shape(s, x, index), op::Shape(s, y, index)), begin);
  return {op::Pad(s, dy, op::Pack(s, {begin, after}, 1)), {}, {}};
}

Move Plan(const KernelRequest& r) {
  const Shape& y = r.Out(0);
  const auto from = Strides(r.In(0)), to = Strides(y);
  Move move;
  for (int i = 0; i < y.rank(); ++i) {
    move.copy.Add(y[i], to[i], from[i]);
    move.from_begin += r.Value(1).int_at(i) * from[i];
  }
  return move;
}

// The same box of each trip.
std::vector<Output> Batch(BatchContext& c) {
  const Tensor *begin = c.Value(1), *size = c.Value(2);
  if (!begin || !size) return {};
  std::vector<int64_t> begins = {0}, sizes = {-1};
  for (int64_t i = 0; i < begin->num_elements(); ++i) begins.push_back(begin->int_at(i));
  for (int64_t i = 0; i < size->num_elements(); ++i) sizes.push_back(size->int_at(i));
  return {c.Again({c.In(0), c.Ints(begins, c.InType(1)), c.Ints(sizes, c.InType(2))})};
}

TileRule Tiles(const KernelRequest& r) {
  const Shape &x = r.In(0), &y = r.Out(0);
  const int last = x.rank() - 1;
  TileRule rule;
  if (last < 0 || x.Slice(0, last) != y.Slice(0, last)) return rule;
  rule.columns = {{{.input = 0, .begin = r.Value(1).int_at(last), .count = y[last]}}};
  return rule;
}

}  // namespace slice

OpDef SliceOp() {
  return Op<>("Slice")
      .Doc(
          "output is the box of input that begins at the int vector begin and has size[i] elements "
          "along dimension i, or "
          "all that remain where size[i] is -1. INVALID_ARGUMENT when it reaches outside.")
      .Input("input", "T")
      .Input("begin", "Index")
      .Input("size", "Index")
      .Output("output", "T")
      .TypeAttr("T")
      .TypeAttr("Index", kInts)
      .Means(Meaning::kBox)
      .Shape(slice::InferShape)
      .Partial(slice::Elements)
      .Grad(slice::Gradient)
      .Tiles(slice::Tiles)
      .Kernel(slice::Plan, RunMove)
      .Batch(slice::Batch);
}

}  // namespace graphrun::ops
