// Verify: one broken graph for each numbered invariant of core/graph/graph.h.
#include "core/graph/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/autodiff/gradients.h"
#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "tests/test_graph.h"
#include "tests/test_values.h"

namespace graphrun {
namespace {

using testing::HasSubstr;

// x: float32[2,3]; y = tanh(x) * 2; a loop over y, and its gradient.
class VerifyTest : public testing::Test {
 protected:
  VerifyTest() {
    x_ = op::Placeholder(t_.root.WithName("x"), DType::kFloat, {2, 3});
    y_ = op::Tanh(t_.root.WithName("y"), x_);
    const auto loop = WhileLoop(
        t_.root, [](const Scope&, std::span<const Expr> v) { return v[0] < 3; },
        [&](const Scope& s, std::span<const Expr> v) {
          return std::vector<Expr>{v[0] + 1, op::Sigmoid(s, v[1] * x_)};
        },
        {op::Const(t_.root, 0), y_});
    Gradients(t_.root, {loop[1]}, {x_});
    const Node& node = graph().node(graph().Find("while"));
    body_name_ = std::get<FuncRef>(node.attrs.at("body")).name;
    body_ = &graph().library()->Get(body_name_);
  }
  Graph& graph() { return t_.meta.graph; }
  void ExpectBroken(int invariant, const std::string& node) {
    const Error e = Caught([&] { Verify(graph()); });
    EXPECT_EQ(e.code(), Code::kInternal);
    EXPECT_THAT(e.message(), HasSubstr("graph invariant " + std::to_string(invariant) + ":"));
    EXPECT_THAT(e.message(), HasSubstr("'" + node + "'"));
  }

  TestGraph t_;
  Expr x_, y_;
  std::string body_name_;
  Function* body_;
};

TEST_F(VerifyTest, AnIntactGraphPasses) { EXPECT_NO_THROW(Verify(graph())); }

TEST_F(VerifyTest, PrintsTheNodesAroundTheBrokenOne) {
  graph().SetInput(y_.node(), 0, {y_.node(), 1});
  const Error e = Caught([&] { Verify(graph()); });
  EXPECT_THAT(e.what(), HasSubstr("\n  > y: float32[2,3] = Tanh("));
  EXPECT_THAT(e.what(), HasSubstr("\n    x: float32[2,3] = Placeholder("));
}

TEST_F(VerifyTest, SaysWhichFunctionIsBroken) {
  body_->graph.SetInput(body_->results[0].node, 0, {999, 0});
  EXPECT_THAT(Caught([&] { Verify(graph()); }).what(),
              HasSubstr("in function '" + body_name_ + "'"));
}

// Invariant 1 has no mutator that breaks it: ids are given by the graph alone.

TEST_F(VerifyTest, Invariant2NamesAreNotEmpty) {
  graph().SetName(y_.node(), "");
  ExpectBroken(2, "");
}

TEST_F(VerifyTest, Invariant2NamesAreUnique) {
  EXPECT_THAT(Caught([&] { graph().AddNodeNamed("NoOp", "y", {}); }).message(),
              HasSubstr("graph invariant 2"));
}

TEST_F(VerifyTest, Invariant3InputsAreNodes) {
  graph().SetInput(y_.node(), 0, {graph().num_ids(), 0});
  ExpectBroken(3, "y");
}

TEST_F(VerifyTest, Invariant3InputsAreOutputsOfTheirNode) {
  graph().SetInput(y_.node(), 0, {x_.node(), 1});
  ExpectBroken(3, "y");
}

TEST_F(VerifyTest, Invariant3InputsAreNotRemoved) {
  const NodeId gone = graph().AddNode("Neg", "gone", {x_.output()});
  graph().SetInput(y_.node(), 0, {gone, 0});
  graph().RemoveNode(gone);
  ExpectBroken(3, "y");
}

TEST_F(VerifyTest, Invariant3ControlInputsAreNodes) {
  graph().AddControlInput(y_.node(), graph().num_ids());
  ExpectBroken(3, "y");
}

TEST_F(VerifyTest, Invariant3NewNodesNeedExistingInputs) {
  EXPECT_THAT(Caught([&] {
                graph().AddNode("Neg", "n", {{x_.node(), 1}});
              }).message(),
              HasSubstr("graph invariant 3"));
}

TEST_F(VerifyTest, Invariant4InputTypes) {
  const Expr i = op::Placeholder(t_.root, DType::kInt32, {2, 3});
  graph().SetInput(y_.node(), 0, i.output());
  ExpectBroken(4, "y");
}

TEST_F(VerifyTest, Invariant4NumberOfInputs) {
  const Expr pack = op::Pack(t_.root.WithName("pack"), {x_, y_});
  graph().SetAttr(pack.node(), "N", int64_t{3});
  ExpectBroken(4, "pack");
}

TEST_F(VerifyTest, Invariant5DataEdges) {
  const Expr z = op::Neg(t_.root.WithName("z"), y_);
  graph().SetInput(y_.node(), 0, z.output());
  const Error e = Caught([&] { Verify(graph()); });
  EXPECT_THAT(e.message(), HasSubstr("graph invariant 5:"));
  EXPECT_THAT(e.message(), testing::AnyOf(HasSubstr("'y'"), HasSubstr("'z'")));
}

TEST_F(VerifyTest, Invariant5ControlEdges) {
  graph().AddControlInput(x_.node(), y_.node());
  const Error e = Caught([&] { Verify(graph()); });
  EXPECT_THAT(e.message(), HasSubstr("graph invariant 5:"));
  EXPECT_THAT(e.message(), testing::AnyOf(HasSubstr("'x'"), HasSubstr("'y'")));
}

TEST_F(VerifyTest, Invariant6AnAttributeOfAnotherKindIsRefusedAtOnce) {
  const NodeId p = op::MatMul(t_.root, x_, y_, false, true).node();
  for (const char* attr : {"T", "transpose_b"}) {
    const Error e = Caught([&] { graph().SetAttr(p, attr, std::string("yes")); });
    EXPECT_THAT(e.message(), HasSubstr("graph invariant 6"));
  }
  EXPECT_NO_THROW(Verify(graph()));
}

TEST_F(VerifyTest, Invariant7FunctionsExist) {
  graph().library()->Remove(body_name_);
  ExpectBroken(7, "while");
}

TEST_F(VerifyTest, Invariant7ParametersFit) {
  body_->AddArg("more", {.dtype = DType::kFloat});
  ExpectBroken(7, "while");
}

TEST_F(VerifyTest, Invariant7ResultsFit) {
  body_->results.pop_back();
  ExpectBroken(7, "while");
}

TEST_F(VerifyTest, Invariant7ResultTypesFit) {
  body_->results[2] = body_->results[3];
  ExpectBroken(7, "while");
}

TEST_F(VerifyTest, Invariant8MainGraphsHaveNoParameters) {
  graph().AddNode("_Arg", "arg", {}, {{"T", DType::kFloat}, {"index", int64_t{0}}});
  ExpectBroken(8, "arg");
}

TEST_F(VerifyTest, Invariant8ParametersAreNumberedOnce) {
  body_->graph.SetAttr(body_->args[1], "index", int64_t{0});
  ExpectBroken(8, body_->graph.node(body_->args[1]).name);
}

TEST_F(VerifyTest, Invariant8ResultsExist) {
  auto broken = std::make_unique<Function>("broken", graph());
  broken->results.push_back({3, 0});
  graph().library()->Add(std::move(broken));
  ExpectBroken(8, "broken");
}

TEST_F(VerifyTest, Invariant8ControlResultsExist) {
  auto broken = std::make_unique<Function>("broken", graph());
  broken->control_results.push_back(3);
  graph().library()->Add(std::move(broken));
  ExpectBroken(8, "broken");
}

TEST_F(VerifyTest, Invariant9TypesAgreeWithTheShapeFunction) {
  graph().SetType(y_.output(), {.dtype = DType::kFloat, .shape = {2, 4}});
  ExpectBroken(9, "y");
}

TEST_F(VerifyTest, Invariant9InputsAreAccepted) {
  const Expr p = op::MatMul(t_.root.WithName("p"), x_, y_, false, true);
  graph().SetAttr(p.node(), "transpose_b", false);
  ExpectBroken(9, "p");
}

TEST_F(VerifyTest, Invariant9TypesMayBeMoreSpecial) {
  const Expr u = op::Placeholder(t_.root, DType::kFloat, Shape::Parse("[?,3]"));
  const Expr v = op::Neg(t_.root, u);
  graph().SetType(v.output(), {.dtype = DType::kFloat, .shape = {5, 3}});
  EXPECT_NO_THROW(Verify(graph()));
}

TEST_F(VerifyTest, Invariant9TypesAreNotMoreGeneral) {
  graph().SetType(y_.output(), {.dtype = DType::kFloat, .shape = Shape::Unknown()});
  ExpectBroken(9, "y");
}

TEST_F(VerifyTest, AFunctionIsCheckedWithThoseItCalls) {
  Function main("main", graph());
  EXPECT_NO_THROW(Verify(main));
  Cond(
      t_.root, op::Placeholder(t_.root, DType::kBool, {}),
      [&](const Scope& s) {
        return WhileLoop(
            s, [](const Scope&, std::span<const Expr> v) { return v[0] < 3; },
            [](const Scope&, std::span<const Expr> v) { return std::vector<Expr>{v[0] + 1}; },
            {op::Const(s, 0)});
      },
      [](const Scope& s) { return std::vector<Expr>{op::Const(s, 1)}; });
  const Function& then = graph().library()->Get("cond/then");
  EXPECT_NO_THROW(Verify(then));
  Function& inner = graph().library()->Get("cond/then/while/body");
  inner.graph.SetInput(inner.results[2].node, 0, {999, 0});
  EXPECT_THAT(Caught([&] { Verify(then); }).what(),
              HasSubstr("in function 'cond/then/while/body'"));
}

}  // namespace
}  // namespace graphrun
