// AddRows: what all sums over rows are made of.
#ifndef GRAPHRUN_OPS_REDUCE_ADD_ROWS_H_
#define GRAPHRUN_OPS_REDUCE_ADD_ROWS_H_

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "core/graph/kernel.h"
#include "core/graph/tile_rule.h"

namespace graphrun::ops {

inline constexpr int64_t kSumLanes = 64;  // columns whose sums stay in registers

// Adds `rows` rows of `columns` elements, `stride` apart, to `sum`, one after the other. Integers
// wrap on overflow.
template <typename T>
void AddRows(int64_t rows, int64_t columns, const T* in, int64_t stride, T* sum) {
  const auto add = [&](int64_t c, int64_t n) {
    using Sum = typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>,
                                            std::type_identity<T>>::type;
    Sum lanes[kSumLanes];
    std::copy_n(sum + c, n, lanes);
    for (int64_t r = 0; r < rows; ++r) {
      const T* from = in + r * stride + c;
      for (int64_t j = 0; j < n; ++j) lanes[j] += static_cast<Sum>(from[j]);
    }
    std::copy_n(lanes, n, sum + c);
  };
  int64_t c = 0;
  for (; c + kSumLanes <= columns; c += kSumLanes) add(c, kSumLanes);
  if (c < columns) add(c, columns - c);
}

// The rule of an op that adds the rows of input 0 up.
inline TileRule SumRule(const KernelRequest& r) {
  TileRule rule;
  ForNumeric(r.InType(0), [&](auto zero) {
    using T = decltype(zero);
    rule.sum = [](int64_t rows, int64_t columns, const void* in, int64_t stride, void* sum) {
      AddRows(rows, columns, static_cast<const T*>(in), stride, static_cast<T*>(sum));
    };
  });
  rule.sum_grain = 32768;
  return rule;
}

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_REDUCE_ADD_ROWS_H_
