// TruncatedNormal: standard normal numbers, drawn again until they lie in (-2, 2).
#include <cmath>

#include "ops/random/sampling.h"

namespace graphrun::ops {
namespace truncated_normal {

// Each group of outputs has 64 times the blocks that it needs at least, and starts at its own place
// in the stream, so that groups do not depend on how often others had to draw again.
template <typename T>
void Fill(const Philox& start, T* data, int64_t n) {
  constexpr int kGroup = kNormalsPerBlock<T>;
  constexpr int64_t kBlocksPerGroup = kGroup * kBlocksPerOutput / 4;
  ParallelFor((n + kGroup - 1) / kGroup, 1024, [&](int64_t begin, int64_t end) {
    std::array<T, kGroup> drawn;
    for (int64_t g = begin; g < end; ++g) {
      Philox philox = start;
      philox.Skip(g * kBlocksPerGroup);
      const int64_t first = g * kGroup, last = std::min(n, first + kGroup);
      for (int64_t at = first; at < last;) {
        NormalsOfBlock(philox(), drawn.data());
        for (int i = 0; i < kGroup && at < last; ++i) {
          if (std::abs(drawn[i]) < T(2)) data[at++] = drawn[i];
        }
      }
    }
  });
}

void Kernel(KernelContext& k, const SeedAttrs& t) {
  const int64_t n = k.Out(0).num_elements();
  if (n == 0) return;
  FillTruncatedNormal(k.stream().Reserve(t.seed, t.seed2, kBlocksPerOutput * n), k.Out(0));
}

}  // namespace truncated_normal

void FillTruncatedNormal(const Philox& start, Tensor& t) {
  ForFloat(t.dtype(), [&](auto z) {
    using T = decltype(z);
    truncated_normal::Fill(start, t.data<T>(), t.num_elements());
  });
}

OpDef TruncatedNormalOp() {
  return RandomOfShape(
             "TruncatedNormal",
             "Standard normal numbers without those of size 2 or more, of the shape that the int "
             "vector `shape` spells; the numbers are TensorFlow's for the same seeds, up to "
             "rounding.")
      .Kernel(truncated_normal::Kernel);
}

}  // namespace graphrun::ops
