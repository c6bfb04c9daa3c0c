#include "models/nn/rnn_cells.h"

#include <cctype>
#include <utility>

#include "models/nn/clipping.h"
#include "models/nn/initializers.h"
#include "models/nn/naming.h"

namespace graphrun::nn {
namespace {

// BasicLSTMCell -> basic_lstm_cell.
std::string SnakeCase(const std::string& name) {
  const auto upper = [&](size_t i) {
    return std::isupper(static_cast<unsigned char>(name[i])) != 0;
  };
  std::string snake;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool word_begins = i > 0 && upper(i) && name[i - 1] != '_' &&
                             (!upper(i - 1) || (i + 1 < name.size() && !upper(i + 1)));
    if (word_begins) snake += '_';
    snake += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
  }
  return snake;
}

int64_t InputSize(const RNNCell& cell, Expr inputs) {
  const Shape& shape = inputs.shape();
  if (shape.known_rank() && shape.rank() != 2) {
    ThrowInvalid(cell.class_name() + ": inputs are [batch, size], not " + shape.ToString());
  }
  if (!shape.known_rank() || shape[1] == kUnknownDim) {
    ThrowInvalid(cell.class_name() + ": the input size must be known, but the inputs are " +
                 shape.ToString() + "; give the placeholder its last dimension");
  }
  return shape[1];
}

void RequireUnits(const char* cell, int64_t units) {
  if (units < 1) {
    ThrowInvalid(std::string(cell) + ": num_units must be positive, not " + std::to_string(units));
  }
}

Activation OrTanh(Activation activation) { return activation ? activation : op::Tanh; }

// [a, b]·kernel + bias.
Expr Affine(const Scope& s, Expr a, Expr b, Expr kernel, Expr bias) {
  const Expr joined = op::Concat(Named(s, "concat"), {a, b}, 1);
  return op::BiasAdd(s, op::MatMul(s, joined, kernel), bias);
}

std::vector<Expr> SplitColumns(const Scope& s, Expr x, int64_t n) {
  const Scope own = Named(s, "split");
  return op::Split(own, ScalarConst(own.WithName("split_dim"), DType::kInt32, 1), x, n);
}

Expr AddUp(const Scope& s, Expr a, Expr b) { return op::AddV2(s.WithName("add"), a, b); }
Expr Times(const Scope& s, Expr a, Expr b) { return op::Mul(s.WithName("mul"), a, b); }

}  // namespace

Expr Dim::AsExpr(const Scope& scope) const {
  return known() ? ScalarConst(scope, DType::kInt32, static_cast<double>(value_)) : expr_;
}

Expr BatchZeros(const Scope& scope, const Dim& batch, const Shape& size, DType dtype) {
  Expr dims;
  if (batch.known()) {
    dims = op::ShapeConst(scope.WithName("concat"), Concatenate(Shape{batch.value()}, size));
  } else {
    const Expr rows = op::ExpandDims(scope, batch.AsExpr(scope), 0);
    dims = op::Concat(Named(scope, "concat"), {rows, op::ShapeConst(scope, size)}, 0);
  }
  const Scope own = Named(scope, "zeros");
  return op::Fill(own, dims, ScalarConst(own.WithName("Const"), dtype, 0));
}

RNNCell::RNNCell(std::string class_name, Opens opens, std::string name)
    : class_name_(std::move(class_name)),
      name_(name.empty() ? SnakeCase(class_name_) : std::move(name)),
      opens_(opens) {}

State RNNCell::ZeroState(const Scope& scope, const Dim& batch, DType dtype) const {
  const Scope own = scope.NameScope(class_name_ + "ZeroState");
  State state;
  for (const Shape& size : state_size()) state.push_back(BatchZeros(own, batch, size, dtype));
  return state;
}

Scope RNNCell::Enter(const Scope& scope) const {
  if (opens_ == Opens::kNothing) return scope;
  if (own_) {
    if (&own_->meta() != &scope.meta()) {
      ThrowInvalid("this " + class_name_ + " has its variables in another graph; make a new cell");
    }
    // Names of another body's nodes mean nothing here.
    if (own_->home() != scope.home()) return scope.Reopen(*own_, {.reuse = Reuse::kTrue});
    return scope.NameScope(own_->name_scope() + "/")
        .Reopen(*own_, {.reuse = Reuse::kTrue, .auxiliary_name_scope = false});
  }
  const bool again = opens_ == Opens::kComposite && !scope.variable_scope().empty();
  return (again ? scope.Reopen(scope) : scope).DefaultVariableScope(name_);
}

CellResult RNNCell::operator()(const Scope& scope, Expr inputs, const State& state) {
  const std::vector<Shape> sizes = state_size();
  if (state.size() != sizes.size()) {
    ThrowInvalid(class_name_ + ": the state has " + std::to_string(sizes.size()) +
                 " tensors, not " + std::to_string(state.size()));
  }
  for (size_t i = 0; i < state.size(); ++i) {
    const Shape expected = Concatenate(Shape{kUnknownDim}, sizes[i]);
    if (!state[i].shape().CompatibleWith(expected)) {
      ThrowInvalid(class_name_ + ": state " + std::to_string(i) + " is " + expected.ToString() +
                   ", not " + state[i].shape().ToString() + " ('" + state[i].name() + "')");
    }
  }
  if (!IsFloating(inputs.dtype())) {
    ThrowInvalid(class_name_ + ": inputs must be floating point, not " +
                 std::string(DTypeName(inputs.dtype())) + " ('" + inputs.name() + "')");
  }
  const Scope own = Enter(scope);
  CellResult result = Call(own, inputs, state);
  if (!own_) own_ = own;
  return result;
}

BasicRNNCell::BasicRNNCell(int64_t num_units, Options options)
    : RNNCell("BasicRNNCell", Opens::kLayer, options.name),
      units_(num_units),
      options_(std::move(options)) {
  RequireUnits("BasicRNNCell", num_units);
}

CellResult BasicRNNCell::Call(const Scope& s, Expr inputs, const State& state) {
  const Expr kernel = s.GetVariable("kernel", {InputSize(*this, inputs) + units_, units_},
                                    {.dtype = inputs.dtype()});
  const Expr bias =
      s.GetVariable("bias", {units_}, {.dtype = inputs.dtype(), .initializer = init::Zeros()});
  const Expr h = OrTanh(options_.activation)(s, Affine(s, inputs, state[0], kernel, bias));
  return {h, {h}};
}

BasicLSTMCell::BasicLSTMCell(int64_t num_units, Options options)
    : RNNCell("BasicLSTMCell", Opens::kLayer, options.name),
      units_(num_units),
      options_(std::move(options)) {
  RequireUnits("BasicLSTMCell", num_units);
}

CellResult BasicLSTMCell::Call(const Scope& s, Expr inputs, const State& state) {
  const Expr kernel = s.GetVariable("kernel", {InputSize(*this, inputs) + units_, 4 * units_},
                                    {.dtype = inputs.dtype()});
  const Expr bias =
      s.GetVariable("bias", {4 * units_}, {.dtype = inputs.dtype(), .initializer = init::Zeros()});
  const Activation tanh = OrTanh(options_.activation);
  const auto add = [&](Expr a, Expr b) { return op::AddV2(s.WithName("Add"), a, b); };
  const Expr axis = ScalarConst(s, DType::kInt32, 1);
  const Expr gates = Affine(s, inputs, state[1], kernel, bias);
  const std::vector<Expr> ijfo = op::Split(s.WithName("split"), axis, gates, 4);
  const Expr forget = add(ijfo[2], ScalarConst(s, inputs.dtype(), options_.forget_bias));
  const Expr kept = op::Mul(s, state[0], op::Sigmoid(s, forget));
  const Expr input = op::Sigmoid(s, ijfo[0]);
  const Expr c = add(kept, op::Mul(s, input, tanh(s, ijfo[1])));
  const Expr squashed = tanh(s, c);
  const Expr h = op::Mul(s, squashed, op::Sigmoid(s, ijfo[3]));
  return {h, {c, h}};
}

LSTMCell::LSTMCell(int64_t num_units, Options options)
    : RNNCell("LSTMCell", Opens::kLayer, options.name),
      units_(num_units),
      options_(std::move(options)) {
  RequireUnits("LSTMCell", num_units);
  if (options_.num_proj) RequireUnits("LSTMCell: num_proj", *options_.num_proj);
}

CellResult LSTMCell::Call(const Scope& s, Expr inputs, const State& state) {
  const DType dtype = inputs.dtype();
  const VariableOptions weights = {.dtype = dtype, .initializer = options_.initializer};
  const Shape kernel_shape = {InputSize(*this, inputs) + output_size()[0], 4 * units_};
  const Expr kernel = s.GetVariable("kernel", kernel_shape, weights);
  const Expr bias =
      s.GetVariable("bias", {4 * units_}, {.dtype = dtype, .initializer = init::Zeros()});
  Expr to_f, to_i, to_o, projection;
  if (options_.use_peepholes) {
    to_f = s.GetVariable("w_f_diag", {units_}, weights);
    to_i = s.GetVariable("w_i_diag", {units_}, weights);
    to_o = s.GetVariable("w_o_diag", {units_}, weights);
  }
  if (options_.num_proj) {
    projection = s.GetVariable("projection/kernel", {units_, *options_.num_proj}, weights);
  }

  const Activation tanh = OrTanh(options_.activation);
  const Expr c_before = state[0];
  // A gate reads the memory through its peephole, when there is one.
  const auto peep = [&](Expr gate, Expr diagonal, Expr c) {
    return diagonal.valid() ? AddUp(s, gate, Times(s, diagonal, c)) : gate;
  };
  const auto clip = [&](Expr x, const std::optional<double>& bound) {
    return bound ? train::ClipByValue(s, x, -*bound, *bound) : x;
  };
  const std::vector<Expr> ijfo = SplitColumns(s, Affine(s, inputs, state[1], kernel, bias), 4);
  const Expr biased = WithNumber(s, "add", "AddV2", ijfo[2], options_.forget_bias);
  const Expr kept = Times(s, op::Sigmoid(s, peep(biased, to_f, c_before)), c_before);
  const Expr input = op::Sigmoid(s, peep(ijfo[0], to_i, c_before));
  const Expr c = clip(AddUp(s, kept, Times(s, input, tanh(s, ijfo[1]))), options_.cell_clip);
  const Expr output = op::Sigmoid(s, peep(ijfo[3], to_o, c));
  Expr m = Times(s, output, tanh(s, c));
  if (projection.valid()) m = clip(op::MatMul(s, m, projection), options_.proj_clip);
  return {m, {c, m}};
}

GRUCell::GRUCell(int64_t num_units, Options options)
    : RNNCell("GRUCell", Opens::kLayer, options.name),
      units_(num_units),
      options_(std::move(options)) {
  RequireUnits("GRUCell", num_units);
}

CellResult GRUCell::Call(const Scope& s, Expr inputs, const State& state) {
  const DType dtype = inputs.dtype();
  const int64_t rows = InputSize(*this, inputs) + units_;
  const auto kernel = [&](const char* name, int64_t columns) {
    return s.GetVariable(name, {rows, columns},
                         {.dtype = dtype, .initializer = options_.kernel_initializer});
  };
  const auto bias = [&](const char* name, int64_t size, double value) {
    const Initializer given = options_.bias_initializer;
    return s.GetVariable(name, {size},
                         {.dtype = dtype, .initializer = given ? given : init::Constant(value)});
  };
  const Expr gate_kernel = kernel("gates/kernel", 2 * units_);
  const Expr gate_bias = bias("gates/bias", 2 * units_, 1);
  const Expr candidate_kernel = kernel("candidate/kernel", units_);
  const Expr candidate_bias = bias("candidate/bias", units_, 0);

  const Expr h = state[0];
  const Expr gates = op::Sigmoid(s, Affine(s, inputs, h, gate_kernel, gate_bias));
  const std::vector<Expr> ru = SplitColumns(s, gates, 2);
  const Expr reset = Times(s, ru[0], h);
  const Expr affine = Affine(s, inputs, reset, candidate_kernel, candidate_bias);
  const Expr candidate = OrTanh(options_.activation)(s, affine);
  const Expr kept = Times(s, ru[1], h);
  const Expr fresh = Times(s, WithNumber(s, "sub", "Sub", 1, ru[1]), candidate);
  const Expr next = AddUp(s, kept, fresh);
  return {next, {next}};
}

MultiRNNCell::MultiRNNCell(std::vector<CellPtr> cells)
    : RNNCell("MultiRNNCell"), cells_(std::move(cells)) {
  if (cells_.empty()) ThrowInvalid("MultiRNNCell: at least one cell is needed");
}

std::vector<Shape> MultiRNNCell::state_size() const {
  std::vector<Shape> sizes;
  for (const CellPtr& cell : cells_) {
    for (const Shape& size : cell->state_size()) sizes.push_back(size);
  }
  return sizes;
}

bool MultiRNNCell::IsMemory(int i) const {
  for (const CellPtr& cell : cells_) {
    const int n = static_cast<int>(cell->state_size().size());
    if (i < n) return cell->IsMemory(i);
    i -= n;
  }
  return false;
}

State MultiRNNCell::ZeroState(const Scope& scope, const Dim& batch, DType dtype) const {
  const Scope own = scope.NameScope(class_name() + "ZeroState");
  State state;
  for (const CellPtr& cell : cells_) {
    for (Expr part : cell->ZeroState(own, batch, dtype)) state.push_back(part);
  }
  return state;
}

CellResult MultiRNNCell::Call(const Scope& s, Expr inputs, const State& state) {
  CellResult result{inputs, {}};
  auto from = state.begin();
  for (size_t i = 0; i < cells_.size(); ++i) {
    const auto to = from + static_cast<std::ptrdiff_t>(cells_[i]->state_size().size());
    const Scope layer = s.VariableScope("cell_" + std::to_string(i));
    CellResult step = (*cells_[i])(layer, result.output, State(from, to));
    result.output = step.output;
    result.state.insert(result.state.end(), step.state.begin(), step.state.end());
    from = to;
  }
  return result;
}

}  // namespace graphrun::nn
