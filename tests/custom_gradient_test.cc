// Gradients that a file defines: _gradient_op_type, functions with gradient functions,
// SymbolicGradient, registered gradients.
#include <gmock/gmock.h>

#include "tests/gradient_fixture.h"

namespace graphrun {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const Feeds kFeeds = {{"x", Tensor::Vector<float>({2, -3})}};

// A library function of float tensors in the lines of GraphDefText; inputs are named "a:y:0" in it.
std::string FunctionText(const std::string& name, const std::vector<std::string>& inputs,
                         const std::vector<std::string>& results, const std::string& lines) {
  std::string text = "function { signature { name: '" + name + "'";
  for (const std::string& input : inputs)
    text += " input_arg { name: '" + input + "' type: DT_FLOAT }";
  std::string ret;
  for (size_t i = 0; i < results.size(); ++i) {
    const std::string out = "out" + std::to_string(i);
    text += " output_arg { name: '" + out + "' type: DT_FLOAT }";
    ret += " ret { key: '" + out + "' value: '" + results[i] + "' }";
  }
  text += " }" + ret;
  const std::string nodes = GraphDefText(lines);
  for (size_t at = 0, next; at < nodes.size(); at = next + 1) {
    next = nodes.find('\n', at);
    text += " node_def" + nodes.substr(at + 4, next - at - 4);
  }
  return text + " }\n";
}

std::string CallText(const std::string& name, const std::string& f, const std::string& input) {
  return "node { name: '" + name + "' op: 'PartitionedCall' input: '" + input +
         "' attr { key: 'Tin' value { list { type: DT_FLOAT } } }"
         " attr { key: 'Tout' value { list { type: DT_FLOAT } } }"
         " attr { key: 'f' value { func { name: '" +
         f + "' } } } }\n";
}

std::string Library(const std::string& text) { return "library { " + text + "}\n"; }

const std::string kSquare = FunctionText("square", {"x"}, {"s:y:0"}, "s = Square.f x\n");
// 10 times what it should be.
const std::string kSquareGradient =
    FunctionText("square_gradient", {"x", "dy"}, {"m:z:0"},
                 "c = Const.f 20\nxc = Mul.f x c:output:0\nm = Mul.f xc:z:0 dy\n");
const std::string kGradientDef =
    "gradient { function_name: 'square' gradient_func: 'square_gradient' }\n";

// --- the name of a Python function

TEST(CustomGradient, OfAFunctionThatIsNotInTheFileIsRefusedByName) {
  GradientOfLines g(
      "x = Placeholder.f [2]\nz = Identity.f x _gradient_op_type='Reversed'\ny = Neg.f z\n");
  EXPECT_THAT(g.Refusal("y", "x"), AllOf(HasSubstr("'z' (Identity) is not known"),
                                         HasSubstr("its gradient is 'Reversed'")));
  EXPECT_THAT(g.SavedAndRead().Refusal("y", "x"), HasSubstr("'Reversed'"));
}

TEST(CustomGradient, OfPythonsDecoratorIsRefusedByName) {
  GradientOfLines g(
      "x = Placeholder.f [2]\nlog = Log1p.f x\n",
      "node { name: 'n' op: 'IdentityN' input: 'log' input: 'x'"
      " attr { key: 'T' value { list { type: DT_FLOAT type: DT_FLOAT } } }"
      " attr { key: '_gradient_op_type' value { s: 'CustomGradient-7' } } }\n"
      "node { name: 'y' op: 'Neg' input: 'n' attr { key: 'T' value { type: DT_FLOAT } } }\n");
  EXPECT_THAT(g.Refusal("y", "x"), HasSubstr("its gradient is 'CustomGradient-7'"));
  // Not for what it is not asked for.
  EXPECT_FALSE(g.Of("log", "x").none());
}

TEST(CustomGradient, InALoopIsRefused) {
  GradientOfLines g("x = Placeholder.f [2]\nlimit = Const.i 3\n" + CountedLoop("w", "limit") +
                    LoopVar("w", "h", 'f', "x", "r") +
                    "r = Identity.f h/in _gradient_op_type='Reversed'\n");
  EXPECT_THAT(g.Refusal("h/exit", "x"), HasSubstr("'Reversed'"));
  EXPECT_THAT(g.SavedAndRead().Refusal("h/exit", "x"), HasSubstr("'Reversed'"));
}

TEST(CustomGradient, InACondIsRefused) {
  GradientOfLines g(
      "x = Placeholder.f [2]\np = Placeholder.b []\ns = Switch.f x p\n"
      "r = Identity.f s:1 _gradient_op_type='Reversed'\nneg = Neg.f s\n"
      "m = Merge.f neg r N=2\ny = Neg.f m\n");
  EXPECT_THAT(g.Refusal("y", "x"), HasSubstr("'Reversed'"));
}

TEST(CustomGradient, InAFunctionIsRefused) {
  GradientOfLines g("x = Placeholder.f [2]\n",
                    CallText("y", "f", "x") +
                        Library(FunctionText("f", {"x"}, {"r:output:0"},
                                             "r = Identity.f x _gradient_op_type='Reversed'\n")));
  EXPECT_THAT(g.Refusal("y", "x"), HasSubstr("'Reversed'"));
}

// It is an alias of the variable's memory.
TEST(CustomGradient, OfAReadOfAVariableIsRefused) {
  for (const char* op : {"Identity.f", "RefIdentity.f"}) {
    GradientOfLines g(std::string("v = VariableV2.f [2]\nr = ") + op +
                      " v _gradient_op_type='Reversed'\ny = Neg.f r\nplain = Neg.f v\n");
    EXPECT_THAT(g.Refusal("y", "v"), HasSubstr("'Reversed'")) << op;
    EXPECT_FALSE(g.Of("plain", "v").none());
  }
}

TEST(CustomGradient, OfAnArrayOpIsRefused) {
  GradientOfLines g(
      "x = Placeholder.f [2]\nsize = Const.i 2\nzero = Const.i 0\n"
      "a = TensorArrayV3.f size\nw = TensorArrayWriteV3.f a zero x a:1\n"
      "y = TensorArrayReadV3.f a zero w _gradient_op_type='Reversed'\nz = Neg.f y\n");
  EXPECT_THAT(g.Refusal("z", "x"), HasSubstr("'Reversed'"));
}

// TensorFlow 2 writes such a name to each call; TensorFlow too differentiates the function where it
// does not know the name.
TEST(CustomGradient, OfACallIsThatOfItsFunction) {
  std::string call = CallText("y", "square", "x");
  call.insert(call.size() - 3,
              " attr { key: '_gradient_op_type' value { s: 'PartitionedCall-12' } }");
  GradientOfLines g("x = Placeholder.f [2]\n", call + Library(kSquare));
  EXPECT_EQ(g.Value("y", "x", kFeeds), Values({4, -6}));
}

// --- the name of an op

TEST(CustomGradient, OfAnotherOpIsFollowed) {
  const std::string x = "x = Placeholder.f [2]\n";
  const auto value = [&](const std::string& lines) {
    GradientOfLines g(x + lines);
    EXPECT_EQ(g.SavedAndRead().Value("y", "x", kFeeds), g.Value("y", "x", kFeeds));
    return g.Value("y", "x", kFeeds);
  };
  EXPECT_EQ(value("z = Sign.f x _gradient_op_type='Identity'\ny = Neg.f z\n"), Values({-1, -1}));
  EXPECT_EQ(value("y = Identity.f x _gradient_op_type='Relu'\n"), Values({1, 0}));
  EXPECT_EQ(value("y = Neg.f x _gradient_op_type='Neg'\n"), Values({-1, -1}));
  EXPECT_EQ(value("y = Square.f x _gradient_op_type='Tanh'\n"), Values({-15, -80}));
  EXPECT_EQ(value("z = Tanh.f x _gradient_op_type='StopGradient'\ny = AddV2.f z x\n"),
            Values({1, 1}));
  EXPECT_EQ(value("z = Tanh.f x _gradient_op_type='HSVToRGB'\ny = AddV2.f z x\n"), Values({1, 1}));
}

TEST(CustomGradient, OfAnotherOpOnAnAbsentOneIsFollowed) {
  GradientOfLines g(
      "x = Placeholder.f [2]\nz = Missing.f x _gradient_op_type='Identity'\ny = Neg.f z\n");
  EXPECT_EQ(g.Value("y", "x", {kFeeds[0], {"z", kFeeds[0].second}}), Values({-1, -1}));
}

TEST(CustomGradient, OfAnOpThatDoesNotFitIsRefused) {
  const auto refusal = [](const std::string& line) {
    return GradientOfLines("x = Placeholder.f [2]\n" + line).Refusal("y", "x");
  };
  EXPECT_THAT(refusal("y = Square.f x _gradient_op_type='Mul'\n"),
              HasSubstr("its gradient is that of Mul, which does not fit"));
  EXPECT_THAT(refusal("y = Mul.f x x _gradient_op_type='MatMul'\n"),
              HasSubstr("which has an attribute transpose_a, and this node has none"));
  EXPECT_THAT(refusal("y = Neg.f x _gradient_op_type='Unique'\n"),
              HasSubstr("that of Unique, which"));
  EXPECT_THAT(refusal("y = Neg.f x _gradient_op_type='Cast'\n"), HasSubstr("that of Cast, which"));
}

TEST(CustomGradient, InALoopIsFollowed) {
  GradientOfLines g("x = Placeholder.f [2]\nlimit = Const.i 3\n" + CountedLoop("w", "limit") +
                    LoopVar("w", "h", 'f', "x", "sum") +
                    "sign = Sign.f h/in _gradient_op_type='Identity'\nsum = AddV2.f sign h/in\n");
  EXPECT_EQ(g.Value("h/exit", "x", kFeeds), Values({8, 8}));
}

// --- functions with gradient functions

TEST(FunctionGradient, IsFollowed) {
  for (const char* call : {"", "square"}) {
    const std::string y =
        *call ? "node { name: 'y' op: 'square' input: 'x' }\n" : CallText("y", "square", "x");
    GradientOfLines g("x = Placeholder.f [2]\n",
                      y + Library(kSquare + kSquareGradient + kGradientDef));
    EXPECT_EQ(g.Value("y", "x", kFeeds), Values({40, -60}));
    EXPECT_EQ(g.SavedAndRead().Value("y", "x", kFeeds), Values({40, -60}));
  }
}

TEST(FunctionGradient, OfAFunctionInAFunctionIsFollowed) {
  GradientOfLines g(
      "x = Placeholder.f [2]\n",
      CallText("y", "outer", "x") +
          Library(kSquare + kSquareGradient + kGradientDef +
                  FunctionText("outer", {"x"}, {"n:y:0"}, "c = square x\nn = Neg.f c:out0:0\n")));
  EXPECT_EQ(g.Value("y", "x", kFeeds), Values({-40, 60}));
  EXPECT_EQ(g.SavedAndRead().Value("y", "x", kFeeds), Values({-40, 60}));
}

TEST(FunctionGradient, HasAGradientOfItsOwn) {
  GradientOfLines g(
      "x = Placeholder.f [2]\n",
      CallText("y", "square", "x") + Library(kSquare + kSquareGradient + kGradientDef));
  const Expr dx = ToDense(g.root(), g.Of("y", "x"));
  EXPECT_EQ(g.Value(dx.name(), "x", kFeeds), Values({20, 20}));
}

TEST(FunctionGradient, ThatIsAbsentOrDoesNotFitIsRefused) {
  const auto refusal = [](const std::string& more) {
    GradientOfLines g("x = Placeholder.f [2]\n",
                      CallText("y", "square", "x") + Library(kSquare + more));
    return g.Refusal("y", "x");
  };
  EXPECT_THAT(refusal(kGradientDef), HasSubstr("'square_gradient', which is not in the file"));
  EXPECT_THAT(refusal(kGradientDef + FunctionText("square_gradient", {"x"}, {"x"}, "")),
              HasSubstr("'square_gradient', which takes 1 tensors to 1 and does not fit"));
}

// TensorFlow's symbolic gradient of a function that is called as an op does not look at it.
TEST(FunctionGradient, OfAnOldFunctionIgnoresWhatItsNodesSay) {
  const std::string library = Library(FunctionText(
      "f", {"x"}, {"m:z:0"}, "s = Sign.f x _gradient_op_type='Identity'\nm = Mul.f s:y:0 x\n"));
  GradientOfLines old("x = Placeholder.f [2]\n",
                      "node { name: 'y' op: 'f' input: 'x' }\n" + library);
  EXPECT_EQ(old.Value("y", "x", kFeeds), Values({1, -1}));
  EXPECT_EQ(old.SavedAndRead().Value("y", "x", kFeeds), Values({1, -1}));
  GradientOfLines g("x = Placeholder.f [2]\n", CallText("y", "f", "x") + library);
  EXPECT_EQ(g.Value("y", "x", kFeeds), Values({3, -4}));
}

// --- SymbolicGradient

std::string SymbolicText(const std::string& f) {
  return "node { name: 'dx' op: 'SymbolicGradient' input: 'x' input: 'dy'"
         " attr { key: 'Tin' value { list { type: DT_FLOAT type: DT_FLOAT } } }"
         " attr { key: 'Tout' value { list { type: DT_FLOAT } } }"
         " attr { key: 'f' value { func { name: '" +
         f + "' } } } }\n";
}
const Feeds kGradientFeeds = {{"x", Tensor::Vector<float>({2, -3})},
                              {"dy", Tensor::Vector<float>({1, 10})}};

TEST(SymbolicGradient, IsThatOfTheBody) {
  const std::string lines = "x = Placeholder.f [2]\ndy = Placeholder.f [2]\n";
  Imported f(lines, SymbolicText("square") + Library(kSquare));
  EXPECT_EQ(f.Run(kGradientFeeds, {"dx"}), Values({4, -60}));
  Imported own(lines, SymbolicText("square") + Library(kSquare + kSquareGradient + kGradientDef));
  EXPECT_EQ(own.Run(kGradientFeeds, {"dx"}), Values({40, -600}));
  Imported none(lines, SymbolicText("f") +
                           Library(FunctionText("f", {"x"}, {"s:y:0"}, "s = ZerosLike.f x\n")));
  EXPECT_EQ(none.Run(kGradientFeeds, {"dx"}), Values({0, 0}));
}

TEST(SymbolicGradient, OfWhatIsNotKnownFailsTheRunsThatNeedIt) {
  Imported f("x = Placeholder.f [2]\ndy = Placeholder.f [2]\nz = Neg.f x\n",
             SymbolicText("f") + Library(FunctionText("f", {"x"}, {"s:y:0"}, "s = Missing.f x\n")));
  EXPECT_EQ(f.Run(kGradientFeeds, {"z"}), Values({-2, 3}));
  const Error e = f.RunError(kGradientFeeds, {"dx"});
  EXPECT_EQ(e.code(), Code::kUnimplemented);
  EXPECT_THAT(Text(e), HasSubstr("'s' (Missing) is not known"));
}

TEST(SymbolicGradient, OfAnAbsentFunctionFailsTheRunsThatNeedIt) {
  Imported f("x = Placeholder.f [2]\ndy = Placeholder.f [2]\nz = Neg.f x\n",
             SymbolicText("sqare") + Library(kSquare));
  EXPECT_EQ(f.Run(kGradientFeeds, {"z"}), Values({-2, 3}));
  const Error e = f.RunError(kGradientFeeds, {"dx"});
  EXPECT_EQ(e.code(), Code::kInvalidArgument);
  EXPECT_THAT(Text(e), HasSubstr("'sqare' is not in the library"));
  Imported own("x = Placeholder.f [2]\ndy = Placeholder.f [2]\nz = Neg.f x\n",
               SymbolicText("square") + Library(kSquare + kGradientDef));
  EXPECT_EQ(own.Run(kGradientFeeds, {"z"}), Values({-2, 3}));
  EXPECT_THAT(Text(own.RunError(kGradientFeeds, {"dx"})), HasSubstr("'square_gradient'"));
}

// TensorFlow casts what flows to an integer back, where gradients end for us.
// --- registered gradients

TEST(RegisteredGradient, IsFollowed) {
  const std::string reversed = FunctionText("reversed", {"dy"}, {"n:y:0"}, "n = Neg.f dy\n");
  const std::string registered =
      "registered_gradients { gradient_func: 'reversed' registered_op_type: 'Reversed' }\n";
  const std::string lines =
      "x = Placeholder.f [2]\nz = Square.f x\nr = Identity.f z _gradient_op_type='Reversed'\n"
      "y = AddV2.f r r\n";
  GradientOfLines g(lines, Library(reversed + registered));
  EXPECT_EQ(g.Value("y", "x", kFeeds), Values({-8, 12}));
  EXPECT_EQ(g.SavedAndRead().Value("y", "x", kFeeds), Values({-8, 12}));
  EXPECT_THAT(GradientOfLines(lines, Library(registered)).Refusal("y", "x"),
              HasSubstr("the gradient function 'reversed', which is not in the file"));
  EXPECT_THAT(
      GradientOfLines(lines, Library(FunctionText("reversed", {"dy", "x"}, {"x"}, "") + registered))
          .Refusal("y", "x"),
      HasSubstr("does not fit"));
}

TEST(RegisteredGradient, IsFollowedInALoop) {
  GradientOfLines g("x = Placeholder.f [2]\nlimit = Const.i 3\n" + CountedLoop("w", "limit") +
                        LoopVar("w", "h", 'f', "x", "r") +
                        "r = Square.f h/in _gradient_op_type='Reversed'\n",
                    Library(FunctionText("reversed", {"dy"}, {"n:y:0"}, "n = Neg.f dy\n") +
                            "registered_gradients { gradient_func: 'reversed'"
                            " registered_op_type: 'Reversed' }\n"));
  EXPECT_EQ(g.Value("h/exit", "x", kFeeds), Values({-1, -1}));
}

}  // namespace
}  // namespace graphrun
