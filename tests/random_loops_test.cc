// Random loops and their gradients: what the passes make of them computes what the interpreter
// does.
#include <gtest/gtest.h>

#include <cmath>

#include "core/compile/compile_options.h"
#include "tests/random_loop.h"
#include "tests/test_values.h"

namespace graphrun {
namespace {

void ExpectNear(const Tensor& got, const Tensor& want, const std::string& where) {
  ASSERT_EQ(got.shape(), want.shape()) << where;
  const std::vector<double> a = Numbers(got), b = Numbers(want);
  double scale = 1;
  for (double v : b) scale = std::max(scale, std::abs(v));
  for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 2e-4 * scale) << where;
}

void Compare(uint64_t seed, bool gradients, const std::vector<std::string>& disabled) {
  const RandomLoop loop(seed, gradients);
  const std::vector<Tensor> want = loop.t.Run(loop.feeds, loop.fetches, {.interpret = true});
  SessionOptions options;
  options.compile.disabled_passes = disabled;
  options.compile.verify_each = true;
  const std::vector<Tensor> got = loop.t.Run(loop.feeds, loop.fetches, options);
  for (size_t k = 0; k < want.size(); ++k) {
    ExpectNear(got[k], want[k],
               "seed " + std::to_string(seed) + ", fetch " + std::to_string(k) + ", " +
                   loop.fetches[k].str() + (disabled.empty() ? "" : ", without " + disabled[0]));
  }
}

TEST(RandomLoops, ComputeWhatTheyAre) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Compare(seed, false, {});
    if (HasFatalFailure()) return;
  }
}

TEST(RandomLoops, HaveTheirGradients) {
  for (uint64_t seed = 1000; seed < 1200; ++seed) {
    Compare(seed, true, {});
    if (HasFatalFailure()) return;
  }
}

TEST(RandomLoops, WithoutAnyOnePass) {
  std::vector<std::string> passes = PassNames();
  passes.erase(passes.begin());
  uint64_t seed = 2000;
  for (int round = 0; round < 20; ++round) {
    for (const std::string& pass : passes) {
      Compare(seed++, round % 2 == 0, {pass});
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace graphrun
