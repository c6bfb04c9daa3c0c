// ExactSqrt: the square root of an Eigen array. Eigen 3.4's own makes NaN of infinity with AVX-512.
#ifndef GRAPHRUN_OPS_EXACT_SQRT_H_
#define GRAPHRUN_OPS_EXACT_SQRT_H_

#include <cmath>

namespace graphrun::ops {

template <typename X>
auto ExactSqrt(const X& x) {
  return x.unaryExpr([](auto v) { return std::sqrt(v); });
}

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_EXACT_SQRT_H_
