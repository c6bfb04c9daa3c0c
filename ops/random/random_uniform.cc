// RandomUniform: numbers from [0, 1).
#include "ops/random/sampling.h"

namespace graphrun::ops {

void FillUniform(const Philox& start, Tensor& t) {
  const int64_t n = t.num_elements();
  if (t.dtype() == DType::kFloat) {
    FillFromBlocks<4>(start, t.data<float>(), n, [](const Philox::Block& x, float* to) {
      for (int i = 0; i < 4; ++i) to[i] = UniformFloat(x[i]);
    });
  } else {
    FillFromBlocks<2>(start, t.data<double>(), n, [](const Philox::Block& x, double* to) {
      to[0] = UniformDouble(x[0], x[1]);
      to[1] = UniformDouble(x[2], x[3]);
    });
  }
}

namespace random_uniform {

void Kernel(KernelContext& k, const SeedAttrs& t) {
  const int64_t n = k.Out(0).num_elements();
  if (n == 0) return;
  FillUniform(k.stream().Reserve(t.seed, t.seed2, kBlocksPerOutput * n), k.Out(0));
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
