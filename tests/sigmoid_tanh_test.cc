// Sigmoid and Tanh of float32, against the same of float64.
#include "ops/elementwise/sigmoid_tanh.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace graphrun::ops {
namespace {

using Block = Eigen::Array<float, 16, 1>;

// Of all but the last lane, which holds something else, `fn` of x.
template <typename Fn>
float Of(Fn fn, float x) {
  Block in = Block::Constant(x);
  in[15] = 0.25f;
  const Block out = ByPackets(in, fn);
  for (int i = 1; i < 15; ++i)
    EXPECT_EQ(std::bit_cast<uint32_t>(out[i]), std::bit_cast<uint32_t>(out[0])) << x;
  return out[0];
}

// How far fn(x) is from `exact` at worst, in units of its last place; x runs over numbers of every
// size up to `end`, of both signs.
template <typename Fn>
double WorstError(Fn fn, double (*exact)(double), float end) {
  double worst = 0;
  for (uint32_t bits = 0x00800000; std::bit_cast<float>(bits) < end; bits += 1777) {
    for (const float x : {std::bit_cast<float>(bits), -std::bit_cast<float>(bits)}) {
      const double want = exact(x);
      const double unit = std::ldexp(1.0, std::ilogb(static_cast<float>(want)) - 23);
      worst = std::max(worst, std::abs(Of(fn, x) - want) / unit);
    }
  }
  return worst;
}

TEST(SigmoidTanh, AreExactToFourUnits) {
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  EXPECT_LE(WorstError(sigmoid_tanh::Sigmoid{}, sigmoid, 87), 4);
  EXPECT_LE(WorstError(
                sigmoid_tanh::Tanh{}, [](double x) { return std::tanh(x); }, 1e30f),
            4);
}

TEST(SigmoidTanh, AtTheEnds) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(Of(sigmoid_tanh::Sigmoid{}, infinity), 1);
  EXPECT_EQ(Of(sigmoid_tanh::Sigmoid{}, 1e30f), 1);
  EXPECT_EQ(Of(sigmoid_tanh::Sigmoid{}, -infinity), 0);
  EXPECT_EQ(Of(sigmoid_tanh::Sigmoid{}, -1e30f), 0);
  EXPECT_EQ(Of(sigmoid_tanh::Sigmoid{}, -0.0f), 0.5f);
  EXPECT_EQ(Of(sigmoid_tanh::Tanh{}, infinity), 1);
  EXPECT_EQ(Of(sigmoid_tanh::Tanh{}, -infinity), -1);
  EXPECT_TRUE(std::signbit(Of(sigmoid_tanh::Tanh{}, -0.0f)));
  EXPECT_TRUE(std::isnan(Of(sigmoid_tanh::Sigmoid{}, std::nanf(""))));
  EXPECT_TRUE(std::isnan(Of(sigmoid_tanh::Tanh{}, std::nanf(""))));
}

}  // namespace
}  // namespace graphrun::ops
