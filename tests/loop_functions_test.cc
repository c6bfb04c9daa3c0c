// Loops as TensorFlow 2 writes them, and differentiates them: with lists of what the gradient
// needs, and variables that are read in the body.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "core/build/control_flow.h"
#include "core/build/raw_ops.h"
#include "tests/loop_passes.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Vars = std::span<const Expr>;

class LoopFunctionsTest : public LoopPassesTest {
 protected:
  Expr Variable(const Shape& shape, const std::string& name = "v") {
    return s().Add("VarHandleOp", {},
                   {{"dtype", DType::kFloat}, {"shape", shape}, {"shared_name", name}});
  }
  Expr Empty(const Shape& element, DType dtype, int most = -1) const {
    const std::vector<int> dims(element.dims().begin(), element.dims().end());
    return raw_ops::EmptyTensorList(s(), op::Ints(s(), dims), op::Const(s(), most), dtype);
  }
  static Expr Next(const Scope& b, Expr i) { return op::AddV2(b, i, op::Const(b, 1)); }

  // What a session that is planned and one that is interpreted give for each value of a feed, in
  // one session each after running `init`: numbers, or the error.
  void ExpectSameRuns(Expr feed, const std::vector<int>& values, const std::vector<Expr>& fetches,
                      const std::vector<Expr>& init = {}) {
    std::vector<TensorName> names, first;
    for (const Expr& e : fetches) names.push_back(e.name());
    for (const Expr& e : init) first.emplace_back(t_.meta.graph.node(e.output().node).name);
    std::vector<std::vector<std::string>> seen(2);
    for (const bool interpret : {false, true}) {
      SessionOptions options;
      options.interpret = interpret;
      Session session(t_.meta.graph, options);
      if (!first.empty()) session.Run({}, {}, first);
      for (const int value : values) {
        Feeds feeds;
        for (const auto& [e, given] : feeds_) {
          if (e.output() != feed.output()) feeds.emplace_back(e, given);
        }
        feeds.emplace_back(feed, Tensor::Scalar<int32_t>(value));
        std::string text;
        try {
          for (const Tensor& t : session.Run(feeds, names)) {
            text += t.shape().ToString() + ":";
            for (const double x : Numbers(t)) text += fmt::format(" {:.4f}", x + 0.0);
          }
        } catch (const Error& e) {
          text = fmt::format("error {}", static_cast<int>(e.code()));
        }
        seen[interpret ? 1 : 0].push_back(text);
      }
    }
    EXPECT_EQ(seen[0], seen[1]);
  }
};

// The trips are at most what the limit of the list allows, though only the run tells them.
TEST_F(LoopFunctionsTest, AListWithRoomForAllTrips) {
  const Expr n = Feed(Tensor::Scalar<int32_t>(3)), x = Feed(Values({kInput}));
  for (const int room : {kTime, kTime - 1}) {
    const std::vector<Expr> out = WhileLoop(
        s(),
        [&](const Scope& c, Vars v) {
          return raw_ops::LogicalAnd(c, v[0] < op::Const(c, kTime), v[0] < n);
        },
        [&](const Scope& b, Vars v) {
          const Expr y = op::Mul(b, v[2], x);
          return std::vector<Expr>{Next(b, v[0]), raw_ops::TensorListPushBack(b, v[1], y), y};
        },
        {op::Const(s(), 0), Empty({kInput}, DType::kFloat, room), Feed(Values({kInput}))});
    const Expr all = op::TensorListStack(s(), out[1], op::Ints(s(), {kInput}), DType::kFloat);
    const Function& f = Compile({all});
    if (room == kTime) {
      EXPECT_THAT(Whiles(f), IsEmpty());
    } else {
      EXPECT_EQ(Whiles(f).size(), 1);
    }
    ExpectSameRuns(n, {kTime, 0, 3, kTime + 2}, {all});
  }
}

// The gradient of a list that is read, as TensorFlow writes it: the shape and the length of the
// list are saved in each trip, and in each trip of the gradient a list of them is added up.
TEST_F(LoopFunctionsTest, TheGradientOfReads) {
  for (const bool known : {true, false}) {
    feeds_.clear();
    const Expr fed = Feed(Tensor::Scalar<int32_t>(kTime - 1));
    const Expr n = known ? op::Const(s(), kTime) : fed;
    const Expr xs = Feed(Values({kTime, kBatch, kInput})), w = Feed(Values({kUnits, kInput}));
    const Expr shape = op::Ints(s(), {kBatch, kInput});
    const Expr list = op::TensorListFromTensor(s(), xs, shape);
    const std::vector<Expr> out = WhileLoop(
        s(), [&](const Scope&, Vars v) { return v[0] < n; },
        [&](const Scope& b, Vars v) {
          const Expr x = op::TensorListGetItem(b, v[5], v[0], shape, DType::kFloat);
          const auto push = [&](Expr to, Expr value) {
            return raw_ops::TensorListPushBack(b, to, value);
          };
          return std::vector<Expr>{
              Next(b, v[0]),
              op::AddV2(b, v[1], op::Tanh(b, x)),
              push(v[2], v[0]),
              push(v[3], raw_ops::TensorListElementShape(b, v[5], DType::kInt32)),
              push(v[4], op::TensorListLength(b, v[5])),
              v[5]};
        },
        {op::Const(s(), 0), op::Fill(s(), shape, op::Const(s(), 0.0f)), Empty({}, DType::kInt32),
         Empty({2}, DType::kInt32), Empty({}, DType::kInt32), list});
    const std::vector<Expr> back = WhileLoop(
        s(), [&](const Scope&, Vars v) { return v[0] < out[0]; },
        [&](const Scope& b, Vars v) {
          const Expr any = op::Const(b, -1);
          const auto at = raw_ops::TensorListPopBack(b, v[3], any, DType::kInt32);
          const auto dims = raw_ops::TensorListPopBack(b, v[4], any, DType::kInt32);
          const auto length = raw_ops::TensorListPopBack(b, v[5], any, DType::kInt32);
          const Expr dh = op::Tanh(b, v[1]);
          const Expr zeros = raw_ops::TensorListReserve(b, dims[1], length[1], DType::kFloat);
          const Expr one = op::TensorListSetItem(b, zeros, at[1], op::MatMul(b, dh, w));
          return std::vector<Expr>{Next(b, v[0]), dh,      raw_ops::AddN(b, {v[2], one}),
                                   at[0],         dims[0], length[0]};
        },
        {op::Const(s(), 0), Feed(Values({kBatch, kUnits})), raw_ops::ZerosLike(s(), list), out[2],
         out[3], out[4]});
    const Expr dx = op::TensorListStack(s(), back[2], shape, DType::kFloat);
    const Function& f = Compile({dx, out[1]});
    EXPECT_THAT(Whiles(f), IsEmpty());
    EXPECT_THAT(ProductsInLoops(f), testing::Each(0));
    EXPECT_EQ(Count(f, "MatMul"), 1);
    ExpectSameRuns(fed, {kTime, 0, 2}, {dx, out[1]});
  }
}

// A list that holds something already is added to.
TEST_F(LoopFunctionsTest, AListIsAddedToWhatItHolds) {
  const Expr n = Feed(Tensor::Scalar<int32_t>(kTime - 2)), x = Feed(Values({kInput}));
  const Expr shape = op::Ints(s(), {kInput});
  for (const int length : {kTime, kTime - 1}) {
    const std::vector<Expr> out = WhileLoop(
        s(), [&](const Scope&, Vars v) { return v[0] < n; },
        [&](const Scope& b, Vars v) {
          const Expr zeros =
              raw_ops::TensorListReserve(b, shape, op::Const(b, length), DType::kFloat);
          const Expr one = op::TensorListSetItem(b, zeros, v[0], op::Mul(b, x, v[2]));
          return std::vector<Expr>{Next(b, v[0]), raw_ops::AddN(b, {v[1], one}),
                                   op::AddV2(b, v[2], v[2])};
        },
        {op::Const(s(), 0), op::TensorListFromTensor(s(), Feed(Values({kTime, kInput})), shape),
         op::Const(s(), 0.5f)});
    // Lists of several lengths have no sum.
    ExpectSameRuns(n, {kTime, 0, 2, kTime + 1},
                   {op::TensorListStack(s(), out[1], shape, DType::kFloat)});
  }
}

// What a loop saves of a value that never changes is that value.
TEST_F(LoopFunctionsTest, ASavedWeightIsTheWeight) {
  const Expr w = Feed(Values({kInput, kInput})), x = Feed(Values({kBatch, kInput}));
  const Expr n = Feed(Tensor::Scalar<int32_t>(kTime));
  const Expr dims = op::Ints(s(), {kInput, kInput});
  const std::vector<Expr> out = WhileLoop(
      s(), [&](const Scope&, Vars v) { return v[0] < n; },
      [&](const Scope& b, Vars v) {
        return std::vector<Expr>{Next(b, v[0]), raw_ops::TensorListPushBack(b, v[1], v[2]), v[2]};
      },
      {op::Const(s(), 0), Empty({kInput, kInput}, DType::kFloat), w});
  const std::vector<Expr> back = WhileLoop(
      s(), [&](const Scope&, Vars v) { return v[0] < out[0]; },
      [&](const Scope& b, Vars v) {
        const auto popped = raw_ops::TensorListPopBack(b, v[2], dims, DType::kFloat);
        return std::vector<Expr>{Next(b, v[0]), op::MatMul(b, op::Tanh(b, v[1]), popped[1]),
                                 popped[0]};
      },
      {op::Const(s(), 0), x, out[1]});
  const Function& f = Compile({back[1]});
  EXPECT_THAT(Whiles(f), IsEmpty());
  const std::vector<NodeId> loops = NodesOf(f, Structure::kCountedLoop);
  ASSERT_EQ(loops.size(), 1) << "nothing is saved";
  EXPECT_EQ(CountedAttrs(f.graph.node(loops[0])).num_slices(), 0);
  ExpectSameRuns(n, {kTime, 0, 1}, {back[1]});
}

// A list that stays one, as it is longer than the loop, tells of what shape its elements are.
TEST_F(LoopFunctionsTest, ElementsOfAListThatOnlyTheFeedTells) {
  const Expr x = Feed(Values({kTime, kBatch, kInput}), {kTime, -1, kInput});
  const Expr any = op::Ints(s(), {-1, kInput});
  const Expr room = op::Const(s(), kTime + 5);
  const std::vector<Expr> out = WhileLoop(
      s(), [&](const Scope& c, Vars v) { return v[0] < op::Const(c, kTime); },
      [&](const Scope& b, Vars v) {
        const Expr row = op::TensorListGetItem(b, v[2], v[0], any, DType::kFloat);
        return std::vector<Expr>{Next(b, v[0]),
                                 op::TensorListSetItem(b, v[1], v[0], op::Tanh(b, row)), v[2]};
      },
      {op::Const(s(), 0), raw_ops::TensorListReserve(s(), any, room, DType::kFloat),
       op::TensorListFromTensor(s(), x, any)});
  const Expr first = raw_ops::TensorListGather(s(), out[1], op::Ints(s(), {0}), any, DType::kFloat);
  EXPECT_THAT(Whiles(Compile({first})), IsEmpty());
}

// Each join of the same doubles what is joined.
TEST_F(LoopFunctionsTest, JoinsOfTheSame) {
  const Expr n = Feed(Tensor::Scalar<int32_t>(kTime)), x = Feed(Values({kBatch, kInput}));
  const Expr w = Feed(Values({kInput + kUnits, kUnits})), h = Feed(Values({kBatch, kUnits}));
  const std::vector<Expr> out = WhileLoop(
      s(), [&](const Scope&, Vars v) { return v[0] < n; },
      [&](const Scope& b, Vars v) {
        Expr none = op::Slice(b, v[1], op::Ints(b, {0, 0}), op::Ints(b, {-1, 0}));
        for (int i = 0; i < 40; ++i) none = op::Concat(b, {none, none}, 1);
        const Expr joined = op::Concat(b, {none, op::Concat(b, {x, v[1]}, 1)}, 1);
        return std::vector<Expr>{Next(b, v[0]), op::Tanh(b, op::MatMul(b, joined, w))};
      },
      {op::Const(s(), 0), h});
  EXPECT_THAT(Whiles(Compile({out[1]})), IsEmpty());
}

class VariablesInLoopsTest : public LoopFunctionsTest {
 protected:
  // Adds the variable up.
  Expr Total(Expr handle, Expr trips, Expr start) {
    return WhileLoop(
        s(), [&](const Scope&, Vars v) { return v[0] < trips; },
        [&](const Scope& b, Vars v) {
          const Expr read = op::ReadVariable(b, handle);
          return std::vector<Expr>{Next(b, v[0]), op::AddV2(b, op::Tanh(b, v[1]), read)};
        },
        {op::Const(s(), 0), start})[1];
  }
  std::vector<std::string> LoopsOf(const std::vector<Expr>& fetches) {
    RunSignature signature;
    for (const auto& [e, value] : feeds_) signature.feeds.emplace_back(e.output(), TypeOf(value));
    for (const Expr& e : fetches) signature.fetches.push_back(e.output());
    compiled_ = CompileFunction(t_.meta.graph, signature, {.verify_each = true});
    return Whiles(*compiled_);
  }
};

TEST_F(VariablesInLoopsTest, AreReadBeforeThem) {
  const Expr v = Variable({kUnits}), unused = Feed(Tensor::Scalar<int32_t>(0));
  const Expr total = Total(v, op::Const(s(), kTime), Feed(Values({kUnits})));
  EXPECT_THAT(LoopsOf({total}), IsEmpty());
  EXPECT_EQ(Count(*compiled_, "ReadVariableOp"), 1);
  ExpectSameRuns(unused, {0, 0}, {total},
                 {op::AssignVariable(s(), v, op::Const(s(), Values({kUnits})))});
  ExpectSameRuns(unused, {0}, {total});
}

// With no trip a variable may be without a value.
TEST_F(VariablesInLoopsTest, AreNotReadWithoutATrip) {
  const Expr v = Variable({kUnits}), n = Feed(Tensor::Scalar<int32_t>(3));
  const Expr total = Total(v, n, Feed(Values({kUnits})));
  EXPECT_THAT(LoopsOf({total}), IsEmpty());
  ExpectSameRuns(n, {0, 2, 0}, {total});
  ExpectSameRuns(n, {0, 2, kTime}, {total},
                 {op::AssignVariable(s(), v, op::Const(s(), Values({kUnits})))});
}

// A loop reads what was written before it, by what it is made of or waits for, and nothing later.
TEST_F(VariablesInLoopsTest, AreReadBetweenTheSameWrites) {
  const Expr v = Variable({}), n = Feed(Tensor::Scalar<int32_t>(3));
  const Expr init = op::AssignVariable(s(), v, op::Const(s(), 1.0f));
  const auto assign = [&](float value, const Scope& scope) {
    return op::AssignVariable(scope, v, op::Const(s(), value));
  };
  for (const bool known : {true, false}) {
    const Expr trips = known ? op::Const(s(), 2) : n;
    const Expr first = assign(2.0f, s());
    const Scope after = s().WithControlDependencies({first});
    const Expr start = raw_ops::Identity(after, op::Const(s(), 0.0f));
    const Expr total = Total(v, trips, start);
    // Nothing orders the third against the loop.
    const Expr last = assign(4.0f, s().WithControlDependencies({total}));
    const Expr later = assign(8.0f, after);
    const Expr now = op::ReadVariable(s().WithControlDependencies({last, later}), v);
    EXPECT_THAT(LoopsOf({total, now}), IsEmpty());
    ExpectSameRuns(n, {3, 1, 0}, {total, now}, {init});
  }
}

// Effects that nothing else orders are ordered by ids, which a loop that is made anew has not.
TEST_F(VariablesInLoopsTest, ALoopThatWritesStaysAsItIs) {
  const Expr handle = Variable({}), n = op::Const(s(), kTime);
  const std::vector<Expr> out = WhileLoop(
      s(), [&](const Scope&, Vars v) { return v[0] < n; },
      [&](const Scope& b, Vars v) {
        const Expr read = op::ReadVariable(b, handle);
        const Scope then = b.WithControlDependencies({read});
        const Expr written = op::AssignVariable(then, handle, v[1]);
        const Expr sum = op::AddV2(b.WithControlDependencies({written}), v[1], read);
        return std::vector<Expr>{Next(b, v[0]), sum};
      },
      {op::Const(s(), 0), op::Const(s(), 0.5f)});
  EXPECT_THAT(LoopsOf({out[1]}), ElementsAre("it accesses variables, or has other effects"));
}

// What a gradient begins with is zeros in the shape of the variable.
TEST_F(VariablesInLoopsTest, TheGradientOfOneLeavesTheLoop) {
  const Expr weight = Variable({kInput, kUnits}), xs = Feed(Values({kTime, kBatch, kInput}));
  const Expr n = Feed(Tensor::Scalar<int32_t>(kTime));
  const Expr shape = op::Ints(s(), {kBatch, kInput}), dy = Feed(Values({kBatch, kUnits}));
  const std::vector<Expr> out = WhileLoop(
      s(), [&](const Scope&, Vars v) { return v[0] < n; },
      [&](const Scope& b, Vars v) {
        const Expr x = op::TensorListGetItem(b, v[2], v[0], shape, DType::kFloat);
        const Expr more = op::MatMul(b, x, v[3], true);
        return std::vector<Expr>{Next(b, v[0]), raw_ops::AddN(b, {v[1], more}), v[2],
                                 op::Tanh(b, v[3])};
      },
      {op::Const(s(), 0), op::Fill(s(), raw_ops::VariableShape(s(), weight), op::Const(s(), 0.0f)),
       op::TensorListFromTensor(s(), xs, shape), dy});
  EXPECT_THAT(LoopsOf({out[1]}), IsEmpty());
  EXPECT_THAT(ProductsInLoops(*compiled_), testing::Each(0));
  ExpectSameRuns(n, {kTime, 2, 0}, {out[1]},
                 {op::AssignVariable(s(), weight, op::Const(s(), Values({kInput, kUnits})))});
  ExpectSameRuns(n, {2}, {out[1]});
}

}  // namespace
}  // namespace graphrun
