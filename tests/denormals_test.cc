// Denormal numbers count as zero while a session runs, in all of its threads, and only there.
#include "core/base/denormals.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>

#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "tests/test_graph.h"

namespace graphrun {
namespace {

constexpr float kTiny = std::numeric_limits<float>::denorm_min();

// Computed by the processor, here and now.
bool Flushes() {
  volatile float x = kTiny;
  x = x * 1e30f;
  return x == 0;
}

TEST(Denormals, AreFlushedInTheScopeOnly) {
  ASSERT_FALSE(Flushes());
  {
    const FlushDenormals outer;
    EXPECT_TRUE(Flushes());
    {
      const FlushDenormals inner;
      EXPECT_TRUE(Flushes());
    }
    EXPECT_TRUE(Flushes());
  }
  EXPECT_FALSE(Flushes());
}

int WorkersThatFlush(int workers) {
  std::atomic<int> count = 0;
  ParallelFor(workers, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) count += Flushes();
  });
  return count;
}

TEST(Denormals, WorkersFollowTheirCaller) {
  const ThreadScope threads(3);
  EXPECT_EQ(WorkersThatFlush(3), 0);
  {
    const FlushDenormals flush;
    EXPECT_EQ(WorkersThatFlush(3), 3);
  }
  EXPECT_EQ(WorkersThatFlush(3), 0);
}

TEST(Denormals, SessionsFlushInEveryKernel) {
  const TestGraph t;
  constexpr int kRows = 300;  // enough for every kernel to use threads, and an odd tail
  const Expr x = op::Placeholder(t.root, DType::kFloat, {kRows, 337});
  const Expr w = op::Placeholder(t.root, DType::kFloat, {337, 41});
  const Expr product = op::MatMul(t.root, x, w);
  const Expr sign = op::Sign(t.root, x), sum = op::ReduceSum(t.root, x);
  const Expr inverse = op::Reciprocal(t.root, x);
  // Of constants: folded when the run is prepared.
  const Expr folded = op::Log(t.root, op::Const(t.root, std::vector<float>{kTiny, kTiny, kTiny}));
  Tensor tiny(DType::kFloat, {kRows, 337}), large(DType::kFloat, {337, 41});
  for (float& v : tiny.span<float>()) v = kTiny;
  for (float& v : large.span<float>()) v = 1e30f;
  for (const bool interpret : {false, true}) {
    const std::vector<Tensor> y = t.Run(
        {{x, tiny}, {w, large}}, {product, sign, sum, inverse, folded}, {.interpret = interpret});
    for (const float v : y[0].span<float>()) ASSERT_EQ(v, 0);
    for (const float v : y[1].span<float>()) ASSERT_EQ(v, 0);
    EXPECT_EQ(y[2].scalar<float>(), 0);
    for (const float v : y[3].span<float>()) ASSERT_EQ(v, std::numeric_limits<float>::infinity());
    for (const float v : y[4].span<float>()) ASSERT_EQ(v, -std::numeric_limits<float>::infinity());
    EXPECT_FALSE(Flushes()) << "the caller's mode was not restored";
  }
}

// A product is divided by its library, whose workers do not follow their caller by themselves.
TEST(Denormals, ProductsFlushOnWorkersThatOtherLoopsHaveChanged) {
  const TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kFloat, {300, 337});
  const Expr w = op::Placeholder(t.root, DType::kFloat, {337, 41});
  const Expr product = op::MatMul(t.root, x, w);
  Tensor tiny(DType::kFloat, {300, 337}), large(DType::kFloat, {337, 41});
  for (float& v : tiny.span<float>()) v = kTiny;
  for (float& v : large.span<float>()) v = 1e30f;
  // A thread that has no workers yet.
  std::thread([&] {
    for (const int threads : {1, 2, 2, 3}) {
      {
        const ThreadScope scope(threads);
        ASSERT_EQ(WorkersThatFlush(threads), 0);
      }
      const Tensor y = t.Run({{x, tiny}, {w, large}}, {product}, {.threads = threads})[0];
      for (const float v : y.span<float>()) ASSERT_EQ(v, 0) << threads << " threads";
    }
  }).join();
}

TEST(Denormals, CopiesKeepTheirBits) {
  const TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kFloat, {2, 3});
  Tensor tiny(DType::kFloat, {2, 3});
  for (float& v : tiny.span<float>()) v = kTiny;
  const Expr y = op::Transpose(t.root, x, op::Ints(t.root, {1, 0}));
  const Tensor copied = t.Run({{x, tiny}}, {y})[0];
  for (const float v : copied.span<float>()) EXPECT_EQ(v, kTiny);
}

}  // namespace
}  // namespace graphrun
