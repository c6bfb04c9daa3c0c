// Half and BFloat16 against their definition: a sorted list of numbers, of which the nearest is
// searched.
#include "core/base/half.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/base/denormals.h"
#include "core/base/types.h"

namespace graphrun {
namespace {

template <typename T>
struct Format;
template <>
struct Format<Half> {
  static constexpr int kExponentBits = 5, kFractionBits = 10;
};
template <>
struct Format<BFloat16> {
  static constexpr int kExponentBits = 8, kFractionBits = 7;
};

// The numbers from 0 up: of bits 0, 1, 2, ..., then what would come after the largest finite one.
template <typename T>
std::vector<double> Numbers() {
  using F = Format<T>;
  constexpr int kBias = (1 << (F::kExponentBits - 1)) - 1, kOne = 1 << F::kFractionBits;
  std::vector<double> numbers;
  for (int exponent = 0; exponent < (1 << F::kExponentBits) - 1; ++exponent) {
    for (int fraction = 0; fraction < kOne; ++fraction) {
      const int digits = exponent > 0 ? kOne + fraction : fraction;
      const int power = std::max(exponent, 1) - kBias - F::kFractionBits;
      numbers.push_back(std::ldexp(digits, power));
    }
  }
  numbers.push_back(std::ldexp(1, kBias + 1));
  return numbers;
}

template <typename T>
class SmallFloat : public ::testing::Test {
 protected:
  const std::vector<double> numbers_ = Numbers<T>();
  const uint16_t infinity_ = static_cast<uint16_t>(numbers_.size() - 1);
  const uint16_t nan_ = infinity_ + (1 << (Format<T>::kFractionBits - 1));

  uint16_t Nearest(float x) const {
    const uint16_t sign = std::signbit(x) ? 0x8000 : 0;
    if (std::isnan(x)) return sign | nan_;
    const double size = std::abs(static_cast<double>(x));
    if (size >= numbers_.back()) return sign | infinity_;
    auto above = static_cast<uint16_t>(std::upper_bound(numbers_.begin(), numbers_.end(), size) -
                                       numbers_.begin());
    const uint16_t below = above - 1;
    const double up = numbers_[above] - size, down = size - numbers_[below];
    return sign | (up < down ? above : down < up ? below : below % 2 == 0 ? below : above);
  }

  // Whether x and -x are rounded as they should.
  void Check(float x) const {
    for (const float v : {x, -x})
      ASSERT_EQ(T(v).bits(), Nearest(v)) << v << " " << std::bit_cast<uint32_t>(v);
  }
};
using Types = ::testing::Types<Half, BFloat16>;
TYPED_TEST_SUITE(SmallFloat, Types);

TYPED_TEST(SmallFloat, EveryOneBecomesAFloatAndComesBack) {
  for (int bits = 0; bits < 1 << 16; ++bits) {
    const auto small = TypeParam::FromBits(static_cast<uint16_t>(bits));
    const float x = small;
    const int rest = bits & 0x7fff, sign = bits & 0x8000;
    ASSERT_EQ(std::signbit(x), sign != 0) << bits;
    if (rest > this->infinity_) {
      ASSERT_TRUE(std::isnan(x)) << bits;
      ASSERT_EQ(TypeParam(x).bits(), sign | this->nan_) << bits;
    } else {
      const double size =
          rest == this->infinity_ ? std::numeric_limits<double>::infinity() : this->numbers_[rest];
      ASSERT_EQ(std::abs(static_cast<double>(x)), size) << bits;
      ASSERT_EQ(TypeParam(x).bits(), bits);
    }
  }
}

// Between all neighbours: the subnormal ones, zero and the smallest, the largest and infinity.
TYPED_TEST(SmallFloat, TiesGoToTheEvenOneAndOthersToTheNearest) {
  for (size_t i = 0; i + 1 < this->numbers_.size(); ++i) {
    const auto tie = static_cast<float>((this->numbers_[i] + this->numbers_[i + 1]) / 2);
    ASSERT_EQ(TypeParam(tie).bits() % 2, 0) << i;
    this->Check(tie);
    this->Check(std::nextafter(tie, 0.0f));
    this->Check(std::nextafter(tie, std::numeric_limits<float>::infinity()));
  }
}

TYPED_TEST(SmallFloat, AnyFloatIsRounded) {
  std::mt19937 random(5);
  for (int i = 0; i < 1000000; ++i)
    this->Check(std::bit_cast<float>(static_cast<uint32_t>(random())));
  for (const float x :
       {std::numeric_limits<float>::max(), std::numeric_limits<float>::min(),
        std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::signaling_NaN()})
    this->Check(x);
}

// Kernels run so. BFloat16 keeps what counts as zero in arithmetic, as a copy does.
TYPED_TEST(SmallFloat, IsTheSameWhereDenormalsCountAsZero) {
  std::vector<uint16_t> back(this->infinity_ + 1);
  {
    const FlushDenormals flush;
    for (uint16_t bits = 0; bits <= this->infinity_; ++bits)
      back[bits] = TypeParam(static_cast<float>(TypeParam::FromBits(bits))).bits();
  }
  for (uint16_t bits = 0; bits <= this->infinity_; ++bits) ASSERT_EQ(back[bits], bits);
}

TEST(HalfOverflow, StartsInTheMiddleOfWhatWouldComeNext) {
  EXPECT_EQ(Half(std::nextafter(65520.0f, 0.0f)).bits(), 0x7bff);  // 65504
  EXPECT_EQ(Half(65520).bits(), 0x7c00);
  EXPECT_EQ(Half(-1e30f).bits(), 0xfc00);
  EXPECT_EQ(BFloat16(std::bit_cast<float>(0x7f7f7fffu)).bits(), 0x7f7f);
  EXPECT_EQ(BFloat16(std::bit_cast<float>(0x7f7f8000u)).bits(), 0x7f80);
}

static_assert(Half(1.5f).bits() == 0x3e00 && Half::FromBits(0x0001) == 0x1p-24f);
static_assert(BFloat16(-1.5f).bits() == 0xbfc0 && BFloat16{}.bits() == 0);
static_assert(std::is_trivial_v<Half> && sizeof(Half) == 2 && sizeof(BFloat16) == 2);

static_assert(kDTypeOf<Half> == DType::kHalf && kDTypeOf<BFloat16> == DType::kBFloat16);
static_assert(kDTypeOf<std::string> == DType::kString && kDTypeOf<char*> == DType::kInvalid);
static_assert(std::is_same_v<Compute<Half>, float> && std::is_same_v<Compute<double>, double> &&
              std::is_same_v<Compute<uint8_t>, int32_t>);
static_assert(IsFloating(DType::kBFloat16) && !IsFloating(DType::kInt32));
static_assert(IsInteger(DType::kUInt8) && !IsInteger(DType::kBool) && !IsInteger(DType::kString));

TEST(ElementTypes, NamesAndSizesFollowFromOneTable) {
  EXPECT_EQ(kPlainTypes.size(), 13u);
  for (DType dtype : kPlainTypes) {
    EXPECT_EQ(ParseDType(DTypeName(dtype)), dtype);
    size_t size = 0;
    ForPlain(dtype, [&](auto zero) {
      EXPECT_EQ(kDTypeOf<decltype(zero)>, dtype);
      size = sizeof(zero);
    });
    EXPECT_EQ(DTypeSize(dtype), size);
    ForBits(dtype, [&](auto bits) { EXPECT_EQ(sizeof(bits), size); });
  }
  for (DType dtype : {DType::kString, DType::kResource, DType::kVariant, DType::kInvalid,
                      static_cast<DType>(101), static_cast<DType>(-1)})
    EXPECT_EQ(DTypeSize(dtype), 0u);
  EXPECT_EQ(DTypeName(DType::kVariant), "variant");
  EXPECT_EQ(DTypeName(static_cast<DType>(101)), "unknown");
  EXPECT_EQ(ParseDType("double"), DType::kDouble);
  EXPECT_EQ(ParseDType("invalid"), std::nullopt);
}

}  // namespace
}  // namespace graphrun
