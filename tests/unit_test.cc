// Unit: functions callees first, uses, and edits that keep them.
#include "core/graph/unit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "core/graph/function_attr.h"
#include "tests/test_graph.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// y = Sin(x) * Sin(x) + x, results {y, y}.
struct Small {
  Small() : f("main", Graph(&TestOps())) {
    x = f.AddArg("x", {.dtype = DType::kFloat, .shape = {3}});
    a = {f.graph.AddNode("Sin", "a", {x}), 0};
    b = {f.graph.AddNode("Sin", "b", {x}), 0};
    m = {f.graph.AddNode("Mul", "m", {a, b}), 0};
    y = {f.graph.AddNode("AddV2", "y", {m, x}), 0};
    f.results = {y, y};
  }
  Function f;
  Output x, a, b, m, y;
};

TEST(Unit, UsesAreInputsInOrderThenResults) {
  Small s;
  Unit unit(&s.f);
  EXPECT_THAT(unit.UsesOf(s.f, s.x),
              ElementsAre(Use{s.a.node, 0}, Use{s.b.node, 0}, Use{s.y.node, 1}));
  EXPECT_THAT(unit.UsesOf(s.f, s.y), ElementsAre(Use{kNoNode, 0}, Use{kNoNode, 1}));
}

TEST(Unit, ReplacingUsesMovesThem) {
  Small s;
  Unit unit(&s.f);
  EXPECT_FALSE(unit.changed());
  unit.ReplaceUses(s.f, s.b, s.a);
  EXPECT_TRUE(unit.changed());
  EXPECT_THAT(unit.UsesOf(s.f, s.b), IsEmpty());
  EXPECT_THAT(unit.UsesOf(s.f, s.a), ElementsAre(Use{s.m.node, 0}, Use{s.m.node, 1}));
  EXPECT_EQ(s.f.graph.node(s.m.node).inputs, (std::vector{s.a, s.a}));
  unit.ReplaceUses(s.f, s.y, s.m);
  EXPECT_EQ(s.f.results, (std::vector{s.m, s.m}));
  EXPECT_THAT(unit.UsesOf(s.f, s.m),
              ElementsAre(Use{s.y.node, 0}, Use{kNoNode, 0}, Use{kNoNode, 1}));
  EXPECT_NO_THROW(Verify(s.f));
}

TEST(Unit, ReplacingWhatNobodyUsesChangesNothing) {
  Small s;
  const Output c = s.f.graph.AddConst("c", Tensor::Scalar(1.0f));
  Unit unit(&s.f);
  unit.ReplaceUses(s.f, c, s.x);
  EXPECT_FALSE(unit.changed());
}

TEST(Unit, UsesAreFoundAgainAfterOtherEdits) {
  Small s;
  Unit unit(&s.f);
  unit.UsesOf(s.f, s.x);
  const Output c = {s.f.graph.AddNode("Cos", "c", {s.x}), 0};
  EXPECT_THAT(unit.UsesOf(s.f, s.x), testing::Contains(Use{c.node, 0})) << "a node more";
  s.f.graph.SetInput(c.node, 0, s.a);
  unit.Touch(s.f);
  EXPECT_THAT(unit.UsesOf(s.f, s.x), testing::Not(testing::Contains(Use{c.node, 0})));
}

using Exprs = std::vector<Expr>;
using Vars = std::span<const Expr>;

// A loop in a branch of a cond, in a function of its own.
std::unique_ptr<Function> Nested(const TestGraph& t) {
  const Expr p = op::Placeholder(t.root, DType::kBool, {});
  const Expr x = op::Placeholder(t.root, DType::kFloat, {2});
  const Expr y = Cond(
      t.root, p,
      [&](const Scope& s) {
        return Exprs{WhileLoop(
            s, [](const Scope&, Vars v) { return v[0] < 3; },
            [](const Scope& in, Vars v) {
              return Exprs{v[0] + 1, op::Sin(in, v[1])};
            },
            {op::Const(s, 0), x})[1]};
      },
      [&](const Scope&) { return Exprs{x}; })[0];
  auto f = std::make_unique<Function>("main", t.meta.graph);
  const Output a = f->AddArg("p", p.type()), b = f->AddArg("x", x.type());
  const Node& node = t.meta.graph.node(y.output().node);
  f->results = {{f->graph.AddNode(node.op->name, "if", {a, b}, node.attrs), 0}};
  return f;
}

TEST(Unit, FunctionsComeAfterThoseTheyCall) {
  const TestGraph t;
  const auto f = Nested(t);
  const Unit unit(f.get());
  const auto& all = unit.functions();
  ASSERT_EQ(all.size(), 5u);  // cond, body, two branches, main
  EXPECT_EQ(all.back(), f.get());
  for (size_t i = 0; i < all.size(); ++i) {
    for (const std::string& name : CalledFunctions(*all[i])) {
      const auto at =
          std::find_if(all.begin(), all.end(), [&](const Function* g) { return g->name == name; });
      EXPECT_LT(at - all.begin(), static_cast<long>(i)) << name << " of " << all[i]->name;
    }
  }
}

TEST(AddCaptures, ParametersInEveryRegionAndHandedOnByLoops) {
  TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kFloat, {2}),
             more = op::Placeholder(t.root, DType::kFloat, {3, 2});
  const Expr y = WhileLoop(
      t.root, [](const Scope&, Vars v) { return v[0] < 3; },
      [](const Scope& s, Vars v) {
        return Exprs{v[0] + 1, op::Sin(s, v[1])};
      },
      {op::Const(t.root, 0), x})[1];
  Graph& g = t.meta.graph;
  const NodeId loop = y.output().node;
  const size_t before = g.node(loop).inputs.size();
  const auto parameters = AddCaptures(g, loop, {more.output()});
  t.Verify();
  ASSERT_EQ(parameters.size(), 2u);
  EXPECT_EQ(g.node(loop).inputs.size(), before + 1);
  const Function& body = RegionFunction(g, g.node(loop), 1);
  EXPECT_EQ(body.results.back(), parameters[1][0]);
  EXPECT_EQ(body.graph.shape(parameters[1][0]), Shape({3, 2}));
  const Tensor at = Tensor::Vector<float>({0.5f, 1});
  EXPECT_EQ(t.Run({{x, at}, {more, Tensor::Zeros(DType::kFloat, {3, 2})}}, {y})[0].shape(),
            Shape({2}));
}

}  // namespace
}  // namespace graphrun
