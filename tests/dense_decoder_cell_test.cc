// DenseDecoderCell: the logits of a dense layer over all outputs at once, from inside the loop.
#include "models/nn/dense_decoder_cell.h"

#include "models/nn/layers.h"
#include "models/nn/rnn.h"
#include "tests/model_fixture.h"

namespace graphrun {
namespace {

using nn::DenseDecoderCell;
using testing::HasSubstr;

constexpr int64_t kBatch = 3, kTime = 4, kInputs = 6, kHidden = 5, kClasses = 7;

class DenseDecoderCellTest : public ModelTest {
 protected:
  Expr Inputs() { return root_.Const(Wave({kBatch, kTime, kInputs}, 1, 0.7, 0.2)); }
  static nn::CellPtr Layers() {
    return std::make_shared<nn::MultiRNNCell>(std::vector<nn::CellPtr>{
        std::make_shared<nn::LSTMCell>(kHidden), std::make_shared<nn::GRUCell>(kHidden)});
  }
  void SetWeights() {
    for (const VariableInfo& v : meta_.variables) {
      // The same numbers for the same layer ("lstm_cell/kernel"), whatever is around it.
      const std::string name = "/" + v.name;
      const std::string leaf = name.substr(name.rfind('/', name.rfind('/') - 1));
      double phase = 0;
      for (const char c : leaf) phase += c;
      session_->SetVariable(v.name, Wave(v.shape, 0.5, 1.3, phase));
    }
  }
};

TEST_F(DenseDecoderCellTest, GivesTheLogitsOfFlattenAndDense) {
  const nn::CellPtr plain = Layers();
  const nn::RnnResult outside =
      nn::DynamicRnn(root_, *plain, Inputs(), {.dtype = DType::kFloat, .scope = "outside"});
  const Expr flat = op::Reshape(root_, outside.outputs, op::Ints(root_, {-1, kHidden}));
  const Expr dense = nn::Dense(root_, flat, kClasses);
  const Expr logits = op::Reshape(root_, dense, op::Ints(root_, {kBatch, kTime, kClasses}));

  DenseDecoderCell cell(Layers(), kClasses);
  EXPECT_EQ(cell.output_size(), Shape({kClasses}));
  EXPECT_EQ(cell.state_size(), plain->state_size());
  const nn::RnnResult inside =
      nn::DynamicRnn(root_, cell, Inputs(), {.dtype = DType::kFloat, .scope = "inside"});
  for (const bool interpret : {false, true}) {
    Start({.interpret = interpret});
    SetWeights();
    ExpectNear(Value(inside.outputs), Floats(Value(logits)));
    ASSERT_EQ(inside.state.size(), 3u);
    for (size_t i = 0; i < inside.state.size(); ++i) {
      ExpectNear(Value(inside.state[i]), Floats(Value(outside.state[i])));
    }
  }
}

TEST_F(DenseDecoderCellTest, NamesItsVariablesAndMakesThemOnce) {
  DenseDecoderCell cell(std::make_shared<nn::LSTMCell>(kHidden), kClasses,
                        {.activation = op::Tanh});
  const Expr x = root_.Const(Wave({kBatch, kInputs}, 1, 0.7, 0.2));
  const nn::State zero = cell.ZeroState(root_, kBatch, DType::kFloat);
  const nn::CellResult first = cell(root_, x, zero);
  cell(root_, x, first.state);
  EXPECT_EQ(VariableNames(),
            std::vector<std::string>(
                {"dense_decoder_cell/lstm_cell/kernel", "dense_decoder_cell/lstm_cell/bias",
                 "dense_decoder_cell/dense/kernel", "dense_decoder_cell/dense/bias"}));
  EXPECT_EQ(zero[0].node_name(), "DenseDecoderCellZeroState/LSTMCellZeroState/zeros");
  EXPECT_TRUE(cell.IsMemory(0));
  EXPECT_FALSE(cell.IsMemory(1));
  EXPECT_EQ(first.output.shape(), Shape({kBatch, kClasses}));
  Start();
  SetWeights();
  for (const float y : Floats(Value(first.output))) EXPECT_LT(std::abs(y), 1);
}

TEST_F(DenseDecoderCellTest, RefusesWhatIsNoCell) {
  EXPECT_THAT(ErrorOf(Code::kInvalidArgument, [] { DenseDecoderCell(nullptr, kClasses); }),
              HasSubstr("no cell"));
  ErrorOf(Code::kInvalidArgument,
          [] { DenseDecoderCell(std::make_shared<nn::GRUCell>(kHidden), 0); });
}

}  // namespace
}  // namespace graphrun
