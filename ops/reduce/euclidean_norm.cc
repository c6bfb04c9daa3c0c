// EuclideanNorm: square roots of sums of squares over dimensions.
#include <cmath>

#include "core/build/ops.h"
#include "ops/reduce/reduce_kernel.h"

namespace graphrun::ops {
namespace euclidean_norm {

// dx = x/(y/dy); NaN where y is 0 and dy is not, as in TensorFlow.
std::vector<Grad> Gradient(GradContext& g, const ReduceAttrs& t) {
  const Scope& s = g.scope();
  const Expr ratio =
      op::RealDiv(s, WithReducedDims(g, t, g.Out(0)), WithReducedDims(g, t, g.DOut(0)));
  return {op::RealDiv(s, g.In(0), ratio), {}};
}

void Kernel(KernelContext& k, const ReducePlan& plan) {
  ForNumeric(k.Out(0).dtype(), [&](auto z) {
    using T = decltype(z);
    Reduce<Adder<T>, T>(k, plan, [](T x) {
      if constexpr (std::is_integral_v<T>) {
        return static_cast<T>(static_cast<std::make_unsigned_t<T>>(x) *
                              static_cast<std::make_unsigned_t<T>>(x));
      } else {
        return x * x;
      }
    });
    for (T& y : k.Out<T>(0)) {
      if constexpr (std::is_integral_v<T>) {
        y = static_cast<T>(std::sqrt(static_cast<double>(y)));
      } else {
        y = std::sqrt(y);
      }
    }
  });
}

}  // namespace euclidean_norm

OpDef EuclideanNormOp() {
  return ReduceOp("EuclideanNorm", "the square root of the sum of the squares", "T", kNumbers)
      .Grad(euclidean_norm::Gradient)
      .SameAs([](const ShapeContext&) { return -1; })
      .Kernel(PlanReduce, euclidean_norm::Kernel);
}

}  // namespace graphrun::ops
