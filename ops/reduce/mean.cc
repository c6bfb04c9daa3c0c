// Mean: averages over dimensions.
#include "core/build/ops.h"
#include "ops/axis.h"
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

struct Widen {
  int64_t operator()(int32_t x) const { return x; }
};

// int32 is summed in int64, where it cannot overflow.
void Int32Kernel(KernelContext& k, const ReducePlan& plan) {
  Tensor sums = k.Scratch(DType::kInt64, k.Out(0).shape());
  ReduceTo<Adder<int64_t>, int32_t, Widen>(k, plan, sums.data<int64_t>());
  const auto y = k.Out<int32_t>(0);
  for (size_t i = 0; i < y.size(); ++i) {
    y[i] = plan.count == 0 ? 0 : static_cast<int32_t>(sums.data<int64_t>()[i] / plan.count);
  }
}

void Kernel(KernelContext& k, const ReducePlan& plan) {
  if (k.Out(0).dtype() == DType::kInt32) return Int32Kernel(k, plan);
  ForNumeric(k.Out(0).dtype(), [&](auto z) {
    using T = decltype(z);
    Reduce<Adder<T>, T>(k, plan);
    if (plan.count == 0 && std::is_integral_v<T>) return;
    for (T& y : k.Out<T>(0)) y /= static_cast<T>(plan.count);
  });
}

}  // namespace mean

OpDef MeanOp() {
  return ReduceOp("Mean", "the mean", "T", kNumbers)
      .Grad(mean::Gradient)
      .Kernel(PlanReduce, mean::Kernel);
}

}  // namespace graphrun::ops
