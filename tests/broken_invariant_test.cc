// What is broken in our own code is reported wherever it happens; what an op of TensorFlow answers
// with INTERNAL is an error of the run like any other.
#include <gtest/gtest.h>

#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "tests/error_of.h"
#include "tests/test_graph.h"

namespace graphrun {
namespace {

enum class Broken { kNothing, kShape, kPlan, kKernel };

// y = x, but for an invariant that does not hold in one of the op's functions. The shape function
// breaks when it sees the value of a constant.
OpDef BrokenOp(Broken broken) {
  const auto check = [broken](Broken here) { Check(broken != here, "the test's invariant"); };
  return Op<>("Fragile")
      .Doc("x.")
      .Input("x", "float32")
      .Output("y", "float32")
      .Shape([check](ShapeContext& c) {
        if (c.In(0).fully_known()) check(Broken::kShape);
        c.SetOut(0, c.In(0));
      })
      .NoGradient("a test")
      .Kernel(
          [check](const KernelRequest&) {
            check(Broken::kPlan);
            return 0;
          },
          [check](KernelContext& k, int) {
            check(Broken::kKernel);
            std::copy_n(k.In(0).data<float>(), k.In(0).num_elements(), k.Out(0).data<float>());
          });
}

// In a branch that is not taken, of a constant or of what is fed.
bool Fails(Broken broken, bool constant) {
  OpRegistry registry = AllOps();
  registry.Add(BrokenOp(broken));
  MetaGraph meta(&registry);
  const Scope root = Scope::Root(meta);
  const Expr p = op::Placeholder(root, DType::kBool, {});
  const Expr x = op::Placeholder(root, DType::kFloat, Shape::Parse("[?]"));
  const Expr y = Cond(
      root, p, [&](const Scope&) { return std::vector<Expr>{x}; },
      [&](const Scope& s) {
        const Expr of = constant ? s.Const(Tensor::Vector<float>({1, 2})) : x;
        return std::vector<Expr>{s.Add("Fragile", {of})};
      })[0];
  Session session(meta.graph);
  try {
    session.Run({{p, Tensor::Scalar(true)}, {x, Tensor::Vector<float>({1, 2})}}, {y});
    return false;
  } catch (const Error& e) {
    EXPECT_TRUE(e.broken()) << e.what();
    EXPECT_EQ(e.code(), Code::kInternal);
    return true;
  }
}

TEST(BrokenInvariant, IsReportedAlsoWhereTheNodeDoesNotRun) {
  EXPECT_FALSE(Fails(Broken::kNothing, false));
  EXPECT_TRUE(Fails(Broken::kShape, false)) << "specialised";
  EXPECT_TRUE(Fails(Broken::kPlan, false)) << "planned";
  EXPECT_TRUE(Fails(Broken::kPlan, true)) << "folded";
  EXPECT_TRUE(Fails(Broken::kKernel, true)) << "folded";
  EXPECT_FALSE(Fails(Broken::kKernel, false)) << "never called";
}

TEST(BrokenInvariant, TensorFlowsOwnInternalErrorsAreErrorsOfTheRun) {
  TestGraph t;
  const Expr p = op::Placeholder(t.root, DType::kBool, {});
  const Expr y = Cond(
      t.root, p, [&](const Scope& s) { return std::vector<Expr>{s.Const(Tensor::Scalar(7))}; },
      [&](const Scope& s) {
        return std::vector<Expr>{
            s.Add("TruncateMod", {s.Const(Tensor::Scalar(7)), s.Const(Tensor::Scalar(0))})};
      })[0];
  for (const bool interpret : {false, true}) {
    Session session(t.meta.graph, {.interpret = interpret});
    EXPECT_EQ(session.Run({{p, Tensor::Scalar(true)}}, {y})[0].scalar<int32_t>(), 7);
    const Error e = Thrown(Code::kInternal, [&] {
      session.Run({{p, Tensor::Scalar(false)}}, {y});
    });
    EXPECT_FALSE(e.broken()) << e.what();
  }
}

}  // namespace
}  // namespace graphrun
