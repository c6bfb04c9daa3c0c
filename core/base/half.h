// Half, BFloat16: floating-point numbers of 16 bits. They are stored so and computed in float: a
// number becomes a float by itself, and a float one of them only when asked.
#ifndef GRAPHRUN_CORE_BASE_HALF_H_
#define GRAPHRUN_CORE_BASE_HALF_H_

#include <bit>
#include <cstdint>

namespace graphrun {

// IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction.
class Half {
 public:
  Half() = default;
  // The nearest half, of two the even one; infinity from 65520 on. A NaN keeps only its sign, as in
  // TensorFlow.
  explicit constexpr Half(float x) : bits_(FromFloat(x)) {}
  static constexpr Half FromBits(uint16_t bits) {
    Half h{};
    h.bits_ = bits;
    return h;
  }
  constexpr uint16_t bits() const { return bits_; }
  constexpr operator float() const {  // NOLINT: implicit by design
    const uint32_t sign = uint32_t{bits_} >> 15 << 31, rest = bits_ & 0x7fffu;
    const uint32_t normal = (rest << 13) + ((127 - 15) << 23);
    const uint32_t small = std::bit_cast<uint32_t>(static_cast<float>(rest) * 0x1p-24f);
    const uint32_t infinite = (rest << 13) + ((255 - 31) << 23);
    return std::bit_cast<float>(sign | (rest < 0x0400 ? small : rest < 0x7c00 ? normal : infinite));
  }

 private:
  // All cases are computed and one is chosen, so that loops become vector instructions. Holds also
  // where denormal floats count as zero: they are zero as halves.
  static constexpr uint16_t FromFloat(float x) {
    const uint32_t all = std::bit_cast<uint32_t>(x), sign = all >> 31 << 15;
    const uint32_t rest = all & 0x7fffffff;
    // The last digit of floats from 0.5 to 1 is that of the subnormal halves: addition rounds.
    constexpr uint32_t kBase = std::bit_cast<uint32_t>(0.5f);
    const uint32_t small =
        std::bit_cast<uint32_t>(std::bit_cast<float>(rest < kBase ? rest : 0) + 0.5f) - kBase;
    // A carry out of the fraction is the next exponent, at last infinity's.
    const uint32_t normal = (rest - ((127 - 15) << 23) + 0x0fff + (rest >> 13 & 1)) >> 13;
    const uint32_t infinite = rest > 0x7f800000 ? 0x7e00 : 0x7c00;
    return static_cast<uint16_t>(sign | (rest < (127 - 14) << 23   ? small
                                         : rest < (127 + 16) << 23 ? normal
                                                                   : infinite));
  }

  uint16_t bits_;
};

// The first 16 bits of a float: 1 of sign, 8 of exponent, 7 of fraction.
class BFloat16 {
 public:
  BFloat16() = default;
  // The nearest one, of two the even one. A NaN keeps only its sign, as in TensorFlow.
  explicit constexpr BFloat16(float x) : bits_(FromFloat(x)) {}
  static constexpr BFloat16 FromBits(uint16_t bits) {
    BFloat16 b{};
    b.bits_ = bits;
    return b;
  }
  constexpr uint16_t bits() const { return bits_; }
  constexpr operator float() const {  // NOLINT: implicit by design
    return std::bit_cast<float>(uint32_t{bits_} << 16);
  }

 private:
  static constexpr uint16_t FromFloat(float x) {
    const uint32_t all = std::bit_cast<uint32_t>(x);
    const uint32_t nan = (all >> 16 & 0x8000) | 0x7fc0;
    const uint32_t nearest = (all + 0x7fff + (all >> 16 & 1)) >> 16;
    return static_cast<uint16_t>((all & 0x7fffffff) > 0x7f800000 ? nan : nearest);
  }

  uint16_t bits_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_HALF_H_
