// What the loop passes make of recurrences: which products stay in a loop, and which leave it.
#include "tests/loop_passes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/autodiff/gradients.h"
#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "core/build/raw_ops.h"
#include "core/graph/counted_node.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct LstmState {
  Expr c, h;
};

LstmState Lstm(const Scope& s, Expr x, const LstmState& state, Expr weight, Expr bias) {
  const Expr product = op::MatMul(s, op::Concat(s, {x, state.h}, 1), weight);
  const Expr axis = op::Const(s, 1);
  const std::vector<Expr> gates = raw_ops::Split(s, axis, op::BiasAdd(s, product, bias), 4);
  const Expr kept = op::Mul(s, state.c, op::Sigmoid(s, gates[2]));
  const Expr made = op::Mul(s, op::Sigmoid(s, gates[0]), op::Tanh(s, gates[1]));
  const Expr c = op::AddV2(s, kept, made);
  const Expr open = op::Tanh(s, c);
  return {c, op::Mul(s, open, op::Sigmoid(s, gates[3]))};
}

// [batch, units], of inputs [time, batch, ...].
Expr StateShape(const Scope& s, Expr xs, int units) {
  const Expr batch = op::Slice(s, op::Shape(s, xs), op::Ints(s, {1}), op::Ints(s, {1}));
  return op::Concat(s, {batch, op::Ints(s, {units})}, 0);
}

// A loop over time of `step`, which makes the output and the next states of an input.
std::vector<Expr> OverTime(
    const Scope& s, Expr xs, Expr trips, const std::vector<Expr>& states, int output_size,
    const std::function<std::vector<Expr>(const Scope&, Expr x, std::span<const Expr>)>& step) {
  const Expr in_shape = op::Ints(s, {static_cast<int>(xs.shape()[1]), kInput});
  const Expr out_shape = StateShape(s, xs, output_size);
  std::vector<Expr> initial = {
      op::Const(s, 0), op::TensorListFromTensor(s, xs, in_shape),
      s.Add("TensorListReserve", {out_shape, trips}, {{"element_dtype", DType::kFloat}})};
  initial.insert(initial.end(), states.begin(), states.end());
  std::vector<Expr> out = WhileLoop(
      s, [&](const Scope&, std::span<const Expr> v) { return v[0] < trips; },
      [&](const Scope& b, std::span<const Expr> v) {
        const Expr x = op::TensorListGetItem(b, v[1], v[0], in_shape, DType::kFloat);
        std::vector<Expr> next = step(b, x, v.subspan(3));
        const Expr written = op::TensorListSetItem(b, v[2], v[0], next[0]);
        next[0] = written;
        next.insert(next.begin(), {op::AddV2(b, v[0], op::Const(b, 1)), v[1]});
        return next;
      },
      initial);
  std::vector<Expr> results = {op::TensorListStack(s, out[2], out_shape, DType::kFloat)};
  results.insert(results.end(), out.begin() + 3, out.end());
  return results;
}

class TwoLayers : public LoopPassesTest {
 protected:
  // `batch`: what is known of it where the graph is built.
  void Build(Expr trips, int batch = kBatch) {
    x_ = Feed(Values({kTime, kBatch, kInput}), {kTime, batch, kInput});
    w1_ = Feed(Values({kInput + kUnits, 4 * kUnits}));
    w2_ = Feed(Values({2 * kUnits, 4 * kUnits}));
    bias_ = Feed(Values({4 * kUnits}));
    const Expr zeros = op::Fill(s(), StateShape(s(), x_, kUnits), op::Const(s(), 0.0f));
    outputs_ = OverTime(s(), x_, trips, {zeros, zeros, zeros, zeros}, kUnits,
                        [&](const Scope& b, Expr x, std::span<const Expr> v) {
                          const LstmState first = Lstm(b, x, {v[0], v[1]}, w1_, bias_);
                          const LstmState second = Lstm(b, first.h, {v[2], v[3]}, w2_, bias_);
                          return std::vector<Expr>{second.h, first.c, first.h, second.c, second.h};
                        });
    loss_ = op::ReduceSum(s(), op::Mul(s(), outputs_[0], outputs_[0]));
  }
  std::vector<Expr> Wanted() {
    std::vector<Expr> wanted = {loss_, outputs_[1], outputs_[4]};
    for (const Grad& g : Gradients(s(), {loss_}, {x_, w1_, w2_, bias_}))
      wanted.push_back(ToDense(s(), g));
    return wanted;
  }

  Expr x_, w1_, w2_, bias_, loss_;
  std::vector<Expr> outputs_;
};

TEST_F(TwoLayers, OnlyTheRecurrentProductStaysInALoop) {
  Build(op::Const(s(), kTime));
  const Function& f = Compile({loss_});
  EXPECT_THAT(ProductsInLoops(f), ElementsAre(1, 1));
  EXPECT_EQ(Count(f, "MatMul"), 2) << "of the inputs of all steps, by layer";
  EXPECT_THAT(Whiles(f), IsEmpty());
}

TEST_F(TwoLayers, GradientsOfInputsAndWeightsLeaveTheLoop) {
  Build(op::Const(s(), kTime));
  const Function& f = Compile(Wanted());
  EXPECT_THAT(Whiles(f), IsEmpty());
  EXPECT_THAT(ProductsInLoops(f), ElementsAre(1, 1, 1, 1));
  EXPECT_EQ(Count(f, "MatMul"), 2 + 2 + 2) << "inputs, their gradients, and those of the weights";
}

TEST_F(TwoLayers, ATripCountThatOnlyTheRunTells) {
  for (const int trips : {kTime, kTime - 2, 0}) {
    feeds_.clear();
    Build(Feed(Tensor::Scalar<int32_t>(trips)));
    const Function& f = Compile(Wanted());
    EXPECT_THAT(Whiles(f), IsEmpty());
    EXPECT_THAT(ProductsInLoops(f), ElementsAre(1, 1, 1, 1)) << trips;
  }
}

// Gradients save shapes and lists of elements of unknown shapes then.
TEST_F(TwoLayers, ABatchThatOnlyTheFeedTells) {
  for (const bool known : {true, false}) {
    feeds_.clear();
    Build(known ? op::Const(s(), kTime) : Feed(Tensor::Scalar<int32_t>(kTime - 1)), -1);
    const Function& f = Compile(Wanted());
    EXPECT_THAT(Whiles(f), IsEmpty());
    EXPECT_THAT(ProductsInLoops(f), ElementsAre(1, 1, 1, 1)) << known;
  }
}

TEST_F(TwoLayers, WithoutThePassesTheLoopsAreWhole) {
  Build(op::Const(s(), kTime));
  EXPECT_THAT(ProductsInLoops(Compile({loss_}, {"distribute_loops"})), ElementsAre(4));
  EXPECT_EQ(Whiles(Compile({loss_}, {"count_loops"})).size(), 1);
}

TEST_F(LoopPassesTest, NoTripsAtAll) {
  const Expr w = Feed(Values({kInput, kInput})), h = Feed(Values({kBatch, kInput}));
  const std::vector<Expr> out =
      OverTime(s(), Feed(Values({kTime, kBatch, kInput})), Feed(Tensor::Scalar<int32_t>(0)), {h},
               kInput, [&](const Scope& b, Expr x, std::span<const Expr> v) {
                 const Expr y = op::MatMul(b, x, w);
                 return std::vector<Expr>{y, op::AddV2(b, v[0], y)};
               });
  Compile({out[0], out[1]});
}

// The gates of a GRU: one product of x and h, one of x and what the gates let through.
TEST_F(LoopPassesTest, AGruKeepsTwoProducts) {
  const Expr gates = Feed(Values({kInput + kUnits, 2 * kUnits}));
  const Expr candidate = Feed(Values({kInput + kUnits, kUnits}));
  const std::vector<Expr> out = OverTime(
      s(), Feed(Values({kTime, kBatch, kInput})), op::Const(s(), kTime),
      {Feed(Values({kBatch, kUnits}))}, kUnits,
      [&](const Scope& b, Expr x, std::span<const Expr> v) {
        const Expr both = op::Sigmoid(b, op::MatMul(b, op::Concat(b, {x, v[0]}, 1), gates));
        const Expr axis = op::Const(b, 1);
        const std::vector<Expr> ru = raw_ops::Split(b, axis, both, 2);
        const Expr let = op::Mul(b, ru[0], v[0]);
        const Expr made = op::Tanh(b, op::MatMul(b, op::Concat(b, {x, let}, 1), candidate));
        const Expr rest = op::Sub(b, op::Const(b, 1.0f), ru[1]);
        const Expr old = op::Mul(b, ru[1], v[0]);
        const Expr h = op::AddV2(b, old, op::Mul(b, rest, made));
        return std::vector<Expr>{h, h};
      });
  const Function& f = Compile({out[0], out[1]});
  EXPECT_THAT(ProductsInLoops(f), ElementsAre(2));
  EXPECT_EQ(Count(f, "MatMul"), 2);
}

// What comes in beside one state, and both beside another: only the states recur, in one product.
TEST_F(LoopPassesTest, AJoinWithinAJoin) {
  const Expr x = Feed(Values({kTime, kBatch, kInput}));
  const Expr w = Feed(Values({kInput + 2 * kUnits, kUnits}));
  const std::vector<Expr> out =
      OverTime(s(), x, op::Const(s(), kTime),
               {Feed(Values({kBatch, kUnits})), Feed(Values({kBatch, kUnits}))}, kUnits,
               [&](const Scope& b, Expr in, std::span<const Expr> v) {
                 const Expr both = op::Concat(b, {op::Concat(b, {in, v[0]}, 1), v[1]}, 1);
                 const Expr h = op::Tanh(b, op::MatMul(b, both, w));
                 return std::vector<Expr>{h, op::Mul(b, h, v[1]), h};
               });
  const Expr loss = op::ReduceSum(s(), op::Mul(s(), out[0], out[0]));
  const Function& f = Compile({loss});
  EXPECT_THAT(InnerSizes(f), ElementsAre(2 * kUnits));
  EXPECT_EQ(Count(f, "MatMul"), 1) << "of all inputs";
  std::vector<Expr> wanted = {loss};
  for (const Grad& g : Gradients(s(), {loss}, {x, w})) wanted.push_back(ToDense(s(), g));
  const Function& b = Compile(wanted);
  EXPECT_EQ(Count(b, "MatMul"), 3) << "of all inputs, their gradient, and that of the weight";
}

// Without a recurrence nothing is left of the loop.
TEST_F(LoopPassesTest, AMapIsOneOpForAllTrips) {
  const Expr w = Feed(Values({kInput, kUnits}));
  const std::vector<Expr> out =
      OverTime(s(), Feed(Values({kTime, kBatch, kInput})), op::Const(s(), kTime), {}, kUnits,
               [&](const Scope& b, Expr x, std::span<const Expr>) {
                 return std::vector<Expr>{op::Tanh(b, op::MatMul(b, x, w))};
               });
  const Function& f = Compile({out[0]});
  EXPECT_THAT(ProductsInLoops(f), IsEmpty());
  EXPECT_EQ(Count(f, "Tanh"), 1);
}

// Positions of one-hot rows, and the rows of a table at them.
TEST_F(LoopPassesTest, PositionsAndLookUpsLeaveTheLoop) {
  const Expr table = Feed(Values({kInput, kUnits}));
  for (const int axis : {1, -1}) {
    const std::vector<Expr> out =
        OverTime(s(), Feed(Values({kTime, kBatch, kInput})), op::Const(s(), kTime), {}, kUnits,
                 [&](const Scope& b, Expr x, std::span<const Expr>) {
                   const Expr at = raw_ops::ArgMax(b, x, op::Const(b, axis));
                   return std::vector<Expr>{op::Gather(b, table, at)};
                 });
    const Function& f = Compile({out[0]});
    EXPECT_THAT(ProductsInLoops(f), IsEmpty());
    EXPECT_EQ(Count(f, "ArgMax"), 1);
  }
}

// Of a small table that is looked up often, but not of a large one, or seldom.
TEST_F(LoopPassesTest, TheTableIsMultiplied) {
  const Expr weight = Feed(Values({kInput, kUnits}));
  const auto rows_of_product = [&](int rows, const Shape& ids) {
    Tensor at(DType::kInt64, ids);
    for (int64_t i = 0; i < at.num_elements(); ++i) at.data<int64_t>()[i] = i * 5 % rows;
    const Expr x = op::Gather(s(), Feed(Values({rows, kInput})), Feed(std::move(at)));
    const Expr matrix = op::Reshape(s(), x, op::Ints(s(), {-1, kInput}));
    const Function& f = Compile({op::MatMul(s(), matrix, weight)});
    for (NodeId id = 0; id < f.graph.num_ids(); ++id) {
      if (f.graph.exists(id) && f.graph.node(id).op->name == "MatMul")
        return f.graph.shape({id, 0})[0];
    }
    return int64_t{0};
  };
  EXPECT_EQ(rows_of_product(11, {4, 6}), 11);
  EXPECT_EQ(rows_of_product(13, {4, 6}), 24);
}

TEST_F(LoopPassesTest, StepsThatAreWrittenOutBecomeALoop) {
  const Expr w = Feed(Values({kInput + kUnits, 4 * kUnits})), bias = Feed(Values({4 * kUnits}));
  LstmState state{Feed(Values({kBatch, kUnits})), Feed(Values({kBatch, kUnits}))};
  std::vector<Expr> outputs;
  for (int t = 0; t < 7; ++t) {
    state = Lstm(s(), Feed(Values({kBatch, kInput})), state, w, bias);
    outputs.push_back(state.h);
  }
  const Expr joined = op::Concat(s(), outputs, 0);
  const Expr loss = op::ReduceSum(s(), op::Mul(s(), joined, joined));
  const std::vector<Grad> grads = Gradients(s(), {loss}, {w, bias});
  const Function& f = Compile({loss, state.c, ToDense(s(), grads[0]), ToDense(s(), grads[1])});
  EXPECT_THAT(ProductsInLoops(f), ElementsAre(1, 1));
  EXPECT_EQ(Count(Compile({loss}, {"reroll_loops"}), "MatMul"), 7);
  // A step hands on h, and not h beside the input of the next.
  EXPECT_THAT(InnerSizes(Compile({loss})), ElementsAre(kUnits));
}

// Ten steps whose first is another, with weights for what comes in and gradients of that too:
// products by those are evenly deep as well, and nothing hands them on.
TEST_F(LoopPassesTest, StepsAreFoundByTheirRecurrence) {
  const Expr wx = Feed(Values({kInput, kUnits})), wh = Feed(Values({kUnits, kUnits})),
             table = Feed(Values({11, kInput}));
  Expr h = op::Tanh(s(), Feed(Values({kBatch, kUnits})));
  std::vector<Expr> outputs;
  for (int t = 0; t < 10; ++t) {
    std::vector<int32_t> ids;
    for (int i = 0; i < kBatch; ++i) ids.push_back((i * 3 + t) % 11);
    const Expr x = op::Gather(s(), table, Feed(Tensor::Vector(ids)));
    h = op::Tanh(s(), op::AddV2(s(), op::MatMul(s(), x, wx), op::MatMul(s(), h, wh)));
    outputs.push_back(h);
  }
  const Expr joined = op::Concat(s(), outputs, 0);
  const Expr loss = op::ReduceSum(s(), op::Mul(s(), joined, joined));
  const std::vector<Grad> grads = Gradients(s(), {loss}, {wx, wh, table});
  const Function& f =
      Compile({loss, ToDense(s(), grads[0]), ToDense(s(), grads[1]), ToDense(s(), grads[2])});
  EXPECT_THAT(ProductsInLoops(f), ElementsAre(1, 1));
  EXPECT_LE(Count(f, "MatMul"), 15);  // 50 as written
}

// Gates with weights of their own: all products by h are of the step that h is handed to, and only
// they recur.
TEST_F(LoopPassesTest, AStepBeginsWhereWhatIsHandedOnIsUsed) {
  std::vector<Expr> wx, wh;
  for (int gate = 0; gate < 3; ++gate) {
    wx.push_back(Feed(Values({kInput, kUnits})));
    wh.push_back(Feed(Values({kUnits, kUnits})));
  }
  LstmState state{Feed(Values({kBatch, kUnits})), Feed(Values({kBatch, kUnits}))};
  std::vector<Expr> outputs;
  for (int t = 0; t < 7; ++t) {
    const Expr x = Feed(Values({kBatch, kInput}));
    const auto gate = [&](int i) {
      return op::AddV2(s(), op::MatMul(s(), x, wx[i]), op::MatMul(s(), state.h, wh[i]));
    };
    const Expr kept = op::Mul(s(), state.c, op::Sigmoid(s(), gate(0)));
    const Expr c = op::AddV2(s(), kept, op::Tanh(s(), gate(1)));
    state = {c, op::Mul(s(), op::Tanh(s(), c), op::Sigmoid(s(), gate(2)))};
    outputs.push_back(state.h);
  }
  const Function& f = Compile({op::Concat(s(), outputs, 0), state.c});
  EXPECT_THAT(ProductsInLoops(f), ElementsAre(3));
  EXPECT_EQ(Count(f, "MatMul"), 3);
  for (NodeId id : NodesOf(f, Structure::kCountedLoop))
    EXPECT_EQ(CountedAttrs(f.graph.node(id)).carried, 2);
}

// A list may hold elements of several shapes, as long as nobody asks for one tensor of them.
TEST_F(LoopPassesTest, AListThatGetsOtherElementsAfterTheLoop) {
  const Expr any = op::Const(s(), -1), x = Feed(Values({kInput})), other = Feed(Values({kUnits}));
  const Expr list = s().Add("TensorListReserve", {any, op::Const(s(), kTime)},
                            {{"element_dtype", DType::kFloat}});
  const Expr last = op::Const(s(), kTime - 1);
  const std::vector<Expr> out = WhileLoop(
      s(), [&](const Scope&, std::span<const Expr> v) { return v[0] < last; },
      [&](const Scope& b, std::span<const Expr> v) {
        const Expr written = op::TensorListSetItem(b, v[1], v[0], x);
        return std::vector<Expr>{op::AddV2(b, v[0], op::Const(b, 1)), written};
      },
      {op::Const(s(), 0), list});
  const Expr both = op::TensorListSetItem(s(), out[1], last, other);
  Compile({op::TensorListGetItem(s(), both, last, any, DType::kFloat),
           op::TensorListGetItem(s(), both, op::Const(s(), 1), any, DType::kFloat)});
}

}  // namespace
}  // namespace graphrun
