#include "core/base/philox.h"

#include <bit>

namespace graphrun {

Philox::Philox(uint64_t seed, uint64_t seed2)
    : counter_{0, 0, static_cast<uint32_t>(seed2), static_cast<uint32_t>(seed2 >> 32)},
      key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)} {}

void Philox::Skip(uint64_t blocks) {
  const uint64_t low = (static_cast<uint64_t>(counter_[1]) << 32 | counter_[0]) + blocks;
  const bool carry = low < blocks;
  counter_[0] = static_cast<uint32_t>(low);
  counter_[1] = static_cast<uint32_t>(low >> 32);
  if (carry && ++counter_[2] == 0) ++counter_[3];
}

Philox::Block Philox::operator()() {
  Block x = counter_;
  std::array<uint32_t, 2> key = key_;
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * x[0], p1 = uint64_t{0xCD9E8D57} * x[2];
    x = {static_cast<uint32_t>(p1 >> 32) ^ x[1] ^ key[0], static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ x[3] ^ key[1], static_cast<uint32_t>(p0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  Skip(1);
  return x;
}

Philox RandomStream::Reserve(int64_t seed, int64_t seed2, uint64_t blocks) {
  const std::lock_guard lock(mutex_);
  if (!started_) {
    const bool unset = seed == 0 && seed2 == 0;
    next_ = unset ? Philox(fallback_[0], fallback_[1])
                  : Philox(static_cast<uint64_t>(seed), static_cast<uint64_t>(seed2));
    started_ = true;
  }
  const Philox here = next_;
  next_.Skip(blocks);
  return here;
}

float UniformFloat(uint32_t x) {
  return std::bit_cast<float>(uint32_t{127} << 23 | (x & 0x7fffffu)) - 1.0f;
}

double UniformDouble(uint32_t x0, uint32_t x1) {
  const uint64_t mantissa = static_cast<uint64_t>(x0 & 0xfffffu) << 32 | x1;
  return std::bit_cast<double>(uint64_t{1023} << 52 | mantissa) - 1.0;
}

}  // namespace graphrun
