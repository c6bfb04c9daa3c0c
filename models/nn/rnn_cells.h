// Recurrent cells, as tf.nn.rnn_cell: one step of a recurrence over a batch.
#ifndef GRAPHRUN_MODELS_NN_RNN_CELLS_H_
#define GRAPHRUN_MODELS_NN_RNN_CELLS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/build/scope.h"

namespace graphrun::nn {

// An element-wise function: op::Tanh, op::Relu, or a lambda.
using Activation = std::function<Expr(const Scope&, Expr)>;

// A size that is known now, or an int32 scalar of the graph.
class Dim {
 public:
  Dim(int64_t value) : value_(value) {}  // NOLINT: implicit by design, as below
  Dim(int value) : value_(value) {}      // NOLINT
  Dim(Expr expr) : expr_(expr) {}        // NOLINT
  bool known() const { return !expr_.valid(); }
  int64_t value() const { return value_; }  // kUnknownDim when not known()
  Expr AsExpr(const Scope& scope) const;    // int32 scalar

 private:
  int64_t value_ = kUnknownDim;
  Expr expr_;
};

// Zeros of shape [batch, size...].
Expr BatchZeros(const Scope& scope, const Dim& batch, const Shape& size, DType dtype);

// All state tensors of a cell, nested ones one after the other: {c, h} of an LSTM, {c0, h0, c1, h1}
// of two in a MultiRNNCell.
using State = std::vector<Expr>;

struct CellResult {
  Expr output;  // [batch, output_size...]
  State state;  // of the shapes that came in
};

// One step: (inputs, state) -> (output, new state).
//
// To write a cell, derive, pass the class's name to the constructor, and implement the three pure
// functions:
//
//   class Decay final : public nn::RNNCell {
//    public:
//     explicit Decay(int64_t units) : RNNCell("Decay"), units_(units) {}
//     std::vector<Shape> state_size() const override { return {{units_}}; }
//     Shape output_size() const override { return {units_}; }
//    private:
//     nn::CellResult Call(const Scope& s, Expr x, const nn::State& state) override {
//       const Expr h = 0.9 * state[0] + op::MatMul(s, x, s.GetVariable("kernel", {x.shape()[1],
//       units_})); return {h, {h}};
//     }
//     int64_t units_;
//   };
//
// A cell object owns its variables: its first call makes them, in a variable scope named after the
// class ("decay", or "decay_1" when this scope's last opening has one already); every later call,
// wherever it is, uses the same.
class RNNCell {
 public:
  virtual ~RNNCell() = default;
  RNNCell(const RNNCell&) = delete;
  RNNCell& operator=(const RNNCell&) = delete;

  // Shapes of the state tensors and of the output, without the batch dimension.
  virtual std::vector<Shape> state_size() const = 0;
  virtual Shape output_size() const = 0;
  // Whether state tensor i is the memory c of an LSTM, which dropout leaves alone.
  virtual bool IsMemory(int) const { return false; }
  // A state of zeros, under the name scope CLASSZeroState.
  virtual State ZeroState(const Scope& scope, const Dim& batch, DType dtype) const;

  // inputs [batch, input size], float32 or float64, the input size known; state as state_size()
  // says. INVALID_ARGUMENT for anything else; the errors of Scope::GetVariable when a new cell
  // meets variables of its names.
  CellResult operator()(const Scope& scope, Expr inputs, const State& state);

  const std::string& class_name() const { return class_name_; }

 protected:
  // Where a cell opens its variable scope; matters for names of nodes only.
  enum class Opens {
    kComposite,  // below the caller's scope opened again, as TensorFlow does for cells made by
                 // users and of cells
    kLayer,      // directly below the caller's, as for built-in cells
    kNothing,    // it has none
  };
  // `name` replaces the variable scope's name, which is the class's in snake case: BasicLSTMCell,
  // basic_lstm_cell.
  explicit RNNCell(std::string class_name, Opens opens = Opens::kComposite, std::string name = "");

  virtual CellResult Call(const Scope& scope, Expr inputs, const State& state) = 0;

 private:
  Scope Enter(const Scope& scope) const;

  std::string class_name_;
  std::string name_;
  Opens opens_;
  std::optional<Scope> own_;  // the variable scope of the first call
};
using CellPtr = std::shared_ptr<RNNCell>;

// h' = tanh([x, h]·kernel + bias). Variables kernel [input + units, units], bias [units] (zeros).
class BasicRNNCell final : public RNNCell {
 public:
  struct Options {
    Activation activation = {};  // tanh
    std::string name = {};
  };
  explicit BasicRNNCell(int64_t num_units) : BasicRNNCell(num_units, Options()) {}
  BasicRNNCell(int64_t num_units, Options options);
  std::vector<Shape> state_size() const override { return {{units_}}; }
  Shape output_size() const override { return {units_}; }

 private:
  CellResult Call(const Scope& scope, Expr inputs, const State& state) override;
  int64_t units_;
  Options options_;
};

// Long short-term memory after Zaremba, Sutskever and Vinyals, "Recurrent neural network
// regularization", 2014:
//   i, j, f, o = [x, h]·kernel + bias;  c' = c·σ(f + forget_bias) + σ(i)·tanh(j);  h' =
//   tanh(c')·σ(o)
// State {c, h}. Variables kernel [input + units, 4 units], bias [4 units] (zeros).
class BasicLSTMCell final : public RNNCell {
 public:
  struct Options {
    double forget_bias = 1;
    Activation activation = {};  // tanh
    std::string name = {};
  };
  explicit BasicLSTMCell(int64_t num_units) : BasicLSTMCell(num_units, Options()) {}
  BasicLSTMCell(int64_t num_units, Options options);
  std::vector<Shape> state_size() const override { return {{units_}, {units_}}; }
  bool IsMemory(int i) const override { return i == 0; }
  Shape output_size() const override { return {units_}; }

 private:
  CellResult Call(const Scope& scope, Expr inputs, const State& state) override;
  int64_t units_;
  Options options_;
};

// The LSTM with what Sak, Senior and Beaufays, "Long short-term memory recurrent neural network
// architectures for large scale acoustic modeling", 2014, add: peepholes (w_f_diag, w_i_diag,
// w_o_diag [units]) and a projection of the output (projection/kernel [units, num_proj]). State {c
// [units], m [num_proj or units]}.
class LSTMCell final : public RNNCell {
 public:
  struct Options {
    bool use_peepholes = false;
    std::optional<double> cell_clip = {};  // c' is clipped to ±cell_clip
    Initializer initializer = {};          // of all weights; the scope's if not set
    std::optional<int64_t> num_proj = {};
    std::optional<double> proj_clip = {};  // the projected output is clipped to ±proj_clip
    double forget_bias = 1;
    Activation activation = {};  // tanh
    std::string name = {};
  };
  explicit LSTMCell(int64_t num_units) : LSTMCell(num_units, Options()) {}
  LSTMCell(int64_t num_units, Options options);
  std::vector<Shape> state_size() const override { return {{units_}, output_size()}; }
  bool IsMemory(int i) const override { return i == 0; }
  Shape output_size() const override { return {options_.num_proj.value_or(units_)}; }

 private:
  CellResult Call(const Scope& scope, Expr inputs, const State& state) override;
  int64_t units_;
  Options options_;
};

// The gated recurrent unit of Cho et al., "Learning phrase representations using RNN
// encoder-decoder", 2014:
//   r, u = σ([x, h]·gates/kernel + gates/bias);  c = tanh([x, r·h]·candidate/kernel +
//   candidate/bias) h' = u·h + (1 - u)·c
// gates/bias is 1 at first, candidate/bias 0.
class GRUCell final : public RNNCell {
 public:
  struct Options {
    Activation activation = {};  // tanh
    Initializer kernel_initializer = {};
    Initializer bias_initializer = {};  // of both biases
    std::string name = {};
  };
  explicit GRUCell(int64_t num_units) : GRUCell(num_units, Options()) {}
  GRUCell(int64_t num_units, Options options);
  std::vector<Shape> state_size() const override { return {{units_}}; }
  Shape output_size() const override { return {units_}; }

 private:
  CellResult Call(const Scope& scope, Expr inputs, const State& state) override;
  int64_t units_;
  Options options_;
};

// Cells on top of each other, in variable scopes cell_0, cell_1, ...; a cell given twice shares its
// variables.
class MultiRNNCell final : public RNNCell {
 public:
  // INVALID_ARGUMENT without cells.
  explicit MultiRNNCell(std::vector<CellPtr> cells);
  std::vector<Shape> state_size() const override;
  bool IsMemory(int i) const override;
  Shape output_size() const override { return cells_.back()->output_size(); }
  State ZeroState(const Scope& scope, const Dim& batch, DType dtype) const override;

 private:
  CellResult Call(const Scope& scope, Expr inputs, const State& state) override;
  std::vector<CellPtr> cells_;
};

// Dropout around a cell, with a new mask in every step. Has no scope of its own.
class DropoutWrapper final : public RNNCell {
 public:
  // Probabilities to keep an element, in (0, 1]; 1 adds nothing. As in TensorFlow, state_keep_prob
  // leaves the memory c of an LSTM alone.
  struct Options {
    double input_keep_prob = 1;
    double output_keep_prob = 1;
    double state_keep_prob = 1;
    std::optional<int64_t> seed = {};
  };
  DropoutWrapper(CellPtr cell, Options options);
  std::vector<Shape> state_size() const override { return cell_->state_size(); }
  bool IsMemory(int i) const override { return cell_->IsMemory(i); }
  Shape output_size() const override { return cell_->output_size(); }
  State ZeroState(const Scope& scope, const Dim& batch, DType dtype) const override;
  const RNNCell& wrapped() const { return *cell_; }

 private:
  CellResult Call(const Scope& scope, Expr inputs, const State& state) override;
  CellPtr cell_;
  Options options_;
};

}  // namespace graphrun::nn

#endif  // GRAPHRUN_MODELS_NN_RNN_CELLS_H_
