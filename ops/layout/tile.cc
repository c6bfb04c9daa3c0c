// Tile: repeats a tensor along its dimensions.
#include "core/autodiff/gradients.h"
#include "core/base/size.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace tile {

void InferShape(ShapeContext& c) {
  const Shape& x = c.In(0);
  const int64_t rank = c.MergeDim(x.known_rank() ? x.rank() : kUnknownDim, c.WithRank(1, 1)[0],
                                  "rank and length of multiples");
  if (rank < 0) return;
  Shape y = Shape::UnknownOfRank(rank);
  for (int i = 0; i < rank; ++i) {
    const std::optional<int64_t> times = c.IntValue(1, i);
    if (times && *times < 0)
      ThrowInvalid("Tile: multiple " + std::to_string(*times) + " is negative");
    if (times && x.known_rank() && x[i] >= 0) y.Set(i, CheckedMul(x[i], *times));
  }
  c.SetOut(0, y);
}

// dx sums over the repetitions: dy as [times0, dim0, times1, dim1, ...], without the times that are
// 1, summed over times.
std::vector<Grad> Gradient(GradContext& g) {
  const Scope& s = g.scope();
  const Expr x = g.In(0), multiples = g.In(1), dy = g.DOut(0);
  const auto times = ConstInts(multiples);
  if (times && x.shape().fully_known()) {
    std::vector<int32_t> split, axes;
    for (size_t i = 0; i < times->size(); ++i) {
      if ((*times)[i] != 1) {
        axes.push_back(static_cast<int32_t>(split.size()));
        split.push_back(static_cast<int32_t>((*times)[i]));
      }
      split.push_back(static_cast<int32_t>(x.shape()[static_cast<int>(i)]));
    }
    if (axes.empty()) return {dy, {}};
    return {op::Sum(s, op::Reshape(s, dy, op::Ints(s, split)), axes), {}};
  }
  const int rank = x.shape().rank();
  if (rank < 0) {
    throw Error(Code::kUnimplemented,
                "Tile: the gradient needs the rank of the input while the graph is built");
  }
  const Expr dims = op::Shape(s, x, multiples.dtype());
  const Expr split = op::Reshape(s, op::Pack(s, {multiples, dims}, 1), op::Ints(s, {2 * rank}));
  std::vector<int32_t> axes;
  for (int i = 0; i < rank; ++i) axes.push_back(2 * i);
  return {op::Sum(s, op::Reshape(s, dy, split), axes), {}};
}

Move Plan(const KernelRequest& r) {
  const Shape &x = r.In(0), &y = r.Out(0);
  const auto from = Strides(x), to = Strides(y);
  Move move;
  for (int i = 0; i < x.rank(); ++i) {
    move.copy.Add(r.Value(1).int_at(i), to[i] * x[i], 0);
    move.copy.Add(x[i], to[i], from[i]);
  }
  return move;
}

}  // namespace tile

OpDef TileOp() {
  return Op<>("Tile")
      .Doc(
          "output repeats input multiples[i] times along dimension i; multiples is an int vector, "
          "not negative.")
      .Input("input", "T")
      .Input("multiples", "Tmultiples")
      .Output("output", "T")
      .TypeAttr("T")
      .TypeAttr("Tmultiples", kInts, DType::kInt32)
      .Shape(tile::InferShape)
      .Grad(tile::Gradient)
      .Kernel(tile::Plan, RunMove);
}

}  // namespace graphrun::ops
