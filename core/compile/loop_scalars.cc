#include "core/compile/loop_scalars.h"

#include <algorithm>
#include <limits>

#include "core/base/size.h"
#include "core/compile/refine_types.h"
#include "core/graph/array_attrs.h"
#include "core/graph/graph_algo.h"
#include "core/graph/int_consts.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

constexpr int kMostTerms = 16;  // of a sum that is looked through

// Whether the elements of a vector of integers are 0, 1, 2, ...
bool CountsUp(const Tensor* values) {
  if (!values || values->shape().rank() != 1 || !IsInteger(values->dtype())) return false;
  for (int64_t i = 0; i < values->num_elements(); ++i) {
    if (values->int_at(i) != i) return false;
  }
  return true;
}

}  // namespace

LoopScalar LoopScalars::Of(Output o) const {
  LoopScalar offset;  // what was added to `o` on the way
  for (int k = 0; k < kMostTerms; ++k) {
    if (g_.node(o.node).op->meaning == Meaning::kListLength) {
      const Output list = Origin(g_.node(o.node).inputs[0]);
      if (g_.node(list.node).op->meaning == Meaning::kListReserve) {
        o = g_.node(list.node).inputs[1];
        continue;
      }
      const auto length = RowsOf(list);
      const auto sum = length ? Add(offset, *length, 1) : std::nullopt;
      return sum ? *sum : LoopScalar{offset.constant, o, 1};
    }
    if (const Tensor* value = g_.ConstValue(o)) {
      const auto sum = Add(offset, {value->int_at(0)}, 1);
      return sum ? *sum : LoopScalar{0, o, 1};
    }
    const Node& node = g_.node(o.node);
    const Meaning m = node.op->meaning;
    if (node.op->same_as && node.inputs.size() == 1 && g_.shape(node.inputs[0]) == Shape{}) {
      o = node.inputs[0];
      continue;
    }
    if (node.inputs.size() != 2 || (m != Meaning::kSum && m != Meaning::kDifference)) break;
    const Tensor* left = m == Meaning::kSum ? g_.ConstValue(node.inputs[0]) : nullptr;
    const Tensor* right = g_.ConstValue(node.inputs[1]);
    const Tensor* value = right ? right : left;
    if (!value || g_.shape(node.inputs[right ? 0 : 1]) != Shape{}) break;
    const auto sum = Add(offset, {value->int_at(0)}, m == Meaning::kDifference ? -1 : 1);
    if (!sum) break;
    offset = *sum;
    o = node.inputs[right ? 0 : 1];
  }
  return {offset.constant, o, 1};
}

// How many rows the tensor of a list has, if it is a list of one.
std::optional<LoopScalar> LoopScalars::RowsOf(Output list) const {
  const auto known = tensors_.find(list);
  if (known != tensors_.end()) return LengthOf(known->second);
  const Node& made = g_.node(list.node);
  return made.op->meaning == Meaning::kListFromTensor ? LengthOf(made.inputs[0]) : std::nullopt;
}

std::optional<LoopScalar> LoopScalars::LengthOfList(Output list) const {
  list = Origin(list);
  const Node& made = g_.node(list.node);
  return made.op->meaning == Meaning::kListReserve ? Of(made.inputs[1]) : RowsOf(list);
}

std::optional<Shape> LoopScalars::ElementShapeOf(Output list) const {
  const Node& made = g_.node(list.node);
  // The list of a tensor has the shape of its rows, whatever it was declared with.
  if (made.op->meaning == Meaning::kListFromTensor) {
    const Shape& tensor = g_.shape(made.inputs[0]);
    if (tensor.known_rank() && tensor.rank() > 0 && tensor.From(1).fully_known())
      return tensor.From(1);
    return {};
  }
  if (made.op->meaning != Meaning::kListReserve && made.op->meaning != Meaning::kListEmpty)
    return {};
  const Shape& declared = g_.type(list).element_shape;
  return declared.fully_known() ? std::optional(declared) : std::nullopt;
}

// The list by which one was made that is as long.
Output LoopScalars::Origin(Output list) const {
  for (;;) {
    const Node& node = g_.node(list.node);
    if (tensors_.contains(list) || node.inputs.empty()) return list;
    const bool fixed = node.attrs.contains(kFixedSizeAttr);
    if (node.op->meaning != Meaning::kZeros &&
        !(node.op->meaning == Meaning::kListScatter && fixed))
      return list;
    list = node.inputs[0];
  }
}

std::optional<LoopScalar> LoopScalars::Add(const LoopScalar& a, const LoopScalar& b,
                                           int64_t factor) {
  LoopScalar sum = a;
  int64_t constant, times;
  if (__builtin_mul_overflow(b.constant, factor, &constant) ||
      __builtin_mul_overflow(b.factor, factor, &times) ||
      __builtin_add_overflow(sum.constant, constant, &sum.constant)) {
    return {};
  }
  if (times == 0) return sum;
  if (sum.factor != 0 && sum.symbol != b.symbol) return {};
  sum.symbol = b.symbol;
  if (__builtin_add_overflow(sum.factor, times, &sum.factor)) return {};
  if (sum.factor == 0) sum.symbol = {};
  return sum;
}

Output LoopScalars::ToOutput(const LoopScalar& scalar, DType dtype, const std::string& name) {
  if (scalar.factor == 0) return AddInt(g_, name, scalar.constant, dtype);
  Output o = scalar.symbol;
  if (g_.dtype(o) != dtype) o = {g_.AddNode("Cast", name, {o}, {{"DstT", dtype}}), 0};
  if (scalar.factor != 1)
    o = {g_.AddNode("Mul", name, {o, AddInt(g_, name, scalar.factor, dtype)}), 0};
  if (scalar.constant != 0)
    o = {g_.AddNode("AddV2", name, {o, AddInt(g_, name, scalar.constant, dtype)}), 0};
  return o;
}

void LoopScalars::NoteMade(Output list) {
  const std::optional<LoopScalar> length = ReservedLength(list);
  if (length && length->factor == 1 && length->constant <= 0) not_negative_.insert(length->symbol);
}

std::optional<LoopScalar> LoopScalars::Trips(const std::vector<Bound>& bounds,
                                             const std::string& name) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  int64_t most = std::numeric_limits<int64_t>::max();
  bool wide = false;  // there may be more than kMost
  std::vector<LoopScalar> open;
  for (const Bound& bound : bounds) {
    // Of a counter that falls, the way is the other way round.
    const bool rises = bound.step > 0;
    auto way = rises ? Add(bound.limit, bound.start, -1) : Add(bound.start, bound.limit, -1);
    if (way && bound.inclusive) way = Add(*way, {1}, 1);
    if (!way || bound.step == 0) return {};
    if (way->factor == 0) {
      const int64_t step = rises ? bound.step : -bound.step;
      most = std::min(most, std::max<int64_t>(0, CeilDiv(way->constant, step)));
    } else if (way->factor == 1 && (bound.step == 1 || bound.step == -1)) {
      if (std::find(open.begin(), open.end(), *way) == open.end()) open.push_back(*way);
      wide = wide || g_.dtype(way->symbol) != DType::kInt32;
    } else {
      return {};
    }
  }
  const bool bounded = most <= kMost;
  if (!bounded && (open.empty() || wide)) return {};
  if (open.empty() || most == 0) return LoopScalar{most};
  if (open.size() == 1 && !bounded && open[0].constant >= 0 &&
      not_negative_.contains(open[0].symbol)) {
    return open[0];
  }
  // In int64, where nothing overflows that was an int32.
  Output least;
  for (const LoopScalar& way : open) {
    const Output trips = ToOutput(way, DType::kInt64, name);
    least = least.valid() ? Output{g_.AddNode("Minimum", name, {least, trips}), 0} : trips;
  }
  least = {
      g_.AddNode("Minimum", name, {least, AddInt(g_, name, std::min(most, kMost), DType::kInt64)}),
      0};
  least = {g_.AddNode("Maximum", name, {least, AddInt(g_, name, 0, DType::kInt64)}), 0};
  const Output trips{g_.AddNode("Cast", name, {least}, {{"DstT", DType::kInt32}}), 0};
  not_negative_.insert(trips);
  most_[trips] = std::min(most, kMost);
  return LoopScalar{0, trips, 1};
}

Output LoopScalars::CounterValues(const LoopScalar& start, int64_t step, const LoopScalar& trips,
                                  DType dtype, const std::string& name) {
  Output values;
  if (trips.factor == 0) {
    std::vector<int64_t> known(trips.constant);
    for (int64_t t = 0; t < trips.constant; ++t)
      known[t] = (start.factor == 0 ? start.constant : 0) + step * t;
    values = AddInts(g_, name, known, dtype);
  } else {
    const Output zero = AddInt(g_, name, 0, dtype), one = AddInt(g_, name, 1, dtype);
    const Output end = ToOutput(trips, dtype, name), by = AddInt(g_, name, step, dtype);
    values = {g_.AddNode("Range", name, {zero, end, one}), 0};
    values = {g_.AddNode("Mul", name, {values, by}), 0};
  }
  if (start.factor != 0 || trips.factor != 0) {
    const Output first = ToOutput(start, dtype, name);
    values = {g_.AddNode("AddV2", name, {values, first}), 0};
  }
  lengths_[values] = trips;
  sequences_[values] = {start, step, trips};
  return values;
}

std::optional<LoopScalar> LoopScalars::LengthOf(Output tensor, int depth) const {
  if (const auto it = lengths_.find(tensor); it != lengths_.end()) return it->second;
  const Shape& shape = g_.shape(tensor);
  if (!shape.known_rank() || shape.rank() == 0) return {};
  if (shape[0] >= 0) return LoopScalar{shape[0]};
  // As long as what it is made of, row by row.
  const Node& node = g_.node(tensor.node);
  if (depth >= kMostTerms || (node.op->elements.empty() && node.op->meaning != Meaning::kSum))
    return {};
  std::optional<LoopScalar> length;
  for (Output o : node.inputs) {
    if (g_.shape(o).rank() < shape.rank()) {
      if (!g_.shape(o).known_rank()) return {};
      continue;
    }
    const std::optional<LoopScalar> other = LengthOf(o, depth + 1);
    if (!other || (length && *length != *other)) return {};
    length = other;
  }
  return length;
}

std::optional<LoopScalar> LoopScalars::ReservedLength(Output list) const {
  const Node& node = g_.node(list.node);
  if (node.op->meaning != Meaning::kListReserve || !g_.ConstValue(node.inputs[0])) return {};
  return Of(node.inputs[1]);
}

bool LoopScalars::IsEmptyList(Output list, const LoopScalar& trips) const {
  const Node& node = g_.node(list.node);
  if (node.op->meaning != Meaning::kListEmpty || !g_.ConstValue(node.inputs[0])) return false;
  const LoopScalar most = Of(node.inputs[1]);
  if (most.factor != 0) return most == trips;
  if (most.constant < 0) return true;
  if (trips.factor == 0) return trips.constant <= most.constant;
  const auto limit = most_.find(trips.symbol);
  return trips == LoopScalar{0, trips.symbol, 1} && limit != most_.end() &&
         limit->second <= most.constant;
}

// Whether all elements of a list just made are set at once, in order.
bool LoopScalars::ScattersAll(const Node& node) const {
  if (node.op->meaning != Meaning::kListScatter || !CountsUp(g_.ConstValue(node.inputs[2])))
    return false;
  const std::optional<LoopScalar> length = ReservedLength(node.inputs[0]);
  const std::optional<LoopScalar> rows = LengthOf(node.inputs[1]);
  return length && rows && rows->factor == 0 && *length == *rows &&
         rows->constant == g_.ConstValue(node.inputs[2])->num_elements();
}

Output LoopScalars::ZerosOf(const LoopScalar& length, const ValueType& element,
                            const std::string& name) {
  Output dims;
  if (length.factor == 0) {
    dims = AddDims(g_, name, Concatenate({length.constant}, element.shape));
  } else {
    dims = AddDims(g_, name, ToOutput(length, DType::kInt32, name), element.shape);
  }
  const Output zero = g_.AddConst(name, Tensor::Zeros(element.dtype, {}));
  const Output zeros{g_.AddNode("Fill", name, {dims, zero}), 0};
  zeros_.insert(zeros);
  lengths_[zeros] = length;
  return zeros;
}

Output LoopScalars::TensorOf(Output list, const ValueType& element) {
  if (const auto it = tensors_.find(list); it != tensors_.end()) return it->second;
  const Node node = g_.node(list.node);
  const std::string name = node.name;
  Output tensor;
  if (node.op->meaning == Meaning::kListFromTensor && g_.shape(node.inputs[0]).known_rank() &&
      g_.shape(node.inputs[0]).rank() > 0) {
    tensor = node.inputs[0];
  } else if (ScattersAll(node)) {
    tensor = node.inputs[1];
  } else if (node.op->meaning == Meaning::kZeros) {
    Output source = node.inputs[0];
    while (g_.node(source.node).op->meaning == Meaning::kZeros)
      source = g_.node(source.node).inputs[0];
    const Output like = TensorOf(source, element);
    if (!like.valid()) return {};
    tensor = {g_.AddNode(node.op->name, name, {like}), 0};
    zeros_.insert(tensor);
    if (const auto length = LengthOf(like)) lengths_[tensor] = *length;
  } else if (node.attrs.contains(kOwnShapesAttr)) {
    return {};
  } else if (node.op->meaning == Meaning::kListReserve) {
    tensor = ZerosOf(Of(node.inputs[1]), element, name);
  } else {
    tensor = {g_.AddNode("TensorListStack", name, {list, AddDims(g_, name, element.shape)},
                         {{"element_dtype", element.dtype}}),
              0};
  }
  tensors_[list] = tensor;
  return tensor;
}

Output LoopScalars::RowOf(Output tensor) const {
  const auto it = rows_.find(tensor);
  return it == rows_.end() ? Output() : it->second;
}

Output LoopScalars::RowOfList(Output list) const {
  const auto tensor = tensors_.find(list);
  return tensor == tensors_.end() ? Output() : RowOf(tensor->second);
}

std::optional<LoopScalars::Sequence> LoopScalars::SequenceOf(Output list) const {
  const auto tensor = tensors_.find(list);
  if (tensor == tensors_.end()) return {};
  if (const auto it = sequences_.find(tensor->second); it != sequences_.end()) return it->second;
  const Tensor* values = g_.ConstValue(tensor->second);
  if (!values || values->shape().rank() != 1 || !IsInteger(values->dtype())) return {};
  const int64_t n = values->num_elements();
  if (n < 2) return {};
  for (int64_t i = 0; i < n; ++i) {
    if (!IsSmall(values->int_at(i))) return {};
  }
  const int64_t first = values->int_at(0), step = values->int_at(1) - first;
  for (int64_t i = 2; i < n; ++i) {
    if (values->int_at(i) != first + step * i) return {};
  }
  return Sequence{{first}, step, {n}};
}

Output LoopScalars::ListOf(Output tensor, const LoopScalar& length, const Shape& element,
                           const std::string& name) {
  const Output shape = element.known_rank() ? AddDims(g_, name, element) : AddInt(g_, name, -1);
  const Output list{g_.AddNode("TensorListFromTensor", name, {tensor, shape},
                               {{"element_dtype", g_.dtype(tensor)}}),
                    0};
  tensors_[list] = tensor;
  lengths_[tensor] = length;
  return list;
}

void LoopScalars::CancelLists() {
  for (NodeId id = 0; id < g_.num_ids(); ++id) {
    if (!g_.exists(id)) continue;
    const Node& node = g_.node(id);
    const bool gathers = node.op->meaning == Meaning::kListGather;
    if (!gathers && node.op->meaning != Meaning::kListStack) continue;
    const Output list = node.inputs[0];
    const auto it = tensors_.find(list);
    if (it == tensors_.end() || it->second.node == id ||
        !g_.shape(it->second).CompatibleWith(g_.shape({id, 0})) ||
        g_.node(list.node).op->meaning != Meaning::kListFromTensor) {
      continue;
    }
    if (gathers && !CountsUp(g_.ConstValue(node.inputs[1]))) continue;
    unit_.ReplaceUses(f_, {id, 0}, it->second);
  }
  // Lists hide how long they are, and what their elements are: tensors in their place, and the
  // lists of those, tell more about what is made of them.
  RefineTypes(g_);
}

}  // namespace graphrun
