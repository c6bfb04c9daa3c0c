// What builds graphs: operators, slices, scopes, seeds.
#include "core/build/expr.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "tests/test_graph.h"
#include "tests/test_values.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Seed = std::pair<int64_t, int64_t>;

// --- operators and slices, by their numbers

TEST(Operators, ComputeAsInPython) {
  TestGraph t;
  const Expr x = op::Const(t.root, std::vector<float>{1, -4}),
             y = op::Const(t.root, std::vector<float>{3, 2});
  const Expr i = op::Const(t.root, std::vector<int32_t>{-7, 7});
  const auto got =
      t.Run({}, {2 * x + y, -x, 1 - x, x / y, y / 2, 6 / y, i / 2, i % 3, x < y, x >= y});
  EXPECT_THAT(Numbers(got[0]), ElementsAre(5, -6));
  EXPECT_THAT(Numbers(got[1]), ElementsAre(-1, 4));
  EXPECT_THAT(Numbers(got[2]), ElementsAre(0, 5));
  EXPECT_THAT(Numbers(got[3]), ElementsAre(1.0f / 3, -2));
  EXPECT_THAT(Numbers(got[4]), ElementsAre(1.5, 1));
  EXPECT_THAT(Numbers(got[5]), ElementsAre(2, 3));
  EXPECT_THAT(Numbers(got[6]), ElementsAre(-4, 3)) << "rounds down";
  EXPECT_THAT(Numbers(got[7]), ElementsAre(2, 1)) << "takes the divisor's sign";
  EXPECT_THAT(Numbers(got[8]), ElementsAre(1, 1));
  EXPECT_THAT(Numbers(got[9]), ElementsAre(0, 0));
}

TEST(Operators, Logical) {
  TestGraph t;
  const auto bools = [&](bool a, bool b) {
    Tensor v(DType::kBool, {2});
    v.data<bool>()[0] = a;
    v.data<bool>()[1] = b;
    return op::Const(t.root, v);
  };
  const Expr a = bools(true, false), b = bools(true, true);
  const auto got = t.Run({}, {a && b, a || b, !a});
  EXPECT_THAT(Numbers(got[0]), ElementsAre(1, 0));
  EXPECT_THAT(Numbers(got[1]), ElementsAre(1, 1));
  EXPECT_THAT(Numbers(got[2]), ElementsAre(0, 1));
}

TEST(Operators, NeedBothOperands) {
  TestGraph t;
  EXPECT_THAT(Caught([&] { op::Const(t.root, 1.0f) + Expr(); }).message(),
              HasSubstr("operand is missing"));
}

TEST(Operators, StayInTheNameScopeOfTheFirstOperand) {
  TestGraph t;
  const Expr x = op::Const(t.root.NameScope("layer"), 1.0f), y = op::Const(t.root, 2.0f);
  EXPECT_EQ((x + y).node_name(), "layer/AddV2");
  EXPECT_EQ((y + x).node_name(), "AddV2");
}

class Slices : public testing::Test {
 protected:
  // Elements of a [2,3,4] tensor whose element (i,j,k) is 100i + 10j + k.
  Slices() {
    Tensor v(DType::kFloat, {2, 3, 4});
    for (int k = 0; k < 24; ++k)
      v.data<float>()[k] = static_cast<float>(k / 12 * 100 + k / 4 % 3 * 10 + k % 4);
    x_ = op::Const(t_.root, v);
  }
  void Expect(Expr slice, const std::string& shape, const std::vector<double>& values) {
    EXPECT_EQ(slice.shape().ToString(), shape);
    const Tensor got = t_.Run({}, {slice})[0];
    EXPECT_EQ(got.shape().ToString(), shape);
    EXPECT_EQ(Numbers(got), values);
  }
  TestGraph t_;
  Expr x_;
};

TEST_F(Slices, Integers) { Expect(x_[{1, 2, 3}], "[]", {123}); }
TEST_F(Slices, NegativeIntegers) { Expect(x_[{-1, -3, -2}], "[]", {102}); }
TEST_F(Slices, All) { Expect(x_[{all, 1, 0}], "[2]", {10, 110}); }
TEST_F(Slices, MissingIndicesAreAll) { Expect(x_[{1, 0}], "[4]", {100, 101, 102, 103}); }
TEST_F(Slices, Ranges) { Expect(x_[{0, Range{1, 3}, Range{1, 4, 2}}], "[2,2]", {11, 13, 21, 23}); }
TEST_F(Slices, RangesFromTheEnd) { Expect(x_[{0, 0, Range{-2}}], "[2]", {2, 3}); }
TEST_F(Slices, RangesToBeforeTheEnd) { Expect(x_[{0, 0, Range{0, -1}}], "[3]", {0, 1, 2}); }
TEST_F(Slices, EmptyRanges) { Expect(x_[{0, 0, Range{0, 0}}], "[0]", {}); }
TEST_F(Slices, Backwards) { Expect(x_[{0, 0, Range{-1, {}, -1}}], "[4]", {3, 2, 1, 0}); }
TEST_F(Slices, Ellipsis) { Expect(x_[{ellipsis, 3}], "[2,3]", {3, 13, 23, 103, 113, 123}); }
TEST_F(Slices, NewAxis) { Expect(x_[{newaxis, 1, all, newaxis, 0}], "[1,3,1]", {100, 110, 120}); }

TEST_F(Slices, TensorIndex) {
  const Expr i = op::Placeholder(t_.root, DType::kInt32, {});
  const Expr slice = x_[{all, i, Range{2}}];
  EXPECT_EQ(slice.shape().ToString(), "[2,2]");
  EXPECT_THAT(Numbers(t_.Run({{i, Tensor::Scalar(2)}}, {slice})[0]), ElementsAre(22, 23, 122, 123));
}

TEST_F(Slices, ATensorIndexCountsFromTheEndToo) {
  const Expr i = op::Placeholder(t_.root, DType::kInt32, {});
  const Expr slice = x_[{0, 0, i}];
  EXPECT_THAT(Numbers(t_.Run({{i, Tensor::Scalar(-2)}}, {slice})[0]), ElementsAre(2));
}

TEST_F(Slices, TheLastElementByATensorIndex) {
  const Expr i = op::Placeholder(t_.root, DType::kInt32, {});
  const Expr slice = x_[{0, 0, i}];
  EXPECT_THAT(Numbers(t_.Run({{i, Tensor::Scalar(-1)}}, {slice})[0]), ElementsAre(3));
}

TEST_F(Slices, OfUnknownSize) {
  const Expr x = op::Placeholder(t_.root, DType::kInt32, Shape::Parse("[?]"));
  const Tensor value = Tensor::Vector<int32_t>({5, 6, 7});
  const auto got = t_.Run({{x, value}}, {x[{-1}], x[{Range{1}}], x[{Range{0, -1}}]});
  EXPECT_THAT(Numbers(got[0]), ElementsAre(7));
  EXPECT_THAT(Numbers(got[1]), ElementsAre(6, 7));
  EXPECT_THAT(Numbers(got[2]), ElementsAre(5, 6));
}

TEST_F(Slices, IndicesAreInt32) {
  EXPECT_THAT(Caught([&] { x_[{op::Const(t_.root, 1.0f)}]; }).message(), HasSubstr("int32"));
}

// --- scopes

TEST(Scopes, NameScopesNestAndAreMadeUnique) {
  TestGraph t;
  const Scope a = t.root.NameScope("a");
  EXPECT_EQ(op::NoOp(a.NameScope("b")).node_name(), "a/b/NoOp");
  EXPECT_EQ(op::NoOp(t.root.NameScope("a")).node_name(), "a_1/NoOp");
  EXPECT_EQ(op::NoOp(t.root.NameScope("a/")).node_name(), "a/NoOp") << "entered again";
  EXPECT_EQ(op::NoOp(a.WithName("n")).node_name(), "a/n");
  EXPECT_EQ(op::NoOp(a.WithName("n")).node_name(), "a/n_1");
  EXPECT_EQ(t.root.name_scope(), "");
}

TEST(Scopes, ControlDependenciesAddUp) {
  TestGraph t;
  const Expr a = op::NoOp(t.root), b = op::NoOp(t.root);
  const Scope outer = t.root.WithControlDependencies({b});
  const auto controls = [&](Expr e) { return t.meta.graph.node(e.node()).control_inputs; };
  EXPECT_THAT(controls(op::NoOp(outer.WithControlDependencies({a, b}))),
              ElementsAre(a.node(), b.node()));
  EXPECT_THAT(controls(op::NoOp(outer)), ElementsAre(b.node()));
  EXPECT_THAT(controls(op::NoOp(outer.WithoutControlDependencies())), ElementsAre());
  EXPECT_THAT(controls(t.root.Group({b, a})), ElementsAre(a.node(), b.node()));
}

TEST(Scopes, AttributesAndDevicesGoToEveryNode) {
  TestGraph t;
  const Scope s = t.root.WithAttr("_class", std::string("c")).WithDevice("/cpu:0");
  const Expr x = op::Const(s.NameScope("inner"), 1.0f);
  EXPECT_EQ(std::get<std::string>(t.meta.graph.node(x.node()).attrs.at("_class")), "c");
  EXPECT_EQ(t.meta.graph.node(x.node()).device, "/cpu:0");
  EXPECT_FALSE(t.meta.graph.node(op::NoOp(t.root).node()).attrs.contains("_class"));
}

TEST(Scopes, AnExprOfAnotherGraphIsRefused) {
  TestGraph t, other;
  const Expr x = op::Const(other.root, 1.0f);
  EXPECT_THAT(Caught([&] { op::Neg(t.root, x); }).message(), HasSubstr("belongs to another graph"));
}

TEST(Scopes, AVariablesNodes) {
  TestGraph t;
  const Variable v = t.root.VariableScope("model").GetVariable(
      "w", {2, 3}, {.initializer = [](const Scope& s, const Shape& shape, DType dtype) {
        return op::Const(s.WithName("zeros"), Tensor::Zeros(dtype, shape));
      }});
  EXPECT_THAT(t.meta.graph.NodeNames(),
              testing::UnorderedElementsAre("model/w", "model/w/Initializer/zeros",
                                            "model/w/Assign", "model/w/read"));
  EXPECT_EQ(v.value.name(), "model/w/read:0");
  EXPECT_EQ(v.initializer.name(), "model/w/Assign");
}

// --- seeds: TensorFlow's get_seed (framework/random_seed.py)

TEST(Seeds, NeitherSetIsLeftToTheSession) { EXPECT_EQ(TestGraph().root.Seeds({}), Seed(0, 0)); }

TEST(Seeds, AnOpsSeedAloneGetsTheDefaultGraphSeed) {
  EXPECT_EQ(TestGraph().root.Seeds(42), Seed(87654321, 42));
}

TEST(Seeds, AGraphSeedAloneCountsTheNodes) {
  TestGraph t;
  t.root.SetRandomSeed(7);
  EXPECT_EQ(t.root.Seeds({}), Seed(7, 0));
  op::NoOp(t.root);
  op::NoOp(t.root);
  EXPECT_EQ(t.root.NameScope("a").Seeds({}), Seed(7, 2));
}

TEST(Seeds, BothSet) {
  TestGraph t;
  t.root.SetRandomSeed(7);
  EXPECT_EQ(t.root.Seeds(42), Seed(7, 42));
}

TEST(Seeds, AreTakenModuloTheLargestInt32AndNeverBothZero) {
  TestGraph t;
  t.root.SetRandomSeed(2147483647);
  EXPECT_EQ(t.root.Seeds(0), Seed(0, 2147483647));
  EXPECT_EQ(t.root.Seeds(2147483650), Seed(0, 3));
  EXPECT_EQ(t.root.Seeds(-1), Seed(0, 2147483646)) << "as Python's %";
}

}  // namespace
}  // namespace graphrun
