#include "ops/loss/softmax_rows.h"

#include <Eigen/Core>

namespace graphrun::ops {

template <typename T>
ExpSum<T> ExpRow(const T* x, int64_t n, T* y) {
  using Array = Eigen::Array<T, Eigen::Dynamic, 1>;
  const Eigen::Map<const Array> in(x, n);
  Eigen::Map<Array> out(y, n);
  const T max = in.template maxCoeff<Eigen::PropagateNumbers>();
  out = (in - max).exp();
  return {max, out.sum()};
}

template ExpSum<float> ExpRow(const float*, int64_t, float*);
template ExpSum<double> ExpRow(const double*, int64_t, double*);

}  // namespace graphrun::ops
