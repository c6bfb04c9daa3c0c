// Sessions: feeds, fetches and targets; errors; random streams;
// callables; threads. All but a few tests run twice, interpreted and planned.
#include "core/run/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "core/build/control_flow.h"
#include "tests/session_fixture.h"
#include "tests/test_values.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

INSTANTIATE_TEST_SUITE_P(Mode, SessionTest, testing::Bool(),
                         [](const auto& p) { return p.param ? "Interpreted" : "Planned"; });

// --- feeds

TEST_P(SessionTest, AnyTensorMayBeFed) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {});
  const Expr y = op::Square(root(), x), z = y + 1;
  EXPECT_EQ(Run({{y, Tensor::Scalar(5.0f)}}, {z})[0].scalar<float>(), 6);
}

TEST_P(SessionTest, AConstantMayBeFed) {
  const Expr c = op::Const(root(), 2.0f);
  EXPECT_EQ(Run({{c, Tensor::Scalar(5.0f)}}, {c * c})[0].scalar<float>(), 25);
}

TEST_P(SessionTest, OneOfSeveralOutputsMayBeFed) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {2});
  const Tensor value = Tensor::Vector<float>({1, 2}), ten = Tensor::Scalar(10.0f);
  for (const Expr& e : {x, op::Const(root(), value)}) {
    const auto parts = op::Unpack(root(), e, 2);
    EXPECT_EQ(Run({{x, value}, {parts[0], ten}}, {parts[0] + parts[1]})[0].scalar<float>(), 12);
  }
}

TEST_P(SessionTest, OneOfSeveralOutputsOfALoopMayBeFed) {
  const auto loop = WhileLoop(
      root(), [](const Scope&, std::span<const Expr> v) { return v[0] < 3; },
      [&](const Scope&, std::span<const Expr> v) {
        return std::vector<Expr>{v[0] + 1, v[1] * 2};
      },
      {op::Const(root(), 0), op::Const(root(), 1)});
  EXPECT_EQ(Run({{loop[0], Tensor::Scalar(100)}}, {loop[0] + loop[1]})[0].scalar<int>(), 108);
}

TEST_P(SessionTest, AVariablesReadMayBeFed) {
  const Variable v = NewVariable("v", 1);
  EXPECT_EQ(Run({{v.value, Tensor::Scalar(5.0f)}}, {v + 1})[0].scalar<float>(), 6);
}

TEST_P(SessionTest, FeedsThatNothingNeedsAreIgnoredButChecked) {
  const Expr x = op::Placeholder(root().WithName("x"), DType::kFloat, {2});
  const Expr y = op::Const(root(), 1.0f);
  EXPECT_EQ(Run({{x, Tensor::Vector<float>({1, 2})}}, {y})[0].scalar<float>(), 1);
  EXPECT_THROW(Run({{x, Tensor::Scalar(1.0f)}}, {y}), Error);
  EXPECT_THROW(Run({{"nowhere:0", Tensor::Scalar(1.0f)}}, {y}), Error);
}

TEST_P(SessionTest, AFedTensorMayBeFetched) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {});
  const auto got = Run({{x, Tensor::Scalar(7.0f)}}, {x, x + 1, x});
  EXPECT_EQ(got[0].scalar<float>(), 7);
  EXPECT_EQ(got[1].scalar<float>(), 8);
  EXPECT_EQ(got[2].scalar<float>(), 7);
}

TEST_P(SessionTest, FeedsAreNotChanged) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {3});
  const Tensor value = Tensor::Vector<float>({1, 2, 3});
  Run({{x, value}}, {op::Square(root(), op::Neg(root(), op::Exp(root(), x)))});
  EXPECT_THAT(Numbers(value), ElementsAre(1, 2, 3));
}

TEST_P(SessionTest, AFeedOfAnotherTypeOrShapeIsRefused) {
  const Expr x = op::Placeholder(root().WithName("x"), DType::kFloat, Shape::Parse("[?,3]"));
  const Expr y = op::Neg(root(), x);
  const auto error = [&](Tensor value) { return Caught([&] { Run({{x, value}}, {y}); }); };
  EXPECT_EQ(error(Tensor::Zeros(DType::kDouble, {2, 3})).message(),
            "'x:0' is float32[?,3] and cannot be fed with float64[2,3]");
  EXPECT_EQ(error(Tensor::Zeros(DType::kFloat, {3, 2})).message(),
            "'x:0' is float32[?,3] and cannot be fed with float32[3,2]");
  EXPECT_EQ(error(Tensor::Zeros(DType::kFloat, {3})).code(), Code::kInvalidArgument);
  EXPECT_NO_THROW(Run({{x, Tensor::Zeros(DType::kFloat, {0, 3})}}, {y}));
}

TEST_P(SessionTest, ATensorIsFedOnce) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {});
  const Tensor one = Tensor::Scalar(1.0f);
  EXPECT_THAT(Caught([&] {
                Run({{x, one}, {"Placeholder", one}}, {x});
              }).message(),
              HasSubstr("is fed twice"));
}

TEST_P(SessionTest, APlaceholderThatIsNeededMustBeFed) {
  const Expr x = op::Placeholder(root().WithName("x"), DType::kFloat, {2}), y = op::Neg(root(), x);
  const Error e = Caught([&] { Run({}, {y}); });
  EXPECT_EQ(e.code(), Code::kInvalidArgument);
  EXPECT_THAT(e.message(), HasSubstr("placeholder 'x' (float32[2])"));
}

TEST_P(SessionTest, ADefaultStandsInForAFeed) {
  const Expr x = op::PlaceholderWithDefault(root(), op::Const(root(), 3.0f), {});
  EXPECT_EQ(Run({}, {x + 1})[0].scalar<float>(), 4);
  EXPECT_EQ(Run({{x, Tensor::Scalar(8.0f)}}, {x + 1})[0].scalar<float>(), 9);
}

// --- fetches and targets

TEST_P(SessionTest, TheSameFetchTwice) {
  const Expr x = op::Const(root(), std::vector<float>{1, 2}), y = x * x;
  const auto got = Run({}, {y, y, "Mul", "Mul:0"});
  for (const Tensor& value : got) EXPECT_THAT(Numbers(value), ElementsAre(1, 4));
}

TEST_P(SessionTest, AViewAndItsSource) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {2, 2}), y = x + 1;
  const Expr flat = op::Reshape(root(), y, op::Ints(root(), {4}));
  const auto got = Run({{x, Tensor::Zeros(DType::kFloat, {2, 2})}}, {flat, y, op::Neg(root(), y)});
  EXPECT_EQ(got[0].shape(), Shape({4}));
  EXPECT_EQ(got[1].shape(), Shape({2, 2}));
  EXPECT_THAT(Numbers(got[0]), ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(Numbers(got[2]), ElementsAre(-1, -1, -1, -1));
}

TEST_P(SessionTest, FetchedValuesOutliveLaterRunsAndTheSession) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {2}), y = x * 2;
  Tensor first;
  {
    Session session(graph(), options());
    first = session.Run({{x, Tensor::Vector<float>({1, 2})}}, {y})[0];
    session.Run({{x, Tensor::Vector<float>({5, 6})}}, {y});
  }
  EXPECT_THAT(Numbers(first), ElementsAre(2, 4));
}

TEST_P(SessionTest, AnUnknownFetchNamesTheNearest) {
  op::Const(root().WithName("loss"), 1.0f);
  const Error e = Caught([&] { Run({}, {"los:0"}); });
  EXPECT_EQ(e.code(), Code::kNotFound);
  EXPECT_THAT(e.message(), HasSubstr("did you mean 'loss'"));
  EXPECT_THAT(e.what(), HasSubstr("while resolving a fetch"));
}

TEST_P(SessionTest, AnOperationIsATargetAndNoFetch) {
  const Variable v = NewVariable("v", 3);
  EXPECT_THAT(Caught([&] { Run({}, {v.initializer}); }).message(),
              HasSubstr("give it as a target"));
  Session session(graph(), options());
  EXPECT_TRUE(session.Run({}, {}, {v.initializer}).empty());
  EXPECT_EQ(session.VariableValue("v").scalar<float>(), 3);
}

TEST_P(SessionTest, OnlyWhatIsNeededRuns) {
  const Expr fails = op::Assert(root(), op::Const(root(), false), {op::Const(root(), 1.0f)});
  const Expr x = op::Const(root(), 2.0f);
  EXPECT_NO_THROW(Run({}, {x * x}));
  Session session(graph(), options());
  EXPECT_THROW(session.Run({}, {}, {fails}), Error);
}

// --- random streams

TEST_P(SessionTest, RandomOpsDrawOnFromRunToRun) {
  const Expr x = op::RandomUniform(root(), op::Ints(root(), {4}), DType::kFloat, 42);
  Session session(graph(), options());
  const Tensor first = session.Run({}, {x})[0], second = session.Run({}, {x})[0];
  EXPECT_NE(Numbers(first), Numbers(second));
  Session again(graph(), options());
  EXPECT_EQ(Numbers(again.Run({}, {x})[0]), Numbers(first));
  EXPECT_EQ(Numbers(again.Run({}, {x * 1})[0]), Numbers(second))
      << "another signature draws from the same stream";
}

TEST_P(SessionTest, ASessionSeedMakesOpsWithoutSeedsReproducible) {
  const Expr x = op::RandomUniform(root(), op::Ints(root(), {4}), DType::kFloat);
  const Expr y = op::RandomUniform(root(), op::Ints(root(), {4}), DType::kFloat);
  const auto run = [&](std::optional<int64_t> seed) {
    const auto got = t_.Run({}, {x, y}, {.interpret = GetParam(), .seed = seed});
    EXPECT_NE(Numbers(got[0]), Numbers(got[1])) << "every node has a stream of its own";
    return Numbers(got[0]);
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
  EXPECT_NE(run({}), run({}));
}

TEST(SessionModes, DrawTheSameNumbersInLoopsAndBranches) {
  TestGraph t;
  const auto loop = WhileLoop(
      t.root, [](const Scope&, std::span<const Expr> v) { return v[0] < 3; },
      [](const Scope& s, std::span<const Expr> v) {
        const Expr even = op::Equal(s, v[0] % 2, op::Const(s, 0));
        const auto draw = [](const Scope& b) {
          return std::vector<Expr>{op::RandomUniform(b, op::Ints(b, {2}), DType::kFloat)};
        };
        return std::vector<Expr>{v[0] + 1, 2 * v[1] + Cond(s, even, draw, draw)[0]};
      },
      {op::Const(t.root, 0), op::Const(t.root, std::vector<float>{0, 0})});
  const auto run = [&](bool interpret) {
    return Numbers(t.Run({}, {loop[1]}, {.interpret = interpret, .seed = 3})[0]);
  };
  EXPECT_EQ(run(true), run(false));
}

// --- errors

TEST_P(SessionTest, ErrorsInLoopsAndBranchesHaveTheirContexts) {
  const Expr table = op::Placeholder(root().WithName("table"), DType::kFloat, {3});
  const Expr n = op::Placeholder(root(), DType::kInt32, {});
  const auto loop = WhileLoop(
      root(), [&](const Scope&, std::span<const Expr> v) { return v[0] < n; },
      [&](const Scope& s, std::span<const Expr> v) {
        const auto item = Cond(
            s, v[0] >= 0,
            [&](const Scope& b) {
              return std::vector<Expr>{op::Gather(b.WithName("pick"), table, v[0])};
            },
            [](const Scope& b) { return std::vector<Expr>{op::Const(b, 0.0f)}; });
        return std::vector<Expr>{v[0] + 1, v[1] + item[0]};
      },
      {op::Const(root(), 0), op::Const(root(), 0.0f)});
  Session session(graph(), options());
  const auto run = [&](int trips) {
    return session.Run({{table, Tensor::Vector<float>({1, 2, 4})}, {n, Tensor::Scalar(trips)}},
                       {loop[1]})[0];
  };
  const Error e = Caught([&] { run(4); });
  EXPECT_EQ(e.code(), Code::kInvalidArgument);
  std::vector<std::string> running;
  for (const std::string& context : e.contexts()) {
    if (context.starts_with("while running")) running.push_back(context);
  }
  ASSERT_THAT(running, ElementsAre(HasSubstr("'pick' (GatherV2) of float32[3], int32[]"),
                                   HasSubstr("'cond' (StatelessIf)"), HasSubstr("'while' (")));
  EXPECT_EQ(run(3).scalar<float>(), 7) << "the session runs on";
}

TEST_P(SessionTest, ASessionSurvivesAnError) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {2});
  const Expr i = op::Placeholder(root(), DType::kInt32, {});
  const Expr y = op::Gather(root(), x * 2, i) + op::ReduceSum(root(), op::Exp(root(), x * 0));
  Session session(graph(), options());
  const auto run = [&](int at) {
    return session.Run({{x, Tensor::Vector<float>({1, 2})}, {i, Tensor::Scalar(at)}}, {y})[0]
        .scalar<float>();
  };
  EXPECT_EQ(run(0), 4);
  EXPECT_THROW(run(2), Error);
  EXPECT_EQ(run(1), 6);
}

TEST_P(SessionTest, ACycleIsNamed) {
  const Expr x = op::Const(root(), 1.0f), a = op::Neg(root().WithName("a"), x),
             b = op::Neg(root().WithName("b"), a);
  t_.meta.graph.SetInput(a.node(), 0, b.output());
  const Error e = Caught([&] { Run({}, {b}); });
  EXPECT_EQ(e.code(), Code::kInvalidArgument);
  EXPECT_THAT(e.message(), testing::AllOf(HasSubstr("cycle"), HasSubstr("'a'"), HasSubstr("'b'")));
}

TEST(SessionChecks, ANanIsAnErrorWhenAskedFor) {
  TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kFloat, {}),
             y = op::Log(t.root.WithName("y"), x) + 1;
  const Feeds feeds = {{x, Tensor::Scalar(-1.0f)}};
  EXPECT_NO_THROW(t.Run(feeds, {y}, {.interpret = true}));
  const Error e = Caught([&] { t.Run(feeds, {y}, {.interpret = true, .check_nan = true}); });
  EXPECT_THAT(e.what(), HasSubstr("while running 'y' (Log)"));
}

// --- graphs that grow, callables, threads

TEST_P(SessionTest, NodesMayBeAddedBetweenRuns) {
  const Variable v = NewVariable("v", 1);
  Session session(graph(), options());
  session.Run({}, {}, {v.initializer});
  const Expr y = v + 1;
  EXPECT_EQ(session.Run({}, {y})[0].scalar<float>(), 2);
  const Variable w = NewVariable("w", 10);
  session.Run({}, {}, {w.initializer});
  EXPECT_EQ(session.Run({}, {y + w})[0].scalar<float>(), 12);
}

TEST_P(SessionTest, AChangedGraphIsRunAsItIsNow) {
  const Expr a = op::Const(root(), 1.0f), b = op::Const(root(), 2.0f), y = op::Neg(root(), a);
  Session session(graph(), options());
  EXPECT_EQ(session.Run({}, {y})[0].scalar<float>(), -1);
  t_.meta.graph.SetInput(y.node(), 0, b.output());
  EXPECT_EQ(session.Run({}, {y})[0].scalar<float>(), -2);
}

TEST_P(SessionTest, ACallableTakesFeedsOfVaryingShapes) {
  const Expr x = op::Placeholder(root(), DType::kFloat, Shape::Parse("[?]"));
  const Expr unused = op::Placeholder(root(), DType::kFloat, Shape::Parse("[?]"));
  Session session(graph(), options());
  const Session::Callable sum = session.Prepare({unused, x}, {op::ReduceSum(root(), x * x), x});
  std::vector<Tensor> fetched;
  for (const int n : {3, 0, 2, 3}) {
    sum({Tensor::Zeros(DType::kFloat, {n + 1}), Tensor::Vector(std::vector<float>(n, 2.0f))},
        &fetched);
    EXPECT_EQ(fetched[0].scalar<float>(), 4.0f * n);
    EXPECT_EQ(fetched[1].shape(), Shape({n}));
  }
}

TEST_P(SessionTest, ACallableChecksItsFeeds) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {2});
  Session session(graph(), options());
  const Session::Callable f = session.Prepare({x}, {x * 2});
  EXPECT_THROW(f({}), Error);
  EXPECT_THROW(f({Tensor::Zeros(DType::kFloat, {3})}), Error);
  EXPECT_THAT(Numbers(f({Tensor::Vector<float>({1, 2})})[0]), ElementsAre(2, 4));
}

TEST_P(SessionTest, TwoThreadsMayRunOneSession) {
  const Expr x = op::Placeholder(root(), DType::kFloat, Shape::Parse("[?]"));
  const auto loop = WhileLoop(
      root(), [](const Scope&, std::span<const Expr> v) { return v[0] < 20; },
      [&](const Scope&, std::span<const Expr> v) {
        return std::vector<Expr>{v[0] + 1, v[1] * 0.5 + x};
      },
      {op::Const(root(), 0), x});
  Session session(graph(), options());
  const Session::Callable f = session.Prepare({x}, {loop[1]});
  const auto work = [&](float value) {
    for (int i = 0; i < 50; ++i) {
      const Tensor feed = Tensor::Vector(std::vector<float>(5 + i % 3, value));
      const Tensor a = f({feed})[0], b = session.Run({{x, feed}}, {loop[1]})[0];
      ASSERT_EQ(a.num_elements(), 5 + i % 3);
      for (const Tensor& got : {a, b}) {
        for (float y : got.span<float>()) ASSERT_NEAR(y, 2 * value, 1e-4 * value);
      }
    }
  };
  std::thread other(work, 1000.0f);
  work(1.0f);
  other.join();
}

}  // namespace
}  // namespace graphrun
