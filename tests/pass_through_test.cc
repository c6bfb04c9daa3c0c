// Ops that hand on what they get, under conditions that the op table cannot express.
#include <gtest/gtest.h>

#include "core/graph/gradients.h"
#include "core/run/session.h"
#include "ops/builders.h"
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
