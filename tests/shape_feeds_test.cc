// Feeds whose values decide shapes: plans by value, then one for all.
#include "core/compile/shape_feeds.h"

#include <gtest/gtest.h>

#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "core/compile/compile.h"
#include "tests/test_graph.h"
#include "tests/test_values.h"

namespace graphrun {
namespace {

using Exprs = std::vector<Expr>;
using Vars = std::span<const Expr>;

class ShapeFeeds : public testing::Test {
 protected:
  const Scope& root() const { return t_.root; }
  // n rows of 3, n times the number of the row.
  Expr Rows() const {
    const Expr zeros =
        op::Fill(root(), op::Pack(root(), {n_, op::Const(root(), 3)}), op::Const(root(), 0.0f));
    return zeros +
           op::ExpandDims(
               root(),
               op::Cast(root(), op::Range(root(), op::Const(root(), 0), n_, op::Const(root(), 1)),
                        DType::kFloat),
               -1);
  }
  std::vector<bool> Found(const Exprs& fetches) const {
    RunSignature signature;
    signature.feeds = {{n_.output(), n_.type()}, {x_.output(), x_.type()}};
    for (const Expr& e : fetches) signature.fetches.push_back(e.output());
    return ParametersInShapes(*CompileFunction(t_.meta.graph, signature));
  }

  TestGraph t_;
  const Expr n_ = op::Placeholder(t_.root, DType::kInt32, {});
  const Expr x_ = op::Placeholder(t_.root, DType::kFloat, {2});
};

TEST_F(ShapeFeeds, AreFound) {
  EXPECT_EQ(Found({Rows()}), std::vector<bool>({true, false}));
  EXPECT_EQ(Found({op::Cast(root(), n_ * 2, DType::kFloat) * x_}),
            std::vector<bool>({false, false}))
      << "a value, no shape";
  const Expr in_loop = WhileLoop(
      root(), [](const Scope&, Vars v) { return v[0] < 3; },
      [&](const Scope& s, Vars v) {
        const Expr ones = op::Fill(s, op::Reshape(s, n_, op::Ints(s, {1})), op::Const(s, 1.0f));
        return Exprs{v[0] + 1, v[1] + op::ReduceSum(s, ones)};
      },
      {op::Const(root(), 0), op::Const(root(), 0.0f)})[1];
  EXPECT_EQ(Found({in_loop}), std::vector<bool>({true, false}));
}

TEST_F(ShapeFeeds, NotWhereTheKernelFindsTheShape) {
  const Expr list = root().Add(
      "EmptyTensorList", {op::Reshape(root(), n_, op::Ints(root(), {1})), op::Const(root(), 3)},
      {{"element_dtype", DType::kFloat}});
  const Expr pushed = op::TensorListPushBack(root(), list, x_);
  const Expr popped =
      root().Add("TensorListPopBack", {pushed, op::Reshape(root(), n_, op::Ints(root(), {1}))},
                 {{"element_dtype", DType::kFloat}});
  EXPECT_EQ(Found({popped.sibling(1)}), std::vector<bool>({false, false}));
}

TEST_F(ShapeFeeds, HavePlansForEightValuesAndThenOneForAll) {
  const Expr y = Rows();
  Session session(t_.meta.graph);
  const auto run = [&](int n) {
    const Tensor got = session.Run({{n_, Tensor::Scalar(n)}}, {y})[0];
    EXPECT_EQ(got.shape(), Shape({n, 3}));
    EXPECT_EQ(Numbers(got),
              Numbers(t_.Run({{n_, Tensor::Scalar(n)}}, {y}, {.interpret = true})[0]));
    return session.CachedPlans().first;
  };
  for (int n = 2; n < 10; ++n) EXPECT_EQ(run(n), static_cast<size_t>(n - 1));
  for (int n = 5; n < 8; ++n) EXPECT_EQ(run(n), 8u) << "they are there";
  for (int n = 10; n < 14; ++n) EXPECT_EQ(run(n), 9u) << "one plan for all others";
  EXPECT_EQ(run(0), 9u);
}

TEST_F(ShapeFeeds, OneOfSeveralMayHaveHadItsValues) {
  const Expr m = op::Placeholder(root(), DType::kInt32, {});
  const Expr y = op::Fill(root(), op::Pack(root(), {n_, m}), op::Const(root(), 2.0f));
  Session session(t_.meta.graph);
  for (int i = 2; i < 14; ++i) {
    EXPECT_EQ(session.Run({{n_, Tensor::Scalar(i)}, {m, Tensor::Scalar(3)}}, {y})[0].shape(),
              Shape({i, 3}));
  }
  EXPECT_EQ(session.CachedPlans().first, 9u);
  EXPECT_EQ(session.Run({{n_, Tensor::Scalar(20)}, {m, Tensor::Scalar(4)}}, {y})[0].shape(),
            Shape({20, 4}));
  EXPECT_EQ(session.CachedPlans().first, 10u);
}

}  // namespace
}  // namespace graphrun
