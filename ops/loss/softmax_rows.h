// The vectorised row functions of softmax and cross-entropy.
#ifndef GRAPHRUN_OPS_LOSS_SOFTMAX_ROWS_H_
#define GRAPHRUN_OPS_LOSS_SOFTMAX_ROWS_H_

#include <cstdint>

namespace graphrun::ops {

inline constexpr int64_t kSoftmaxGrain = 8 << 10;  // exponentials worth a second thread

template <typename T>
struct ExpSum {
  T max, sum;
};

// y[i] = exp(x[i] - max), where max is the largest number of x[0..n); also returns the sum of y. y
// may be x. T: float, double. REQUIRES: n > 0.
template <typename T>
ExpSum<T> ExpRow(const T* x, int64_t n, T* y);

// y[i] *= factor.
template <typename T>
void ScaleRow(T factor, int64_t n, T* y) {
  for (int64_t i = 0; i < n; ++i) y[i] *= factor;
}

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_LOSS_SOFTMAX_ROWS_H_
