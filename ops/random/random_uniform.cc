// RandomUniform: numbers from [0, 1).
#include "ops/random/sampling.h"

namespace graphrun::ops {
namespace random_uniform {

void Kernel(KernelContext& k, const SeedAttrs& t) {
  Tensor& out = k.Out(0);
  const int64_t n = out.num_elements();
  if (n == 0) return;
  const Philox philox = k.stream().Reserve(t.seed, t.seed2, kBlocksPerOutput * n);
  if (t.dtype == DType::kFloat) {
    FillFromBlocks<4>(philox, out.data<float>(), n, [](const Philox::Block& x, float* to) {
      for (int i = 0; i < 4; ++i) to[i] = UniformFloat(x[i]);
    });
  } else {
    FillFromBlocks<2>(philox, out.data<double>(), n, [](const Philox::Block& x, double* to) {
      to[0] = UniformDouble(x[0], x[1]);
      to[1] = UniformDouble(x[2], x[3]);
    });
  }
}

}  // namespace random_uniform

OpDef RandomUniformOp() {
  return RandomOfShape(
             "RandomUniform",
             "Uniform numbers from [0, 1), of the shape that the int vector `shape` spells; the "
             "numbers are TensorFlow's for the same seeds.")
      .Kernel(random_uniform::Kernel);
}

}  // namespace graphrun::ops
