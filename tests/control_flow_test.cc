// Cond and WhileLoop: what they compute, what they capture, which effects happen, and what they
// refuse. The numeric tests run twice, interpreted and planned.
#include "core/build/control_flow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/build/ops.h"
#include "core/graph/op_def.h"
#include "tests/test_graph.h"
#include "tests/test_values.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Vars = std::span<const Expr>;
using Exprs = std::vector<Expr>;

class ControlFlow : public testing::TestWithParam<bool> {
 protected:
  const Scope& root() const { return t_.root; }
  std::vector<Tensor> Run(const Feeds& feeds, const std::vector<TensorName>& fetches) {
    t_.Verify();
    return t_.Run(feeds, fetches, {.interpret = GetParam()});
  }
  // A scalar, as a number.
  double Value(Expr e, const Feeds& feeds = {}) { return Run(feeds, {e})[0].number_at(0); }
  Expr Bool() const { return op::Placeholder(root(), DType::kBool, {}); }
  Expr Int() const { return op::Placeholder(root(), DType::kInt32, {}); }
  // A counter variable, and an addition to it.
  Variable Counter() const { return root().NewVariable(op::Const(root(), 0), "counter"); }
  static Expr Add(const Scope& s, const Variable& counter, int n) {
    return op::AssignAddVariable(s, counter.handle, op::Const(s, n));
  }

  TestGraph t_;
};
INSTANTIATE_TEST_SUITE_P(Mode, ControlFlow, testing::Bool(),
                         [](const auto& p) { return p.param ? "Interpreted" : "Planned"; });

// --- Cond

TEST_P(ControlFlow, CondTakesTheBranchOfItsPredicate) {
  const Expr p = Bool(), x = op::Const(root(), 3.0f);
  const Expr y = Cond(
      root(), p, [&](const Scope&) { return Exprs{x * 10}; },
      [&](const Scope&) { return Exprs{-x}; })[0];
  EXPECT_EQ(Value(y, {{p, Tensor::Scalar(true)}}), 30);
  EXPECT_EQ(Value(y, {{p, Tensor::Scalar(false)}}), -3);
}

TEST_P(ControlFlow, CondReturnsWhatItCaptures) {
  const Expr p = Bool(), a = op::Placeholder(root(), DType::kFloat, {}), b = a + 1;
  const auto y = Cond(
      root(), p,
      [&](const Scope&) {
        return Exprs{a, b};
      },
      [&](const Scope&) {
        return Exprs{b, a};
      });
  const auto run = [&](bool value) {
    const auto got = Run({{p, Tensor::Scalar(value)}, {a, Tensor::Scalar(5.0f)}}, {y[0], y[1]});
    return std::pair{got[0].scalar<float>(), got[1].scalar<float>()};
  };
  EXPECT_EQ(run(true), std::pair(5.0f, 6.0f));
  EXPECT_EQ(run(false), std::pair(6.0f, 5.0f));
}

TEST_P(ControlFlow, CondGuardsAnElementThatMayNotExist) {
  const Expr x = op::Placeholder(root(), DType::kFloat, Shape::Parse("[?]"));
  const Expr n = op::Size(root(), x);
  const Expr first = Cond(
      root(), n > 0, [&](const Scope&) { return Exprs{x[{0}]}; },
      [](const Scope& s) { return Exprs{op::Const(s, 0.0f)}; })[0];
  EXPECT_EQ(Value(first, {{x, Tensor::Vector<float>({7, 8})}}), 7);
  EXPECT_EQ(Value(first, {{x, Tensor::Zeros(DType::kFloat, {0})}}), 0);
}

TEST_P(ControlFlow, CondBranchesMayDifferInShape) {
  const Expr p = Bool();
  const Expr y = Cond(
      root(), p,
      [](const Scope& s) {
        return Exprs{op::Const(s, std::vector<float>{1, 2})};
      },
      [](const Scope& s) { return Exprs{op::Const(s, std::vector<float>{3})}; })[0];
  EXPECT_EQ(y.shape().ToString(), "[?]");
  EXPECT_THAT(Numbers(Run({{p, Tensor::Scalar(false)}}, {y * 2})[0]), ElementsAre(6));
}

TEST_P(ControlFlow, OnlyTheTakenBranchRuns) {
  const Variable counter = Counter();
  const Expr p = Bool();
  const auto branch = [&](int n) {
    return [&counter, n](const Scope& s) {
      return Exprs{op::Const(s.WithControlDependencies({Add(s, counter, n)}), n)};
    };
  };
  const Expr y = Cond(root(), p, branch(1), branch(100))[0];
  Session session(t_.meta.graph, {.interpret = GetParam()});
  session.Run({}, {}, {counter.initializer});
  session.Run({{p, Tensor::Scalar(true)}}, {y});
  EXPECT_EQ(session.VariableValue("counter").scalar<int>(), 1);
  session.Run({{p, Tensor::Scalar(false)}}, {y});
  EXPECT_EQ(session.VariableValue("counter").scalar<int>(), 101);
}

TEST_P(ControlFlow, EffectsOfABranchHappenAlthoughNoOutputIsUsed) {
  const Variable counter = Counter();
  const Expr p = Bool();
  const Expr y = Cond(
      root(), p,
      [&](const Scope& s) {
        Add(s, counter, 1);
        return Exprs{op::Const(s, 0)};
      },
      [](const Scope& s) { return Exprs{op::Const(s, 0)}; })[0];
  Session session(t_.meta.graph, {.interpret = GetParam()});
  session.Run({}, {}, {counter.initializer});
  session.Run({{p, Tensor::Scalar(true)}}, {}, {y});
  EXPECT_EQ(session.VariableValue("counter").scalar<int>(), 1);
}

TEST_P(ControlFlow, CondOfAKnownPredicateKeepsItsPlaceInTheOrderOfEffects) {
  const Variable counter = Counter();
  const Expr add = Add(root(), counter, 10);
  const Scope after = root().WithControlDependencies({add});
  const auto cond = [&](const Scope& s, Expr pred, const BranchFn& fn) {
    return Cond(s, pred, fn, [](const Scope& b) { return Exprs{op::Const(b, -1)}; })[0];
  };
  const Expr yes = op::Const(root(), true);
  // Read before the write, although the Cond that passes it on runs after it.
  const Expr passed =
      cond(after, yes, [&](const Scope& b) { return Exprs{op::Identity(b, counter.value)}; });
  // Read inside, after the write: by the control edge, by an argument, by the predicate.
  const auto read = [&](const Scope& b) { return Exprs{op::ReadVariable(b, counter.handle)}; };
  const Expr by_edge = cond(after, yes, read);
  const Expr waits = op::Identity(after, op::Const(root(), 0));
  const Expr by_argument = cond(root(), yes, [&](const Scope& b) {
    return Exprs{op::ReadVariable(b, counter.handle) + waits};
  });
  const Expr by_predicate = cond(root(), op::Const(after, true), read);
  Session session(t_.meta.graph, {.interpret = GetParam()});
  session.Run({}, {}, {counter.initializer});
  const auto got = session.Run({}, {passed, by_edge, by_argument, by_predicate});
  EXPECT_EQ(got[0].scalar<int>(), 0);
  EXPECT_EQ(got[1].scalar<int>(), 10);
  EXPECT_EQ(got[2].scalar<int>(), 10);
  EXPECT_EQ(got[3].scalar<int>(), 10);
}

// --- WhileLoop

TEST_P(ControlFlow, WhileLoopsRunUntilTheConditionFails) {
  const Expr n = Int();
  const auto sum = WhileLoop(
      root(), [&](const Scope&, Vars v) { return v[0] < n; },
      [](const Scope&, Vars v) {
        return Exprs{v[0] + 1, v[1] + v[0]};
      },
      {op::Const(root(), 0), op::Const(root(), 0)});
  for (const int trips : {0, 1, 10}) {
    const auto got = Run({{n, Tensor::Scalar(trips)}}, {sum[0], sum[1]});
    EXPECT_EQ(got[0].scalar<int>(), trips);
    EXPECT_EQ(got[1].scalar<int>(), trips * (trips - 1) / 2);
  }
}

TEST_P(ControlFlow, ZeroTripsReturnTheInitialValues) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {2}), y = x * 2;
  const auto out = WhileLoop(
      root(), [](const Scope&, Vars v) { return v[0] < 0; },
      [](const Scope&, Vars v) {
        return Exprs{v[0] + 1, v[1] * 0};
      },
      {op::Const(root(), 0), y});
  const auto got = Run({{x, Tensor::Vector<float>({1, 2})}}, {out[1], y});
  EXPECT_THAT(Numbers(got[0]), ElementsAre(2, 4));
  EXPECT_THAT(Numbers(got[1]), ElementsAre(2, 4));
}

TEST_P(ControlFlow, LoopVariablesMayTradePlaces) {
  const auto out = WhileLoop(
      root(), [](const Scope&, Vars v) { return v[0] < 3; },
      [](const Scope&, Vars v) {
        return Exprs{v[0] + 1, v[2], v[1]};
      },
      {op::Const(root(), 0), op::Const(root(), 1.0f), op::Const(root(), 2.0f)});
  const auto got = Run({}, {out[1], out[2]});
  EXPECT_EQ(got[0].scalar<float>(), 2);
  EXPECT_EQ(got[1].scalar<float>(), 1);
}

TEST_P(ControlFlow, ALoopVariableThatTakesACapturedValueOrAConstant) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {2});
  const auto out = WhileLoop(
      root(), [](const Scope&, Vars v) { return v[0] < 2; },
      [&](const Scope& s, Vars v) {
        return Exprs{v[0] + 1, v[2], x, op::Const(s, std::vector<float>{7, 8})};
      },
      {op::Const(root(), 0), x * 0, x * 0, x * 0});
  const auto got = Run({{x, Tensor::Vector<float>({1, 2})}}, {out[1], out[2], out[3]});
  EXPECT_THAT(Numbers(got[0]), ElementsAre(1, 2));
  EXPECT_THAT(Numbers(got[1]), ElementsAre(1, 2));
  EXPECT_THAT(Numbers(got[2]), ElementsAre(7, 8));
}

TEST_P(ControlFlow, CapturesAreFoundThroughNestedBodies) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {}), p = Bool();
  const auto out = WhileLoop(
      root(), [](const Scope&, Vars v) { return v[0] < 2; },
      [&](const Scope& s, Vars outer) {
        const auto inner = WhileLoop(
            s, [&](const Scope&, Vars v) { return v[0] <= outer[0]; },
            [&](const Scope& f, Vars v) {
              const auto step = Cond(
                  f, p, [&](const Scope&) { return Exprs{v[1] + x}; },
                  [&](const Scope&) { return Exprs{v[1] - x}; });
              return Exprs{v[0] + 1, step[0]};
            },
            {op::Const(s, 0), outer[1]});
        return Exprs{outer[0] + 1, inner[1]};
      },
      {op::Const(root(), 0), op::Const(root(), 0.0f)});
  const Tensor five = Tensor::Scalar(5.0f);
  EXPECT_EQ(Value(out[1], {{x, five}, {p, Tensor::Scalar(true)}}), 15);
  EXPECT_EQ(Value(out[1], {{x, five}, {p, Tensor::Scalar(false)}}), -15);
}

TEST_P(ControlFlow, AGrowingLoopVariableNeedsAShapeInvariant) {
  const Expr one = op::Const(root(), std::vector<float>{1});
  const auto out = WhileLoop(
      root(), [](const Scope&, Vars v) { return v[0] < 3; },
      [&](const Scope& s, Vars v) {
        return Exprs{v[0] + 1, op::Concat(s, {v[1], v[1] + 1}, 0)};
      },
      {op::Const(root(), 0), one}, {.shape_invariants = {{}, Shape::Parse("[?]")}});
  EXPECT_EQ(out[1].shape().ToString(), "[?]");
  EXPECT_THAT(Numbers(Run({}, {out[1]})[0]), ElementsAre(1, 2, 2, 3, 2, 3, 3, 4));
}

TEST_P(ControlFlow, MaximumIterationsEndsALoop) {
  const Expr most = Int();
  const auto out = WhileLoop(
      root(), [](const Scope&, Vars v) { return v[0] < 5; },
      [](const Scope&, Vars v) { return Exprs{v[0] + 1}; }, {op::Const(root(), 0)},
      {.maximum_iterations = most});
  EXPECT_EQ(Value(out[0], {{most, Tensor::Scalar(3)}}), 3);
  EXPECT_EQ(Value(out[0], {{most, Tensor::Scalar(8)}}), 5);
  EXPECT_EQ(Value(out[0], {{most, Tensor::Scalar(0)}}), 0);
}

TEST_P(ControlFlow, EffectsOfABodyHappenOnceForEachTrip) {
  const Variable counter = Counter();
  const Expr n = Int();
  const auto out = WhileLoop(
      root(), [&](const Scope&, Vars v) { return v[0] < n; },
      [&](const Scope& s, Vars v) {
        Add(s, counter, 1);
        return Exprs{v[0] + 1};
      },
      {op::Const(root(), 0)});
  Session session(t_.meta.graph, {.interpret = GetParam()});
  session.Run({}, {}, {counter.initializer});
  session.Run({{n, Tensor::Scalar(4)}}, {out[0]});
  EXPECT_EQ(session.VariableValue("counter").scalar<int>(), 4);
  session.Run({{n, Tensor::Scalar(0)}}, {out[0]});
  EXPECT_EQ(session.VariableValue("counter").scalar<int>(), 4);
}

TEST_P(ControlFlow, EveryTripReadsWhatTheLastOneWrote) {
  const Variable counter = Counter();
  const auto out = WhileLoop(
      root(), [](const Scope&, Vars v) { return v[0] < 3; },
      [&](const Scope& s, Vars v) {
        const Expr old = op::ReadVariable(s, counter.handle);
        op::AssignVariable(s, counter.handle, old * 2 + 1);
        return Exprs{v[0] + 1, v[1] * 10 + old};
      },
      {op::Const(root(), 0), op::Const(root(), 0)});
  Session session(t_.meta.graph, {.interpret = GetParam()});
  session.Run({}, {}, {counter.initializer});
  EXPECT_EQ(session.Run({}, {out[1]})[0].scalar<int>(), 13);
  EXPECT_EQ(session.VariableValue("counter").scalar<int>(), 7);
}

TEST_P(ControlFlow, TwoLoopsOfOneBodyDoNotMix) {
  const auto loop = [&](float step) {
    return WhileLoop(
        root(), [](const Scope&, Vars v) { return v[0] < 3; },
        [&](const Scope&, Vars v) {
          return Exprs{v[0] + 1, v[1] + step};
        },
        {op::Const(root(), 0), op::Const(root(), 0.0f)})[1];
  };
  const auto got = Run({}, {loop(1), loop(10)});
  EXPECT_EQ(got[0].scalar<float>(), 3);
  EXPECT_EQ(got[1].scalar<float>(), 30);
}

// --- what the graph looks like

TEST(ControlFlowGraph, CapturedConstantsAreCopiedAndOthersArePassed) {
  TestGraph t;
  const Expr small = op::Const(t.root.WithName("small"), 2.0f);
  const Expr big = op::Const(t.root.WithName("big"), Tensor::Zeros(DType::kFloat, {100}));
  const Expr x = op::Placeholder(t.root.WithName("x"), DType::kFloat, {100});
  const Expr y = WhileLoop(
      t.root, [](const Scope&, Vars v) { return v[0] < 3; },
      [&](const Scope&, Vars v) {
        return Exprs{v[0] + 1, v[1] * small + big + x};
      },
      {op::Const(t.root, 0), x})[1];
  const Function& body = t.meta.graph.library()->Get("while/body");
  EXPECT_TRUE(body.graph.ConstValue(body.graph.FindOutput("small")));
  const std::vector<Output>& inputs = t.meta.graph.node(y.node()).inputs;
  // Counter, maximum, two loop variables, then the captures.
  EXPECT_THAT(std::vector<Output>(inputs.begin() + 4, inputs.end()),
              ElementsAre(big.output(), x.output()));
}

TEST(ControlFlowGraph, OnlyEffectsMakeItStateful) {
  TestGraph t;
  const Variable v = t.root.NewVariable(op::Const(t.root, 0), "v");
  const Expr p = op::Placeholder(t.root, DType::kBool, {});
  const auto cond = [&](bool write) {
    return Cond(
        t.root, p,
        [&](const Scope& s) {
          if (write) op::AssignAddVariable(s, v.handle, op::Const(s, 1));
          return Exprs{op::Const(s, 0)};
        },
        [](const Scope& s) { return Exprs{op::Const(s, 1)}; })[0];
  };
  EXPECT_EQ(t.meta.graph.node(cond(false).node()).op->name, "StatelessIf");
  EXPECT_EQ(t.meta.graph.node(cond(true).node()).op->name, "If");
}

// --- errors

std::string CondError(const BranchFn& then_fn, const BranchFn& else_fn) {
  TestGraph t;
  const Expr p = op::Placeholder(t.root, DType::kBool, {});
  return Caught([&] { Cond(t.root, p, then_fn, else_fn); }).message();
}
const BranchFn kFloat = [](const Scope& s) { return Exprs{op::Const(s, 1.0f)}; };
const BranchFn kInt = [](const Scope& s) { return Exprs{op::Const(s, 1)}; };
const BranchFn kTwo = [](const Scope& s) { return Exprs{op::Const(s, 1.0f), op::Const(s, 1.0f)}; };

TEST(CondErrors, BranchesOfDifferentTypes) {
  EXPECT_EQ(CondError(kFloat, kInt),
            "cond 'cond': result 0 is float32[] in one branch and int32[] in the other");
}
TEST(CondErrors, BranchesOfDifferentNumbers) {
  EXPECT_EQ(CondError(kFloat, kTwo), "cond 'cond': the branches return 1 and 2 tensors");
}
TEST(CondErrors, APredicateThatIsNoBool) {
  TestGraph t;
  EXPECT_THAT(Caught([&] { Cond(t.root, op::Const(t.root, 1), kInt, kInt); }).message(),
              HasSubstr("the predicate is a bool scalar, not int32[]"));
}

std::string WhileError(const CondFn& cond, const BodyFn& body, const WhileOptions& options = {}) {
  TestGraph t;
  const Exprs initial = {op::Const(t.root, 0),
                         op::Const(t.root.WithName("x"), std::vector<float>{1, 2})};
  return Caught([&] { WhileLoop(t.root, cond, body, initial, options); }).message();
}
const CondFn kLess = [](const Scope&, Vars v) { return v[0] < 3; };

TEST(WhileErrors, AChangedTypeNamesTheLoopVariable) {
  EXPECT_THAT(
      WhileError(kLess,
                 [](const Scope& s, Vars v) {
                   return Exprs{v[0] + 1, op::Cast(s, v[1], DType::kInt32)};
                 }),
      HasSubstr("loop variable 1 ('x:0') enters the body as float32[2] and leaves it as int32[2]"));
}
TEST(WhileErrors, AChangedShapeNamesTheLoopVariable) {
  const std::string message = WhileError(kLess, [](const Scope& s, Vars v) {
    return Exprs{v[0] + 1, op::Concat(s, {v[1], v[1]}, 0)};
  });
  EXPECT_THAT(
      message,
      HasSubstr(
          "loop variable 1 ('x:0') enters the body as float32[2] and leaves it as float32[4]"));
  EXPECT_THAT(message, HasSubstr("give shape_invariants"));
}
TEST(WhileErrors, ABodyThatDropsALoopVariable) {
  EXPECT_THAT(WhileError(kLess, [](const Scope&, Vars v) { return Exprs{v[0] + 1}; }),
              HasSubstr("the body returns 1 tensors for 2 loop variables"));
}
TEST(WhileErrors, AConditionThatIsNoBool) {
  EXPECT_THAT(WhileError([](const Scope&, Vars v) { return v[0]; },
                         [](const Scope&, Vars v) {
                           return Exprs{v[0], v[1]};
                         }),
              HasSubstr("the condition is a bool scalar, not int32[]"));
}
TEST(WhileErrors, ShapeInvariantsOfAnotherNumber) {
  EXPECT_THAT(WhileError(kLess,
                         [](const Scope&, Vars v) {
                           return Exprs{v[0], v[1]};
                         },
                         {.shape_invariants = {{}}}),
              HasSubstr("2 loop variables and 1 shape invariants"));
}
TEST(WhileErrors, AShapeInvariantThatTheInitialValueDoesNotFit) {
  EXPECT_THAT(WhileError(kLess,
                         [](const Scope&, Vars v) {
                           return Exprs{v[0] + 1, v[1]};
                         },
                         {.shape_invariants = {{}, {3}}}),
              HasSubstr("loop variable 1"));
}
TEST(WhileErrors, AnErrorInABodyLeavesTheGraphUsable) {
  TestGraph t;
  const Expr x = op::Const(t.root, std::vector<float>{1, 2});
  EXPECT_THROW(WhileLoop(t.root, kLess,
                         [&](const Scope& s, Vars v) {
                           return Exprs{v[0] + 1, op::MatMul(s, x, x)};
                         },
                         {op::Const(t.root, 0), x}),
               Error);
  EXPECT_EQ(t.Run({}, {op::ReduceSum(t.root, x)})[0].scalar<float>(), 3);
  t.Verify();
}

}  // namespace
}  // namespace graphrun
