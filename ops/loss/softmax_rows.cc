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
  Block even = Block::Zero(), odd = Block::Zero(), tail = Block::Constant(max);
  // The last elements that are no whole block, with some of those before them, as they are before y
  // is written.
  const int64_t rest = n % kBlock, first_of_tail = std::max<int64_t>(0, n - kBlock);
  if (n >= kBlock) {
    tail = Eigen::Map<const Block>(x + first_of_tail);
  } else {
    std::copy_n(x, n, tail.data());
  }
  int64_t i = 0;
  for (; i + 2 * kBlock <= n; i += 2 * kBlock) {
    const Block first = exp(x + i), second = exp(x + i + kBlock);
    Eigen::Map<Block>(y + i) = first;
    Eigen::Map<Block>(y + i + kBlock) = second;
    even += first;
    odd += second;
  }
  if (i + kBlock <= n) {
    const Block last = exp(x + i);
    Eigen::Map<Block>(y + i) = last;
    even += last;
  }
  if (rest > 0) {
    tail = (tail - max).exp();
    if (n >= kBlock) {
      Eigen::Map<Block>(y + first_of_tail) = tail;
      const Block lane = Block::LinSpaced(T{0}, T{kBlock - 1});
      odd += (lane >= static_cast<T>(kBlock - rest)).select(tail, T{0});
    } else {
      std::copy_n(tail.data(), n, y);
      std::fill(tail.data() + n, tail.data() + kBlock, T{0});
      odd += tail;
    }
  }
  even += odd;
  return {max, even.sum()};
}

template ExpSum<float> ExpRow(const float*, int64_t, float*);
template ExpSum<double> ExpRow(const double*, int64_t, double*);

}  // namespace graphrun::ops
