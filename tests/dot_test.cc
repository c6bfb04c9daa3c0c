// Pictures of graphs: their text, and how they fold.
#include "core/io/dot.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "core/io/scope_tree.h"
#include "ops/register_all.h"

namespace graphrun {
namespace {

const OpRegistry& Registry() {
  static const OpRegistry registry = AllOps();
  return registry;
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A stack of n equal layers, each a name scope with a product and a tanh.
Expr Layers(const Scope& root, Expr x, int n) {
  for (int i = 0; i < n; ++i) {
    const Scope s = root.NameScope("layer_" + std::to_string(i));
    x = op::Tanh(s, op::MatMul(s, x, op::Placeholder(s.WithName("w"), DType::kFloat, {4, 4})));
  }
  return x;
}

TEST(Dot, TextOfASmallGraph) {
  MetaGraph meta(&Registry());
  const Scope root = Scope::Root(meta);
  const Expr x = op::Placeholder(root.WithName("x"), DType::kInt32, {2, -1});
  const Expr y = op::AddV2(root.WithName("sum"), x, x);
  op::NoOp(root.WithName("done").WithControlDependencies({y}));
  const std::string dot = ToDot(meta.graph);
  EXPECT_EQ(
      dot.substr(dot.find("  n1 ")),
      "  n1 [label=\"x\\nPlaceholder\\nint32[2,?]\", tooltip=\"x\", shape=invhouse, "
      "fillcolor=\"#c9e7c1\"];\n"
      "  n2 [label=\"sum\\nAddV2\\nint32[2,?]\", tooltip=\"sum\", shape=box, fillcolor=white];\n"
      "  n3 [label=\"done\\nNoOp\", tooltip=\"done\", shape=box, fillcolor=white];\n"
      "  n1 -> n2;\n"
      "  n2 -> n3 [style=dashed];\n"
      "}\n");
}

TEST(Dot, FoldsEqualLayersIntoOne) {
  MetaGraph meta(&Registry());
  const Scope root = Scope::Root(meta);
  Layers(root, op::Placeholder(root.WithName("x"), DType::kFloat, {2, 4}), 3);
  const ScopeTree tree(meta.graph, true);
  ASSERT_EQ(tree.items()[0].children.size(), 2u);
  const ScopeItem& layer = tree.items()[tree.items()[0].children[1]];
  EXPECT_EQ(layer.name, "layer_0");
  EXPECT_EQ(layer.repeats, 3);
  EXPECT_EQ(layer.size, 9);
  EXPECT_TRUE(Has(ToDot(meta.graph, {.depth = 0}), "layer_0 \u00d73\\n9 nodes"));
  EXPECT_TRUE(Has(ToDot(meta.graph, {.depth = 1}), "label=\"layer_0 \u00d73\""));
  EXPECT_TRUE(Has(ToDot(meta.graph, {.expand = true}), "layer_2/Tanh"));
}

TEST(Dot, LayersOfOtherStructureStayApart) {
  MetaGraph meta(&Registry());
  const Scope root = Scope::Root(meta);
  const Expr x = Layers(root, op::Placeholder(root.WithName("x"), DType::kFloat, {2, 4}), 2);
  const Scope other = root.NameScope("layer_2");
  op::Sigmoid(other, op::Tanh(other, x));
  EXPECT_TRUE(Has(ToDot(meta.graph, {.depth = 0}), "layer_0 \u00d72"));
  EXPECT_TRUE(Has(ToDot(meta.graph, {.depth = 0}), "layer_2\\n2 nodes"));
}

TEST(Dot, FoldsTimeStepsWithoutScopes) {
  MetaGraph meta(&Registry());
  const Scope root = Scope::Root(meta);
  Expr h = op::Placeholder(root.WithName("x"), DType::kFloat, {4, 4});
  const Expr w = op::Placeholder(root.WithName("w"), DType::kFloat, {4, 4});
  for (int t = 0; t < 20; ++t) h = op::Tanh(root, op::MatMul(root, h, w));
  const std::string dot = ToDot(meta.graph);
  EXPECT_TRUE(Has(dot, "MatMul_1 \u00d719")) << dot;
  EXPECT_TRUE(Has(dot, "Tanh \u00d719")) << dot;
}

TEST(Dot, NumbersAreLeftOutOfNames) {
  EXPECT_EQ(WithoutNumbers("cell_12"), "cell");
  EXPECT_EQ(WithoutNumbers("MatMul_1_grad/Sum_3"), "MatMul_grad/Sum");
  EXPECT_EQ(WithoutNumbers("conv2d"), "conv2d");
  EXPECT_EQ(WithoutNumbers("a_1b"), "a_1b");
  EXPECT_EQ(WithoutNumbers("_"), "_");
}

TEST(Dot, LoopBodyIsAFrameWithTheWayBack) {
  MetaGraph meta(&Registry());
  const Scope root = Scope::Root(meta);
  const Expr x = op::Placeholder(root.WithName("x"), DType::kFloat, {2, 4});
  WhileLoop(
      root, [](const Scope&, std::span<const Expr> v) { return v[0] < 3; },
      [](const Scope& s, std::span<const Expr> v) {
        return std::vector<Expr>{v[0] + 1, op::Tanh(s, v[1])};
      },
      {op::Const(root, int32_t{0}), x});
  const std::string dot = ToDot(meta.graph);
  EXPECT_TRUE(Has(dot, "body while/body"));
  EXPECT_TRUE(Has(dot, "constraint=false"));
  EXPECT_TRUE(Has(dot, "lhead=cluster_f0"));
  EXPECT_FALSE(Has(dot, "cond while/cond"));
  EXPECT_TRUE(Has(ToDot(meta.graph, {.expand = true}), "cond while/cond"));
}

TEST(Dot, ManyNodesStayReadable) {
  MetaGraph meta(&Registry());
  const Scope root = Scope::Root(meta);
  Expr x = op::Placeholder(root.WithName("x"), DType::kFloat, {2, 4});
  for (int i = 0; i < 40; ++i) x = Layers(root.NameScope("block"), x, 40);
  ASSERT_GT(meta.graph.num_nodes(), 4800);
  const std::string dot = ToDot(meta.graph);
  EXPECT_LT(dot.size(), 8000u);
  EXPECT_TRUE(Has(dot, "block \u00d740"));
  EXPECT_TRUE(Has(dot, "layer_0 \u00d740"));
}

TEST(Dot, OneScopeWithItsNeighbours) {
  MetaGraph meta(&Registry());
  const Scope root = Scope::Root(meta);
  const Expr x = op::Placeholder(root.NameScope("input").WithName("x"), DType::kFloat, {2, 4});
  const Expr y = Layers(root.NameScope("net"), x, 1);
  op::Square(root.NameScope("loss"), y);
  op::Square(root.NameScope("other"), x);
  const std::string dot = ToDot(meta.graph, {.scope = "net"});
  EXPECT_TRUE(Has(dot, "MatMul"));
  EXPECT_TRUE(Has(dot, "label=\"input/x"));
  EXPECT_TRUE(Has(dot, "label=\"loss/Square"));
  EXPECT_FALSE(Has(dot, "other"));
  try {
    ToDot(meta.graph, {.scope = "nett"});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kNotFound);
    EXPECT_TRUE(Has(e.message(), "'net")) << e.message();
  }
}

}  // namespace
}  // namespace graphrun
