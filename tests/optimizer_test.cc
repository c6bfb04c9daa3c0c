// Optimizers, clipping, learning rates. Golden numbers were computed by TensorFlow 2.15.1
// (compat.v1, resource variables): three steps on w = Wave([4, 2], 1, 1.1, 0.4) with the gradient
// Wave(shape, 0.7, 1.3, 0.1) times 1, -0.5, 0.25; sparse ones have the rows {1, 3, 1}.
#include <limits>

#include "models/nn/initializers.h"
#include "models/nn/layers.h"
#include "models/nn/optimizers.h"
#include "tests/model_fixture.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Golden {
  const char* name;
  std::function<std::unique_ptr<train::Optimizer>()> make;
  std::vector<std::string> variables;
  std::vector<float> dense, sparse;
};

void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.name; }

template <typename T, typename... Args>
std::function<std::unique_ptr<train::Optimizer>()> Make(Args... args) {
  return [=] { return std::make_unique<T>(args...); };
}

std::vector<Golden> Goldens() {
  using train::RMSPropOptimizer;
  return {
      {"GradientDescent",
       Make<train::GradientDescentOptimizer>(0.5),
       {"w"},
       {0.363212f, 0.7388145f, 0.4033141f, -0.3311754f, -0.7776945f, -0.4556563f, 0.3947645f,
        0.9113812f},
       {0.3894183f, 0.997495f, 0.7077653f, -0.8702963f, -0.9961646f, -0.3738767f, 0.5447994f,
        1.16855f}},
      {"Momentum",
       Make<train::MomentumOptimizer>(0.5, 0.9),
       {"w", "w/Momentum"},
       {0.3191855f, 0.3042311f, 0.2148396f, 0.002574399f, -0.4106646f, -0.593046f, -0.0457686f,
        0.8130868f},
       {0.3894183f, 0.997495f, 1.030769f, -1.442269f, -0.9961646f, -0.3738767f, 0.3563249f,
        1.5023f}},
      {"Nesterov",
       Make<train::MomentumOptimizer>(0.5, 0.9, true),
       {"w", "w/Momentum"},
       {0.3000025f, 0.1148769f, 0.1327186f, 0.147994f, -0.2507443f, -0.6529087f, -0.2377152f,
        0.7702585f},
       {0.3894183f, 0.997495f, 1.171506f, -1.691486f, -0.9961646f, -0.3738767f, 0.2742038f,
        1.64772f}},
      {"Adagrad",
       Make<train::AdagradOptimizer>(0.5),
       {"w", "w/Adagrad"},
       {0.308382f, 0.6485689f, 0.2541763f, -0.2009993f, -0.659279f, -0.5888399f, 0.3072104f,
        0.8029725f},
       {0.3894183f, 0.997495f, 0.8413455f, -0.8929179f, -0.9961646f, -0.3738767f, 0.3956615f,
        1.298727f}},
      {"RMSProp",
       Make<RMSPropOptimizer>(0.5, RMSPropOptimizer::Options{.momentum = 0.3}),
       {"w", "w/RMSProp", "w/RMSProp_1"},
       {0.3532357f, 0.6485255f, 0.3612618f, -0.2592809f, -0.6994848f, -0.4865469f, 0.3034628f,
        0.8891868f},
       {0.3894183f, 0.997495f, 0.7775735f, -0.9816049f, -0.9961646f, -0.3738767f, 0.5027469f,
        1.240445f}},
      {"CenteredRMSProp",
       Make<RMSPropOptimizer>(
           0.5, RMSPropOptimizer::Options{.decay = 0.8, .momentum = 0.3, .centered = true}),
       {"w", "w/RMSProp", "w/RMSProp_1", "w/RMSProp_2"},
       {0.3513127f, 0.6342913f, 0.3534131f, -0.2468791f, -0.68634f, -0.4924063f, 0.2891611f,
        0.8849397f},
       {0.3894183f, 0.997495f, 0.7897086f, -0.9961063f, -0.9961646f, -0.3738767f, 0.4948983f,
        1.252847f}},
      {"Adam",
       Make<train::AdamOptimizer>(0.5),
       {"w", "beta1_power", "beta2_power", "w/Adam", "w/Adam_1"},
       {-0.4139597f, 0.1941139f, -0.2878792f, 0.273545f, -0.1927836f, -1.177257f, -0.1463946f,
        0.1665099f},
       {0.3894183f, 0.997495f, 1.318882f, -1.333217f, -0.9961646f, -0.3738767f, -0.146394f,
        1.773271f}},
  };
}

class OptimizerTest : public ModelTest {
 protected:
  Variable MakeW() {
    return root_.GetVariable("w", {4, 2}, {.initializer = init::Value(Wave({4, 2}, 1, 1.1, 0.4))});
  }
  Expr Scaled(const Shape& shape, Expr scale) {
    return op::Mul(root_, op::Const(root_, Wave(shape, 0.7, 1.3, 0.1)), scale);
  }
  IndexedSlices Rows(Expr values) {
    return {values, op::Ints(root_, {1, 3, 1}), op::Ints(root_, {4, 2})};
  }
};

class OptimizerGoldenTest : public OptimizerTest, public testing::WithParamInterface<Golden> {
 protected:
  void Check(bool sparse, const std::vector<float>& expected) {
    const Variable w = MakeW();
    const Expr scale = op::Placeholder(root_, DType::kFloat, Shape{});
    const Grad grad = sparse ? Grad(Rows(Scaled({3, 2}, scale))) : Grad(Scaled({4, 2}, scale));
    const auto optimizer = GetParam().make();
    const Expr train = optimizer->ApplyGradients(root_, {{grad, w}});
    EXPECT_EQ(VariableNames(), GetParam().variables);
    EXPECT_EQ(train.node_name(), optimizer->name());
    Start();
    for (float k : {1.0f, -0.5f, 0.25f}) {
      session_->Run({{scale, Tensor::Scalar(k)}}, {}, {train});
    }
    ExpectNear(Value(w), expected, 3e-6);
  }
};

TEST_P(OptimizerGoldenTest, DenseAsTensorFlow) { Check(false, GetParam().dense); }
TEST_P(OptimizerGoldenTest, SparseAsTensorFlow) { Check(true, GetParam().sparse); }

INSTANTIATE_TEST_SUITE_P(Optimizers, OptimizerGoldenTest, testing::ValuesIn(Goldens()),
                         [](const auto& p) { return std::string(p.param.name); });

TEST_F(OptimizerTest, MinimizeFollowsTheLossAndCountsSteps) {
  const Variable w = root_.GetVariable("w", {2}, {.initializer = init::Constant(3)});
  const Variable unused = root_.GetVariable("unused", {2});
  const Expr loss = op::ReduceSum(root_, op::Square(root_, w));
  const Variable step = root_.GlobalStep();
  train::GradientDescentOptimizer optimizer(0.1);
  const Expr train = optimizer.Minimize(root_, loss, {.global_step = step, .name = "train"});
  EXPECT_EQ(train.node_name(), "train");
  EXPECT_NE(meta_.graph.Find("train/update"), kNoNode);
  EXPECT_EQ(root_.Collection(keys::kTrainOp), std::vector<Expr>{train});
  Start();
  const std::vector<float> before = Floats(Value(unused));
  for (int i = 0; i < 5; ++i) session_->Run({}, {}, {train});
  EXPECT_NEAR(Value(w).number_at(0), 3 * std::pow(0.8, 5), 1e-5);
  EXPECT_EQ(Value(step).number_at(0), 5);
  EXPECT_EQ(Floats(Value(unused)), before);
}

TEST_F(OptimizerTest, LearningRatesMayBeVariablesAndTensors) {
  const Variable w = root_.GetVariable("w", {1}, {.initializer = init::Zeros()});
  const Variable rate = root_.NewVariable(op::Const(root_, 0.5f), "lr", /*trainable=*/false);
  const Expr gradient = op::Const(root_, std::vector<float>{1});
  train::GradientDescentOptimizer by_variable(rate), by_tensor(rate.value * 2);
  const Expr slow = by_variable.ApplyGradients(root_, {{gradient, w}});
  const Expr fast = by_tensor.ApplyGradients(root_, {{gradient, w}});
  EXPECT_EQ(fast.node_name(), "GradientDescent_1");
  Start();
  session_->Run({}, {}, {slow});
  EXPECT_EQ(Value(w).number_at(0), -0.5);
  session_->SetVariable("lr", Tensor::Scalar(0.25f));
  session_->Run({}, {}, {fast});
  EXPECT_EQ(Value(w).number_at(0), -1);
}

TEST_F(OptimizerTest, SlotsAreBelowTheCurrentVariableScope) {
  const Scope model = root_.VariableScope("model");
  const Variable w = model.GetVariable("w", {1});
  const Expr loss = op::ReduceSum(model, op::Square(model, w));
  train::AdamOptimizer first, second;
  first.Minimize(model, loss);
  second.Minimize(model, loss);
  EXPECT_THAT(VariableNames(),
              ElementsAre("model/w", "model/beta1_power", "model/beta2_power", "model/model/w/Adam",
                          "model/model/w/Adam_1", "model/beta1_power_1", "model/beta2_power_1",
                          "model/model/w/Adam_2", "model/model/w/Adam_3"));
  EXPECT_EQ(first.Slot(w, "v")->name, "model/model/w/Adam_1");
  EXPECT_FALSE(first.Slot(w, "momentum").has_value());
}

TEST_F(OptimizerTest, SparseGradientsOfLookupsStaySparse) {
  const Variable table = root_.GetVariable("table", {4, 2}, {.initializer = init::Ones()});
  const Expr rows = nn::EmbeddingLookup(root_, table, op::Ints(root_, {2, 0, 2}));
  const Expr loss = op::ReduceSum(root_, rows);
  train::GradientDescentOptimizer optimizer(0.5);
  const std::vector<train::GradAndVar> grads = optimizer.ComputeGradients(root_, loss);
  ASSERT_TRUE(grads[0].grad.sparse());
  const Expr train = optimizer.ApplyGradients(root_, grads);
  Start();
  session_->Run({}, {}, {train});
  ExpectNear(Value(table), {0.5f, 0.5f, 1, 1, 0, 0, 1, 1});
}

TEST_F(OptimizerTest, Errors) {
  const Variable w = MakeW();
  const Variable v = root_.GetVariable("v", {2});
  train::MomentumOptimizer optimizer(0.1, 0.9);
  EXPECT_THAT(ErrorOf(Code::kInvalidArgument,
                      [&] {
                        optimizer.ApplyGradients(root_, {{Grad(), w}, {Grad(), v}});
                      }),
              HasSubstr("w, v"));
  EXPECT_THAT(ErrorOf(Code::kInvalidArgument,
                      [&] {
                        optimizer.ApplyGradients(root_, {{op::Const(root_, 1.0f), w}});
                      }),
              HasSubstr("'w'"));
  ErrorOf(Code::kInvalidArgument, [&] { optimizer.ApplyGradients(root_, {}); });
  ErrorOf(Code::kInvalidArgument, [] { train::AdagradOptimizer(0.1, 0); });
}

TEST_F(OptimizerTest, ExponentialDecay) {
  const Expr step = op::Const(root_, int64_t{25});
  const Expr smooth = train::ExponentialDecay(root_, 0.1, step, 10, 0.5);
  const Expr stairs = train::ExponentialDecay(root_, 0.1, step, 10, 0.5, /*staircase=*/true);
  EXPECT_EQ(smooth.name(), "ExponentialDecay:0");
  Start();
  ExpectNear(Value(smooth), {0.01767767f}, 1e-8);
  ExpectNear(Value(stairs), {0.025f}, 1e-8);
}

class ClippingTest : public OptimizerTest {};

TEST_F(ClippingTest, ByValueAndByNorm) {
  const Expr x = op::Const(root_, std::vector<float>{3, 4});
  const Expr zero = op::Const(root_, std::vector<float>{0, 0});
  const Expr by_value = train::ClipByValue(root_, x, -1, 3.5);
  const Expr by_norm = train::ClipByNorm(root_, x, 2);
  const Expr loose = train::ClipByNorm(root_, x, 10);
  const Expr of_zero = train::ClipByNorm(root_, zero, 2);
  const Grad slope = Gradients(root_, {of_zero}, {zero})[0];
  const Grad sparse = train::ClipByNorm(root_, Rows(Scaled({3, 2}, op::Const(root_, 1.0f))), 2);
  EXPECT_TRUE(sparse.sparse());
  EXPECT_TRUE(train::ClipByNorm(root_, Grad(), 2).none());
  EXPECT_EQ(by_norm.name(), "clip_by_norm:0");
  Start();
  ExpectNear(Value(by_value), {3, 3.5f});
  ExpectNear(Value(by_norm), {1.2f, 1.6f});
  ExpectNear(Value(loose), {3, 4});
  ExpectNear(Value(of_zero), {0, 0});
  ExpectNear(Value(slope.dense), {1, 1});
}

TEST_F(ClippingTest, ByGlobalNormSkipsNone) {
  const Expr a = op::Const(root_, std::vector<float>{3, 0});
  const Expr values = op::Const(root_, Tensor::Of<float>({0, 4, 0, 0, 0, 12}, {3, 2}));
  const train::Clipped clipped = train::ClipByGlobalNorm(root_, {a, Grad(), Rows(values)}, 6.5);
  const train::Clipped loose = train::ClipByGlobalNorm(root_, {a, Grad(), Rows(values)}, 100);
  ASSERT_EQ(clipped.grads.size(), 3u);
  EXPECT_TRUE(clipped.grads[1].none());
  EXPECT_TRUE(clipped.grads[2].sparse());
  EXPECT_EQ(clipped.norm.name(), "global_norm/global_norm:0");
  ErrorOf(Code::kInvalidArgument, [&] { train::GlobalNorm(root_, {Grad(), Grad()}); });
  Start();
  ExpectNear(Value(clipped.norm), {13});
  ExpectNear(Value(clipped.grads[0].dense), {1.5f, 0});
  ExpectNear(Value(clipped.grads[2].slices.values), {0, 2, 0, 0, 0, 6});
  ExpectNear(Value(loose.grads[0].dense), {3, 0});
}

TEST_F(ClippingTest, ANormThatIsNotFiniteMakesAllGradientsNaN) {
  const Expr a = op::Const(root_, std::vector<float>{1, std::numeric_limits<float>::infinity()});
  const Expr b = op::Const(root_, std::vector<float>{2});
  const train::Clipped clipped = train::ClipByGlobalNorm(root_, {a, b}, 1);
  Start();
  EXPECT_TRUE(std::isnan(Value(clipped.grads[1].dense).number_at(0)));
  EXPECT_TRUE(std::isinf(Value(clipped.norm).number_at(0))) << Value(clipped.norm).ToString();
}

}  // namespace
}  // namespace graphrun
