// Every op has a row in the op table, and every row an op.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/gradient_rule.h"
#include "ops/register_all.h"
#include "tests/op_cases.h"

namespace graphrun::test {
namespace {

// Ops without values of their own, which other tests cover.
const std::set<std::string>& Elsewhere() {
  static const std::set<std::string> kOps = {
      "Const",
      "Placeholder",
      "NoOp",
      "_Arg",  // session_test
      "While",
      "StatelessWhile",
      "If",
      "StatelessIf",  // control flow tests
      "PartitionedCall",
      "StatefulPartitionedCall",  // function tests
      "PreventGradient",          // pass_through_test
      "_Unavailable",             // import_test
      "_CountedLoop",             // loop_passes_test
      "_PackMatrix",
      "_PackedMatMul",  // pack_weights_test
  };
  return kOps;
}

// Gradients with respect to a variable's handle, which is no input of a row.
const std::set<std::string>& OfHandles() {
  static const std::set<std::string> kOps = {"ReadVariableOp", "ResourceGather"};
  return kOps;  // gradient_refusal_test
}

// Ops through which no gradient flows although they take and give real numbers: their derivative is
// zero wherever it exists.
const std::set<std::string>& Flat() {
  static const std::set<std::string> kOps = {"Ceil", "Floor", "FloorDiv", "Rint", "Round", "Sign"};
  return kOps;
}

TEST(OpCoverage, EveryOpHasARow) {
  std::set<std::string> rows;
  for (const OpCase& c : AllOpCases().cases) rows.insert(c.op);
  const OpRegistry registry = AllOps();
  for (const auto& [name, def] : registry.ops()) {
    EXPECT_EQ(rows.contains(name), !Elsewhere().contains(name)) << name;
  }
}

TEST(OpCoverage, EveryGradientHasARow) {
  std::set<std::string> checked;
  for (const OpCase& c : AllOpCases().cases) {
    if (!c.grad.empty()) checked.insert(c.op);
  }
  const OpRegistry registry = AllOps();
  for (const auto& [name, def] : registry.ops()) {
    if (!def.grad || Elsewhere().contains(name) || Flat().contains(name) ||
        OfHandles().contains(name))
      continue;
    EXPECT_TRUE(checked.contains(name)) << name << " has a gradient that no row checks";
  }
}

TEST(OpCoverage, EveryRowHasAnOp) {
  const OpRegistry registry = AllOps();
  for (const OpCase& c : AllOpCases().cases) EXPECT_NE(registry.Find(c.op), nullptr) << c.op;
  for (const ShapeCase& c : AllOpCases().shapes) EXPECT_NE(registry.Find(c.op), nullptr) << c.op;
  for (const ErrorCase& c : AllOpCases().errors) EXPECT_NE(registry.Find(c.op), nullptr) << c.op;
}

TEST(OpCoverage, EveryRowSaysWhatIsExpected) {
  for (const OpCase& c : AllOpCases().cases) {
    EXPECT_EQ((c.reference ? 1 : 0) + (c.expected.empty() ? 0 : 1) + (c.check ? 1 : 0), 1)
        << CaseName(c);
  }
}

// One without a gradient function that is not in the table is refused in TensorFlow too, or takes
// or gives no real numbers.
TEST(OpCoverage, WhatTensorFlowDeclaresNotDifferentiableIsSoHere) {
  const OpRegistry registry = AllOps();
  int declared = 0;
  for (const auto& [name, def] : registry.ops()) {
    EXPECT_EQ(def.not_differentiable, NotDifferentiableInTensorFlow(name)) << name;
    EXPECT_FALSE(def.not_differentiable && def.grad) << name;
    declared += def.not_differentiable;
  }
  EXPECT_GT(declared, 40);
}

TEST(OpCoverage, NoGradientFlowsThroughFlatOps) {
  const OpRegistry registry = AllOps();
  for (const std::string& name : Flat()) {
    MetaGraph meta(&registry);
    const Scope scope = Scope::Root(meta);
    const Expr x = op::Placeholder(scope, DType::kDouble, {2, 3});
    const Expr y = scope.Add(name, std::vector<Expr>(registry.Get(name).inputs.size(), x));
    const Grad grad = Gradients(scope, {y}, {x})[0];
    if (grad.none()) continue;
    EXPECT_EQ(meta.graph.node(grad.dense.node()).op->name, "ZerosLike") << name;
  }
}

}  // namespace
}  // namespace graphrun::test
