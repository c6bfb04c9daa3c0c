// Frames and conds of version 1: what they become, and what that computes.
#include "tests/import_fixture.h"

namespace graphrun {
namespace {

using Values = std::vector<double>;

TEST(ImportControl, FrameBecomesWhile) {
  Imported f(Doubling());
  EXPECT_EQ(f.CountOnTop("StatelessWhile"), 1);
  EXPECT_EQ(f.CountOnTop("Mul"), 0);
  EXPECT_EQ(f.Run({{"x", F(3)}, {"n", I(4)}}, {"w/x/exit", "w/i/exit:0"}), Values({48, 4}));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"n", I(0)}}, {"w/x/exit", "w/i/exit:0"}), Values({3, 0}));
  EXPECT_EQ(f.Run({{"x", Tensor::Vector<float>({1, -1})}, {"n", I(7)}}, {"w/x/exit"}),
            Values({128, -128}));
}

TEST(ImportControl, OnlyWhatLeavesTheLoopHasAName) {
  Imported f(Doubling() + "y = Neg.f w/x/exit\n");
  EXPECT_EQ(f.Run({{"w/x/exit", F(5)}}, {"y"}), Values({-5}));
  for (const char* name : {"w/x/mul", "w/x:0", "w/x/switch:1", "w/i/enter", "w/less", "w/cond"}) {
    const Error e = f.RunError({{"x", F(1)}, {"n", I(1)}}, {name});
    EXPECT_EQ(e.code(), Code::kInvalidArgument) << name;
    EXPECT_NE(Text(e).find("'w'"), std::string::npos) << Text(e);
  }
  EXPECT_EQ(f.RunError({{"w/x/mul:0", F(1)}, {"x", F(1)}, {"n", I(1)}}, {"y"}).code(),
            Code::kInvalidArgument);
}

TEST(ImportControl, ConstantEntersBecomeCaptures) {
  Imported f(
      "x = Placeholder.f []\n"
      "n = Placeholder.i []\n"
      "w/a = Enter.f x frame_name='w' is_constant=true\n"
      "w/b = Enter.f x frame_name='w' is_constant=true\n"
      "w/ab = Mul.f w/a w/b\n"
      "w/s/plus = AddV2.f w/s/in w/ab\n"
      "zero = Const.f 0\n" +
      CountedLoop("w", "n") + LoopVar("w", "w/s", 'f', "zero", "w/s/plus"));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"n", I(4)}}, {"w/s/exit"}), Values({36}));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"n", I(0)}}, {"w/s/exit"}), Values({0}));
}

// for i < n: for j < m: s += x
std::string Nested() {
  return "x = Placeholder.f []\nn = Placeholder.i []\nm = Placeholder.i []\nzero = Const.f 0\n"
         "o/x = Enter.f x frame_name='o' is_constant=true\n"
         "v/x = Enter.f o/x frame_name='v' is_constant=true\n"
         "v/s/plus = AddV2.f v/s/in v/x\n" +
         CountedLoop("o", "n") + LoopVar("o", "o/s", 'f', "zero", "v/s/exit") +
         InnerLoop("v", "o", "m") + LoopVar("v", "v/s", 'f', "o/s/in", "v/s/plus");
}

TEST(ImportControl, NestedFrames) {
  Imported f(Nested());
  EXPECT_EQ(f.CountOnTop("StatelessWhile"), 1);
  EXPECT_EQ(f.Count("StatelessWhile"), 2);
  EXPECT_EQ(f.Run({{"x", F(2)}, {"n", I(5)}, {"m", I(2)}}, {"o/s/exit"}), Values({20}));
  EXPECT_EQ(f.Run({{"x", F(2)}, {"n", I(5)}, {"m", I(0)}}, {"o/s/exit"}), Values({0}));
  EXPECT_EQ(f.Run({{"x", F(2)}, {"n", I(0)}, {"m", I(3)}}, {"o/s/exit"}), Values({0}));
  // The inner loop's Exit lies in the outer loop.
  const Error e = f.RunError({}, {"v/s/exit"});
  EXPECT_EQ(e.code(), Code::kInvalidArgument);
  EXPECT_NE(Text(e).find("'o'"), std::string::npos) << Text(e);
}

TEST(ImportControl, TwoLoopsMayShareAFrameName) {
  std::string first = Doubling(), second = first;
  for (size_t at = 0; (at = second.find("w/", at)) != second.npos; at += 3)
    second.replace(at, 2, "u/");
  // The placeholders are common; the frame is called 'w' in both.
  second = second.substr(second.find("u/two"));
  Imported f(first + second);
  EXPECT_EQ(f.CountOnTop("StatelessWhile"), 2);
  EXPECT_EQ(f.Run({{"x", F(3)}, {"n", I(2)}, {"w/x/exit", F(1)}}, {"u/x/exit", "w/x/exit"}),
            Values({12, 1}));
}

TEST(ImportControl, NodesBetweenSwitchAndExitRunOnce) {
  Imported f(
      "x = Placeholder.f []\n"
      "n = Placeholder.i []\n"
      "w/two = Const.f 2 ^w/i/in\n"
      "w/x/mul = Mul.f w/x/in w/two\n"
      "late = Neg.f w/x/switch:0\n"
      "late/exit = Exit.f late\n" +
      CountedLoop("w", "n") + LoopVar("w", "w/x", 'f', "x", "w/x/mul"));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"n", I(3)}}, {"late/exit", "w/x/exit"}), Values({-24, 24}));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"n", I(0)}}, {"late/exit"}), Values({-3}));
}

TEST(ImportControl, AShapeMayChangeFromTripToTrip) {
  Imported f(
      "x = Placeholder.f [1]\n"
      "n = Placeholder.i []\n"
      "w/axis = Const.i 0 ^w/i/in\n"
      "w/x/more = ConcatV2.f w/x/in w/x/in w/axis N=2 Tidx=DT_INT32\n" +
      CountedLoop("w", "n") + LoopVar("w", "w/x", 'f', "x", "w/x/more"));
  EXPECT_EQ(f.Run({{"x", Tensor::Vector<float>({7})}, {"n", I(3)}}, {"w/x/exit"}).size(), 8u);
}

TEST(ImportControl, SwitchAndMergeBecomeIf) {
  Imported f("x = Placeholder.f []\np = Placeholder.b []\n" + Cond("c", "x", "p") +
             "y = Mul.f c c\n");
  EXPECT_EQ(f.CountOnTop("StatelessIf"), 1);
  EXPECT_EQ(f.CountOnTop("Square"), 0);
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(true)}}, {"c", "y"}), Values({-3, 9}));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(false)}}, {"c:0", "y"}), Values({9, 81}));
  EXPECT_EQ(f.Run({{"c", F(4)}}, {"y"}), Values({16}));
  for (const char* name : {"c/then", "c/else:0", "c/xt:1", "c/t"}) {
    const Error e = f.RunError({{"x", F(3)}, {"p", B(true)}}, {name});
    EXPECT_EQ(e.code(), Code::kInvalidArgument) << name;
    EXPECT_NE(Text(e).find("cond"), std::string::npos) << Text(e);
  }
}

TEST(ImportControl, PivotsThatNobodyNeedsMakeNoIf) {
  Imported f(
      "x = Placeholder.f []\np = Placeholder.b []\nsw = Switch.b p p\nt = Identity.b sw:1\n"
      "f = Identity.b sw:0\nsx = Switch.f x p\nn = Neg.f sx:1\nm = Merge.f sx n N=2\n");
  EXPECT_EQ(f.Count("StatelessIf"), 1);
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(true)}}, {"m"}), Values({-3}));
}

TEST(ImportControl, ValueIndexOfAMerge) {
  Imported f("x = Placeholder.f []\np = Placeholder.b []\n" + Cond("c", "x", "p") +
             "which = Identity.i c:1\n");
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(true)}}, {"which", "c"}), Values({1, -3}));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(false)}}, {"which", "c"}), Values({0, 9}));
}

TEST(ImportControl, CondInCond) {
  // p ? (q ? -x : x²) : x², with the inner one on the true side.
  Imported f(
      "x = Placeholder.f []\np = Placeholder.b []\nq = Placeholder.b []\n"
      "x/in = Switch.f x p\nq/in = Switch.b q p\n" +
      Cond("c", "x/in:1", "q/in:1") +
      "out = Square.f x/in\n"
      "m = Merge.f out c N=2\n");
  EXPECT_EQ(f.CountOnTop("StatelessIf"), 1);
  EXPECT_EQ(f.Count("StatelessIf"), 2);
  for (const bool p : {false, true}) {
    for (const bool q : {false, true}) {
      EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(p)}, {"q", B(q)}}, {"m"}),
                Values({p && q ? -3.0 : 9.0}));
    }
  }
}

TEST(ImportControl, ASwitchOnADecidedPredicateIsNone) {
  // Inside the true side of p, another cond on the same p.
  Imported f(
      "x = Placeholder.f []\np = Placeholder.b []\n"
      "x/in = Switch.f x p\np/in = Switch.b p p\np/copy = Identity.b p/in:1\n" +
      Cond("c", "x/in:1", "p/copy") +
      "out = Exp.f x/in\n"
      "m = Merge.f out c N=2\n");
  EXPECT_EQ(f.Count("StatelessIf"), 1);
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(true)}}, {"m"}), Values({-3}));
  EXPECT_NEAR(f.Run({{"x", F(1)}, {"p", B(false)}}, {"m"})[0], 2.718281, 1e-5);
}

TEST(ImportControl, OnlyOneSideRuns) {
  // The gather of the side that is not taken would fail.
  Imported f(
      "x = Placeholder.f [-1]\n"
      "i = Placeholder.i []\n"
      "n = Const.i 3\n"
      "p = Less.i i n\n"
      "xs = Switch.f x p\nis = Switch.i i p\n"
      "axis = Const.i 0 ^xs\n"
      "then = GatherV2 xs:1 is:1 axis Tparams=DT_FLOAT Tindices=DT_INT32 Taxis=DT_INT32\n"
      "minus = Const.f -1 ^is\n"
      "else = Mul.f minus minus/one\n"
      "minus/one = Cast is SrcT=DT_INT32 DstT=DT_FLOAT\n"
      "m = Merge.f else then N=2\n");
  const Tensor x = Tensor::Vector<float>({5, 6, 7});
  EXPECT_EQ(f.Run({{"x", x}, {"i", I(2)}}, {"m"}), Values({7}));
  EXPECT_EQ(f.Run({{"x", x}, {"i", I(20)}}, {"m"}), Values({-20}));
}

TEST(ImportControl, GradientUsesValuesOfTheForwardSide) {
  // y = p ? exp(x) : x * k, loss = y * y; the gradient needs exp(x) and k of inside the cond.
  Imported f(
      "x = Placeholder.f []\np = Placeholder.b []\n"
      "xs = Switch.f x p\n"
      "exp = Exp.f xs:1\n"
      "k = Const.f 3 ^c/f\n"
      "c/sw = Switch.b p p\nc/f = Identity.b c/sw\n"
      "mul = Mul.f xs k\n"
      "y = Merge.f mul exp N=2\n"
      "loss = Mul.f y y\n"
      "two = Const.f 2\n"
      "dy = Mul.f two y\n"
      "dys = Switch.f dy p\n"
      "dexp = Mul.f dys:1 exp\n"
      "dmul = Mul.f dys k\n"
      "dx = Merge.f dmul dexp N=2\n");
  EXPECT_EQ(f.CountOnTop("StatelessIf"), 2);
  EXPECT_EQ(f.Count("Exp"), 1) << "it is an output of the first If, not computed again";
  EXPECT_EQ(f.Run({{"x", F(2)}, {"p", B(false)}}, {"loss", "dx"}), Values({36, 36}));
  const Values v = f.Run({{"x", F(1)}, {"p", B(true)}}, {"loss", "dx"});
  EXPECT_NEAR(v[0], 7.389056, 1e-4);
  EXPECT_NEAR(v[1], 2 * 7.389056, 1e-4);
}

TEST(ImportControl, CondInLoop) {
  // x = i < 2 ? -x : x²
  Imported f(
      "x = Placeholder.f []\nn = Placeholder.i []\n"
      "w/two = Const.i 2 ^w/i/in\n"
      "w/p = Less.i w/i/in w/two\n" +
      Cond("w/c", "w/x/in", "w/p") + CountedLoop("w", "n") + LoopVar("w", "w/x", 'f', "x", "w/c"));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"n", I(1)}}, {"w/x/exit"}), Values({-3}));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"n", I(4)}}, {"w/x/exit"}), Values({81}));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"n", I(0)}}, {"w/x/exit"}), Values({3}));
}

TEST(ImportControl, LoopInCond) {
  Imported f(
      "x = Placeholder.f []\nn = Placeholder.i []\np = Placeholder.b []\n"
      "xs = Switch.f x p\nns = Switch.i n p\n"
      "w/two = Const.f 2 ^w/i/in\n"
      "w/x/mul = Mul.f w/x/in w/two\n" +
      CountedLoop("w", "ns:1") + LoopVar("w", "w/x", 'f', "xs:1", "w/x/mul") +
      "else = Square.f xs\n"
      "m = Merge.f else w/x/exit N=2\n");
  EXPECT_EQ(f.CountOnTop("StatelessWhile"), 0);
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(true)}, {"n", I(3)}}, {"m"}), Values({24}));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(false)}, {"n", I(3)}}, {"m"}), Values({9}));
}

TEST(ImportControl, ALoopInACondMaySwitchOnThePredicate) {
  // As in the gradient of a loop in a cond: Switch, in the loop, on the entered predicate.
  Imported f(
      "x = Placeholder.f []\nn = Placeholder.i []\np = Placeholder.b []\n"
      "xs = Switch.f x p\nns = Switch.i n p\nps = Switch.b p p\n"
      "w/p = Enter.b ps:1 frame_name='w' is_constant=true\n"
      "w/sw = Switch.f w/x/in w/p\n"
      "w/x/plus = AddV2.f w/sw:1 w/x/in\n" +
      CountedLoop("w", "ns:1") + LoopVar("w", "w/x", 'f', "xs:1", "w/x/plus") +
      "else = Square.f xs\n"
      "m = Merge.f else w/x/exit N=2\n");
  EXPECT_EQ(f.Count("StatelessIf"), 1);
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(true)}, {"n", I(3)}}, {"m"}), Values({24}));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(false)}, {"n", I(3)}}, {"m"}), Values({9}));
}

TEST(ImportControl, ACondInALoopInACondMayBeDecided) {
  Imported f(
      "x = Placeholder.f []\nn = Placeholder.i []\np = Placeholder.b []\n"
      "xs = Switch.f x p\nns = Switch.i n p\nps = Switch.b p p\n"
      "w/p = Enter.b ps:1 frame_name='w' is_constant=true\n" +
      Cond("w/c", "w/x/in", "w/p") + CountedLoop("w", "ns:1") +
      LoopVar("w", "w/x", 'f', "xs:1", "w/c") +
      "else = Square.f xs\n"
      "m = Merge.f else w/x/exit N=2\n");
  EXPECT_EQ(f.Count("StatelessIf"), 1);
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(true)}, {"n", I(3)}}, {"m"}), Values({-3}));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(false)}, {"n", I(3)}}, {"m"}), Values({9}));
}

TEST(ImportControl, ControlTriggerIsANoOp) {
  Imported f("x = Placeholder.f []\nz = Neg.f x\nt = ControlTrigger ^z\ny = Neg.f x ^t\n");
  EXPECT_EQ(f.Run({{"x", F(3)}}, {"y"}, {"t"}), Values({-3}));
}

}  // namespace
}  // namespace graphrun
