// Ops that hand on what they get, under conditions that the op table cannot express.
#include <gtest/gtest.h>

#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "core/run/session.h"
#include "ops/register_all.h"

namespace graphrun {
namespace {

TEST(PassThrough, PreventGradientPassesValuesAndForbidsGradients) {
  const OpRegistry registry = AllOps();
  MetaGraph meta(&registry);
  const Scope root = Scope::Root(meta);
  const Expr x = op::Placeholder(root, DType::kFloat, {2});
  const Expr y = root.Add("PreventGradient", {x}, {{"message", std::string("not this way")}});
  Session session(meta.graph);
  const Tensor value = Tensor::Vector<float>({1, 2});
  EXPECT_EQ(session.Run({{x, value}}, {y})[0].span<float>()[1], 2);
  try {
    Gradients(root, {op::Square(root, y)}, {x});
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kUnimplemented);
    EXPECT_NE(e.message().find("not this way"), std::string::npos) << e.what();
  }
}

// Hands on its input and declares no view of it.
OpDef Secret() {
  return Op("Secret")
      .Doc("x")
      .Input("x", "float32")
      .Output("y", "float32")
      .AllocatesOutputs()
      .Shape([](ShapeContext& c) { c.SetOut(0, c.In(0)); })
      .NoGradient("a test's")
      .Kernel([](KernelContext& k) { k.SetOut(0, k.Take(0)); });
}

TEST(PassThrough, MemoryThatIsHandedOnMustBeDeclared) {
  OpRegistry registry = AllOps();
  registry.Add(Secret());
  MetaGraph meta(&registry);
  const Scope root = Scope::Root(meta);
  const Expr x = op::Placeholder(root, DType::kFloat, {3, 2});
  // Computed first: of the plan's memory, where nobody else keeps it.
  const Expr y = root.Add("Secret", {op::Neg(root, x)});
  for (const bool interpret : {false, true}) {
    Session session(meta.graph, {.interpret = interpret});
    try {
      session.Run({{x, Tensor::Zeros(DType::kFloat, {3, 2})}}, {y});
      FAIL() << "no error, interpret = " << interpret;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Code::kInternal);
      EXPECT_NE(e.message().find("does not declare"), std::string::npos) << e.what();
    }
  }
}

// One row needs no shuffling; its memory is read after the plan could have reused it.
TEST(PassThrough, AShuffledRowKeepsItsElements) {
  const OpRegistry registry = AllOps();
  MetaGraph meta(&registry);
  const Scope root = Scope::Root(meta);
  const Expr x = op::Placeholder(root, DType::kFloat, {1, 5});
  const Expr row = root.Add("RandomShuffle", {op::Neg(root, x)});
  const Expr later = op::Square(root, op::Exp(root, x));
  const Expr both = op::AddV2(root, op::Mul(root, later, op::Const(root, 0.0f)), row);
  const Tensor value = Tensor::Of<float>({1, 2, 3, 4, 5}, {1, 5});
  for (const bool interpret : {false, true}) {
    Session session(meta.graph, {.interpret = interpret, .seed = 1});
    const Tensor y = session.Run({{x, value}}, {both})[0];
    for (int i = 0; i < 5; ++i) EXPECT_EQ(y.span<float>()[i], -value.span<float>()[i]);
  }
}

TEST(PassThrough, EnsureShapeRefusesAnotherShape) {
  const OpRegistry registry = AllOps();
  MetaGraph meta(&registry);
  const Scope root = Scope::Root(meta);
  const Expr x = op::Placeholder(root, DType::kFloat);
  const Expr y = root.Add("EnsureShape", {x}, {{"shape", Shape{3, -1}}});
  EXPECT_EQ(y.shape(), Shape({3, -1}));
  for (const bool interpret : {false, true}) {
    Session session(meta.graph, {.interpret = interpret});
    EXPECT_EQ(session.Run({{x, Tensor::Zeros(DType::kFloat, {3, 4})}}, {y})[0].shape(),
              Shape({3, 4}));
    EXPECT_THROW(session.Run({{x, Tensor::Zeros(DType::kFloat, {4, 3})}}, {y}), Error);
  }
}

}  // namespace
}  // namespace graphrun
