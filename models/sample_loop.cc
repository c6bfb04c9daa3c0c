#include "models/sample_loop.h"

#include <span>
#include <vector>

#include "core/base/error.h"
#include "core/build/control_flow.h"
#include "models/nn/naming.h"
#include "models/plan_builder.h"

namespace graphrun::models {
namespace {

// Temperatures below are taken for it: logits that differ at all are then so far apart that only
// the highest is drawn, and quotients are still finite.
constexpr double kLowestTemperature = 1e-20;

Expr Int(const Scope& s, int64_t value) {
  return ScalarConst(s, DType::kInt32, static_cast<double>(value));
}

// From element `begin`, a vector of one element, to the end.
Expr Tail(const Scope& s, Expr vector, Expr begin) {
  op::StridedSliceMasks to_end;
  to_end.end = 1;
  return op::StridedSlice(s, vector, begin, op::Ints(s, {0}), op::Ints(s, {1}), to_end);
}

// A class drawn from logits [1, classes], an int32 scalar.
Expr Draw(const Scope& s, Expr logits, Expr temperature) {
  const Shape& shape = logits.shape();
  if (logits.dtype() != DType::kFloat || !shape.CompatibleWith({1, kUnknownDim})) {
    ThrowInvalid("'" + s.name_scope() + "': the logits of a sample's step are float32 [1, " +
                 "symbols], not " + logits.type().ToString() + " ('" + logits.name() + "')");
  }
  const Expr scaled = op::RealDiv(s, logits, temperature);
  const Expr drawn = op::Multinomial(s, scaled, Int(s, 1), DType::kInt32);
  return op::Reshape(s, drawn, op::Ints(s, {}));
}

// What all trips read.
struct TripInputs {
  Expr prime, last;  // of which the last symbol stands at `last`
  Expr temperature;
  Expr window;  // symbols that a step reads
};

// A trip, from {trips done, list of symbols, last symbols read, state ...} to the same after it.
// Symbols of the prime that follow the first window go into the list as those drawn do.
std::vector<Expr> Trip(const Scope& s, const SampleStep& step, const TripInputs& in,
                       std::span<const Expr> v) {
  const Expr time = v[0], list = v[1], read = v[2];
  const nn::CellResult now = step(s, read, nn::State(v.begin() + 3, v.end()));
  const Expr drawn = Draw(s, now.output, in.temperature);
  const Expr next = op::AddV2(s, time, in.window);
  const Expr given = op::Gather(s, in.prime, op::Minimum(s, next, in.last));
  const Expr symbol = op::SelectV2(s, op::LessEqual(s, next, in.last), given, drawn);
  Expr symbols = op::Pack(s, {symbol});
  if (read.shape()[0] > 1) symbols = op::Concat(s, {Tail(s, read, op::Ints(s, {1})), symbols}, 0);
  std::vector<Expr> after = {op::AddV2(s, time, Int(s, 1)),
                             op::TensorListSetItem(s, list, time, symbol), symbols};
  after.insert(after.end(), now.state.begin(), now.state.end());
  return after;
}

}  // namespace

SampleLoopResult SampleLoop(const Scope& scope, const SampleStep& step, const nn::State& state,
                            const SampleLoopOptions& options) {
  const int64_t window = options.window;
  if (window < 1 || options.length < 0) {
    ThrowInvalid("a sample's window is 1 or more and its length 0 or more, not " +
                 std::to_string(window) + " and " + std::to_string(options.length));
  }
  const Scope s = scope.NameScope("sample");
  const auto with_default = [&](const char* name, Expr value, const Shape& shape) {
    return op::PlaceholderWithDefault(s.WithName(name), value, shape);
  };
  const Expr prime = options.prime.valid()
                         ? options.prime
                         : op::Ints(s, std::vector<int32_t>(static_cast<size_t>(window), 0));
  SampleLoopResult result;
  result.prime = with_default("prime", prime, {kUnknownDim});
  result.length = with_default("length", Int(s, options.length), {});
  result.temperature = with_default("temperature", op::Const(s, 1.0f), {});

  const Expr read = Int(s, window);
  const Expr first = op::Slice(s, result.prime, op::Ints(s, {0}), op::Pack(s, {read}));
  const Expr primed = op::Size(s, result.prime);
  const Expr last = op::Sub(s, primed, Int(s, 1));
  // Symbols of the prime that follow the first window; they are kept beside those drawn.
  const Expr rest = op::Sub(s, primed, read);
  const Expr trips = op::AddV2(s, rest, result.length);
  const Expr temperature =
      op::Maximum(s, result.temperature, ScalarConst(s, DType::kFloat, kLowestTemperature));
  const Expr scalar = op::Ints(s, {});
  const Expr list = op::TensorListReserve(s, scalar, trips, DType::kInt32);

  std::vector<Expr> variables = {Int(s.WithName("time"), 0), list, first};
  variables.insert(variables.end(), state.begin(), state.end());
  const auto goes_on = [&](const Scope& b, std::span<const Expr> v) {
    return op::Less(b, v[0], trips);
  };
  const auto body = [&](const Scope& b, std::span<const Expr> v) {
    return Trip(b, step, {result.prime, last, temperature, read}, v);
  };
  const std::vector<Expr> done = WhileLoop(s, goes_on, body, variables);
  const Expr symbols = op::TensorListStack(s, done[1], scalar, DType::kInt32);
  result.samples = op::Identity(s.WithName("samples"), Tail(s, symbols, op::Pack(s, {rest})));
  AddSignature(
      s.meta(), "sample",
      {{"prime", result.prime}, {"length", result.length}, {"temperature", result.temperature}},
      {{"samples", result.samples}});
  return result;
}

void FillGraphSampler(const SampleLoopResult& loop, pb::GraphSampler* sampler) {
  sampler->set_samples(loop.samples.name());
  sampler->set_length(loop.length.name());
  sampler->set_prime(loop.prime.name());
  sampler->set_temperature(loop.temperature.name());
}

}  // namespace graphrun::models
