// Max, Min: the largest and the smallest element over dimensions.
#include <limits>

#include "core/build/ops.h"
#include "ops/reduce/reduce_kernel.h"

namespace graphrun::ops {
namespace max_min {

// NaN wins over every number, as in TensorFlow.
template <typename T>
struct Larger {
  static T Start() {
    using Limits = std::numeric_limits<T>;
    return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  }
  static T Join(T a, T b) { return b > a || b != b ? b : a; }
};
template <typename T>
struct Smaller {
  static T Start() {
    using Limits = std::numeric_limits<T>;
    return Limits::has_infinity ? Limits::infinity() : Limits::max();
  }
  static T Join(T a, T b) { return b < a || b != b ? b : a; }
};

// The elements that are the extreme one share its gradient.
std::vector<Grad> Gradient(GradContext& g, const ReduceAttrs& t) {
  const Scope& s = g.scope();
  const Expr x = g.In(0), y = WithReducedDims(g, t, g.Out(0)),
             dy = WithReducedDims(g, t, g.DOut(0));
  const Expr selected = op::Cast(s, op::Equal(s, y, x), dy.dtype());
  const Expr count = op::Sum(s, selected, g.In(1), true);
  return {op::Mul(s, op::RealDiv(s, selected, count), dy), {}};
}

void MaxKernel(KernelContext& k, const ReducePlan& plan) {
  ForNumeric(k.Out(0).dtype(), [&](auto z) { Reduce<Larger<decltype(z)>, decltype(z)>(k, plan); });
}
void MinKernel(KernelContext& k, const ReducePlan& plan) {
  ForNumeric(k.Out(0).dtype(), [&](auto z) { Reduce<Smaller<decltype(z)>, decltype(z)>(k, plan); });
}

}  // namespace max_min

OpDef MaxOp() {
  return ReduceOp("Max", "the largest element", "T", kNumbers)
      .Grad(max_min::Gradient)
      .Kernel(PlanReduce, max_min::MaxKernel);
}
OpDef MinOp() {
  return ReduceOp("Min", "the smallest element", "T", kNumbers)
      .Grad(max_min::Gradient)
      .Kernel(PlanReduce, max_min::MinKernel);
}

}  // namespace graphrun::ops
