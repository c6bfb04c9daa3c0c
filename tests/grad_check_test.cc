// The gradient checker finds planted errors, and accepts right gradients.
#include "tests/grad_check.h"

#include <gtest/gtest.h>

#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/register_all.h"

namespace graphrun::test {
namespace {

using GradFn = std::function<std::vector<Grad>(GradContext&)>;

// x * y for tensors of one shape, with a gradient of the test's choice.
OpDef Planted(GradFn grad) {
  return Op("Planted")
      .Doc("x * y")
      .Input("x", "float64")
      .Input("y", "float64")
      .Output("z", "float64")
      .Shape([](ShapeContext& c) { c.SetOut(0, c.In(0)); })
      .Grad(std::move(grad))
      .Kernel([](KernelContext& k) {
        for (int64_t i = 0; i < k.Out(0).num_elements(); ++i) {
          k.Out<double>(0)[i] = k.In<double>(0)[i] * k.In<double>(1)[i];
        }
      });
}

std::string CheckPlanted(GradFn grad) {
  OpRegistry registry = AllOps();
  registry.Add(Planted(std::move(grad)));
  GradProblem p;
  p.registry = &registry;
  p.inputs = {Tensor::Vector<double>({0.5, -1.25, 2}), Tensor::Vector<double>({1.5, 0.75, -0.5})};
  p.make_inputs = [](const Scope& s, const std::vector<Tensor>& values) {
    return std::vector<Expr>{op::Placeholder(s, DType::kDouble, values[0].shape()),
                             op::Placeholder(s, DType::kDouble, values[1].shape())};
  };
  p.build = [](const Scope& s, const std::vector<Expr>& in) { return s.AddMulti("Planted", in); };
  p.wrt = {0, 1};
  return CheckGradients(p);
}

TEST(GradCheck, AcceptsTheRightGradient) {
  EXPECT_EQ(
      CheckPlanted([](GradContext& g) -> std::vector<Grad> {
        return {op::Mul(g.scope(), g.DOut(0), g.In(1)), op::Mul(g.scope(), g.In(0), g.DOut(0))};
      }),
      "");
}

TEST(GradCheck, FindsAWrongFirstInput) {
  EXPECT_NE(
      CheckPlanted([](GradContext& g) -> std::vector<Grad> {
        return {op::Mul(g.scope(), g.DOut(0), g.In(0)), op::Mul(g.scope(), g.In(0), g.DOut(0))};
      }),
      "");
}

TEST(GradCheck, FindsAWrongLastInput) {
  EXPECT_NE(
      CheckPlanted([](GradContext& g) -> std::vector<Grad> {
        return {op::Mul(g.scope(), g.DOut(0), g.In(1)), op::Mul(g.scope(), g.In(1), g.DOut(0))};
      }),
      "");
}

TEST(GradCheck, FindsAMissingGradient) {
  EXPECT_EQ(CheckPlanted([](GradContext& g) -> std::vector<Grad> {
              return {op::Mul(g.scope(), g.DOut(0), g.In(1)), {}};
            }),
            "no gradient for Placeholder_1:0");
}

TEST(GradCheck, FindsAGradientThatIsAlwaysZero) {
  EXPECT_NE(CheckPlanted([](GradContext& g) -> std::vector<Grad> {
              return {op::ZerosLike(g.scope(), g.In(0)), op::Mul(g.scope(), g.In(0), g.DOut(0))};
            }),
            "");
}

TEST(GradCheck, FindsNaN) {
  EXPECT_NE(CheckPlanted([](GradContext& g) -> std::vector<Grad> {
              const Expr zero = op::Sub(g.scope(), g.In(0), g.In(0));
              return {op::RealDiv(g.scope(), zero, zero), op::Mul(g.scope(), g.In(0), g.DOut(0))};
            }),
            "");
}

// Right as a number, but cut off from x: only the second order shows it.
TEST(GradCheck, FindsAWrongSecondOrder) {
  const std::string error = CheckPlanted([](GradContext& g) -> std::vector<Grad> {
    const Expr x = op::StopGradient(g.scope(), g.In(0));
    return {op::Mul(g.scope(), g.DOut(0), g.In(1)), op::Mul(g.scope(), x, g.DOut(0))};
  });
  EXPECT_NE(error.find("second order"), std::string::npos) << error;
}

}  // namespace
}  // namespace graphrun::test
