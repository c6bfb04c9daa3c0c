// Layers, masks and losses against small computations by hand.
#include "models/nn/layers.h"

#include "core/autodiff/gradients.h"
#include "models/nn/initializers.h"
#include "tests/model_fixture.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LayersTest : public ModelTest {
 protected:
  Expr Floating(const Shape& shape, const std::vector<float>& values) {
    return op::Const(root_, values, shape);
  }
};

TEST_F(LayersTest, DenseOfAnyRank) {
  const Expr x = Floating({1, 2, 2}, {1, 2, 3, 4});
  const nn::DenseOptions ones = {.kernel_initializer = init::Ones(),
                                 .bias_initializer = init::Constant(0.5)};
  const Expr flat = nn::Dense(root_, op::Reshape(root_, x, op::Ints(root_, {2, 2})), 3, ones);
  const Expr deep = nn::Dense(root_, x, 3, ones);
  const Expr bare = nn::Dense(
      root_, x, 1,
      {.activation = op::Neg, .use_bias = false, .kernel_initializer = init::Ones(), .name = "fc"});
  EXPECT_THAT(VariableNames(), ElementsAre("dense/kernel", "dense/bias", "dense_1/kernel",
                                           "dense_1/bias", "fc/kernel"));
  EXPECT_EQ(flat.name(), "dense/BiasAdd:0");
  EXPECT_NE(meta_.graph.Find("dense_1/Tensordot/MatMul"), kNoNode);
  EXPECT_EQ(deep.shape(), (Shape{1, 2, 3}));
  ErrorOf(Code::kAlreadyExists, [&] { nn::Dense(root_, x, 1, {.name = "fc"}); });
  const Expr shared =
      nn::Dense(root_, x, 1, {.use_bias = false, .name = "fc", .reuse = Reuse::kTrue});
  Start();
  ExpectNear(Value(flat), {3.5f, 3.5f, 3.5f, 7.5f, 7.5f, 7.5f});
  ExpectNear(Value(deep), {3.5f, 3.5f, 3.5f, 7.5f, 7.5f, 7.5f});
  ExpectNear(Value(bare), {-3, -7});
  ExpectNear(Value(shared), {3, 7});
}

TEST_F(LayersTest, DenseOfUnknownOuterDimensions) {
  const Expr x = op::Placeholder(root_, DType::kFloat, {kUnknownDim, kUnknownDim, 2});
  const Expr y = nn::Dense(root_, x, 3, {.kernel_initializer = init::Ones()});
  EXPECT_TRUE(y.shape().CompatibleWith({5, 4, 3}));
  Start();
  EXPECT_EQ(Value(y, {{x, Tensor::Zeros(DType::kFloat, {5, 4, 2})}}).shape(), (Shape{5, 4, 3}));
  EXPECT_EQ(Value(y, {{x, Tensor::Zeros(DType::kFloat, {0, 4, 2})}}).shape(), (Shape{0, 4, 3}));
  EXPECT_THAT(
      ErrorOf(Code::kInvalidArgument,
              [&] {
                nn::Dense(root_, op::Placeholder(root_, DType::kFloat, {2, kUnknownDim}), 3);
              }),
      HasSubstr("[2,?]"));
}

TEST_F(LayersTest, Dropout) {
  const Expr x = root_.Const(Tensor::Of(std::vector<float>(2000, 1), {2000}));
  const Expr y = nn::Dropout(root_, x, 0.25, 5);
  const Expr rate = op::Placeholder(root_, DType::kFloat, Shape{});
  const Expr by_tensor = nn::Dropout(root_, x, rate, 5);
  EXPECT_EQ(nn::Dropout(root_, x, 0.0), x);
  ErrorOf(Code::kInvalidArgument, [&] { nn::Dropout(root_, x, 1.0); });
  const Expr slope = Gradients(root_, {y}, {x})[0].dense;
  Start();
  const std::vector<Tensor> both = session_->Run({}, {y, slope});
  const std::vector<float> values = Floats(both[0]);
  const auto dropped = std::count(values.begin(), values.end(), 0.0f);
  EXPECT_NEAR(static_cast<double>(dropped), 500, 100);
  EXPECT_EQ(std::count(values.begin(), values.end(), 1 / 0.75f), 2000 - dropped);
  EXPECT_EQ(Floats(both[1]), values) << "the gradient has the same mask";
  const std::vector<float> all = Floats(Value(by_tensor, {{rate, Tensor::Scalar(0.0f)}}));
  EXPECT_EQ(std::count(all.begin(), all.end(), 1.0f), 2000);
}

TEST_F(LayersTest, SequenceMask) {
  const Expr lengths = op::Ints(root_, {1, 3, 0});
  const Expr longest = nn::SequenceMask(root_, lengths, {}, DType::kFloat);
  const Expr four = nn::SequenceMask(root_, lengths, 4, DType::kFloat);
  const Expr two = nn::SequenceMask(root_, lengths, nn::Dim(op::Const(root_, 2)));
  EXPECT_EQ(four.shape(), (Shape{3, 4}));
  EXPECT_EQ(two.dtype(), DType::kBool);
  Start();
  ExpectNear(Value(longest), {1, 0, 0, 1, 1, 1, 0, 0, 0});
  ExpectNear(Value(four), {1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0});
  EXPECT_EQ(Value(two).number_at(2), 1);
  EXPECT_EQ(Value(two).number_at(5), 0);
}

TEST_F(LayersTest, CrossEntropyOfAnyRank) {
  const Expr logits = Floating({1, 2, 3}, {1, 2, 3, 0, 0, 0});
  const Expr labels = op::Const(root_, std::vector<int32_t>{2, 0}, {1, 2});
  const Expr sparse = nn::SparseSoftmaxCrossEntropy(root_, labels, logits);
  const Expr dense = nn::SoftmaxCrossEntropy(root_, nn::OneHot(root_, labels, 3), logits);
  const Expr one =
      nn::SparseSoftmaxCrossEntropy(root_, op::Const(root_, 1), Floating({3}, {1, 2, 3}));
  EXPECT_EQ(sparse.shape(), (Shape{1, 2}));
  EXPECT_EQ(one.shape(), Shape{});
  ErrorOf(Code::kInvalidArgument, [&] {
    nn::SparseSoftmaxCrossEntropy(root_, op::Const(root_, std::vector<int32_t>{1}), logits);
  });
  Start();
  const float first = std::log(1 + std::exp(-1.0f) + std::exp(-2.0f));
  ExpectNear(Value(sparse), {first, std::log(3.0f)});
  ExpectNear(Value(dense), {first, std::log(3.0f)});
  ExpectNear(Value(one), {first + 1});
}

TEST_F(LayersTest, SequenceLossWeighsAndAverages) {
  // All logits equal: each loss is ln 2; weights make the difference.
  const Expr logits = Floating({2, 2, 2}, {0, 0, 0, 0, 0, 0, 0, 0});
  const Expr targets = op::Const(root_, std::vector<int32_t>{0, 1, 1, 0}, {2, 2});
  const Expr weights = Floating({2, 2}, {1, 3, 2, 0});
  const auto loss = [&](bool time, bool batch) {
    return nn::SequenceLoss(root_, logits, targets, weights,
                            {.average_across_timesteps = time, .average_across_batch = batch});
  };
  const Expr both = loss(true, true), over_time = loss(true, false), over_batch = loss(false, true),
             none = loss(false, false);
  const Expr nothing = nn::SequenceLoss(root_, logits, targets, Floating({2, 2}, {0, 0, 0, 0}));
  EXPECT_EQ(none.shape(), (Shape{2, 2}));
  Start();
  const float ln2 = std::log(2.0f);
  ExpectNear(Value(both), {ln2});
  ExpectNear(Value(over_time), {ln2, ln2});
  ExpectNear(Value(over_batch), {ln2, ln2});
  ExpectNear(Value(none), {ln2, 3 * ln2, 2 * ln2, 0});
  ExpectNear(Value(nothing), {0});
}

TEST_F(LayersTest, EmbeddingLookup) {
  const Variable table = root_.GetVariable(
      "t", {3, 2}, {.initializer = init::Value(Tensor::Of<float>({1, 2, 3, 4, 5, 6}, {3, 2}))});
  const Expr rows =
      nn::EmbeddingLookup(root_, table, op::Const(root_, std::vector<int64_t>{2, 0, 2, 1}, {2, 2}));
  EXPECT_EQ(rows.shape(), (Shape{2, 2, 2}));
  const Grad slope = Gradients(root_, {rows}, {table.value})[0];
  EXPECT_TRUE(slope.sparse());
  const Expr dense = ToDense(root_, slope);
  Start();
  ExpectNear(Value(rows), {5, 6, 1, 2, 5, 6, 3, 4});
  ExpectNear(Value(dense), {1, 1, 1, 1, 2, 2});
}

}  // namespace
}  // namespace graphrun
