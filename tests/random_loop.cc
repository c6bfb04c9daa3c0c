#include "tests/random_loop.h"

#include <algorithm>
#include <functional>

#include "core/autodiff/gradients.h"
#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "core/build/raw_ops.h"

namespace graphrun {
namespace {

// Products of these sizes are worth a loop of their own.
constexpr int kRows = 12, kWidth = 24, kGates = 48;

class Maker {
 public:
  Maker(RandomLoop& loop, uint64_t seed, bool gradients)
      : loop_(loop), s_(loop.t.root), random_(seed), gradients_(gradients) {}

  void Make() {
    trips_ = Pick({0, 1, 2, 5, 7});
    const bool fed = Chance(0.3);
    const Expr n = fed ? Feed(Tensor::Scalar<int32_t>(trips_)) : op::Const(s_, trips_);
    weight_ = Feed(Values({kWidth, kWidth}));
    wide_ = Feed(Values({kWidth, kGates}));
    joined_ = Feed(Values({2 * kWidth, kWidth}));
    bias_ = Feed(Values({kWidth}));
    lengths_ = Feed(Tensor::Vector(Lengths()));
    xs_ = Feed(Values({trips_ + Pick({0, 0, 1, 3}), kRows, kWidth}));
    std::vector<Expr> initial = {op::Const(s_, 0)};
    const int carried = Pick({1, 2, 3});
    for (int i = 0; i < carried; ++i) initial.push_back(Feed(Values({kRows, kWidth})));
    initial.push_back(List(xs_));
    const Expr shape = op::Ints(s_, {kRows, kWidth});
    const int stacks = Pick({0, 1, 2});
    for (int i = 0; i < stacks; ++i) {
      const Expr size = Chance(0.8) ? n : op::Const(s_, trips_ + 2);
      initial.push_back(
          s_.Add("TensorListReserve", {shape, size}, {{"element_dtype", DType::kFloat}}));
    }
    const bool sum = Chance(0.5);
    if (sum) initial.push_back(Feed(Values({kWidth, kWidth})));
    const std::vector<Expr> out = WhileLoop(
        s_, [&](const Scope&, std::span<const Expr> v) { return v[0] < n; },
        [&](const Scope& s, std::span<const Expr> v) {
          return Body(s, v, n, carried, stacks, sum);
        },
        initial);
    std::vector<Expr> results;
    for (int i = 1; i <= carried; ++i) results.push_back(out[i]);
    for (int i = 0; i < stacks; ++i) {
      results.push_back(s_.Add("TensorListStack", {out[carried + 2 + i], shape},
                               {{"element_dtype", DType::kFloat}}));
    }
    if (sum) results.push_back(out.back());
    for (const Expr& e : results) loop_.fetches.push_back(e.name());
    if (!gradients_) return;
    std::vector<Expr> losses;
    for (const Expr& e : results)
      losses.push_back(op::ReduceSum(s_, op::Mul(s_, e, op::Sin(s_, e))));
    const Expr loss = op::AddN(s_, losses);
    const std::vector<Expr> xs = {weight_, wide_, joined_, bias_, xs_, initial[1]};
    for (const Grad& g : Gradients(s_, {loss}, xs)) {
      if (!g.none()) loop_.fetches.push_back(ToDense(s_, g).name());
    }
  }

 private:
  int Pick(std::initializer_list<int> of) {
    return *(of.begin() + std::uniform_int_distribution<size_t>(0, of.size() - 1)(random_));
  }
  bool Chance(double p) { return std::uniform_real_distribution<>(0, 1)(random_) < p; }
  Tensor Values(const Shape& shape) {
    Tensor t(DType::kFloat, shape);
    for (float& v : t.span<float>())
      v = std::uniform_real_distribution<float>(-0.3f, 0.3f)(random_);
    return t;
  }
  std::vector<int32_t> Lengths() {
    std::vector<int32_t> lengths(kRows);
    for (int i = 0; i < kRows; ++i) lengths[i] = i % (trips_ + 1);
    return lengths;
  }
  Expr Feed(Tensor value) {
    const Expr e = op::Placeholder(s_, value.dtype(), value.shape());
    loop_.feeds.emplace_back(e, std::move(value));
    return e;
  }
  Expr List(Expr rows) {
    return s_.Add("TensorListFromTensor", {rows, op::Ints(s_, {kRows, kWidth})},
                  {{"element_dtype", DType::kFloat}});
  }

  std::vector<Expr> Body(const Scope& s, std::span<const Expr> v, Expr n, int carried, int stacks,
                         bool sum) {
    const Expr i = v[0], xs = v[carried + 1], shape = op::Ints(s, {kRows, kWidth});
    const auto read = [&](Expr at) {
      return op::TensorListGetItem(s, xs, at, shape, DType::kFloat);
    };
    std::vector<Expr> values = {read(i)};
    if (Chance(0.3)) values.push_back(read(n - 1 - i));
    for (int k = 1; k <= carried; ++k) values.push_back(v[k]);
    const auto any = [&] {
      return values[std::uniform_int_distribution<size_t>(0, values.size() - 1)(random_)];
    };
    const int nodes = Pick({2, 4, 7, 12});
    for (int k = 0; k < nodes; ++k) values.push_back(Node(s, any, i));
    std::vector<Expr> next = {i + 1};
    for (int k = 0; k < carried; ++k)
      next.push_back(Chance(0.2) ? any() : op::Tanh(s, any() + values.back()));
    next.push_back(xs);
    for (int k = 0; k < stacks; ++k)
      next.push_back(op::TensorListSetItem(s, v[carried + 2 + k], i, any()));
    if (sum) next.push_back(v.back() + op::MatMul(s, any(), any(), true, false));
    return next;
  }

  Expr Node(const Scope& s, const std::function<Expr()>& any, Expr i) {
    switch (Pick({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})) {
      case 0:
        return op::Tanh(s, op::MatMul(s, any(), weight_));
      case 1:
        return op::Tanh(s, op::MatMul(s, op::Concat(s, {any(), any()}, 1), joined_));
      case 2: {
        const std::vector<Expr> gates =
            raw_ops::Split(s, op::Const(s, 1), op::MatMul(s, any(), wide_), 2);
        return op::Mul(s, op::Sigmoid(s, gates[0]), op::Tanh(s, gates[1]));
      }
      case 3:
        return s.Add("BiasAdd", {any(), bias_});
      case 4:
        return op::Tanh(s, any());
      case 5:
        return op::Tanh(s, any() + any());
      case 6:
        return op::Mul(s, any(), op::Sigmoid(s, any()));
      case 7:
        return s.Add("Select", {op::Less(s, i, lengths_), any(), any()});
      case 8:
        return op::Softmax(s, any());
      case 9:
        return op::Mul(s, any(), op::Mean(s, any(), {1}, true));
      case 10:
        return op::Tanh(s, op::Mul(s, any(), op::Cast(s, i, DType::kFloat)));
      default:
        return Cond(
            s, op::Less(s, i, op::Const(s, 2)),
            [&](const Scope& b) { return std::vector<Expr>{op::Tanh(b, any())}; },
            [&](const Scope& b) { return std::vector<Expr>{op::Neg(b, any())}; })[0];
    }
  }

  RandomLoop& loop_;
  const Scope s_;
  std::mt19937_64 random_;
  const bool gradients_;
  int trips_ = 0;
  Expr weight_, wide_, joined_, bias_, lengths_, xs_;
};

}  // namespace

RandomLoop::RandomLoop(uint64_t seed, bool gradients) { Maker(*this, seed, gradients).Make(); }

}  // namespace graphrun
