#include "core/build/ops.h"

namespace graphrun::op {

Expr ShapeConst(const Scope& s, const graphrun::Shape& shape) {
  Check(shape.fully_known(), "ShapeConst: the shape is fully known");
  return Ints(s, std::vector<int32_t>(shape.dims().begin(), shape.dims().end()));
}

Expr AllAxes(const Scope& scope, Expr x) {
  const Scope s = scope.WithName("");  // the scope's name is for the node that takes the axes
  const int rank = x.shape().rank();
  if (rank < 0) return raw_ops::Range(s, Const(s, 0), Rank(s, x), Const(s, 1));
  std::vector<int32_t> axes(rank);
  for (int i = 0; i < rank; ++i) axes[i] = i;
  return Ints(s, axes);
}

}  // namespace graphrun::op
