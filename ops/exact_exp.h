// ExactExp, ExactExpm1: exponentials that are finite wherever their type is.
#ifndef GRAPHRUN_OPS_EXACT_EXP_H_
#define GRAPHRUN_OPS_EXACT_EXP_H_

#include <Eigen/Core>
#include <cmath>
#include <type_traits>

namespace graphrun::ops {

// fn(x) by Eigen's vectors. Those of AVX-512 are infinite from 88.376 on, float32 ends at 88.72:
// `scalar` computes the elements beyond.
template <typename X, typename Vector, typename Scalar>
auto WithWholeRange(const X& x, Vector vector, Scalar scalar) {
  using Block = Eigen::Array<typename X::Scalar, X::RowsAtCompileTime, 1>;
  const Block in = x;
  Block out = vector(in);
  if constexpr (std::is_same_v<typename X::Scalar, float>) {
    int beyond = 0;
    for (int i = 0; i < in.size(); ++i) beyond |= in.data()[i] > 88.0f;
    for (int i = 0; beyond != 0 && i < in.size(); ++i) {
      if (in[i] > 88.0f) out[i] = scalar(in[i]);
    }
  }
  return out;
}

template <typename X>
auto ExactExp(const X& x) {
  return WithWholeRange(
      x, [](const auto& v) { return v.exp(); }, [](float v) { return std::exp(v); });
}
template <typename X>
auto ExactExpm1(const X& x) {
  return WithWholeRange(
      x, [](const auto& v) { return v.expm1(); }, [](float v) { return std::expm1(v); });
}

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_EXACT_EXP_H_
