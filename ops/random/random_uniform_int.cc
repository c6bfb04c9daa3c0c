// RandomUniformInt: integers from [minval, maxval).
#include <type_traits>

#include "ops/random/sampling.h"

namespace graphrun::ops {
namespace random_uniform_int {

struct Attrs {
  int64_t seed, seed2;
};

// As TensorFlow's, by the remainder: slightly uneven for ranges that are not small against 2^32
// (2^64).
void Kernel(KernelContext& k, const Attrs& t) {
  ForInt(k.In(1).dtype(), [&](auto z) {
    using T = decltype(z);
    using Bits = std::make_unsigned_t<T>;
    const T low = k.In(1).scalar<T>(), high = k.In(2).scalar<T>();
    const int64_t n = k.Out(0).num_elements();
    if (n == 0) return;
    if (low >= high) {
      ThrowInvalid("minval " + std::to_string(low) + " must be less than maxval " +
                   std::to_string(high));
    }
    const Bits range = static_cast<Bits>(high) - static_cast<Bits>(low);
    const Philox philox = k.stream().Reserve(t.seed, t.seed2, kBlocksPerOutput * n);
    constexpr int kPerBlock = 16 / sizeof(T);
    FillFromBlocks<kPerBlock>(philox, k.Out(0).data<T>(), n,
                              [low, range](const Philox::Block& x, T* to) {
                                for (int i = 0; i < kPerBlock; ++i) {
                                  Bits bits = x[i];
                                  if constexpr (sizeof(T) == 8)
                                    bits = x[2 * i] | static_cast<Bits>(x[2 * i + 1]) << 32;
                                  to[i] = static_cast<T>(static_cast<Bits>(low) + bits % range);
                                }
                              });
  });
}

void InferShape(ShapeContext& c) {
  c.WithRank(1, 0);
  c.WithRank(2, 0);
  InferRandomShape(c);
}

}  // namespace random_uniform_int

OpDef RandomUniformIntOp() {
  using random_uniform_int::Attrs;
  return Op<Attrs>("RandomUniformInt")
      .Doc(
          "Uniform integers from [minval, maxval), of the shape that the int vector `shape` "
          "spells. INVALID_ARGUMENT unless minval < maxval.")
      .Input("shape", "T")
      .Input("minval", "Tout")
      .Input("maxval", "Tout")
      .Output("output", "Tout")
      .Attr("seed", &Attrs::seed, 0)
      .Attr("seed2", &Attrs::seed2, 0)
      .TypeAttr("Tout", kInts)
      .TypeAttr("T", kInts)
      .Has(Effect::kRandom)
      .Shape(random_uniform_int::InferShape)
      .NoGradient("its inputs are integers")
      .Kernel(random_uniform_int::Kernel);
}

}  // namespace graphrun::ops
