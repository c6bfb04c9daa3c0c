#include "core/text/numpy_random.h"

#include <bit>
#include <limits>
#include <numeric>
#include <utility>

namespace graphrun {

uint64_t NumpyRandomState::UpTo(uint64_t most) {
  if (most == 0) return 0;
  const uint64_t mask = ~uint64_t{0} >> std::countl_zero(most);
  const bool wide = most > std::numeric_limits<uint32_t>::max();
  while (true) {
    uint64_t bits = Next32();
    if (wide) bits = bits << 32 | Next32();
    if ((bits & mask) <= most) return bits & mask;
  }
}

int64_t NumpyRandomState::RandInt(int64_t low, int64_t high) {
  // Unsigned: the range may be wider than an int64_t, and sums wrap.
  const uint64_t range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  return static_cast<int64_t>(static_cast<uint64_t>(low) + UpTo(range - 1));
}

std::vector<int64_t> NumpyRandomState::Permutation(int64_t n) {
  std::vector<int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  for (int64_t i = n - 1; i > 0; --i) std::swap(order[i], order[UpTo(static_cast<uint64_t>(i))]);
  return order;
}

}  // namespace graphrun
