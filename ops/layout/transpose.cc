// Transpose: permutes dimensions.
#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/batch_rules.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace transpose {

void InferShape(ShapeContext& c) {
  const Shape& x = c.In(0);
  const Shape perm = c.WithRank(1, 1);
  const int64_t rank =
      c.MergeDim(x.known_rank() ? x.rank() : kUnknownDim, perm[0], "rank and length of perm");
  if (rank < 0) return;
  Shape y = Shape::UnknownOfRank(rank);
  if (const Tensor* p = c.Value(1)) {
    AxisSet seen;
    for (int i = 0; i < rank; ++i) {
      const int64_t from = p->int_at(i);
      if (from < 0 || from >= rank || seen[from]) {
        ThrowInvalid("Transpose: perm " + p->ToString() + " is no permutation of " +
                     std::to_string(rank) + " dimensions");
      }
      seen.set(from);
      if (x.known_rank()) y.Set(i, x[static_cast<int>(from)]);
    }
  }
  c.SetOut(0, y);
}

// dx is dy with the permutation undone.
std::vector<Grad> Gradient(GradContext& g) {
  const Scope& s = g.scope();
  const Expr perm = g.In(1);
  if (const auto p = ConstInts(perm)) {
    std::vector<int64_t> inverse(p->size());
    for (size_t i = 0; i < p->size(); ++i) inverse[(*p)[i]] = static_cast<int64_t>(i);
    return {op::Transpose(s, g.DOut(0), IntsLike(s, perm, inverse)), {}};
  }
  return {op::Transpose(s, g.DOut(0), op::InvertPermutation(s, perm)), {}};
}

Move Plan(const KernelRequest& r) {
  const Shape& y = r.Out(0);
  const auto from = Strides(r.In(0)), to = Strides(y);
  Move move;
  for (int i = 0; i < y.rank(); ++i) move.copy.Add(y[i], to[i], from[r.Value(1).int_at(i)]);
  return move;
}

std::vector<Output> Batch(BatchContext& c) {
  const Tensor* perm = c.Value(1);
  if (!perm) return {};
  std::vector<int64_t> all = {0};
  for (int64_t i = 0; i < perm->num_elements(); ++i) all.push_back(perm->int_at(i) + 1);
  return {c.Again({c.In(0), c.Ints(all, c.InType(1))})};
}

}  // namespace transpose

OpDef TransposeOp() {
  return Op<>("Transpose")
      .Doc(
          "y has dimension perm[i] of x as its dimension i; perm is an int vector. "
          "INVALID_ARGUMENT when perm is no "
          "permutation of x's dimensions.")
      .Input("x", "T")
      .Input("perm", "Tperm")
      .Output("y", "T")
      .TypeAttr("T")
      .TypeAttr("Tperm", kInts, DType::kInt32)
      .Shape(transpose::InferShape)
      .Grad(transpose::Gradient)
      .Kernel(transpose::Plan, RunMove)
      .Batch(transpose::Batch);
}

}  // namespace graphrun::ops
