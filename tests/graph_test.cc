// The graph and what builds it: names, attributes, errors, printing, operators, slices, scopes,
// seeds.
#include "core/graph/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "core/graph/op_def.h"
#include "core/graph/print.h"
#include "tests/test_graph.h"
#include "tests/test_values.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Seed = std::pair<int64_t, int64_t>;

NodeId AddConst(Graph& g, const char* name, Tensor value) {
  const DType dtype = value.dtype();
  return g.AddNode("Const", name, {}, {{"value", std::move(value)}, {"dtype", dtype}});
}

template <typename T>
T Attr(const Graph& g, NodeId id, const char* name) {
  return std::get<T>(g.node(id).attrs.at(name));
}

// --- names

TEST(GraphNames, AreMadeUniqueWithoutRegardToCase) {
  Graph g(&TestOps());
  std::vector<std::string> names;
  for (const char* name : {"x", "X", "x", "x_1", "y"}) {
    names.push_back(g.node(g.AddNode("NoOp", name, {})).name);
  }
  EXPECT_THAT(names, ElementsAre("x", "X_1", "x_2", "x_1_1", "y"));
}

TEST(GraphNames, AReservedNameIsTakenFromThenOn) {
  Graph g(&TestOps());
  EXPECT_EQ(g.UniqueName("x"), "x");
  EXPECT_EQ(g.node(g.AddNode("NoOp", "x", {})).name, "x_1");
  EXPECT_EQ(g.node(g.AddNodeNamed("NoOp", "x", {})).name, "x");
}

TEST(GraphNames, ARenamedNodeIsFoundByItsNewNameOnly) {
  Graph g(&TestOps());
  const NodeId id = g.AddNode("NoOp", "x", {});
  g.SetName(id, "y");
  EXPECT_EQ(g.Find("y"), id);
  EXPECT_EQ(g.Find("x"), kNoNode);
}

// --- attributes

TEST(GraphAttrs, DefaultsAreFilledInAndTypesDerivedFromInputs) {
  Graph g(&TestOps());
  const NodeId a = AddConst(g, "a", Tensor::Zeros(DType::kDouble, {2, 3}));
  const NodeId b = AddConst(g, "b", Tensor::Zeros(DType::kDouble, {3, 5}));
  const NodeId product = g.AddNode("MatMul", "p", {{a, 0}, {b, 0}});
  EXPECT_EQ(Attr<DType>(g, product, "T"), DType::kDouble);
  EXPECT_FALSE(Attr<bool>(g, product, "transpose_a"));
  EXPECT_EQ(g.type({product, 0}).ToString(), "float64[2,5]");
}

TEST(GraphAttrs, NumbersAndTypeListsAreDerivedFromInputs) {
  Graph g(&TestOps());
  const NodeId a = AddConst(g, "a", Tensor::Scalar(1.0f)),
               t = AddConst(g, "t", Tensor::Scalar(true));
  const NodeId pack = g.AddNode("Pack", "pack", {{a, 0}, {a, 0}, {a, 0}});
  EXPECT_EQ(Attr<int64_t>(g, pack, "N"), 3);
  const NodeId check = g.AddNode("Assert", "check", {{t, 0}, {a, 0}, {t, 0}});
  EXPECT_THAT(Attr<std::vector<DType>>(g, check, "T"), ElementsAre(DType::kFloat, DType::kBool));
}

// What is wrong with a node, and what the message says about it.
struct BadNode {
  const char* what;
  const char* op;
  std::vector<const char*> inputs;  // "f": float32[2,3], "d": float64[2,3], "g": float32[4,5]
  AttrMap attrs;
  const char* message;
};
void PrintTo(const BadNode& c, std::ostream* out) { *out << c.what; }

class BadNodes : public testing::TestWithParam<BadNode> {};

TEST_P(BadNodes, AreRefusedWithTheReasonAndThePlace) {
  Graph g(&TestOps());
  std::map<std::string, NodeId> nodes = {
      {"f", AddConst(g, "f", Tensor::Zeros(DType::kFloat, {2, 3}))},
      {"d", AddConst(g, "d", Tensor::Zeros(DType::kDouble, {2, 3}))},
      {"g", AddConst(g, "g", Tensor::Zeros(DType::kFloat, {4, 5}))}};
  std::vector<Output> inputs;
  for (const char* name : GetParam().inputs) inputs.push_back({nodes.at(name), 0});
  const Error e = Caught([&] { g.AddNode(GetParam().op, "bad", inputs, GetParam().attrs); });
  EXPECT_THAT(e.message(), HasSubstr(GetParam().message));
  EXPECT_THAT(e.what(), HasSubstr("while adding 'bad' (" + std::string(GetParam().op) + ")"));
  EXPECT_EQ(g.num_nodes(), 3) << "nothing of a refused node stays";
  EXPECT_EQ(g.UniqueName("bad"), "bad");
}

const BadNode kBadNodes[] = {
    {"UnknownOp", "MatMull", {"f", "f"}, {}, "did you mean 'MatMul'"},
    {"TooFewInputs", "MatMul", {"f"}, {}, "MatMul takes 2 inputs, not 1"},
    {"TooManyInputs", "Tanh", {"f", "f"}, {}, "Tanh takes 1 inputs, not 2"},
    {"MixedTypes", "AddV2", {"f", "d"}, {}, "input 1 (y) is float64, and float32 is expected (T)"},
    {"TypeNotAllowed", "LogicalNot", {"f"}, {}, "is float32, and bool is expected"},
    {"UnknownAttr", "MatMul", {"f", "f"}, {{"transpose_A", true}}, "did you mean 'transpose_a'"},
    {"WrongKind",
     "MatMul",
     {"f", "f"},
     {{"transpose_a", int64_t{1}}},
     "attribute transpose_a is a bool, not a int"},
    {"MissingAttr", "Cast", {"f"}, {}, "Cast needs attribute DstT (type)"},
    {"Shapes", "MatMul", {"f", "g"}, {}, "3"},
};
INSTANTIATE_TEST_SUITE_P(All, BadNodes, testing::ValuesIn(kBadNodes),
                         [](const auto& c) { return std::string(c.param.what); });

TEST(GraphAttrs, APrivateAttributeIsKeptForAnyOp) {
  Graph g(&TestOps());
  const NodeId id = g.AddNode("NoOp", "x", {}, {{"_note", std::string("kept")}});
  EXPECT_EQ(Attr<std::string>(g, id, "_note"), "kept");
}

// --- finding

TEST(FindOutput, TakesNodesAndTheirOutputs) {
  TestGraph t;
  const auto parts = op::Unpack(t.root, op::Const(t.root, std::vector<float>{1, 2}), 2);
  const Graph& g = t.meta.graph;
  EXPECT_EQ(g.FindOutput("Unpack"), parts[0].output());
  EXPECT_EQ(g.FindOutput("Unpack:1"), parts[1].output());
}

TEST(FindOutput, NamesTheNearestNodes) {
  TestGraph t;
  op::Placeholder(t.root.WithName("labels"), DType::kFloat, {2});
  op::Placeholder(t.root.WithName("unlike_that"), DType::kFloat, {2});
  const Error e = Caught([&] { t.meta.graph.FindOutput("lables:0"); });
  EXPECT_EQ(e.code(), Code::kNotFound);
  EXPECT_THAT(e.message(), HasSubstr("no node 'lables'"));
  EXPECT_THAT(e.message(), HasSubstr("did you mean 'labels'"));
}

TEST(FindOutput, RefusesOutputsThatAreNotThere) {
  TestGraph t;
  op::Placeholder(t.root.WithName("x"), DType::kFloat, {});
  op::NoOp(t.root.WithName("n"));
  EXPECT_EQ(Caught([&] { t.meta.graph.FindOutput("x:1"); }).code(), Code::kOutOfRange);
  EXPECT_EQ(Caught([&] { t.meta.graph.FindOutput("n:0"); }).code(), Code::kOutOfRange);
  for (const char* name : {"x:", "x:a", "x:-1", "x:0b", "x:99999999999"}) {
    EXPECT_EQ(Caught([&] { t.meta.graph.FindOutput(name); }).code(), Code::kInvalidArgument)
        << name;
  }
  EXPECT_EQ(t.meta.graph.FindOutput("n").node, t.meta.graph.Find("n")) << "an operation";
}

// --- changing

TEST(ReplaceNode, KeepsIdNameAndControlInputs) {
  TestGraph t;
  const Expr x = op::Const(t.root, 2.0f), first = op::NoOp(t.root);
  const Expr y = op::Neg(t.root.WithControlDependencies({first}), x);
  Graph& g = t.meta.graph;
  const uint64_t version = g.version();
  g.ReplaceNode(y.node(), "Square", {x.output()}, {});
  EXPECT_EQ(g.node(y.node()).op->name, "Square");
  EXPECT_EQ(g.node(y.node()).name, "Neg");
  EXPECT_THAT(g.node(y.node()).control_inputs, ElementsAre(first.node()));
  EXPECT_GT(g.version(), version);
  EXPECT_EQ(t.Run({}, {y})[0].scalar<float>(), 4);
}

TEST(ReplaceNode, RefusesAnotherOutputType) {
  TestGraph t;
  const Expr x = op::Const(t.root, 2.0f), y = op::Neg(t.root, x);
  const Error e = Caught([&] {
    t.meta.graph.ReplaceNode(y.node(), "Cast", {x.output()}, {{"DstT", DType::kInt32}});
  });
  EXPECT_EQ(e.code(), Code::kInternal);
  EXPECT_EQ(t.meta.graph.node(y.node()).op->name, "Neg");
}

TEST(GraphClone, IsChangedAlone) {
  TestGraph t;
  const Expr x = op::Const(t.root, 2.0f);
  Graph copy = t.meta.graph.Clone();
  copy.AddNode("Neg", "y", {x.output()});
  EXPECT_EQ(copy.num_nodes(), 2);
  EXPECT_EQ(t.meta.graph.num_nodes(), 1);
  EXPECT_EQ(t.meta.graph.UniqueName("y"), "y");
}

// --- values known before the run

TEST(PartialValue, FollowsShapesThroughTheGraph) {
  TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kFloat, Shape::Parse("[?,7]"));
  const Expr shape = op::Shape(t.root, x);
  const Expr rows = shape[{0}], columns = shape[{1}];
  const Graph& g = t.meta.graph;
  const auto text = [&](Expr e) {
    return g.PartialValue(e.output()).value_or(Shape::Parse("[9,9]")).ToString();
  };
  EXPECT_EQ(text(shape), "[?,7]");
  EXPECT_EQ(text(rows), "[?]");
  EXPECT_EQ(text(columns), "[7]");
  EXPECT_EQ(text(op::Pack(t.root, {columns, op::Const(t.root, 3), rows})), "[7,3,?]");
  EXPECT_EQ(text(op::Const(t.root, -1)), "[?]");
}

TEST(PartialValue, IsNothingForOtherTensors) {
  TestGraph t;
  const Graph& g = t.meta.graph;
  EXPECT_FALSE(g.PartialValue(op::Const(t.root, 1.0f).output()));
  EXPECT_FALSE(
      g.PartialValue(op::Placeholder(t.root, DType::kInt32, Shape::Parse("[?]")).output()));
  EXPECT_FALSE(g.PartialValue(op::Placeholder(t.root, DType::kInt32, {2, 2}).output()));
  EXPECT_EQ(g.PartialValue(op::Placeholder(t.root, DType::kInt32, {2}).output()),
            Shape::UnknownOfRank(2));
}

TEST(PartialValue, GivesReshapeItsShape) {
  TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kFloat, Shape::Parse("[?,7,2]"));
  const Expr shape = op::Shape(t.root, x);
  const Expr flat = op::Reshape(t.root, x, op::Pack(t.root, {shape[{0}], op::Const(t.root, 14)}));
  EXPECT_EQ(flat.shape().ToString(), "[?,14]");
}

// --- printing

TEST(Print, AGraphAndItsFunction) {
  TestGraph t;
  const Expr x = op::Placeholder(t.root.WithName("x"), DType::kFloat, {2, 3});
  const Expr p = op::Placeholder(t.root.WithName("p"), DType::kBool, {});
  const Expr first = op::NoOp(t.root.WithName("first"));
  const Expr y =
      op::MatMul(t.root.WithName("y").WithControlDependencies({first}), x, x, false, true);
  Cond(
      t.root, p, [&](const Scope& s) { return std::vector<Expr>{op::Neg(s, y)}; },
      [&](const Scope&) { return std::vector<Expr>{y}; });
  EXPECT_EQ(PrintGraph(t.meta.graph, /*with_functions=*/true),
            R"(x: float32[2,3] = Placeholder() dtype=float32 shape=[2,3]
p: bool[] = Placeholder() dtype=bool shape=[]
first = NoOp()
y: float32[2,2] = MatMul(x, x, ^first) T=float32 transpose_b=true
cond: float32[2,2] = StatelessIf(p, y) Tcond=bool Tin={float32} Tout={float32} else_branch=@cond/else then_branch=@cond/then

cond/else(y) {
  y: float32[2,2] = _Arg() T=float32 index=0
  return y
}

cond/then(y) {
  y: float32[2,2] = _Arg() T=float32 index=0
  Neg: float32[2,2] = Neg(y) T=float32
  return Neg
}
)");
}

TEST(Print, ANodeWithAMissingInput) {
  TestGraph t;
  const Expr y = op::Neg(t.root, op::Const(t.root, 1.0f));
  t.meta.graph.SetInput(y.node(), 0, {77, 0});
  EXPECT_EQ(PrintNode(t.meta.graph, y.node()), "Neg: float32[] = Neg(<missing>) T=float32");
}

// --- operators and slices, by their numbers

TEST(Operators, ComputeAsInPython) {
  TestGraph t;
  const Expr x = op::Const(t.root, std::vector<float>{1, -4}),
             y = op::Const(t.root, std::vector<float>{3, 2});
  const Expr i = op::Const(t.root, std::vector<int32_t>{-7, 7});
  const auto got =
      t.Run({}, {2 * x + y, -x, 1 - x, x / y, y / 2, 6 / y, i / 2, i % 3, x < y, x >= y});
  EXPECT_THAT(Numbers(got[0]), ElementsAre(5, -6));
  EXPECT_THAT(Numbers(got[1]), ElementsAre(-1, 4));
  EXPECT_THAT(Numbers(got[2]), ElementsAre(0, 5));
  EXPECT_THAT(Numbers(got[3]), ElementsAre(1.0f / 3, -2));
  EXPECT_THAT(Numbers(got[4]), ElementsAre(1.5, 1));
  EXPECT_THAT(Numbers(got[5]), ElementsAre(2, 3));
  EXPECT_THAT(Numbers(got[6]), ElementsAre(-4, 3)) << "rounds down";
  EXPECT_THAT(Numbers(got[7]), ElementsAre(2, 1)) << "takes the divisor's sign";
  EXPECT_THAT(Numbers(got[8]), ElementsAre(1, 1));
  EXPECT_THAT(Numbers(got[9]), ElementsAre(0, 0));
}

TEST(Operators, Logical) {
  TestGraph t;
  const auto bools = [&](bool a, bool b) {
    Tensor v(DType::kBool, {2});
    v.data<bool>()[0] = a;
    v.data<bool>()[1] = b;
    return op::Const(t.root, v);
  };
  const Expr a = bools(true, false), b = bools(true, true);
  const auto got = t.Run({}, {a && b, a || b, !a});
  EXPECT_THAT(Numbers(got[0]), ElementsAre(1, 0));
  EXPECT_THAT(Numbers(got[1]), ElementsAre(1, 1));
  EXPECT_THAT(Numbers(got[2]), ElementsAre(0, 1));
}

TEST(Operators, NeedBothOperands) {
  TestGraph t;
  EXPECT_THAT(Caught([&] { op::Const(t.root, 1.0f) + Expr(); }).message(),
              HasSubstr("operand is missing"));
}

TEST(Operators, StayInTheNameScopeOfTheFirstOperand) {
  TestGraph t;
  const Expr x = op::Const(t.root.NameScope("layer"), 1.0f), y = op::Const(t.root, 2.0f);
  EXPECT_EQ((x + y).node_name(), "layer/AddV2");
  EXPECT_EQ((y + x).node_name(), "AddV2");
}

class Slices : public testing::Test {
 protected:
  // Elements of a [2,3,4] tensor whose element (i,j,k) is 100i + 10j + k.
  Slices() {
    Tensor v(DType::kFloat, {2, 3, 4});
    for (int k = 0; k < 24; ++k)
      v.data<float>()[k] = static_cast<float>(k / 12 * 100 + k / 4 % 3 * 10 + k % 4);
    x_ = op::Const(t_.root, v);
  }
  void Expect(Expr slice, const std::string& shape, const std::vector<double>& values) {
    EXPECT_EQ(slice.shape().ToString(), shape);
    const Tensor got = t_.Run({}, {slice})[0];
    EXPECT_EQ(got.shape().ToString(), shape);
    EXPECT_EQ(Numbers(got), values);
  }
  TestGraph t_;
  Expr x_;
};

TEST_F(Slices, Integers) { Expect(x_[{1, 2, 3}], "[]", {123}); }
TEST_F(Slices, NegativeIntegers) { Expect(x_[{-1, -3, -2}], "[]", {102}); }
TEST_F(Slices, All) { Expect(x_[{all, 1, 0}], "[2]", {10, 110}); }
TEST_F(Slices, MissingIndicesAreAll) { Expect(x_[{1, 0}], "[4]", {100, 101, 102, 103}); }
TEST_F(Slices, Ranges) { Expect(x_[{0, Range{1, 3}, Range{1, 4, 2}}], "[2,2]", {11, 13, 21, 23}); }
TEST_F(Slices, RangesFromTheEnd) { Expect(x_[{0, 0, Range{-2}}], "[2]", {2, 3}); }
TEST_F(Slices, RangesToBeforeTheEnd) { Expect(x_[{0, 0, Range{0, -1}}], "[3]", {0, 1, 2}); }
TEST_F(Slices, EmptyRanges) { Expect(x_[{0, 0, Range{0, 0}}], "[0]", {}); }
TEST_F(Slices, Backwards) { Expect(x_[{0, 0, Range{-1, {}, -1}}], "[4]", {3, 2, 1, 0}); }
TEST_F(Slices, Ellipsis) { Expect(x_[{ellipsis, 3}], "[2,3]", {3, 13, 23, 103, 113, 123}); }
TEST_F(Slices, NewAxis) { Expect(x_[{newaxis, 1, all, newaxis, 0}], "[1,3,1]", {100, 110, 120}); }

TEST_F(Slices, TensorIndex) {
  const Expr i = op::Placeholder(t_.root, DType::kInt32, {});
  const Expr slice = x_[{all, i, Range{2}}];
  EXPECT_EQ(slice.shape().ToString(), "[2,2]");
  EXPECT_THAT(Numbers(t_.Run({{i, Tensor::Scalar(2)}}, {slice})[0]), ElementsAre(22, 23, 122, 123));
}

TEST_F(Slices, ATensorIndexCountsFromTheEndToo) {
  const Expr i = op::Placeholder(t_.root, DType::kInt32, {});
  const Expr slice = x_[{0, 0, i}];
  EXPECT_THAT(Numbers(t_.Run({{i, Tensor::Scalar(-2)}}, {slice})[0]), ElementsAre(2));
}

TEST_F(Slices, TheLastElementByATensorIndex) {
  const Expr i = op::Placeholder(t_.root, DType::kInt32, {});
  const Expr slice = x_[{0, 0, i}];
  EXPECT_THAT(Numbers(t_.Run({{i, Tensor::Scalar(-1)}}, {slice})[0]), ElementsAre(3));
}

TEST_F(Slices, OfUnknownSize) {
  const Expr x = op::Placeholder(t_.root, DType::kInt32, Shape::Parse("[?]"));
  const Tensor value = Tensor::Vector<int32_t>({5, 6, 7});
  const auto got = t_.Run({{x, value}}, {x[{-1}], x[{Range{1}}], x[{Range{0, -1}}]});
  EXPECT_THAT(Numbers(got[0]), ElementsAre(7));
  EXPECT_THAT(Numbers(got[1]), ElementsAre(6, 7));
  EXPECT_THAT(Numbers(got[2]), ElementsAre(5, 6));
}

TEST_F(Slices, IndicesAreInt32) {
  EXPECT_THAT(Caught([&] { x_[{op::Const(t_.root, 1.0f)}]; }).message(), HasSubstr("int32"));
}

// --- scopes

TEST(Scopes, NameScopesNestAndAreMadeUnique) {
  TestGraph t;
  const Scope a = t.root.NameScope("a");
  EXPECT_EQ(op::NoOp(a.NameScope("b")).node_name(), "a/b/NoOp");
  EXPECT_EQ(op::NoOp(t.root.NameScope("a")).node_name(), "a_1/NoOp");
  EXPECT_EQ(op::NoOp(t.root.NameScope("a/")).node_name(), "a/NoOp") << "entered again";
  EXPECT_EQ(op::NoOp(a.WithName("n")).node_name(), "a/n");
  EXPECT_EQ(op::NoOp(a.WithName("n")).node_name(), "a/n_1");
  EXPECT_EQ(t.root.name_scope(), "");
}

TEST(Scopes, ControlDependenciesAddUp) {
  TestGraph t;
  const Expr a = op::NoOp(t.root), b = op::NoOp(t.root);
  const Scope outer = t.root.WithControlDependencies({b});
  const auto controls = [&](Expr e) { return t.meta.graph.node(e.node()).control_inputs; };
  EXPECT_THAT(controls(op::NoOp(outer.WithControlDependencies({a, b}))),
              ElementsAre(a.node(), b.node()));
  EXPECT_THAT(controls(op::NoOp(outer)), ElementsAre(b.node()));
  EXPECT_THAT(controls(op::NoOp(outer.WithoutControlDependencies())), ElementsAre());
  EXPECT_THAT(controls(t.root.Group({b, a})), ElementsAre(a.node(), b.node()));
}

TEST(Scopes, AttributesAndDevicesGoToEveryNode) {
  TestGraph t;
  const Scope s = t.root.WithAttr("_class", std::string("c")).WithDevice("/cpu:0");
  const Expr x = op::Const(s.NameScope("inner"), 1.0f);
  EXPECT_EQ(Attr<std::string>(t.meta.graph, x.node(), "_class"), "c");
  EXPECT_EQ(t.meta.graph.node(x.node()).device, "/cpu:0");
  EXPECT_FALSE(t.meta.graph.node(op::NoOp(t.root).node()).attrs.contains("_class"));
}

TEST(Scopes, AnExprOfAnotherGraphIsRefused) {
  TestGraph t, other;
  const Expr x = op::Const(other.root, 1.0f);
  EXPECT_THAT(Caught([&] { op::Neg(t.root, x); }).message(), HasSubstr("belongs to another graph"));
}

TEST(Scopes, AVariablesNodes) {
  TestGraph t;
  const Variable v = t.root.VariableScope("model").GetVariable(
      "w", {2, 3}, {.initializer = [](const Scope& s, const Shape& shape, DType dtype) {
        return op::Const(s.WithName("zeros"), Tensor::Zeros(dtype, shape));
      }});
  EXPECT_THAT(t.meta.graph.NodeNames(),
              testing::UnorderedElementsAre("model/w", "model/w/Initializer/zeros",
                                            "model/w/Assign", "model/w/read"));
  EXPECT_EQ(v.value.name(), "model/w/read:0");
  EXPECT_EQ(v.initializer.name(), "model/w/Assign");
}

// --- seeds: TensorFlow's get_seed (framework/random_seed.py)

TEST(Seeds, NeitherSetIsLeftToTheSession) { EXPECT_EQ(TestGraph().root.Seeds({}), Seed(0, 0)); }

TEST(Seeds, AnOpsSeedAloneGetsTheDefaultGraphSeed) {
  EXPECT_EQ(TestGraph().root.Seeds(42), Seed(87654321, 42));
}

TEST(Seeds, AGraphSeedAloneCountsTheNodes) {
  TestGraph t;
  t.root.SetRandomSeed(7);
  EXPECT_EQ(t.root.Seeds({}), Seed(7, 0));
  op::NoOp(t.root);
  op::NoOp(t.root);
  EXPECT_EQ(t.root.NameScope("a").Seeds({}), Seed(7, 2));
}

TEST(Seeds, BothSet) {
  TestGraph t;
  t.root.SetRandomSeed(7);
  EXPECT_EQ(t.root.Seeds(42), Seed(7, 42));
}

TEST(Seeds, AreTakenModuloTheLargestInt32AndNeverBothZero) {
  TestGraph t;
  t.root.SetRandomSeed(2147483647);
  EXPECT_EQ(t.root.Seeds(0), Seed(0, 2147483647));
  EXPECT_EQ(t.root.Seeds(2147483650), Seed(0, 3));
  EXPECT_EQ(t.root.Seeds(-1), Seed(0, 2147483646)) << "as Python's %";
}

}  // namespace
}  // namespace graphrun
