// RandomUniformInt: integers from [minval, maxval).
#include <type_traits>

#include "ops/random/sampling.h"

namespace graphrun::ops {
namespace random_uniform_int {

struct Attrs {
  int64_t seed, seed2;
};

// Calls fn(T{}) for the type of 32 or 64 bit integers.
template <typename Fn>
void ForWord(DType dtype, const Fn& fn) {
  if (dtype == DType::kUInt32) return fn(uint32_t{});
  if (dtype == DType::kUInt64) return fn(uint64_t{});
  ForInt(dtype, fn);
}

// Calls fn(bits) for the bits of each element, all those of the dtype, and stores what it returns.
template <typename T, typename Fn>
void Fill(const Philox& start, Tensor& t, const Fn& fn) {
  using Bits = std::make_unsigned_t<T>;
  constexpr int kPerBlock = 16 / sizeof(T);
  FillFromBlocks<kPerBlock>(start, t.data<T>(), t.num_elements(),
                            [&fn](const Philox::Block& x, T* to) {
                              for (int i = 0; i < kPerBlock; ++i) {
                                if constexpr (sizeof(T) == 8) {
                                  to[i] = fn(x[2 * i] | static_cast<Bits>(x[2 * i + 1]) << 32);
                                } else {
                                  to[i] = fn(Bits{x[i]});
                                }
                              }
                            });
}

void Kernel(KernelContext& k, const Attrs& t) {
  const int64_t n = k.Out(0).num_elements();
  if (n == 0) return;
  FillUniformInt(k.stream().Reserve(t.seed, t.seed2, kBlocksPerOutput * n), k.In(1), k.In(2),
                 k.Out(0));
}

void InferShape(ShapeContext& c) {
  c.WithRank(1, 0);
  c.WithRank(2, 0);
  InferRandomShape(c);
}

}  // namespace random_uniform_int

// As TensorFlow's, by the remainder: slightly uneven for ranges that are not small against 2^32
// (2^64).
void FillUniformInt(const Philox& start, const Tensor& low, const Tensor& high, Tensor& t) {
  if (t.num_elements() == 0) return;
  random_uniform_int::ForWord(t.dtype(), [&](auto z) {
    using T = decltype(z);
    using Bits = std::make_unsigned_t<T>;
    const T from = low.scalar<T>(), to = high.scalar<T>();
    if (from >= to) {
      ThrowInvalid("minval " + std::to_string(from) + " must be less than maxval " +
                   std::to_string(to));
    }
    const Bits range = static_cast<Bits>(to) - static_cast<Bits>(from);
    random_uniform_int::Fill<T>(start, t, [from, range](Bits bits) {
      return static_cast<T>(static_cast<Bits>(from) + bits % range);
    });
  });
}

void FillBits(const Philox& start, Tensor& t) {
  random_uniform_int::ForWord(t.dtype(), [&](auto z) {
    using T = decltype(z);
    random_uniform_int::Fill<T>(start, t, [](auto bits) { return static_cast<T>(bits); });
  });
}

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
