// RandomStandardNormal: numbers with mean 0 and standard deviation 1.
#include "ops/random/sampling.h"

namespace graphrun::ops {

void FillNormal(const Philox& start, Tensor& t) {
  ForFloat(t.dtype(), [&](auto z) {
    using T = decltype(z);
    FillFromBlocks<kNormalsPerBlock<T>>(
        start, t.data<T>(), t.num_elements(),
        [](const Philox::Block& x, T* to) { NormalsOfBlock(x, to); });
  });
}

namespace random_standard_normal {

void Kernel(KernelContext& k, const SeedAttrs& t) {
  const int64_t n = k.Out(0).num_elements();
  if (n == 0) return;
  FillNormal(k.stream().Reserve(t.seed, t.seed2, kBlocksPerOutput * n), k.Out(0));
}

}  // namespace random_standard_normal

OpDef RandomStandardNormalOp() {
  return RandomOfShape(
             "RandomStandardNormal",
             "Normal numbers with mean 0 and standard deviation 1, of the shape that the int "
             "vector "
             "`shape` spells; the numbers are TensorFlow's for the same seeds, up to rounding.")
      .Kernel(random_standard_normal::Kernel);
}

}  // namespace graphrun::ops
