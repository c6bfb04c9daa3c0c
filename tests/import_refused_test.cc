// Frames, conds and Merges of version 1 that no program of TensorFlow has: what they become, and
// which runs they fail.
#include "tests/import_fixture.h"

namespace graphrun {
namespace {

using Values = std::vector<double>;

TEST(ImportRefused, AMergeOfTwoPredicatesTakesTheInputThatRuns) {
  Imported f(
      "x = Placeholder.f []\np = Placeholder.b []\nq = Placeholder.b []\n"
      "xs = Switch.f x p\nnx = Neg.f xs\nxq = Switch.f x q\nsq = Square.f xq:1\n"
      "m = Merge.f nx sq N=2\ny = Neg.f m\n");
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(false)}, {"q", B(false)}}, {"y"}), Values({3}));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(true)}, {"q", B(true)}}, {"y"}), Values({-9}));
  const Error e = f.RunError({{"x", F(3)}, {"p", B(true)}, {"q", B(false)}}, {"y"});
  EXPECT_EQ(e.code(), Code::kInvalidArgument);
}

TEST(ImportRefused, AMergeOfAConditionalAndAnUnconditionalValueAlwaysRuns) {
  Imported f(
      "x = Placeholder.f []\np = Placeholder.b []\nxs = Switch.f x p\nsame = Identity.f xs\n"
      "m = Merge.f same x N=2\ny = Neg.f m\n");
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(false)}}, {"y", "m"}), Values({-3, 3}));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(true)}}, {"y", "m"}), Values({-3, 3}));
}

// The error of a run that needs `fetch`, for a graph in which y = -x must work all the same.
std::string Refusal(const std::string& lines, const std::string& fetch,
                    Code code = Code::kUnimplemented) {
  Imported f(lines + "x/plain = Placeholder.f []\ny/plain = Neg.f x/plain\n");
  EXPECT_EQ(f.Run({{"x/plain", F(1)}}, {"y/plain"}), Values({-1}));
  const Error e = f.RunError({}, {fetch});
  EXPECT_EQ(CodeName(e.code()), CodeName(code)) << Text(e);
  return Text(e);
}

TEST(ImportRefused, AMergeWhoseInputsNothingTellsApart) {
  const std::string lines =
      "x = Const.f 3\np = Const.b true\nxs = Switch.f x p\na = Neg.f x\nb = Square.f x\n"
      "t = Square.f xs:1\nu = Neg.f xs:1\n";
  for (const char* inputs : {"a b", "b a", "x x", "t u", "u xs:1"}) {
    const std::string merge = std::string("m = Merge.f ") + inputs + " N=2\nn = Neg.f m\n";
    const bool in_cond = std::string(inputs).find('u') != std::string::npos;
    const std::string text =
        Refusal(lines + merge + (in_cond ? "y = Merge.f xs n N=2\n" : "y = Neg.f n\n"), "y");
    EXPECT_NE(text.find("Merge 'm'"), std::string::npos) << inputs << ": " << text;
  }
}

TEST(ImportRefused, AMergeOfTwoInputsThatRunIsAnErrorOfTheRun) {
  Imported f(
      "x = Placeholder.f []\np = Placeholder.b []\nq = Placeholder.b []\nxs = Switch.f x p\n"
      "xq = Switch.f x q\na = Neg.f x\nt = Square.f xs:1\nu = Exp.f xq:1\n"
      "one = Merge.f a t N=2\ntwo = Merge.f t u N=2\n");
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(false)}}, {"one", "one:1"}), Values({-3, 0}));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(true)}, {"q", B(false)}}, {"two", "two:1"}),
            Values({9, 0}));
  for (const char* fetch : {"one", "two"}) {
    const Error e = f.RunError({{"x", F(3)}, {"p", B(true)}, {"q", B(true)}}, {fetch});
    EXPECT_EQ(e.code(), Code::kInvalidArgument);
    EXPECT_NE(Text(e).find("first of two inputs"), std::string::npos) << Text(e);
  }
}

TEST(ImportRefused, AMergeOneSideOfWhichHasAnotherPredicateMayHaveNoInput) {
  // t runs under p and q, b when p does not hold; of q nothing is merged.
  Imported f(
      "x = Placeholder.f []\np = Placeholder.b []\nq = Placeholder.b []\nxs = Switch.f x p\n"
      "xq = Switch.f xs:1 q\nt = Square.f xq:1\nb = Neg.f xs\nm = Merge.f b t N=2\ny = Neg.f m\n");
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(true)}, {"q", B(true)}}, {"y", "m:1"}), Values({-9, 1}));
  for (const bool q : {false, true}) {
    EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(false)}, {"q", B(q)}}, {"y", "m:1"}), Values({3, 0}));
  }
  const Error e = f.RunError({{"x", F(3)}, {"p", B(true)}, {"q", B(false)}}, {"y"});
  EXPECT_EQ(e.code(), Code::kInvalidArgument);
  EXPECT_NE(Text(e).find("no input that runs"), std::string::npos) << Text(e);
}

TEST(ImportRefused, WhatIsThereInTheFirstTripOnly) {
  const std::string loop = Doubling();
  const auto with = [&](const std::string& name, const std::string& line) {
    const size_t at = loop.find(name + " = ");
    return loop.substr(0, at) + line + loop.substr(loop.find('\n', at));
  };
  struct Bad {
    std::string lines, fetch;
  } const cases[] = {
      {with("w/limit", "w/limit = Enter.i n frame_name='w'"), "w/x/exit"},
      {with("w/two", "w/two = Const.f 2 ^w/x/enter"), "w/x/exit"},
      {with("w/x/mul", "w/x/mul = Mul.f w/x/enter w/two"), "w/x/exit"},
      {loop + "w/first = Neg.f w/x/enter\ne = Exit.f w/first\n", "e"},
  };
  for (const Bad& bad : cases) {
    Imported f(bad.lines);
    const Error e = f.RunError({{"x", F(3)}, {"n", I(4)}}, {bad.fetch});
    EXPECT_EQ(e.code(), Code::kInvalidArgument);
    EXPECT_NE(Text(e).find("in the first trip only"), std::string::npos) << Text(e);
  }
  // Nobody needs it.
  EXPECT_EQ(
      Imported(loop + "w/first = Neg.f w/x/enter\n").Run({{"x", F(3)}, {"n", I(4)}}, {"w/x/exit"}),
      Values({48}));
}

TEST(ImportRefused, ALoopVariableThatASwitchMayStop) {
  const std::string loop =
      "x = Placeholder.f []\nn = Placeholder.i []\nw/two = Const.i 2 ^w/i/in\n"
      "w/p = Less.i w/i/in w/two\nw/xs = Switch.f w/x/in w/p\nw/t = Neg.f w/xs:1\n" +
      CountedLoop("w", "n");
  for (const char* next : {"w/t", "w/xs:1", "w/xs"}) {
    Imported f(loop + LoopVar("w", "w/x", 'f', "x", next));
    EXPECT_EQ(f.Run({{"x", F(3)}, {"n", I(4)}}, {"w/i/exit"}), Values({4}));
    EXPECT_EQ(f.Run({{"x", F(3)}, {"n", I(0)}}, {"w/x/exit"}), Values({3}));
    const Error e = f.RunError({{"x", F(3)}, {"n", I(4)}}, {"w/x/exit"});
    EXPECT_EQ(e.code(), Code::kInvalidArgument);
    EXPECT_NE(Text(e).find("'w/x/next' (NextIteration)"), std::string::npos) << Text(e);
  }
}

TEST(ImportRefused, AConditionThatASwitchMayStop) {
  const std::string text = Refusal(
      "x = Const.f 1\np = Const.b true\nw/p = Enter.b p frame_name='w' is_constant=true\n"
      "w/most = Const.f 9 ^w/x\nw/less = Less.f w/x w/most\nw/ps = Switch.b w/less w/p\n"
      "w/cond = LoopCond w/ps:1\nw/x/plus = AddV2.f w/x/in w/x/in\n" +
          LoopVar("w", "w/x", 'f', "x", "w/x/plus"),
      "w/x/exit");
  EXPECT_NE(text.find("'w/cond' (LoopCond)"), std::string::npos) << text;
}

TEST(ImportRefused, AMergeOfUnrelatedThingsIsRefused) {
  const std::string text = Refusal(
      "x = Const.f 1\np = Placeholder.b []\nq = Placeholder.b []\nr = Placeholder.b []\n"
      "xs = Switch.f x p\nxq = Switch.f x q\nxr = Switch.f x r\n"
      "m = Merge.f xs xq:1 xr:1 N=3\ny = Neg.f m\n",
      "y");
  EXPECT_NE(text.find("'m'"), std::string::npos) << text;
}

TEST(ImportRefused, AStatefulNodeOfConditionAndBodyIsRefused) {
  const std::string text = Refusal(
      "x = Const.f 1\nshape = Const.i [1]\n"
      "w/shape = Enter.i shape frame_name='w' is_constant=true\n"
      "w/random = RandomUniform.i w/shape dtype=DT_FLOAT seed=1 seed2=2\n"
      "w/sum = Sum.f w/random w/axis Tidx=DT_INT32\n"
      "w/axis = Const.i 0 ^w/x\n"
      "w/x/plus = AddV2.f w/x/in w/sum\n"
      "w/most = Const.f 9 ^w/x\n"
      "w/total = AddV2.f w/x w/sum\n"
      "w/less = Less.f w/total w/most\n"
      "w/cond = LoopCond w/less\n" +
          LoopVar("w", "w/x", 'f', "x", "w/x/plus"),
      "w/x/exit");
  EXPECT_NE(text.find("'w/random'"), std::string::npos) << text;
  EXPECT_NE(text.find("loop 'w'"), std::string::npos) << text;
}

TEST(ImportRefused, FramesThatNoLoopHasAreRefused) {
  const std::string loop = Doubling();
  const auto without = [&](const std::string& name) {
    const size_t at = loop.find(name + " = ");
    return loop.substr(0, at) + loop.substr(loop.find('\n', at) + 1);
  };
  struct Bad {
    std::string lines, fetch, says;
  } const cases[] = {
      {loop + "w/x/late = Exit.f x\n", "w/x/late", "leaves no loop"},
      {loop + "w/other = LoopCond w/less\n", "w/x/exit", "two conditions"},
      {without("w/cond") + "w/cond = Identity.b w/less\n", "w/x/exit", "no LoopCond"},
      {without("w/x") + "w/x = Merge.f w/x/next w/x/next N=2\n", "w/x/exit", "does not join"},
      {without("w/x") + "w/x = Merge.f w/x/next N=1\n", "w/x/exit", "does not join"},
      {without("w/x") + "w/x = Merge.f w/x/enter w/x/next\n", "w/x/exit", "needs attribute N"},
      {without("w/x") + "w/x = Merge.f w/x/enter w/x/next N=3\n", "w/x/exit", "has 2 inputs"},
      {without("w/x/switch") + "w/x/switch = Merge.f w/x w/cond\n", "w/x/exit",
       "needs attribute N"},
      {loop + "w/late = Neg.f w/x/next\n", "w/x/exit", "leads to no loop variable"},
      {loop + "bad = NextIteration.f x\ny = Neg.f bad\n", "y", "leads to no loop variable"},
      {loop + "bad = NextIteration.f x\nc = Const.f 2 ^bad\n", "c", "leads to no loop variable"},
      {loop + "bad = Neg.f w/x/exit:1\n", "bad", "does not have"},
      {loop + "w/odd = Switch.f w/x/mul w/cond\n", "w/x/exit", "switches no loop variable"},
      {loop + CountedLoop("u", "n") + "cross = Mul.i w/i/in u/i/in\n", "cross",
       "do not contain each other"},
      {loop + "u/e = Enter.f x\n", "u/e", "frame_name"},
      {without("w/x/enter") + "w/x/enter = Enter.f x frame_name='w' is_constant=true\n", "w/x/exit",
       "is constant and begins a loop variable"},
      {loop + "bad = Switch.f x\n", "bad", "needs 2"},
      {loop + "p = Const.b true\nbad = Switch.f x p x\n", "bad", "needs 2"},
      {loop + "bad = Merge.f N=0\n", "bad", "needs 1"},
  };
  for (const Bad& bad : cases) {
    const std::string text = Refusal(bad.lines, bad.fetch, Code::kInvalidArgument);
    EXPECT_NE(text.find(bad.says), std::string::npos) << bad.says << "\n" << text;
  }
}

TEST(ImportRefused, ALoopThatNeedsItselfToBegin) {
  const std::string inputs = "x = Placeholder.f []\nn = Placeholder.i []\n";
  const auto loop = [](const std::string& w, const std::string& late) {
    return w + "/v = Enter.f x frame_name='" + w + "' is_constant=true ^" + late + "\n" + w +
           "/x/plus = AddV2.f " + w + "/x/in " + w + "/v\n" + w + "/y/twice = AddV2.f " + w +
           "/y/in " + w + "/y/in\n" + CountedLoop(w, "n") +
           LoopVar(w, w + "/x", 'f', "x", w + "/x/plus") +
           LoopVar(w, w + "/y", 'f', "x", w + "/y/twice");
  };
  const Feeds feeds = {{"x", F(3)}, {"n", I(2)}};
  for (const bool two : {false, true}) {
    Imported f(inputs +
               (two ? loop("u", "w/x/exit") + loop("w", "u/x/exit") : loop("w", "w/x/exit")));
    EXPECT_EQ(f.Run(feeds, {"w/y/exit"}), Values({12}));
    const Error e = f.RunError(feeds, {"w/x/exit"});
    EXPECT_EQ(e.code(), Code::kInvalidArgument);
    EXPECT_NE(Text(e).find("waits for what the loop computes"), std::string::npos) << Text(e);
  }
}

TEST(ImportRefused, ABrokenLoopLeavesOthersAlone) {
  Imported f(Doubling() + "w/other = LoopCond w/less\nm = Placeholder.i []\n" +
             "u/x/mul = AddV2.f u/x/in u/x/in\n" + CountedLoop("u", "m") +
             LoopVar("u", "u/x", 'f', "x", "u/x/mul"));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"m", I(2)}}, {"u/x/exit"}), Values({12}));
  EXPECT_EQ(f.RunError({{"x", F(3)}, {"n", I(2)}}, {"w/x/exit"}).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace graphrun
