// The graph: names, attributes, errors, changes, values known before the run, printing.
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

}  // namespace
}  // namespace graphrun
