#include "models/nn/rnn.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/build/control_flow.h"
#include "models/nn/naming.h"

namespace graphrun::nn {
namespace {

// Exchanges the first two dimensions.
Expr TransposeBatchTime(const Scope& s, Expr x) {
  std::vector<int32_t> perm(static_cast<size_t>(x.shape().rank()));
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[0], perm[1]);
  const Scope own = Named(s, "transpose");
  return op::Transpose(own, x, op::Ints(own.WithName("perm"), perm));
}

Dim DimOf(const Scope& s, Expr x, int axis) {
  if (x.shape()[axis] != kUnknownDim) return x.shape()[axis];
  return ElementAt(s, op::Shape(s, x), axis);
}

State InitialState(const Scope& s, const RNNCell& cell, const Dim& batch,
                   const RnnOptions& options) {
  if (!options.initial_state.empty()) return options.initial_state;
  if (options.dtype == DType::kInvalid) {
    ThrowInvalid("'" + s.name_scope() +
                 "': without an initial state, the dtype of the state must be given");
  }
  return cell.ZeroState(s, batch, options.dtype);
}

DType StateType(const RnnOptions& options, const State& state) {
  if (options.dtype != DType::kInvalid) return options.dtype;
  for (Expr part : state) {
    if (part.dtype() != state[0].dtype()) {
      ThrowInvalid("the state has tensors of several dtypes; give the dtype of the outputs");
    }
  }
  return state[0].dtype();
}

Expr Lengths(const Scope& s, Expr lengths) {
  const Shape& shape = lengths.shape();
  if (shape.known_rank() && shape.rank() != 1) {
    ThrowInvalid("sequence_length is a vector of the batch's size, not " + shape.ToString());
  }
  return lengths.dtype() == DType::kInt32 ? lengths : op::Cast(s, lengths, DType::kInt32);
}

// `lengths`, known or checked at run time to have one element for each row.
Expr CheckedLengths(const Scope& s, Expr lengths, const Dim& batch) {
  const Shape& shape = lengths.shape();
  const int64_t n = shape.known_rank() ? shape[0] : kUnknownDim;
  if (batch.known() && n != kUnknownDim) {
    if (n == batch.value()) return lengths;
    ThrowInvalid("sequence_length has " + std::to_string(n) + " elements for a batch of " +
                 std::to_string(batch.value()));
  }
  const Expr actual = op::Shape(s, lengths);
  const Expr expected = op::Pack(s.WithName("stack"), {batch.AsExpr(s)});
  const Expr same = op::All(s, op::Equal(s, actual, expected), {0});
  const Expr what =
      op::Const(s, "sequence_length must have one element for each batch row; want, have:");
  const Expr check = op::Assert(s, same, {what, expected, actual});
  return op::Identity(s.WithName("CheckSeqLen").WithControlDependencies({check}), lengths);
}

// What rows that are done keep: zeros of output, their old state. A scalar belongs to no row.
Expr CopyThrough(const Scope& s, Expr done, Expr kept, Expr fresh) {
  if (kept.shape().rank() == 0) return fresh;
  return op::Select(s, done, kept, fresh);
}

// The int32 vector [batch, size...], a constant when batch is known.
Expr RowShape(const Scope& s, const Dim& batch, const Shape& size) {
  if (batch.known()) return DimsConst(s, Concatenate(Shape{batch.value()}, size));
  std::vector<Expr> dims = {batch.AsExpr(s)};
  for (int64_t d : size.dims()) {
    dims.push_back(ScalarConst(s, DType::kInt32, static_cast<double>(d)));
  }
  return op::Pack(s, dims);
}

void CheckInputs(Expr inputs) {
  const Shape& shape = inputs.shape();
  if (!shape.known_rank() || shape.rank() < 3 || !shape.From(2).fully_known()) {
    ThrowInvalid("inputs of a dynamic rnn are [batch, time, size...] with known sizes, not " +
                 shape.ToString() + " ('" + inputs.name() + "')");
  }
}

// Time-major inputs to time-major outputs, under the scope `s`.
RnnResult Loop(const Scope& s, RNNCell& cell, Expr inputs, const RnnOptions& options) {
  const Dim batch = DimOf(s, inputs, 1);
  Expr lengths;
  if (options.sequence_length.valid()) {
    const Expr given = Lengths(s, options.sequence_length);
    lengths = CheckedLengths(s, op::Identity(s.WithName("sequence_length"), given), batch);
  }
  const State initial = InitialState(s, cell, batch, options);
  const DType dtype = StateType(options, initial);
  const Dim steps = DimOf(s, inputs, 0);
  const Shape output_size = cell.output_size();
  const Expr zero_output = lengths.valid() ? BatchZeros(s, batch, output_size, dtype) : Expr();

  const Shape input_row = inputs.shape().From(1);
  const Scope unstack = s.NameScope("TensorArrayUnstack");
  const Expr row_shape = DimsConst(unstack.WithName("element_shape"), input_row);
  const Expr list = op::TensorListFromTensor(unstack, inputs, row_shape);
  const Expr output_shape = RowShape(s.NameScope("TensorArrayV2Shape"), batch, output_size);
  const Expr count = steps.known() ? ScalarConst(s.WithName("steps"), DType::kInt32,
                                                 static_cast<double>(steps.value()))
                                   : steps.AsExpr(s);
  const Expr outputs =
      op::TensorListReserve(s.WithName("TensorArrayV2"), output_shape, count, dtype);
  Expr bound = count;
  if (lengths.valid()) {
    const Expr one = ScalarConst(s, DType::kInt32, 1);
    bound = op::Minimum(s, count, op::Maximum(s, one, op::Max(s, lengths, {0})));
  }

  std::vector<Expr> variables = {ScalarConst(s.WithName("time"), DType::kInt32, 0), outputs};
  variables.insert(variables.end(), initial.begin(), initial.end());
  const auto before_bound = [&](const Scope& b, std::span<const Expr> v) {
    return op::Less(b, v[0], bound);
  };
  const auto step = [&](const Scope& b, std::span<const Expr> v) {
    const Expr time = v[0];
    const Scope read = b.NameScope("TensorArrayV2Read");
    const Expr input = op::TensorListGetItem(read, list, time, row_shape, inputs.dtype());
    const State state(v.begin() + 2, v.end());
    CellResult result = cell(b, input, state);
    if (lengths.valid()) {
      const Expr done = op::GreaterEqual(b, time, lengths);
      result.output = CopyThrough(b, done, zero_output, result.output);
      for (size_t i = 0; i < state.size(); ++i) {
        result.state[i] = CopyThrough(b, done, state[i], result.state[i]);
      }
    }
    const Scope write = b.NameScope("TensorArrayV2Write");
    std::vector<Expr> next = {WithNumber(b, "add", "AddV2", time, 1),
                              op::TensorListSetItem(write, v[1], time, result.output)};
    next.insert(next.end(), result.state.begin(), result.state.end());
    return next;
  };
  const std::vector<Expr> last = WhileLoop(s, before_bound, step, variables,
                                           {.parallel_iterations = options.parallel_iterations});
  const Scope stack = s.NameScope("TensorArrayV2Stack");
  const Expr stacked = op::TensorListStack(stack, last[1], output_shape, dtype, steps.value());
  return {stacked, State(last.begin() + 2, last.end())};
}

RnnResult DynamicRnnIn(const Scope& s, RNNCell& cell, Expr inputs, const RnnOptions& options) {
  CheckInputs(inputs);
  if (options.time_major) return Loop(s, cell, inputs, options);
  RnnResult result = Loop(s, cell, TransposeBatchTime(s, inputs), options);
  result.outputs = TransposeBatchTime(s, result.outputs);
  return result;
}

Expr Reverse(const Scope& s, Expr x, Expr lengths, bool time_major) {
  const int32_t time = time_major ? 0 : 1;
  if (lengths.valid()) return op::ReverseSequence(s, x, lengths, time, 1 - time);
  const Scope own = Named(s, "ReverseV2");
  return op::ReverseV2(own, x, op::Ints(own.WithName("axis"), {time}));
}

// One unrolled step under lengths; the cell runs only when some row goes on.
std::vector<Expr> StepWithin(const Scope& s, RNNCell& cell, Expr input, const State& state,
                             Expr zero_output, Expr lengths, Expr shortest, Expr longest,
                             int32_t time) {
  std::vector<Expr> unchanged = {zero_output};
  unchanged.insert(unchanged.end(), state.begin(), state.end());
  const auto now = [&](const Scope& b) { return ScalarConst(b, DType::kInt32, time); };
  const auto compute = [&](const Scope& b) {
    const CellResult result = cell(b, input, state);
    std::vector<Expr> fresh = {result.output};
    fresh.insert(fresh.end(), result.state.begin(), result.state.end());
    return Cond(
        b, op::Less(b, now(b), shortest), [&](const Scope&) { return fresh; },
        [&](const Scope& c) {
          const Expr done = op::GreaterEqual(c, now(c), lengths);
          std::vector<Expr> some;
          for (size_t i = 0; i < fresh.size(); ++i) {
            some.push_back(CopyThrough(c, done, unchanged[i], fresh[i]));
          }
          return some;
        });
  };
  return Cond(
      s, op::GreaterEqual(s, now(s), longest), [&](const Scope&) { return unchanged; }, compute);
}

}  // namespace

RnnResult DynamicRnn(const Scope& scope, RNNCell& cell, Expr inputs, const RnnOptions& options) {
  return DynamicRnnIn(scope.VariableScope(options.scope), cell, inputs, options);
}

StaticRnnResult StaticRnn(const Scope& scope, RNNCell& cell, const std::vector<Expr>& inputs,
                          const RnnOptions& options) {
  if (inputs.empty()) ThrowInvalid("a static rnn needs at least one input");
  const Scope s = scope.VariableScope(options.scope);
  const Expr* known = &inputs[0];
  for (const Expr& input : inputs) {
    if (!input.shape().known_rank() || input.shape().rank() < 2) {
      ThrowInvalid("inputs of a static rnn are [batch, size...], not " + input.shape().ToString() +
                   " ('" + input.name() + "')");
    }
    if (input.shape()[0] != kUnknownDim) known = &input;
  }
  const Dim batch = DimOf(s, *known, 0);
  StaticRnnResult result{{}, InitialState(s, cell, batch, options)};
  if (!options.sequence_length.valid()) {
    for (const Expr& input : inputs) {
      CellResult step = cell(s, input, result.state);
      result.outputs.push_back(step.output);
      result.state = std::move(step.state);
    }
    return result;
  }
  const Expr lengths = CheckedLengths(s, Lengths(s, options.sequence_length), batch);
  const DType dtype = StateType(options, result.state);
  const Expr zeros = BatchZeros(s, batch, cell.output_size(), dtype);
  const Expr shortest = op::Min(s, lengths, {0});
  const Expr longest = op::Max(s, lengths, {0});
  for (size_t t = 0; t < inputs.size(); ++t) {
    const std::vector<Expr> step = StepWithin(s, cell, inputs[t], result.state, zeros, lengths,
                                              shortest, longest, static_cast<int32_t>(t));
    result.outputs.push_back(step[0]);
    result.state.assign(step.begin() + 1, step.end());
  }
  return result;
}

BidirectionalResult BidirectionalDynamicRnn(const Scope& scope, RNNCell& cell_fw, RNNCell& cell_bw,
                                            Expr inputs, const BidirectionalOptions& options) {
  CheckInputs(inputs);
  const Scope both = scope.VariableScope(options.scope);
  const Expr lengths = options.sequence_length;
  RnnOptions one = {.sequence_length = lengths,
                    .initial_state = options.initial_state_fw,
                    .dtype = options.dtype,
                    .time_major = options.time_major,
                    .parallel_iterations = options.parallel_iterations};
  BidirectionalResult result;
  const Scope fw = both.VariableScope("fw");
  result.fw = DynamicRnnIn(fw.Reopen(fw), cell_fw, inputs, one);
  const Scope bw = both.VariableScope("bw");
  one.initial_state = options.initial_state_bw;
  const Expr reversed = Reverse(bw, inputs, lengths, options.time_major);
  result.bw = DynamicRnnIn(bw.Reopen(bw), cell_bw, reversed, one);
  result.bw.outputs = Reverse(scope, result.bw.outputs, lengths, options.time_major);
  return result;
}

}  // namespace graphrun::nn
