// RandomStandardNormal: numbers with mean 0 and standard deviation 1.
#include "ops/random/sampling.h"

namespace graphrun::ops {
namespace random_standard_normal {

void Kernel(KernelContext& k, const SeedAttrs& t) {
  Tensor& out = k.Out(0);
  const int64_t n = out.num_elements();
  if (n == 0) return;
  const Philox philox = k.stream().Reserve(t.seed, t.seed2, kBlocksPerOutput * n);
  ForFloat(t.dtype, [&](auto z) {
    using T = decltype(z);
    FillFromBlocks<kNormalsPerBlock<T>>(
        philox, out.data<T>(), n, [](const Philox::Block& x, T* to) { NormalsOfBlock(x, to); });
  });
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
