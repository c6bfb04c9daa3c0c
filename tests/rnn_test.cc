// Cells and recurrences. Golden numbers were computed by TensorFlow 2.15.1 (compat.v1): variable i
// of a model is Wave(shape, 0.8, 0.7, 0.2 i), the inputs [2, 3, 2] are Wave(shape, 1, 0.9, 0.3),
// the lengths {3, 1}.
#include "models/nn/rnn.h"

#include "core/autodiff/gradients.h"
#include "models/nn/initializers.h"
#include "tests/model_fixture.h"

namespace graphrun {
namespace {

using nn::CellPtr;
using testing::ElementsAre;
using testing::HasSubstr;

struct GoldenCell {
  const char* name;
  std::function<CellPtr()> make;
  std::vector<std::string> variables;
  std::vector<float> outputs;
  std::vector<std::vector<float>> state;
};

void PrintTo(const GoldenCell& golden, std::ostream* out) { *out << golden.name; }

std::vector<GoldenCell> GoldenCells() {
  return {
      {"BasicRNN",
       [] { return std::make_shared<nn::BasicRNNCell>(2); },
       {"rnn/basic_rnn_cell/kernel", "rnn/basic_rnn_cell/bias"},
       {0.713225f, 0.8901403f, -0.1579987f, 0.2629024f, -0.6921411f, -0.5212154f, 0.3838286f,
        0.5064867f, 0.0f, 0.0f, 0.0f, 0.0f},
       {{-0.6921411f, -0.5212154f, 0.3838286f, 0.5064867f}}},
      {"BasicLSTM",
       [] {
         return std::make_shared<nn::BasicLSTMCell>(2,
                                                    nn::BasicLSTMCell::Options{.forget_bias = 0.5});
       },
       {"rnn/basic_lstm_cell/kernel", "rnn/basic_lstm_cell/bias"},
       {0.0821992f, 0.0912181f, 0.1309024f, 0.1321576f, 0.0829012f, 0.1490131f, 0.09159671f,
        0.092032f, 0.0f, 0.0f, 0.0f, 0.0f},
       {{0.1569337f, 0.244969f, 0.2426032f, 0.2532089f},
        {0.0829012f, 0.1490131f, 0.09159671f, 0.092032f}}},
      {"LSTMWithEverything",
       [] {
         return std::make_shared<nn::LSTMCell>(3, nn::LSTMCell::Options{.use_peepholes = true,
                                                                        .cell_clip = 0.4,
                                                                        .num_proj = 2,
                                                                        .proj_clip = 0.25,
                                                                        .forget_bias = 0.8});
       },
       {"rnn/lstm_cell/kernel", "rnn/lstm_cell/bias", "rnn/lstm_cell/w_f_diag",
        "rnn/lstm_cell/w_i_diag", "rnn/lstm_cell/w_o_diag", "rnn/lstm_cell/projection/kernel"},
       {0.03592676f, 0.2315165f, 0.25f, 0.25f, 0.1978966f, 0.09325911f, 0.006986821f, 0.08869636f,
        0.0f, 0.0f, 0.0f, 0.0f},
       {{0.4f, 0.4f, 0.06132852f, -0.001758389f, -0.1641367f, -0.2271251f},
        {0.1978966f, 0.09325911f, 0.006986821f, 0.08869636f}}},
      {"LSTM",
       [] { return std::make_shared<nn::LSTMCell>(2); },
       {"rnn/lstm_cell/kernel", "rnn/lstm_cell/bias"},
       {0.0821992f, 0.0912181f, 0.134968f, 0.1380772f, 0.1390608f, 0.2419125f, 0.09159671f,
        0.092032f, 0.0f, 0.0f, 0.0f, 0.0f},
       {{0.2666473f, 0.4116873f, 0.2426032f, 0.2532089f},
        {0.1390608f, 0.2419125f, 0.09159671f, 0.092032f}}},
      {"GRU",
       [] { return std::make_shared<nn::GRUCell>(2); },
       {"rnn/gru_cell/gates/kernel", "rnn/gru_cell/gates/bias", "rnn/gru_cell/candidate/kernel",
        "rnn/gru_cell/candidate/bias"},
       {0.3461719f, 0.43044f, 0.3774487f, 0.5285761f, 0.0923115f, 0.2190372f, 0.2221969f,
        0.2451437f, 0.0f, 0.0f, 0.0f, 0.0f},
       {{0.0923115f, 0.2190372f, 0.2221969f, 0.2451437f}}},
      {"Multi",
       [] {
         return std::make_shared<nn::MultiRNNCell>(std::vector<CellPtr>{
             std::make_shared<nn::GRUCell>(2), std::make_shared<nn::BasicLSTMCell>(2)});
       },
       {"rnn/multi_rnn_cell/cell_0/gru_cell/gates/kernel",
        "rnn/multi_rnn_cell/cell_0/gru_cell/gates/bias",
        "rnn/multi_rnn_cell/cell_0/gru_cell/candidate/kernel",
        "rnn/multi_rnn_cell/cell_0/gru_cell/candidate/bias",
        "rnn/multi_rnn_cell/cell_1/basic_lstm_cell/kernel",
        "rnn/multi_rnn_cell/cell_1/basic_lstm_cell/bias"},
       {0.1117324f, 0.08649549f, 0.14606f, 0.1357624f, 0.219689f, 0.1737257f, 0.1172204f,
        0.06092571f, 0.0f, 0.0f, 0.0f, 0.0f},
       {{0.0923115f, 0.2190372f, 0.2221969f, 0.2451437f},
        {1.102649f, 0.5663733f, 0.4909246f, 0.1718593f},
        {0.219689f, 0.1737257f, 0.1172204f, 0.06092571f}}},
  };
}

class RnnTest : public ModelTest {
 protected:
  Expr Inputs() { return op::Const(root_, Wave({2, 3, 2}, 1, 0.9, 0.3)); }
  std::vector<Expr> Steps(Expr inputs) { return op::Unpack(root_, inputs, 3, 1); }
  Expr Lengths(const std::vector<int32_t>& lengths) { return op::Ints(root_, lengths); }
  void StartWithWaves() {
    Start();
    for (size_t i = 0; i < meta_.variables.size(); ++i) {
      const VariableInfo& v = meta_.variables[i];
      session_->SetVariable(v.name, Wave(v.shape, 0.8, 0.7, 0.2 * static_cast<double>(i)));
    }
  }
};

class RnnGoldenTest : public RnnTest, public testing::WithParamInterface<GoldenCell> {};

TEST_P(RnnGoldenTest, DynamicAsTensorFlow) {
  const GoldenCell& golden = GetParam();
  const CellPtr cell = golden.make();
  const nn::RnnResult rnn = nn::DynamicRnn(
      root_, *cell, Inputs(), {.sequence_length = Lengths({3, 1}), .dtype = DType::kFloat});
  EXPECT_EQ(VariableNames(), golden.variables);
  EXPECT_EQ(rnn.outputs.shape(), (Shape{2, 3, 2}));
  StartWithWaves();
  ExpectNear(Value(rnn.outputs), golden.outputs);
  ASSERT_EQ(rnn.state.size(), golden.state.size());
  for (size_t i = 0; i < golden.state.size(); ++i) ExpectNear(Value(rnn.state[i]), golden.state[i]);
}

TEST_P(RnnGoldenTest, StaticAsTensorFlow) {
  const GoldenCell& golden = GetParam();
  const CellPtr cell = golden.make();
  const nn::StaticRnnResult rnn = nn::StaticRnn(
      root_, *cell, Steps(Inputs()), {.sequence_length = Lengths({3, 1}), .dtype = DType::kFloat});
  EXPECT_EQ(VariableNames(), golden.variables);
  const Expr outputs = op::Pack(root_, rnn.outputs, 1);
  StartWithWaves();
  ExpectNear(Value(outputs), golden.outputs);
  for (size_t i = 0; i < golden.state.size(); ++i) ExpectNear(Value(rnn.state[i]), golden.state[i]);
}

TEST_P(RnnGoldenTest, StaticEqualsDynamicWithoutLengths) {
  const CellPtr cell = GetParam().make();
  const nn::RnnResult dynamic = nn::DynamicRnn(root_, *cell, Inputs(), {.dtype = DType::kFloat});
  const nn::StaticRnnResult unrolled =
      nn::StaticRnn(root_, *cell, Steps(Inputs()), {.dtype = DType::kFloat});
  EXPECT_EQ(VariableNames(), GetParam().variables) << "the cell shares its variables";
  const Expr outputs = op::Pack(root_, unrolled.outputs, 1);
  const Expr dynamic_loss = op::ReduceSum(root_, op::Square(root_, dynamic.outputs));
  const Expr static_loss = op::ReduceSum(root_, op::Square(root_, outputs));
  std::vector<Expr> xs;
  for (const Variable& v : root_.Variables(keys::kTrainableVariables)) xs.push_back(v.value);
  const std::vector<Grad> dynamic_grads = Gradients(root_, {dynamic_loss}, xs);
  const std::vector<Grad> static_grads = Gradients(root_, {static_loss}, xs);
  StartWithWaves();
  ExpectNear(Value(dynamic.outputs), Floats(Value(outputs)));
  for (size_t i = 0; i < dynamic.state.size(); ++i) {
    ExpectNear(Value(dynamic.state[i]), Floats(Value(unrolled.state[i])));
  }
  for (size_t i = 0; i < xs.size(); ++i) {
    ASSERT_FALSE(dynamic_grads[i].none()) << VariableNames()[i];
    ExpectNear(Value(dynamic_grads[i].dense), Floats(Value(static_grads[i].dense)), 2e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Cells, RnnGoldenTest, testing::ValuesIn(GoldenCells()),
                         [](const auto& p) { return std::string(p.param.name); });

TEST_F(RnnTest, BidirectionalAsTensorFlow) {
  nn::BasicRNNCell fw(2), bw(2);
  const nn::BidirectionalResult rnn = nn::BidirectionalDynamicRnn(
      root_, fw, bw, Inputs(), {.sequence_length = Lengths({3, 2}), .dtype = DType::kFloat});
  EXPECT_THAT(VariableNames(), ElementsAre("bidirectional_rnn/fw/basic_rnn_cell/kernel",
                                           "bidirectional_rnn/fw/basic_rnn_cell/bias",
                                           "bidirectional_rnn/bw/basic_rnn_cell/kernel",
                                           "bidirectional_rnn/bw/basic_rnn_cell/bias"));
  StartWithWaves();
  ExpectNear(Value(rnn.fw.outputs),
             {0.713225f, 0.8901403f, -0.1579987f, 0.2629024f, -0.6921411f, -0.5212154f, 0.3838286f,
              0.5064867f, 0.5243903f, 0.8319535f, 0.0f, 0.0f});
  ExpectNear(Value(rnn.bw.outputs),
             {0.4440996f, 0.3566563f, 0.7648258f, 0.9520906f, -0.4919571f, -0.19396f, -0.2683383f,
              -0.5331261f, 0.8874374f, 0.9516301f, 0.0f, 0.0f});
  ExpectNear(Value(rnn.fw.state[0]), {-0.6921411f, -0.5212154f, 0.5243903f, 0.8319535f});
  ExpectNear(Value(rnn.bw.state[0]), {0.4440996f, 0.3566563f, -0.2683383f, -0.5331261f});
}

TEST_F(RnnTest, BidirectionalWithoutLengthsReversesTime) {
  nn::BasicRNNCell fw(2), bw(2);
  const nn::BidirectionalResult rnn =
      nn::BidirectionalDynamicRnn(root_, fw, bw, Inputs(), {.dtype = DType::kFloat});
  const nn::RnnResult by_hand = nn::DynamicRnn(
      root_, bw, op::ReverseV2(root_, Inputs(), op::Ints(root_, {1})), {.dtype = DType::kFloat});
  const Expr expected = op::ReverseV2(root_, by_hand.outputs, op::Ints(root_, {1}));
  StartWithWaves();
  ExpectNear(Value(rnn.bw.outputs), Floats(Value(expected)));
}

TEST_F(RnnTest, TimeMajorIsTheTransposed) {
  nn::GRUCell cell(2);
  const nn::RnnResult rows = nn::DynamicRnn(
      root_, cell, Inputs(), {.sequence_length = Lengths({2, 3}), .dtype = DType::kFloat});
  const Expr perm = op::Ints(root_, {1, 0, 2});
  const nn::RnnResult columns = nn::DynamicRnn(
      root_, cell, op::Transpose(root_, Inputs(), perm),
      {.sequence_length = Lengths({2, 3}), .dtype = DType::kFloat, .time_major = true});
  EXPECT_EQ(columns.outputs.shape(), (Shape{3, 2, 2}));
  const Expr back = op::Transpose(root_, columns.outputs, perm);
  StartWithWaves();
  ExpectNear(Value(rows.outputs), Floats(Value(back)));
  ExpectNear(Value(rows.state[0]), Floats(Value(columns.state[0])));
}

TEST_F(RnnTest, UnknownBatchAndTimeAndNoStepsAtAll) {
  nn::BasicLSTMCell cell(2);
  const Expr x = op::Placeholder(root_.WithName("x"), DType::kFloat, {kUnknownDim, kUnknownDim, 2});
  const Expr lengths = op::Placeholder(root_.WithName("lengths"), DType::kInt64, {kUnknownDim});
  const nn::RnnResult plain = nn::DynamicRnn(root_, cell, x, {.dtype = DType::kFloat});
  const nn::RnnResult limited =
      nn::DynamicRnn(root_, cell, x, {.sequence_length = lengths, .dtype = DType::kFloat});
  StartWithWaves();
  const Feeds some = {{x, Wave({2, 3, 2}, 1, 0.9, 0.3)},
                      {lengths, Tensor::Vector<int64_t>({3, 3})}};
  ExpectNear(Value(limited.outputs, some), Floats(Value(plain.outputs, some)));
  const Feeds none = {{x, Tensor::Zeros(DType::kFloat, {2, 0, 2})},
                      {lengths, Tensor::Vector<int64_t>({0, 0})}};
  for (const nn::RnnResult& rnn : {plain, limited}) {
    EXPECT_EQ(Value(rnn.outputs, none).shape(), (Shape{2, 0, 2}));
    ExpectNear(Value(rnn.state[0], none), {0, 0, 0, 0});
  }
  // Past the longest row nothing runs: outputs are zeros, the state stays.
  const Feeds zero = {{x, Wave({2, 3, 2}, 1, 0.9, 0.3)},
                      {lengths, Tensor::Vector<int64_t>({0, 0})}};
  ExpectNear(Value(limited.outputs, zero), std::vector<float>(12));
  ExpectNear(Value(limited.state[1], zero), {0, 0, 0, 0});
  ErrorOf(Code::kInvalidArgument, [&] {
    Value(limited.outputs,
          {{x, Wave({2, 3, 2}, 1, 0.9, 0.3)}, {lengths, Tensor::Vector<int64_t>({1})}});
  });
}

TEST_F(RnnTest, OneCellObjectTwiceSharesItsVariables) {
  const auto one = std::make_shared<nn::BasicRNNCell>(2);
  nn::MultiRNNCell cell({one, one});
  nn::StaticRnn(root_, cell, Steps(Inputs()), {.dtype = DType::kFloat});
  EXPECT_THAT(VariableNames(), ElementsAre("rnn/multi_rnn_cell/cell_0/basic_rnn_cell/kernel",
                                           "rnn/multi_rnn_cell/cell_0/basic_rnn_cell/bias"));
}

TEST_F(RnnTest, AnotherCellNeedsReuse) {
  nn::BasicRNNCell first(2), second(2), third(2);
  nn::DynamicRnn(root_, first, Inputs(), {.dtype = DType::kFloat});
  EXPECT_THAT(ErrorOf(Code::kAlreadyExists,
                      [&] { nn::DynamicRnn(root_, second, Inputs(), {.dtype = DType::kFloat}); }),
              HasSubstr("'rnn/basic_rnn_cell/kernel'"));
  const Scope reusing = root_.VariableScope("outer");
  nn::DynamicRnn(reusing, second, Inputs(), {.dtype = DType::kFloat});
  nn::DynamicRnn(root_.VariableScope("outer", {.reuse = Reuse::kTrue}), third, Inputs(),
                 {.dtype = DType::kFloat});
  EXPECT_EQ(VariableNames().size(), 4u);
}

TEST_F(RnnTest, CellsInOneScopeGetNamesOfTheirOwn) {
  nn::BasicRNNCell a(2), b(2), named(2, {.name = "mine"});
  const Expr x = Steps(Inputs())[0];
  const nn::State state = a.ZeroState(root_, 2, DType::kFloat);
  a(root_, x, state);
  b(root_, x, state);
  const nn::CellResult again = a(root_, x, state);
  named(root_, x, state);
  EXPECT_THAT(VariableNames(),
              ElementsAre("basic_rnn_cell/kernel", "basic_rnn_cell/bias", "basic_rnn_cell_1/kernel",
                          "basic_rnn_cell_1/bias", "mine/kernel", "mine/bias"));
  EXPECT_EQ(again.output.name(), "basic_rnn_cell/Tanh_1:0");
  EXPECT_EQ(state[0].name(), "BasicRNNCellZeroState/zeros:0");
}

TEST_F(RnnTest, UnrolledNodesAreNamedAsTensorFlowsAre) {
  nn::MultiRNNCell cell(
      {std::make_shared<nn::BasicLSTMCell>(4), std::make_shared<nn::BasicLSTMCell>(4)});
  const nn::StaticRnnResult rnn =
      nn::StaticRnn(root_.VariableScope("m"), cell, Steps(Inputs()), {.dtype = DType::kFloat});
  EXPECT_EQ(rnn.outputs[0].name(), "m/rnn/rnn/multi_rnn_cell/cell_1/basic_lstm_cell/Mul_2:0");
  EXPECT_EQ(rnn.outputs[1].name(), "m/rnn/rnn/multi_rnn_cell/cell_1/basic_lstm_cell/Mul_5:0");
  for (const char* node : {"m/rnn/MultiRNNCellZeroState/BasicLSTMCellZeroState_1/zeros_1",
                           "m/rnn/rnn/multi_rnn_cell/cell_0/basic_lstm_cell/concat/axis",
                           "m/rnn/rnn/multi_rnn_cell/cell_0/basic_lstm_cell/split_1",
                           "m/rnn/rnn/multi_rnn_cell/cell_1/basic_lstm_cell/MatMul_1",
                           "m/rnn/rnn/multi_rnn_cell/cell_1/basic_lstm_cell/Add_3"}) {
    EXPECT_NE(meta_.graph.Find(node), kNoNode) << node;
  }
}

// A user's cell: h' = 0.5 h + x·kernel.
class Leaky final : public nn::RNNCell {
 public:
  explicit Leaky(int64_t units) : RNNCell("LeakyCell"), units_(units) {}
  std::vector<Shape> state_size() const override { return {{units_}}; }
  Shape output_size() const override { return {units_}; }

 private:
  nn::CellResult Call(const Scope& s, Expr x, const nn::State& state) override {
    const Variable kernel = s.GetVariable("kernel", {x.shape()[1], units_});
    const Expr h = 0.5 * state[0] + op::MatMul(s, x, kernel);
    return {h, {h}};
  }
  int64_t units_;
};

TEST_F(RnnTest, ACellOfTheUsersOwn) {
  Leaky cell(1);
  const nn::RnnResult rnn = nn::DynamicRnn(root_.VariableScope("s", {.initializer = init::Ones()}),
                                           cell, Inputs(), {.dtype = DType::kFloat});
  EXPECT_THAT(VariableNames(), ElementsAre("s/rnn/leaky_cell/kernel"));
  Start();
  const std::vector<float> x = Floats(Wave({2, 3, 2}, 1, 0.9, 0.3));
  float h = 0;
  for (int t = 0; t < 3; ++t) h = 0.5f * h + x[2 * t] + x[2 * t + 1];
  EXPECT_NEAR(Value(rnn.state[0]).number_at(0), h, 1e-6);
}

TEST_F(RnnTest, DropoutWrapperScalesWhatItKeeps) {
  // With a kernel of ones and zero state, the output of the cell is positive everywhere.
  const auto inner = std::make_shared<nn::BasicRNNCell>(400);
  nn::DropoutWrapper cell(inner, {.output_keep_prob = 0.25, .seed = 3});
  const Expr x = op::Const(root_, Tensor::Of<float>({1, 1}, {1, 2}));
  const Scope s = root_.VariableScope("s", {.initializer = init::Ones()});
  const nn::CellResult step = cell(s, x, cell.ZeroState(root_, 1, DType::kFloat));
  Start();
  const std::vector<float> kept = Floats(Value(step.output));
  const float full = std::tanh(2.0f) / 0.25f;
  int survivors = 0;
  for (float v : kept) {
    if (v == 0) continue;
    ++survivors;
    EXPECT_NEAR(v, full, 1e-5);
  }
  EXPECT_NEAR(survivors, 100, 40);
  for (float v : Floats(Value(step.state[0]))) EXPECT_NEAR(v, std::tanh(2.0f), 1e-6);
  const Graph& g = meta_.graph;
  // int(md5("3output_0")[:8], 16) & 0x7fffffff, as TensorFlow derives it.
  const NodeId random = g.Find("s/dropout/random_uniform/RandomUniform");
  ASSERT_NE(random, kNoNode);
  EXPECT_EQ(std::get<int64_t>(g.node(random).attrs.at("seed2")), 787469663);
  EXPECT_EQ(VariableNames()[0], "s/basic_rnn_cell/kernel");
}

TEST_F(RnnTest, StateDropoutLeavesTheMemoryAlone) {
  nn::DropoutWrapper cell(std::make_shared<nn::BasicLSTMCell>(50), {.state_keep_prob = 0.5});
  const Expr x = op::Const(root_, Tensor::Of<float>({1, 1}, {1, 2}));
  const Scope s = root_.VariableScope("s", {.initializer = init::Ones()});
  const nn::CellResult step = cell(s, x, cell.ZeroState(root_, 1, DType::kFloat));
  Start();
  const std::vector<float> c = Floats(Value(step.state[0])), h = Floats(Value(step.state[1]));
  EXPECT_EQ(std::count(c.begin(), c.end(), 0.0f), 0);
  EXPECT_GT(std::count(h.begin(), h.end(), 0.0f), 5);
}

TEST_F(RnnTest, Errors) {
  nn::BasicLSTMCell cell(2);
  const auto refused = [&](const std::function<void()>& fn, const char* part) {
    EXPECT_THAT(ErrorOf(Code::kInvalidArgument, fn), HasSubstr(part));
  };
  const Expr unknown = op::Placeholder(root_, DType::kFloat, {2, 3, kUnknownDim});
  refused([&] { nn::DynamicRnn(root_, cell, unknown, {.dtype = DType::kFloat}); }, "[2,3,?]");
  refused([&] { nn::DynamicRnn(root_, cell, Inputs()); }, "dtype");
  refused(
      [&] {
        nn::DynamicRnn(root_, cell, Inputs(),
                       {.sequence_length = Lengths({1, 2, 3}), .dtype = DType::kFloat});
      },
      "3 elements for a batch of 2");
  refused([&] { nn::StaticRnn(root_, cell, {}, {.dtype = DType::kFloat}); }, "at least one");
  refused([&] { cell(root_, Steps(Inputs())[0], {}); }, "2 tensors");
  refused([&] { cell(root_, Inputs(), cell.ZeroState(root_, 2, DType::kFloat)); }, "[batch, size]");
  refused([&] { nn::MultiRNNCell(std::vector<CellPtr>{}); }, "at least one");
  refused([&] { nn::GRUCell(0); }, "positive");
  refused([&] { nn::DropoutWrapper(nullptr, {.output_keep_prob = 0}); }, "(0, 1]");
}

}  // namespace
}  // namespace graphrun
