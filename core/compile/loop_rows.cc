#include "core/compile/loop_rows.h"

#include <algorithm>

#include "core/graph/int_consts.h"
#include "core/graph/op_def.h"

namespace graphrun {

void LoopRows::Count(const Walk& walk, const Shape& shape) {
  if (!shape.known_rank() || shape.rank() == 0 || shape[0] != trips_) return;
  if (Same(walk, Walk::Forward())) ++forward_;
  if (Same(walk, Backward())) ++backward_;
}

bool LoopRows::Same(const Walk& a, const Walk& b) const {
  if (a.step != b.step || (trips_ < 0 && a.from_end != b.from_end)) return false;
  return trips_ < 0 ? a.start == b.start : a.First(trips_) == b.First(trips_);
}

Output LoopRows::Reversed(Output tensor) {
  const std::string name = g_.node(tensor.node).name;
  const Output axes = AddInts(g_, "rows", {0});
  return {g_.AddNode("ReverseV2", name, {tensor, axes}), 0};
}

Output LoopRows::InOrder(Output tensor, const Walk& walk) {
  const Shape shape = g_.shape(tensor);
  const std::string name = g_.node(tensor.node).name;
  const bool forward = Same(walk, Walk::Forward()), backward = Same(walk, Backward());
  if (forward || backward) {
    // Of a number of trips that only the run tells, a tensor may have more rows.
    const Output all = trips_ < 0 && !HasAllRows(tensor) ? FirstRows(tensor) : tensor;
    if (g_.shape(all)[0] == trips_) return Same(walk, Order()) ? all : Reversed(all);
  }
  if (trips_ < 0) return {};
  std::vector<int64_t> at(trips_);
  const Walk order = Order();
  for (int64_t t = 0; t < trips_; ++t) at[order.At(t, trips_)] = walk.At(t, trips_);
  for (int64_t i : at) {
    if (i < 0 || i >= shape[0]) return {};  // the loop says so when it runs
  }
  const Output indices = AddInts(g_, "rows", at), axis = AddInt(g_, "axis", 0);
  return {g_.AddNode("GatherV2", name, {tensor, indices, axis}), 0};
}

// Whether a tensor is a stack of a loop of as many trips.
bool LoopRows::HasAllRows(Output tensor) const {
  const Node& node = g_.node(tensor.node);
  if (node.op->structure != Structure::kCountedLoop || node.inputs[0] != trips_value_) return false;
  const CountedLoopAttrs& t = CountedAttrs(node);
  return tensor.index >= t.carried &&
         t.StackAt(tensor.index - static_cast<int>(t.carried)).length < 0;
}

// As many rows as there are trips. INVALID_ARGUMENT in the run when there are fewer.
Output LoopRows::FirstRows(Output tensor) {
  const Shape shape = g_.shape(tensor);
  const std::string name = g_.node(tensor.node).name;
  const Output from = AddInts(g_, "rows", std::vector<int64_t>(shape.rank(), 0));
  const Output size = AddDims(g_, name, trips_value_, Shape::UnknownOfRank(shape.rank() - 1));
  const Output rows{g_.AddNode("Slice", name, {tensor, from, size}), 0};
  return WithShape(rows, Concatenate({-1}, shape.From(1)));
}

Output LoopRows::WithShape(Output o, const Shape& shape) {
  ValueType type = g_.type(o);
  type.shape = shape;
  g_.SetType(o, type);
  return o;
}

Output LoopRows::AsStack(Output values, const Stack& stack) {
  if (!values.valid()) return {};
  Output rows = values;
  if (!Same(stack.walk, Order())) {
    if (!Same(stack.walk, Walk::Forward()) && !Same(stack.walk, Backward())) return {};
    rows = Reversed(values);
  }
  return IsTrips(stack.length) ? rows : Padded(rows, stack.length);
}

// With zeros behind them, up to `length` rows. INVALID_ARGUMENT in the run when there are more.
Output LoopRows::Padded(Output rows, int64_t length) {
  if (trips_ > length) return {};
  const Shape shape = g_.shape(rows);
  const std::string name = g_.node(rows.node).name;
  const Output all = AddInts(g_, "rows", {length}), dims = AddInts(g_, "rows", {1});
  const Output trips{g_.AddNode("Reshape", name, {trips_value_, dims}), 0};
  const Output more{g_.AddNode("Sub", name, {all, trips}), 0};
  const Output axis = AddInt(g_, "axis", 0);
  const Output first = AddInts(g_, "rows", {0});
  const Output rest = AddInts(g_, "rows", std::vector<int64_t>(2 * (shape.rank() - 1), 0));
  const Output joined{g_.AddNode("ConcatV2", name, {first, more, rest, axis}), 0};
  const Output pairs = AddInts(g_, "rows", {shape.rank(), 2});
  const Output paddings{g_.AddNode("Reshape", name, {joined, pairs}), 0};
  const Output padded{g_.AddNode("Pad", name, {rows, paddings}), 0};
  return WithShape(padded, Concatenate({length}, shape.From(1)));
}

Output LoopRows::Repeated(Output value) {
  const Shape shape = g_.shape(value), all = Concatenate({trips_}, shape);
  const std::string name = g_.node(value.node).name;
  const Output dims =
      trips_ < 0 ? AddDims(g_, name, trips_value_, shape) : AddDims(g_, "rows", all);
  return WithShape({g_.AddNode("BroadcastTo", name, {value, dims}), 0}, all);
}

Output LoopRows::Sum(Output values) {
  if (!values.valid()) return {};
  const std::string name = g_.node(values.node).name;
  const Output axes = AddInts(g_, "rows", {0});
  return {g_.AddNode("Sum", name, {values, axes}), 0};
}

bool LoopRows::IsZeros(Output value) const {
  const Tensor* t = g_.ConstValue(value);
  if (!t) {
    // A Fill with zeros.
    const Node& node = g_.node(value.node);
    t = node.op->meaning == Meaning::kFill ? g_.ConstValue(node.inputs[1]) : nullptr;
  }
  if (!t || (t->dtype() != DType::kFloat && t->dtype() != DType::kDouble)) return false;
  const auto* bytes = static_cast<const char*>(t->raw());
  return std::all_of(bytes, bytes + t->bytes(), [](char c) { return c == 0; });
}

}  // namespace graphrun
