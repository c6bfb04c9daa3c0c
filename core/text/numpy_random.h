// NumpyRandomState: the numbers of numpy.random.RandomState, so that a plan's order of batches can
// be what a Python program's was.
//
// M. Matsumoto and T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform
// pseudorandom number generator", 1998; numbers below a bound by masking and rejection.
#ifndef GRAPHRUN_CORE_TEXT_NUMPY_RANDOM_H_
#define GRAPHRUN_CORE_TEXT_NUMPY_RANDOM_H_

#include <cstdint>
#include <random>
#include <vector>

namespace graphrun {

// NumPy promises that RandomState's streams never change. Not safe for use from several threads.
class NumpyRandomState {
 public:
  explicit NumpyRandomState(uint32_t seed) : twister_(seed) {}

  // One number of randint(low, high, dtype=int64): low <= it < high. REQUIRES: low < high.
  int64_t RandInt(int64_t low, int64_t high);
  // permutation(n): 0 .. n-1 in another order. REQUIRES: n >= 0.
  std::vector<int64_t> Permutation(int64_t n);

 private:
  uint32_t Next32() { return static_cast<uint32_t>(twister_()); }
  // From 0 to `most`; draws nothing for 0.
  uint64_t UpTo(uint64_t most);

  std::mt19937 twister_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TEXT_NUMPY_RANDOM_H_
