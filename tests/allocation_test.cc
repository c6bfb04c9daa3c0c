// A training step of a recurrent network through a callable allocates nothing on the heap, once it
// has run a few times. This file replaces operator new for the whole test program, to count; not
// under a sanitizer, which brings its own.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GRAPHRUN_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GRAPHRUN_SANITIZED
#endif
#ifndef GRAPHRUN_SANITIZED
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "core/autodiff/gradients.h"
#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "tests/test_graph.h"
#include "tests/test_values.h"

namespace {

std::atomic<int64_t> allocations = 0;

// Not inlined: the compiler would take free for a mismatch of new.
[[gnu::noinline]] void* CountedAllocate(size_t bytes, size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  if (void* memory = std::aligned_alloc(alignment, rounded ? rounded : alignment)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void Free(void* p) { std::free(p); }

}  // namespace

void* operator new(size_t bytes) { return CountedAllocate(bytes, alignof(std::max_align_t)); }
void* operator new[](size_t bytes) { return CountedAllocate(bytes, alignof(std::max_align_t)); }
void* operator new(size_t bytes, std::align_val_t a) {
  return CountedAllocate(bytes, static_cast<size_t>(a));
}
void* operator new[](size_t bytes, std::align_val_t a) {
  return CountedAllocate(bytes, static_cast<size_t>(a));
}
void operator delete(void* p) noexcept { Free(p); }
void operator delete[](void* p) noexcept { Free(p); }
void operator delete(void* p, size_t) noexcept { Free(p); }
void operator delete[](void* p, size_t) noexcept { Free(p); }
void operator delete(void* p, std::align_val_t) noexcept { Free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { Free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { Free(p); }
void operator delete[](void* p, size_t, std::align_val_t) noexcept { Free(p); }

namespace graphrun {
namespace {

constexpr int kBatch = 3, kSteps = 5, kInputs = 4, kUnits = 6;

Variable Weights(const Scope& s, const char* name, const Shape& shape) {
  Tensor initial(DType::kFloat, shape);
  for (int64_t i = 0; i < initial.num_elements(); ++i) {
    initial.data<float>()[i] = 0.1f * static_cast<float>(i % 7 - 3);
  }
  return s.NewVariable(op::Const(s, initial), name);
}

// An LSTM over n steps of x: [steps, batch, inputs], with a list of inputs and one of outputs; the
// sum of the squared outputs.
Expr LstmLoss(const Scope& s, Expr x, Expr n, Expr w, Expr b) {
  const Expr in = op::TensorListFromTensor(s, x, op::Ints(s, {kBatch, kInputs}));
  const Expr out_shape = op::Ints(s, {kBatch, kUnits});
  const Expr out = op::TensorListReserve(s, out_shape, n, DType::kFloat);
  const Expr zeros = op::Const(s, Tensor::Zeros(DType::kFloat, {kBatch, kUnits}));
  const auto loop = WhileLoop(
      s, [&](const Scope&, std::span<const Expr> v) { return v[0] < n; },
      [&](const Scope& f, std::span<const Expr> v) {
        const Expr t = v[0], c = v[1], h = v[2];
        const Expr xt =
            op::TensorListGetItem(f, in, t, op::Ints(f, {kBatch, kInputs}), DType::kFloat);
        const Expr gates = op::BiasAdd(f, op::MatMul(f, op::Concat(f, {xt, h}, 1), w), b);
        const auto g = op::Split(f, op::Const(f, 1), gates, 4);
        const Expr next_c = c * op::Sigmoid(f, g[2]) + op::Sigmoid(f, g[0]) * op::Tanh(f, g[1]);
        const Expr next_h = op::Tanh(f, next_c) * op::Sigmoid(f, g[3]);
        return std::vector<Expr>{t + 1, next_c, next_h, op::TensorListSetItem(f, v[3], t, next_h)};
      },
      {op::Const(s, 0), zeros, zeros, out});
  const Expr y = op::TensorListStack(s, loop[3], out_shape, DType::kFloat);
  return op::ReduceSum(s, op::Square(s, y - 0.5));
}

// With n a constant all shapes are known before the run, with n fed those of the lists are not.
class Allocation : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Steps, Allocation, testing::Bool(),
                         [](const auto& p) { return p.param ? "Fed" : "Constant"; });

TEST_P(Allocation, ATrainingStepAllocatesNothing) {
  TestGraph t;
  const Expr n =
      GetParam() ? op::Placeholder(t.root, DType::kInt32, {}) : op::Const(t.root, kSteps);
  const Expr x = op::Placeholder(t.root, DType::kFloat, {kSteps, kBatch, kInputs});
  const Variable w = Weights(t.root, "w", {kInputs + kUnits, 4 * kUnits}),
                 b = Weights(t.root, "b", {4 * kUnits});
  const Expr loss = LstmLoss(t.root, x, n, w, b);
  const auto grads = Gradients(t.root, {loss}, {w, b});
  const Expr rate = op::Const(t.root, 0.02f);
  std::vector<Expr> updates;
  for (const auto& [variable, grad] : {std::pair{w, grads[0]}, std::pair{b, grads[1]}}) {
    updates.push_back(
        t.root.Add("ResourceApplyGradientDescent", {variable.handle, rate, ToDense(t.root, grad)}));
  }
  const Expr train = t.root.Group(updates), init = t.root.GlobalVariablesInitializer();
  Session session(t.meta.graph);
  session.Run({}, {}, {init});
  const Session::Callable step = session.Prepare({x, n}, {loss}, {train});

  Tensor input(DType::kFloat, {kSteps, kBatch, kInputs});
  for (int64_t i = 0; i < input.num_elements(); ++i)
    input.data<float>()[i] = 0.3f * static_cast<float>(i % 5 - 2);
  const std::vector<Tensor> feeds = {input, Tensor::Scalar(kSteps)};
  std::vector<Tensor> fetched;
  std::vector<float> losses;
  std::vector<int64_t> counts;
  losses.reserve(8);
  counts.reserve(8);
  for (int i = 0; i < 8; ++i) {
    const int64_t before = allocations;
    step(feeds, &fetched);
    counts.push_back(allocations - before);
    losses.push_back(fetched[0].scalar<float>());
  }
  EXPECT_GT(counts[0], 0) << "the first step makes the plan: the counter counts";
  EXPECT_EQ(std::vector<int64_t>(counts.begin() + 2, counts.end()), std::vector<int64_t>(6, 0));
  EXPECT_LT(losses[7], losses[0]) << "the steps train";
}

}  // namespace
}  // namespace graphrun

#endif  // GRAPHRUN_SANITIZED
