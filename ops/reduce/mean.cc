// Mean: averages over dimensions.
#include "ops/axis.h"
#include "ops/builders.h"
#include "ops/reduce/reduce_kernel.h"

namespace graphrun::ops {
namespace mean {

// As Sum's, divided by the number of elements averaged.
std::vector<Grad> Gradient(GradContext& g, const ReduceAttrs& t) {
  const Scope& s = g.scope();
  const Expr x = g.In(0), y = g.Out(0), dy = g.DOut(0);
  Expr count;
  if (x.shape().fully_known() && y.shape().fully_known() && y.shape().num_elements() > 0) {
    count = FloatConst(s, dy.dtype(),
                       static_cast<double>(x.shape().num_elements()) / y.shape().num_elements());
  } else {
    const Expr outputs = op::Maximum(s, op::Size(s, y), op::Const(s, 1));
    count = op::Cast(s, op::FloorDiv(s, op::Size(s, x), outputs), dy.dtype());
  }
  const Expr share = op::RealDiv(s, WithReducedDims(g, t, dy), count);
  return {op::BroadcastTo(s, share, g.ShapeOf(x)), {}};
}

void Kernel(KernelContext& k) {
  ForNumeric(k.Out(0).dtype(), [&](auto z) {
    using T = decltype(z);
    const int64_t count = Reduce<Adder<T>, T>(k);
    if (count == 0 && std::is_integral_v<T>) return;
    for (T& y : k.Out<T>(0)) y /= static_cast<T>(count);
  });
}

}  // namespace mean

OpDef MeanOp() {
  return ReduceOp("Mean", "the mean", "T", kNumbers).Grad(mean::Gradient).Kernel(mean::Kernel);
}

}  // namespace graphrun::ops
