// Variables of sessions, and the order of their reads and writes in one run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/build/control_flow.h"
#include "tests/session_fixture.h"
#include "tests/test_values.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SessionVariablesTest : public SessionTest {};
INSTANTIATE_TEST_SUITE_P(Mode, SessionVariablesTest, testing::Bool(),
                         [](const auto& p) { return p.param ? "Interpreted" : "Planned"; });

// --- variables

TEST_P(SessionVariablesTest, AVariableWithoutAValue) {
  const Variable v = NewVariable("model/v", 1);
  const Error e = Caught([&] { Run({}, {v + 1}); });
  EXPECT_EQ(e.code(), Code::kFailedPrecondition);
  EXPECT_THAT(e.message(), HasSubstr("model/v"));
}

TEST_P(SessionVariablesTest, VariablesAreTheSessionsOwn) {
  const Variable v = NewVariable("v", 1);
  Session a(graph(), options()), b(graph(), options());
  a.Run({}, {}, {v.initializer});
  EXPECT_EQ(a.Run({}, {v.value})[0].scalar<float>(), 1);
  EXPECT_EQ(Caught([&] { b.Run({}, {v.value}); }).code(), Code::kFailedPrecondition);
}

TEST_P(SessionVariablesTest, SetVariableAndVariableValue) {
  const Variable v = t_.root.GetVariable("w", {2});
  Session session(graph(), options());
  EXPECT_EQ(Caught([&] { session.VariableValue("w"); }).code(), Code::kFailedPrecondition);
  session.SetVariable("w", Tensor::Vector<float>({3, 4}));
  EXPECT_THAT(Numbers(session.VariableValue("w")), ElementsAre(3, 4));
  EXPECT_THAT(Numbers(session.Run({}, {v + 1})[0]), ElementsAre(4, 5));
}

TEST_P(SessionVariablesTest, SetVariableCopiesItsValue) {
  const Variable v = t_.root.GetVariable("w", {2});
  Tensor value = Tensor::Vector<float>({3, 4});
  Session session(graph(), options());
  session.SetVariable("w", value);
  value.data<float>()[0] = 100;
  EXPECT_THAT(Numbers(session.VariableValue("w")), ElementsAre(3, 4));
}

TEST_P(SessionVariablesTest, SetVariableRefusesWhatDoesNotFit) {
  t_.root.GetVariable("weights", {2});
  Session session(graph(), options());
  const auto code = [&](const char* name, Tensor value) {
    return Caught([&] { session.SetVariable(name, value); }).code();
  };
  EXPECT_EQ(code("weights", Tensor::Zeros(DType::kFloat, {3})), Code::kInvalidArgument);
  EXPECT_EQ(code("weights", Tensor::Zeros(DType::kDouble, {2})), Code::kInvalidArgument);
  EXPECT_EQ(code("weight", Tensor::Zeros(DType::kFloat, {2})), Code::kNotFound);
  EXPECT_THAT(Caught([&] { session.VariableValue("weight"); }).message(),
              HasSubstr("did you mean 'weights'"));
}

// --- the order of reads and writes in one run

TEST_P(SessionVariablesTest, ReadsComeBeforeWrites) {
  const Variable v = NewVariable("v", 1);
  const Expr add = op::AssignAddVariable(root(), v.handle, op::Const(root(), 10.0f));
  // Made after the write, and late in the graph.
  const Expr read = op::ReadVariable(root(), v.handle);
  const Expr late = op::ReadVariable(root(), v.handle) * 2;
  Session session(graph(), options());
  session.Run({}, {}, {v.initializer});
  const auto got = session.Run({}, {read, late}, {add});
  EXPECT_EQ(got[0].scalar<float>(), 1);
  EXPECT_EQ(got[1].scalar<float>(), 2);
  EXPECT_EQ(session.VariableValue("v").scalar<float>(), 11);
}

TEST_P(SessionVariablesTest, AReadWithAControlDependencySeesTheWrite) {
  const Variable v = NewVariable("v", 1);
  const Expr add = op::AssignAddVariable(root(), v.handle, op::Const(root(), 10.0f));
  const Expr after = op::ReadVariable(root().WithControlDependencies({add}), v.handle);
  Session session(graph(), options());
  session.Run({}, {}, {v.initializer});
  const auto got = session.Run({}, {v.value, after});
  EXPECT_EQ(got[0].scalar<float>(), 1);
  EXPECT_EQ(got[1].scalar<float>(), 11);
}

TEST_P(SessionVariablesTest, WhatWasReadStaysWhenTheVariableIsWritten) {
  const Variable v = NewVariable("v", 1);
  const Expr old = op::Identity(root(), v.value);
  const Expr add = op::AssignAddVariable(root(), v.handle, op::Const(root(), 10.0f));
  const Expr after = op::Identity(root().WithControlDependencies({add}), old);
  Session session(graph(), options());
  session.Run({}, {}, {v.initializer});
  EXPECT_EQ(session.Run({}, {after})[0].scalar<float>(), 1);
}

TEST_P(SessionVariablesTest, WritesThatNothingOrdersRunInTheOrderOfNodes) {
  const Variable v = NewVariable("v", 1);
  const Expr set = op::AssignVariable(root(), v.handle, op::Const(root(), 5.0f));
  const Expr add = op::AssignAddVariable(root(), v.handle, op::Const(root(), 10.0f));
  Session session(graph(), options());
  session.Run({}, {}, {add, set});
  EXPECT_EQ(session.VariableValue("v").scalar<float>(), 15);
}

TEST_P(SessionVariablesTest, ControlEdgesOrderWritesAgainstTheOrderOfNodes) {
  const Variable v = NewVariable("v", 1);
  const Expr add = op::AssignAddVariable(root(), v.handle, op::Const(root(), 10.0f));
  const Expr set = op::AssignVariable(root(), v.handle, op::Const(root(), 5.0f));
  t_.meta.graph.AddControlInput(add.node(), set.node());
  Session session(graph(), options());
  session.Run({}, {}, {add});
  EXPECT_EQ(session.VariableValue("v").scalar<float>(), 15);
}

TEST_P(SessionVariablesTest, AControlDependencyThroughAPureNodeHolds) {
  const Variable v = NewVariable("v", 1);
  const Expr add = op::AssignAddVariable(root(), v.handle, op::Const(root(), 10.0f));
  const Expr pure = op::Const(root().WithControlDependencies({add}), 0.0f) + 1;
  const Expr after = op::ReadVariable(root().WithControlDependencies({pure}), v.handle);
  Session session(graph(), options());
  session.Run({}, {}, {v.initializer});
  EXPECT_EQ(session.Run({}, {after})[0].scalar<float>(), 11);
}

TEST_P(SessionVariablesTest, AVariableSwappedWithAnother) {
  const Variable a = NewVariable("a", 1), b = NewVariable("b", 2);
  const Expr swap = root().Group({op::AssignVariable(root(), a.handle, b.value),
                                  op::AssignVariable(root(), b.handle, a.value)});
  Session session(graph(), options());
  session.Run({}, {}, {a.initializer, b.initializer});
  session.Run({}, {}, {swap});
  EXPECT_EQ(session.VariableValue("a").scalar<float>(), 2);
  EXPECT_EQ(session.VariableValue("b").scalar<float>(), 1);
}
}  // namespace
}  // namespace graphrun
