// One session, many threads: whole accesses to variables, and values that never change once read.
// Under the tsan preset a race is an error of its own.
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "tests/test_graph.h"

namespace graphrun {
namespace {

constexpr int kThreads = 8, kRounds = 200;
constexpr int64_t kSize = 3000;

// Calls fn(thread) on kThreads threads.
template <typename Fn>
void OnThreads(Fn fn) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(fn, i);
  for (std::thread& t : threads) t.join();
}

Tensor Filled(float value) {
  Tensor t = Tensor::Zeros(DType::kFloat, {kSize});
  for (float& v : t.span<float>()) v = value;
  return t;
}

bool Uniform(const Tensor& t) {
  const auto all = t.span<float>();
  return std::all_of(all.begin(), all.end(), [&](float v) { return v == all[0]; });
}

class ConcurrencyTest : public testing::Test {
 protected:
  ConcurrencyTest() {
    handle = t.root.WithName("v").Add("VarHandleOp", {},
                                      {{"dtype", DType::kFloat}, {"shape", Shape{kSize}}});
    value = op::Placeholder(t.root, DType::kFloat, {kSize});
    assign = op::AssignVariable(t.root, handle, value);
    add = t.root.Add("AssignAddVariableOp", {handle, value});
    read = op::ReadVariable(t.root, handle);
    session.emplace(t.meta.graph, SessionOptions{});
    session->Run({{value, Filled(0)}}, {}, {assign});
  }
  TestGraph t;
  Expr handle, value, assign, add, read;
  std::optional<Session> session;
};

TEST_F(ConcurrencyTest, ReadsAreWholeWhileOthersAssign) {
  std::atomic<int> torn = 0, changed = 0;
  OnThreads([&](int i) {
    for (int round = 0; round < kRounds; ++round) {
      if (i % 2 == 0) {
        session->Run({{value, Filled(static_cast<float>(i * kRounds + round))}}, {}, {assign});
        continue;
      }
      const Tensor got = session->Run({}, {read})[0];
      const double first = got.number_at(0);
      torn += !Uniform(got);
      std::this_thread::yield();
      changed += !Uniform(got) || got.number_at(0) != first;
    }
  });
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(changed, 0) << "a fetched tensor never changes";
}

TEST_F(ConcurrencyTest, NoAdditionIsLost) {
  const Tensor one = Filled(1);
  const Session::Callable step = session->Prepare({value}, {}, {add});
  OnThreads([&](int) {
    for (int round = 0; round < kRounds; ++round) step({one});
  });
  const Tensor sum = session->Run({}, {read})[0];
  EXPECT_TRUE(Uniform(sum));
  EXPECT_EQ(sum.number_at(0), kThreads * kRounds);
}

TEST_F(ConcurrencyTest, VariablesAreSetAndReadPastRuns) {
  OnThreads([&](int i) {
    for (int round = 0; round < kRounds; ++round) {
      if (i < 2) session->SetVariable("v", Filled(static_cast<float>(round)));
      EXPECT_TRUE(Uniform(session->VariableValue("v")));
    }
  });
}

TEST(Concurrency, DrawsOfOneNodeAreAllDifferent) {
  TestGraph t;
  const Expr x = op::RandomUniform(t.root, op::Ints(t.root, {1}), DType::kFloat, 7);
  Session session(t.meta.graph);
  std::mutex mutex;
  std::multiset<float> seen;
  OnThreads([&](int) {
    for (int round = 0; round < 50; ++round) {
      const Tensor got = session.Run({}, {x})[0];
      const float drawn = got.span<float>()[0];
      const std::lock_guard lock(mutex);
      seen.insert(drawn);
    }
  });
  TestGraph again;
  const Expr y = op::RandomUniform(again.root, op::Ints(again.root, {1}), DType::kFloat, 7);
  Session alone(again.meta.graph);
  std::multiset<float> want;
  for (int i = 0; i < kThreads * 50; ++i) {
    const Tensor drawn = alone.Run({}, {y})[0];
    want.insert(drawn.span<float>()[0]);
  }
  EXPECT_EQ(seen, want) << "the numbers of one thread, in whatever order";
}

// The parameters come and go with the callables that need them.
TEST(Concurrency, ConstantsAreFedByThreadsAtOnce) {
  TestGraph t;
  const Expr k = op::Const(t.root, 2.0f), x = op::Placeholder(t.root, DType::kFloat, {});
  const Expr y = x * k;
  Session session(t.meta.graph);
  OnThreads([&](int i) {
    for (int round = 0; round < 20; ++round) {
      const auto got =
          session.Run({{x, Tensor::Scalar(3.0f)}, {k, Tensor::Scalar(static_cast<float>(i))}}, {y});
      EXPECT_EQ(got[0].scalar<float>(), 3.0f * static_cast<float>(i));
    }
  });
}

TEST(Threads, BelongToTheSession) {
  const int outside = NumThreads();
  TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kFloat, {517, 301});
  const Expr y = op::Sum(t.root, op::Tanh(t.root, x), op::Ints(t.root, {1}));
  Tensor at = Tensor::Zeros(DType::kFloat, {517, 301});
  for (int64_t i = 0; i < at.num_elements(); ++i)
    at.data<float>()[i] = static_cast<float>(i % 97) * 0.01f;
  const Tensor one = t.Run({{x, at}}, {y}, {.threads = 1})[0];
  const Tensor three = t.Run({{x, at}}, {y}, {.threads = 3})[0];
  EXPECT_EQ(one.ToString(), three.ToString());
  EXPECT_EQ(NumThreads(), outside) << "the caller keeps its own number";
  {
    const ThreadScope scope(2);
    EXPECT_EQ(NumThreads(), 2);
    const ThreadScope same(0);
    EXPECT_EQ(NumThreads(), 2);
  }
  EXPECT_EQ(NumThreads(), outside);
}

}  // namespace
}  // namespace graphrun
