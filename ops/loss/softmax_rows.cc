#include "ops/loss/softmax_rows.h"

#include <Eigen/Core>
#include <algorithm>

#include "core/graph/element.h"

namespace graphrun::ops {

// In lanes, so that the sum depends neither on where the row lies nor on how it is cut.
template <typename T>
ExpSum<T> ExpRow(const T* x, int64_t n, T* y) {
  using Row = Eigen::Array<T, Eigen::Dynamic, 1>;
  using Block = Eigen::Array<T, kBlock, 1>;
  const T max = Eigen::Map<const Row>(x, n).template maxCoeff<Eigen::PropagateNumbers>();
  const auto exp = [&](const T* from) -> Block {
    return (Eigen::Map<const Block>(from) - max).exp();
  };
  Block even = Block::Zero(), odd = Block::Zero();
  int64_t i = 0;
  for (; i + 2 * kBlock <= n; i += 2 * kBlock) {
    const Block first = exp(x + i), second = exp(x + i + kBlock);
    Eigen::Map<Block>(y + i) = first;
    Eigen::Map<Block>(y + i + kBlock) = second;
    even += first;
    odd += second;
  }
  for (; i < n; i += kBlock) {
    const auto rest = std::min<int64_t>(kBlock, n - i);
    Block last = Block::Constant(max);
    std::copy_n(x + i, rest, last.data());
    last = exp(last.data());
    std::copy_n(last.data(), rest, y + i);
    std::fill(last.data() + rest, last.data() + kBlock, T{0});
    odd += last;
  }
  even += odd;
  return {max, even.sum()};
}

template ExpSum<float> ExpRow(const float*, int64_t, float*);
template ExpSum<double> ExpRow(const double*, int64_t, double*);

}  // namespace graphrun::ops
