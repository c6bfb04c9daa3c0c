// Where reverse mode does not know a gradient it refuses, and where there is none it says why.
#include <gmock/gmock.h>

#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "core/graph/gradient_rule.h"
#include "tests/gradient_fixture.h"

namespace graphrun {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const Feeds kFeeds = {{"x", Tensor::Vector<float>({2, -3})}};

TEST(GradientRefusal, NamesTheNodeAndThePathFromTheLoss) {
  GradientOfLines g(
      "x = Placeholder.f [2]\nsquare = Mul.f x x\nlost = Missing.f square\nneg = Neg.f lost\n"
      "y = Add.f neg x\n");
  EXPECT_THAT(g.Refusal("y", "x"),
              AllOf(HasSubstr("UNIMPLEMENTED: the gradient of 'lost' (Missing) is not known"),
                    HasSubstr("while differentiating 'y' (Add) <- 'neg' (Neg) <- 'lost'")));
}

TEST(GradientRefusal, ALongPathIsShownByItsEnds) {
  std::string lines = "x = Placeholder.f [2]\nn0 = Missing.f x\n";
  for (int i = 0; i < 20; ++i)
    lines += "n" + std::to_string(i + 1) + " = Neg.f n" + std::to_string(i) + "\n";
  EXPECT_THAT(GradientOfLines(lines).Refusal("n20", "x"),
              AllOf(HasSubstr("'n20' (Neg) <- 'n19' (Neg)"), HasSubstr("(Neg) <- ... <- 'n4' "),
                    HasSubstr("<- 'n0' (Missing)")));
}

TEST(GradientRefusal, WhatDoesNotLeadToXDoesNotMatter) {
  GradientOfLines g(
      "x = Placeholder.f [2]\nu = Placeholder.f [2]\nlost = Missing.f u\ny = AddV2.f lost x\n"
      "behind = Missing.f x\n");
  EXPECT_EQ(g.Value("y", "x", {kFeeds[0], {"lost", kFeeds[0].second}}), Values({1, 1}));
  EXPECT_THAT(g.Refusal("y", "u"), HasSubstr("'lost' (Missing)"));
}

TEST(GradientRefusal, IntegersCutThePath) {
  GradientOfLines g(
      "x = Placeholder.f [2]\nint = Cast x SrcT=DT_FLOAT DstT=DT_INT32\nlost = Missing.i int\n"
      "back = Cast lost SrcT=DT_INT32 DstT=DT_FLOAT\ny = AddV2.f back x\n");
  const Feeds feeds = {kFeeds[0], {"lost", Tensor::Vector<int32_t>({1, 2})}};
  EXPECT_EQ(g.Value("y", "x", feeds), Values({1, 1}));
  EXPECT_EQ(g.Why("back", "x"),
            "the path from the loss is cut at 'lost' (Missing), which gives int32");
}

TEST(GradientRefusal, ComplexNumbersDoNot) {
  GradientOfLines g(
      "x = Placeholder.f [2]\nc = Cast x SrcT=DT_FLOAT DstT=DT_COMPLEX64\n"
      "abs = ComplexAbs c T=DT_COMPLEX64 Tout=DT_FLOAT\ny = Neg.f abs\n");
  EXPECT_THAT(g.Refusal("y", "x"), HasSubstr("'abs' (ComplexAbs)"));
}

TEST(GradientRefusal, HalfPrecisionDoesNot) {
  GradientOfLines g(
      "x = Placeholder.f [2]\nh = Missing x T=DT_HALF\nback = Lost h T=DT_FLOAT\n"
      "y = Neg.f back\n");
  EXPECT_THAT(g.Refusal("y", "x"), HasSubstr("'back' (Lost)"));
}

// HSVToRGB is declared not differentiable, and is not here.
TEST(GradientRefusal, WhatTensorFlowDeclaresCutsThePath) {
  ASSERT_EQ(TestOps().Find("HSVToRGB"), nullptr);
  EXPECT_TRUE(NotDifferentiableInTensorFlow("HSVToRGB"));
  EXPECT_FALSE(NotDifferentiableInTensorFlow("RGBToHSV"));
  GradientOfLines g(
      "x = Placeholder.f [2]\nhsv = HSVToRGB.f x\nneg = Neg.f hsv\nstop = StopGradient.f x\n"
      "y = AddV2.f neg x\n");
  Feeds feeds = kFeeds;
  feeds.emplace_back("hsv", feeds[0].second);
  EXPECT_EQ(g.Value("y", "x", feeds), Values({1, 1}));
  EXPECT_EQ(g.Why("neg", "x"),
            "the path from the loss is cut at 'hsv' (HSVToRGB), which is not differentiable");
  EXPECT_EQ(g.Why("stop", "x"),
            "the path from the loss is cut at 'stop' (StopGradient), which is not differentiable");
}

TEST(GradientRefusal, SaysWhereAPathEnds) {
  GradientOfLines g(
      "x = Placeholder.f [2]\nu = Placeholder.f [2]\nfloor = Floor.f x\ny = Neg.f floor\n"
      "waits = Neg.f u ^x\n");
  EXPECT_EQ(g.Why("y", "x"),
            "the path from the loss is cut at 'floor' (Floor), which passes none to this input");
  EXPECT_EQ(g.Why("waits", "x"), "the loss does not depend on it");
}

TEST(GradientRefusal, AnOpThatIsHereAndHasNone) {
  GradientOfLines g("x = Placeholder.f [2]\nu = Unique.f x\ny = Neg.f u\n");
  EXPECT_THAT(g.Refusal("y", "x"), HasSubstr("'u' (Unique) is not known: positions"));
}

TEST(GradientRefusal, InALoop) {
  const std::string loop = CountedLoop("w", "limit") + LoopVar("w", "h", 'f', "x", "lost") +
                           "lost = Missing.f h/in\n" + "y = Neg.f h/exit\n";
  GradientOfLines g("x = Placeholder.f [2]\nlimit = Const.i 3\n" + loop);
  EXPECT_THAT(g.Refusal("y", "x"),
              AllOf(HasSubstr("Missing) is not known"), HasSubstr("'y' (Neg) <- ")));
}

// The loop also carries a value that no known gradient leads to.
TEST(GradientRefusal, BesideWhatALoopIsAskedFor) {
  GradientOfLines g("x = Placeholder.f [2]\nlimit = Const.i 3\n" + CountedLoop("w", "limit") +
                    LoopVar("w", "h", 'f', "x", "twice") + LoopVar("w", "k", 'f', "x", "lost") +
                    "twice = AddV2.f h/in h/in\nlost = Missing.f k/in\n");
  EXPECT_FALSE(g.Of("h/exit", "x").none());
  EXPECT_THAT(g.Refusal("k/exit", "x"), HasSubstr("(Missing)"));
}

TEST(GradientRefusal, InACond) {
  GradientOfLines g(
      "x = Placeholder.f [2]\np = Placeholder.b []\ns = Switch.f x p\nlost = Missing.f s:1\n"
      "neg = Neg.f s\nm = Merge.f neg lost N=2\ny = Neg.f m\n");
  EXPECT_THAT(g.Refusal("y", "x"),
              AllOf(HasSubstr("'lost' (Missing) is not known"), HasSubstr("'y' (Neg) <- 'm'")));
}

// An error in the body stands for the whole loop; what came in is still known.
TEST(GradientRefusal, WhatCouldNotBeRewritten) {
  GradientOfLines g("x = Placeholder.f [2]\nu = Placeholder.f [2]\nlimit = Const.i 3\n" +
                    CountedLoop("w", "limit") + LoopVar("w", "h", 'f', "x", "bad") +
                    "bad = Neg.d h/in\ny = Neg.f h/exit\nz = AddV2.f y u\n");
  EXPECT_THAT(g.Refusal("z", "x"), HasSubstr("is not known"));
  EXPECT_FALSE(g.Of("z", "u").none());
}

TEST(GradientRefusal, AVariableThatAnUnknownOpReads) {
  GradientOfLines g(
      "v = VariableV2.f [2]\nlost = Missing.f v\nneg = Neg.f v\ny = AddV2.f neg lost\n");
  EXPECT_FALSE(g.Of("neg", "v").none());
  EXPECT_THAT(g.Refusal("y", "v"), HasSubstr("'lost' (Missing)"));
}

// With respect to a variable, by all ways in which it is read: once as a whole, by int32 and by
// int64 rows.
TEST(GradientsOfVariables, SumOverAllReads) {
  TestGraph t;
  const Variable v =
      t.root.NewVariable(t.root.Const(Tensor::Of<float>({1, 2, 3, 4, 5, 6}, {3, 2})));
  const Expr rows = op::ResourceGather(t.root, v.handle, op::Ints(t.root, {2, 0, 2})),
             more = op::ResourceGather(t.root, v.handle,
                                       t.root.Const(Tensor::Vector<int64_t>({1, 2})));
  const Expr gathered = op::ReduceSum(t.root, rows) + op::ReduceSum(t.root, more) * 10.0;
  const Grad sparse = Gradients(t.root, {gathered}, {v.handle})[0];
  ASSERT_TRUE(sparse.sparse());
  const Expr whole = gathered + op::ReduceSum(t.root, op::ReadVariable(t.root, v.handle)) * 100.0;
  const Expr dense = ToDense(t.root, Gradients(t.root, {whole}, {v.handle})[0]);
  for (const bool interpret : {false, true}) {
    Session session(t.meta.graph, {.interpret = interpret});
    session.Run({}, {}, {v.initializer});
    EXPECT_EQ(Numbers(session.Run({}, {ToDense(t.root, sparse)})[0]),
              Values({1, 1, 10, 10, 12, 12}));
    EXPECT_EQ(Numbers(session.Run({}, {dense})[0]), Values({101, 101, 110, 110, 112, 112}));
  }
}

TEST(GradientsOfVariables, InLoopsAndBranches) {
  TestGraph t;
  const Variable v = t.root.NewVariable(t.root.Const(Tensor::Vector<float>({2, 3})));
  const Expr p = op::Placeholder(t.root, DType::kBool, {});
  const Expr loop = WhileLoop(
      t.root, [](const Scope&, std::span<const Expr> x) { return x[0] < 3; },
      [&](const Scope& b, std::span<const Expr> x) {
        return std::vector<Expr>{x[0] + 1, x[1] * op::ReadVariable(b, v.handle)};
      },
      {op::Const(t.root, 0), op::Const(t.root, std::vector<float>{1, 1})})[1];
  const Expr y = Cond(
      t.root, p,
      [&](const Scope& b) { return std::vector<Expr>{loop * op::ReadVariable(b, v.handle)}; },
      [&](const Scope&) { return std::vector<Expr>{loop}; })[0];
  const Expr grad = ToDense(t.root, Gradients(t.root, {y}, {v.handle})[0]);
  for (const bool interpret : {false, true}) {
    Session session(t.meta.graph, {.interpret = interpret});
    session.Run({}, {}, {v.initializer});
    EXPECT_EQ(Numbers(session.Run({{p, B(true)}}, {grad})[0]), Values({32, 108}));
    EXPECT_EQ(Numbers(session.Run({{p, B(false)}}, {grad})[0]), Values({12, 27}));
  }
}

TEST(InvalidExpr, IsAnErrorThatSaysSo) {
  TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kFloat, {2}),
             u = op::Placeholder(t.root, DType::kFloat, {2});
  const Expr none = Gradients(t.root, {op::Square(t.root, x)}, {u})[0].dense;
  ASSERT_FALSE(none.valid());
  Session session(t.meta.graph);
  const auto expect = [](const std::function<void()>& fn) {
    const Error e = Caught(fn);
    EXPECT_EQ(e.code(), Code::kInvalidArgument);
    EXPECT_THAT(e.what(), HasSubstr("invalid Expr"));
  };
  expect([&] { session.Run({}, {none}); });
  expect([&] { session.Run({}, {}, {none}); });
  expect([&] { session.Run({{none, F(1)}}, {x}); });
  expect([&] { session.Prepare({}, {none}); });
  expect([&] { none + x; });
  expect([&] { op::Square(t.root, none); });
  expect([&] { Gradients(t.root, {none}, {x}); });
  expect([&] { Gradients(t.root, {x}, {none}); });
}

}  // namespace
}  // namespace graphrun
