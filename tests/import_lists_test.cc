// Stacks and TensorArrays of version 1.
#include "tests/import_fixture.h"

namespace graphrun {
namespace {

using Values = std::vector<double>;

TEST(ImportLists, TensorArrayOutsideLoops) {
  Imported f(
      "n = Const.i 3\nzero = Const.i 0\none = Const.i 1\nat = Const.i [1,0]\n"
      "x = Placeholder.f [2]\n"
      "ta = TensorArrayV3.f n element_shape=[2] clear_after_read=true\n"
      "w0 = TensorArrayWriteV3.f ta zero x ta:1\n"
      "twice = AddV2.f x x\n"
      "w1 = TensorArrayWriteV3.f ta one twice w0\n"
      "r1 = TensorArrayReadV3.f ta one w1\n"
      "some = TensorArrayGatherV3.f ta at w1 element_shape=?\n"
      "all/r = Range zero size one Tidx=DT_INT32\n"
      "all = TensorArrayGatherV3.f ta all/r w1 element_shape=?\n"
      "size = TensorArraySizeV3 ta w1\n"
      "close = TensorArrayCloseV3 ta ^all\n");
  const Feeds feeds = {{"x", Tensor::Vector<float>({1, 2})}};
  EXPECT_EQ(f.Run(feeds, {"r1"}), Values({2, 4}));
  EXPECT_EQ(f.Run(feeds, {"some", "size"}), Values({2, 4, 1, 2, 3}));
  EXPECT_EQ(f.Run(feeds, {"all"}, {"close"}), Values({1, 2, 2, 4, 0, 0})) << "the last is unset";
  EXPECT_EQ(f.CountOnTop("TensorListStack"), 1) << "a gather of everything";
}

TEST(ImportLists, DynamicSize) {
  Imported f(
      "n = Const.i 0\nfour = Const.i 4\nx = Const.f 7\n"
      "ta = TensorArrayV3.f n element_shape=[] dynamic_size=true\n"
      "w = TensorArrayWriteV3.f ta four x ta:1\n"
      "size = TensorArraySizeV3 ta w\nr = TensorArrayReadV3.f ta four w\n");
  EXPECT_EQ(f.Run({}, {"size", "r"}), Values({5, 7}));
}

TEST(ImportLists, WhatReadsNoElementsKnowsTheirShape) {
  Imported f(
      "n = Placeholder.i []\nzero = Const.i 0\none = Const.i 1\n"
      "ta = TensorArrayV3.f n element_shape=?\n"
      "range = Range zero n one Tidx=DT_INT32\n"
      "all = TensorArrayGatherV3.f ta range ta:1 element_shape=[2]\n"
      "joined = TensorArrayConcatV3.f ta ta:1 element_shape_except0=[2]\n"
      "shape = Shape.f all out_type=DT_INT32\nshape2 = Shape.f joined out_type=DT_INT32\n");
  EXPECT_EQ(f.Run({{"n", I(0)}}, {"shape", "shape2"}), Values({0, 2, 0, 2}));
}

TEST(ImportLists, ConcatAndSplit) {
  Imported f(
      "n = Const.i 2\none = Const.i 1\nx = Placeholder.f [-1,2]\nlengths = Placeholder.l [2]\n"
      "ta = TensorArrayV3.f n element_shape=?\n"
      "put = TensorArraySplitV3.f ta x lengths ta:1\n"
      "second = TensorArrayReadV3.f ta one put\n"
      "back = TensorArrayConcatV3.f ta put element_shape_except0=?\n");
  const Feeds feeds = {{"x", Tensor::Of<float>({1, 2, 3, 4, 5, 6}, {3, 2})},
                       {"lengths", Tensor::Vector<int64_t>({1, 2})}};
  EXPECT_EQ(f.Run(feeds, {"second"}), Values({3, 4, 5, 6}));
  EXPECT_EQ(f.Run(feeds, {"back", "back:1"}), Values({1, 2, 3, 4, 5, 6, 1, 2}));
}

// out[i] = xs[i] * xs[i], arrays and all.
TEST(ImportLists, ArraysInALoop) {
  Imported f(
      "x = Placeholder.f [-1]\nn = Placeholder.i []\nzero = Const.i 0\none = Const.i 1\n"
      "xs = TensorArrayV3.f n element_shape=?\nout = TensorArrayV3.f n element_shape=?\n"
      "all = Range zero n one Tidx=DT_INT32\n"
      "put = TensorArrayScatterV3.f xs all x xs:1\n"
      "w/xs = Enter.r xs frame_name='w' is_constant=true\n"
      "w/out = Enter.r out frame_name='w' is_constant=true\n"
      "w/put = Enter.f put frame_name='w' is_constant=true\n"
      "w/read = TensorArrayReadV3.f w/xs w/i/in w/put\n"
      "w/square = Mul.f w/read w/read\n"
      "w/write = TensorArrayWriteV3.f w/out w/i/in w/square w/flow/in\n" +
      CountedLoop("w", "n") + LoopVar("w", "w/flow", 'f', "out:1", "w/write") +
      "size = TensorArraySizeV3 out w/flow/exit\n"
      "range = Range zero size one Tidx=DT_INT32\n"
      "y = TensorArrayGatherV3.f out range w/flow/exit element_shape=[]\n");
  EXPECT_EQ(f.Run({{"x", Tensor::Vector<float>({1, 2, 3})}, {"n", I(3)}}, {"y"}),
            Values({1, 4, 9}));
  EXPECT_EQ(f.Run({{"x", Tensor::Vector<float>({5})}, {"n", I(1)}}, {"y", "size"}),
            Values({25, 1}));
  EXPECT_EQ(f.Run({{"x", Tensor(DType::kFloat, {0})}, {"n", I(0)}}, {"y", "size"}), Values({0}));
}

// An array of three, of whose gradients [1], [1] and [0] are written.
std::string Gradient(const std::string& clear) {
  return "n = Const.i 3\nzero = Const.i 0\none = Const.i 1\nx = Const.f [1,2,3]\n"
         "all = Const.i [0,1,2]\na = Const.f 5\nb = Const.f 7\n"
         "ta = TensorArrayV3.f n element_shape=[] clear_after_read=" +
         clear +
         "\n"
         "put = TensorArrayScatterV3.f ta all x ta:1\n"
         "r = TensorArrayReadV3.f ta one put\n"
         "g1 = TensorArrayGradV3 ta put source='gradients'\n"
         "g2 = TensorArrayGradV3 ta put source='gradients' ^r\n"
         "g3 = TensorArrayGradV3 ta put source='other'\n"
         "w1 = TensorArrayWriteV3.f g1 one a g1:1\n"
         "w2 = TensorArrayWriteV3.f g2 one b w1\n"
         "w3 = TensorArrayWriteV3.f g3 zero b g3:1\n"
         "dx = TensorArrayGatherV3.f g2 all w2 element_shape=?\n"
         "other = TensorArrayGatherV3.f g3 all w3 element_shape=?\n";
}

TEST(ImportLists, GradientsOfWhatIsReadTwiceAddUp) {
  Imported f(Gradient("false"));
  EXPECT_EQ(f.Run({}, {"r", "dx", "other"}), Values({2, 0, 12, 0, 7, 0, 0}));
}

TEST(ImportLists, GradientsOfWhatIsReadOnceAddUpWhereSeveralNodesWrite) {
  Imported f(Gradient("true"));
  EXPECT_EQ(f.CountOnTop("AddV2"), 2) << "w1 and w2; w3 writes alone";
  EXPECT_EQ(f.CountOnTop("TensorListReserve"), 3) << "the array and two arrays of gradients";
  EXPECT_EQ(f.Run({}, {"dx", "other"}), Values({0, 12, 0, 7, 0, 0}));
}

// The n powers of two that a loop pushes are popped by another: s = 2 s + pop.
std::string PushAndPop() {
  return "n = Placeholder.i []\nmost = Const.i -1\nx = Const.f 1\nzero = Const.f 0\n"
         "st = StackV2.f most stack_name='s'\n"
         "w/st = Enter.r st frame_name='w' is_constant=true\n"
         "w/push = StackPushV2.f w/st w/x/in\n"
         "w/x/mul = AddV2.f w/x/in w/x/in\n"
         "w/f/one = Const.i 1 ^w/i/in\nw/f/plus = AddV2.i w/f/in w/f/one\n" +
         CountedLoop("w", "n") + LoopVar("w", "w/x", 'f', "x", "w/x/mul") +
         LoopVar("w", "w/f", 'i', "w/zero", "w/f/plus ^w/push") +
         "b/st = Enter.r st frame_name='b' is_constant=true\n"
         "b/pop = StackPopV2.f b/st ^b/i/in\n"
         "b/s/two = AddV2.f b/s/in b/s/in\nb/s/plus = AddV2.f b/s/two b/pop\n" +
         CountedLoop("b", "w/f/exit") + LoopVar("b", "b/s", 'f', "zero", "b/s/plus");
}

TEST(ImportLists, AStackBetweenTwoLoops) {
  Imported f(PushAndPop());
  EXPECT_EQ(f.CountOnTop("EmptyTensorList"), 1);
  EXPECT_EQ(f.Count("TensorListPushBack"), 1);
  EXPECT_EQ(f.Count("TensorListPopBack"), 1);
  EXPECT_EQ(f.Run({{"n", I(3)}}, {"b/s/exit"}), Values({21}));
  EXPECT_EQ(f.Run({{"n", I(0)}}, {"b/s/exit"}), Values({0}));
  EXPECT_EQ(f.Run({{"n", I(1)}}, {"b/s/exit", "w/x/exit"}), Values({1, 2}));
}

TEST(ImportLists, AStackIsFlatThroughTwoLevels) {
  // The inner loop pushes 0, 1, 2, ... over all outer trips; the other nest pops them.
  const auto enter = [](const std::string& outer, const std::string& inner) {
    return outer + "/st = Enter.r st frame_name='" + outer + "' is_constant=true\n" + inner +
           "/st = Enter.r " + outer + "/st frame_name='" + inner + "' is_constant=true\n";
  };
  Imported f(
      "n = Placeholder.i []\nm = Placeholder.i []\nmost = Const.i -1\nzero = Const.f 0\n"
      "st = StackV2.f most\n" +
      enter("o", "v") + enter("p", "q") +
      "v/one/f = Const.f 1 ^v/i/in\nv/s/plus = AddV2.f v/s/in v/one/f\n"
      "v/push = StackPushV2.f v/st v/s/in\n" +
      CountedLoop("o", "n") + LoopVar("o", "o/s", 'f', "zero", "v/s/exit") +
      InnerLoop("v", "o", "m") + LoopVar("v", "v/s", 'f', "o/s/in", "v/s/plus ^v/push") +
      "n/after = Identity.i n ^o/s/exit\n"
      "q/ten = Const.f 10 ^q/i/in\nq/r/mul = Mul.f q/r/in q/ten\n"
      "q/pop = StackPopV2.f q/st ^q/i/in\nq/r/plus = AddV2.f q/r/mul q/pop\n" +
      CountedLoop("p", "n/after") + LoopVar("p", "p/r", 'f', "zero", "q/r/exit") +
      InnerLoop("q", "p", "m") + LoopVar("q", "q/r", 'f', "p/r/in", "q/r/plus"));
  EXPECT_EQ(f.Run({{"n", I(2)}, {"m", I(2)}}, {"p/r/exit", "o/s/exit"}), Values({3210, 4}));
  EXPECT_EQ(f.Run({{"n", I(3)}, {"m", I(1)}}, {"p/r/exit"}), Values({210}));
  EXPECT_EQ(f.Run({{"n", I(3)}, {"m", I(0)}}, {"p/r/exit"}), Values({0}));
}

TEST(ImportLists, APushInACondInALoop) {
  // Only trips 0 and 1 push; what the last of them pushed is popped after the loop.
  Imported f(
      "n = Placeholder.i []\nmost = Const.i -1\nx = Const.f 1\n"
      "st = StackV2.f most\n"
      "w/st = Enter.r st frame_name='w' is_constant=true\n"
      "w/two = Const.i 2 ^w/i/in\nw/p = Less.i w/i/in w/two\n"
      "w/st/sw = Switch.r w/st w/p\nw/x/sw = Switch.f w/x/in w/p\n"
      "w/push = StackPushV2.f w/st/sw:1 w/x/sw:1\n"
      "w/sync = ControlTrigger ^w/push\n"
      "w/x/mul = AddV2.f w/x/in w/x/in\n" +
      CountedLoop("w", "n") + LoopVar("w", "w/x", 'f', "x", "w/x/mul ^w/sync") +
      "pop = StackPopV2.f st ^w/x/exit\n");
  EXPECT_EQ(f.Run({{"n", I(1)}}, {"pop"}), Values({1}));
  EXPECT_EQ(f.Run({{"n", I(2)}}, {"pop"}), Values({2}));
  EXPECT_EQ(f.Run({{"n", I(5)}}, {"pop"}), Values({2}));
}

TEST(ImportLists, AConditionMayNotChangeAStack) {
  Imported f(
      "most = Const.i -1\nx = Const.f 1\nlimit = Const.f 9\nst = StackV2.f most\n"
      "w/st = Enter.r st frame_name='w' is_constant=true\n"
      "w/limit = Enter.f limit frame_name='w' is_constant=true\n"
      "w/push = StackPushV2.f w/st w/x\n"
      "w/less = Less.f w/push w/limit\nw/cond = LoopCond w/less\n"
      "w/x/mul = AddV2.f w/x/in w/x/in\n" +
      LoopVar("w", "w/x", 'f', "x", "w/x/mul") + "y = Neg.f x\n");
  EXPECT_EQ(f.Run({}, {"y"}), Values({-1}));
  const Error e = f.RunError({}, {"w/x/exit"});
  EXPECT_EQ(e.code(), Code::kUnimplemented);
  EXPECT_NE(Text(e).find("loop 'w'"), std::string::npos) << Text(e);
}

TEST(ImportLists, AHandleOfNowhereIsAnError) {
  Imported f(
      "h = Placeholder.r []\ni = Const.i 0\nflow = Const.f 0\n"
      "r = TensorArrayReadV3.f h i flow\nx = Const.f 2\ny = Neg.f x\n");
  EXPECT_EQ(f.Run({}, {"y"}), Values({-2}));
  const Error e = f.RunError({}, {"r"});
  EXPECT_EQ(e.code(), Code::kInvalidArgument);
  EXPECT_NE(Text(e).find("'r'"), std::string::npos) << Text(e);
  EXPECT_NE(Text(e).find("'h'"), std::string::npos) << Text(e);
}

// TensorFlow gives the flow that came in, which begins as zero, when the access is done.
TEST(ImportLists, FlowsCanBeFetched) {
  Imported f(
      "x = Placeholder.f [2]\nn = Const.i 2\nk = Placeholder.i []\nrange = Const.i [0,1]\n"
      "lengths = Const.l [1,1]\na = TensorArrayV3.f n\n"
      "write = TensorArrayWriteV3.f a k x a:1\ngrad = TensorArrayGradV3 a write source='g'\n"
      "s = TensorArrayV3.f n\nscatter = TensorArrayScatterV3.f s range x s:1\n"
      "p = TensorArrayV3.f n\nsplit = TensorArraySplitV3.f p x lengths p:1\n"
      "copy = Identity.f split\n");
  const Tensor x = Tensor::Vector<float>({1, 2});
  EXPECT_EQ(f.Run({{"x", x}, {"k", I(1)}},
                  {"a:1", "write", "write:0", "grad:1", "scatter", "split", "copy"}),
            Values(7, 0.0));
  EXPECT_EQ(f.RunError({{"x", x}, {"k", I(2)}}, {"write"}).code(), Code::kInvalidArgument);
  EXPECT_EQ(f.RunError({{"x", x}, {"k", I(2)}}, {}, {"write"}).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace graphrun
