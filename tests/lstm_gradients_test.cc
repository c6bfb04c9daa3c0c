// First and second derivatives of an LSTM over time, in double, against finite differences.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "models/nn/initializers.h"
#include "models/nn/rnn.h"
#include "tests/test_graph.h"

namespace graphrun {
namespace {

constexpr int64_t kRows = 2, kSteps = 4, kInputs = 3, kCells = 5;

Tensor RandomTensor(const Shape& shape, uint32_t seed) {
  std::mt19937 random(seed);
  Tensor t(DType::kDouble, shape);
  for (double& v : t.span<double>()) v = std::uniform_real_distribution<>(-0.5, 0.5)(random);
  return t;
}

double Dot(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (int64_t i = 0; i < a.num_elements(); ++i) sum += a.data<double>()[i] * b.data<double>()[i];
  return sum;
}

struct Setting {
  const char* name;
  bool lengths, unknown_sizes, interpret;
};
void PrintTo(const Setting& s, std::ostream* out) { *out << s.name; }

class LstmGradients : public testing::TestWithParam<Setting> {};

// Of the loss with respect to the inputs and the kernel, then of a combination of those gradients.
TEST_P(LstmGradients, AgreeWithFiniteDifferencesToSecondOrder) {
  TestGraph t;
  const Shape x_shape =
      GetParam().unknown_sizes ? Shape::Parse("[?,?,3]") : Shape{kRows, kSteps, kInputs};
  const Expr x = op::Placeholder(t.root, DType::kDouble, x_shape);
  const Scope s = t.root.VariableScope(
      "m", {.initializer = init::RandomUniform(-0.4, 0.4, 3), .dtype = DType::kDouble});
  nn::BasicLSTMCell cell(kCells);
  nn::RnnOptions options{.dtype = DType::kDouble};
  if (GetParam().lengths) options.sequence_length = op::Const(s, std::vector<int32_t>{3, 0});
  const nn::RnnResult rnn = nn::DynamicRnn(s, cell, x, options);
  const Variable kernel = t.root.Variables(keys::kTrainableVariables)[0];
  ASSERT_EQ(kernel.name, "m/rnn/basic_lstm_cell/kernel");

  const Expr weights = op::Const(s, std::vector<double>{0.7, -0.3, 1.1, 0.2, -0.9});
  const Expr loss = op::ReduceSum(s, op::Square(s, rnn.outputs) * weights) +
                    op::ReduceSum(s, rnn.state[0] * weights);
  const std::vector<Grad> first = Gradients(s, {loss}, {x, kernel});
  const Tensor along_x = RandomTensor({kRows, kSteps, kInputs}, 5),
               along_kernel = RandomTensor(kernel.shape, 6);
  const Expr combined = op::ReduceSum(s, first[0].dense * s.Const(along_x)) +
                        op::ReduceSum(s, first[1].dense * s.Const(along_kernel));
  const std::vector<Grad> second = Gradients(s, {combined}, {x, kernel});
  t.Verify();

  Session session(t.meta.graph, {.interpret = GetParam().interpret});
  session.Run({}, {}, {t.root.GlobalVariablesInitializer()});
  const Tensor at_x = RandomTensor({kRows, kSteps, kInputs}, 1),
               at_kernel = session.VariableValue(kernel.name);
  const Tensor dx = RandomTensor(at_x.shape(), 2), dkernel = RandomTensor(at_kernel.shape(), 4);
  const auto run = [&](double step, const std::vector<TensorName>& fetches) {
    Tensor moved_x = at_x.Copy(), moved_kernel = at_kernel.Copy();
    for (int64_t i = 0; i < dx.num_elements(); ++i)
      moved_x.data<double>()[i] += step * dx.data<double>()[i];
    for (int64_t i = 0; i < dkernel.num_elements(); ++i) {
      moved_kernel.data<double>()[i] += step * dkernel.data<double>()[i];
    }
    session.SetVariable(kernel.name, moved_kernel);
    return session.Run({{x, moved_x}}, fetches);
  };
  const double h = 1e-5;
  for (const auto& [f, grads] : {std::pair{loss, first}, std::pair{combined, second}}) {
    const double numeric =
        (run(h, {f})[0].scalar<double>() - run(-h, {f})[0].scalar<double>()) / (2 * h);
    const auto g = run(0, {grads[0].dense, grads[1].dense});
    EXPECT_NEAR(Dot(g[0], dx) + Dot(g[1], dkernel), numeric,
                1e-7 * std::max(1.0, std::abs(numeric)));
    EXPECT_GT(std::abs(numeric), 1e-4);
  }
}

INSTANTIATE_TEST_SUITE_P(All, LstmGradients,
                         testing::Values(Setting{"Planned", false, false, false},
                                         Setting{"Interpreted", false, false, true},
                                         Setting{"Lengths", true, false, false},
                                         Setting{"UnknownSizes", false, true, false},
                                         Setting{"LengthsUnknownSizesInterpreted", true, true,
                                                 true}),
                         [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace graphrun
