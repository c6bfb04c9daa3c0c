#include "core/compile/loop_facts.h"

#include <algorithm>
#include <limits>

#include "core/graph/array_attrs.h"
#include "core/graph/graph_algo.h"
#include "core/graph/int_consts.h"
#include "core/graph/op_def.h"

namespace graphrun {
bool LoopFacts::Find() {
  if (!loop_.counted()) return Stay("its condition is no bound of a counter");
  if (ConditionActs()) return Stay("its condition has effects");
  // Effects that nothing else orders are ordered by ids, and the loop gets another.
  if (MustRun(g_, id_)) return Stay("it accesses variables, or has other effects");
  const bool reads = AccessesVariables(g_, id_);
  if (reads && !CanHoistReads()) return Stay("it accesses variables, or has other effects");
  if (!FindTrips()) return Stay("its trips cannot be counted before it begins");
  if (reads) HoistReads();
  Uncover();
  n_ = loop_.variables.size();
  vars_.resize(n_);
  for (size_t i = 0; i < n_; ++i) {
    if (const char* why = Obstacle(i))
      return Stay("'" + b_.node(body_.args[i]).name + "', " + RoleName(loop_.variables[i].role) +
                  ": " + why);
  }
  return true;
}

bool LoopFacts::StacksEveryTrip(size_t i) const {
  if (!vars_[i].stack || vars_[i].stack->walk != Walk::Forward()) return false;
  const int64_t length = vars_[i].stack->length;
  return length < 0 || trips_ == LoopScalar{length};
}

bool LoopFacts::StacksCounter(size_t i) const {
  if (!StacksEveryTrip(i)) return false;
  const int counter = ArgAt(vars_[i].value);
  return counter >= 0 && vars_[counter].kind == Kind::kCounter && FewTrips();
}

int LoopFacts::ArgAt(Output o) const {
  const auto arg = std::find(body_.args.begin(), body_.args.end(), o.node);
  return arg == body_.args.end() ? -1 : static_cast<int>(arg - body_.args.begin());
}

bool LoopFacts::OnlyComputed(size_t i) {
  return vars_[i].value.valid() && !UsedOutside(i) && !IsLowered(node_) &&
         !b_.ConstValue(vars_[i].value);
}

LoopScalar LoopFacts::LimitOf(Output o) {
  if (const Tensor* value = cond_.graph.ConstValue(o)) return {value->int_at(0)};
  const auto arg = std::find(cond_.args.begin(), cond_.args.end(), o.node);
  if (arg != cond_.args.end()) return scalars_.Of(Initial(arg - cond_.args.begin()));
  // Computed once more outside.
  std::vector<Output> inputs;
  std::map<NodeId, NodeId> copies;
  const std::vector<bool> made_of = Ancestors(cond_.graph, {o.node});
  for (NodeId id : TopologicalOrder(cond_.graph)) {
    if (!made_of[id]) continue;
    inputs.clear();
    const Node& from = cond_.graph.node(id);
    for (Output in : from.inputs) {
      const auto at = std::find(cond_.args.begin(), cond_.args.end(), in.node);
      inputs.push_back(at != cond_.args.end() ? Initial(at - cond_.args.begin())
                                              : Output{copies[in.node], in.index});
    }
    if (std::find(cond_.args.begin(), cond_.args.end(), id) != cond_.args.end()) continue;
    copies[id] = g_.AddNode(from.op->name, from.name, inputs, from.attrs);
  }
  return scalars_.Of({copies[o.node], o.index});
}

bool LoopFacts::ConditionActs() const {
  for (NodeId id = 0; id < cond_.graph.num_ids(); ++id) {
    if (cond_.graph.exists(id) && HasEffect(cond_.graph, id)) return true;
  }
  return false;
}

bool LoopFacts::FindTrips() {
  for (Output o : node_.inputs) scalars_.NoteMade(o);
  std::vector<LoopScalars::Bound> bounds;
  for (const TripBound& bound : loop_.bounds) {
    const LoopVariable& counter = loop_.variables[bound.counter];
    const Tensor* step = b_.ConstValue(counter.value);
    if (!step || step->num_elements() != 1) return false;
    const int64_t by = step->int_at(0);
    if (by == std::numeric_limits<int64_t>::min()) return false;
    bounds.push_back({scalars_.Of(Initial(bound.counter)), LimitOf(bound.limit),
                      counter.falls ? -by : by, bound.inclusive});
  }
  const std::optional<LoopScalar> trips = scalars_.Trips(bounds, node_.name);
  if (!trips) return false;
  trips_ = *trips;
  // A counter that wraps round before it reaches its limit goes on.
  return std::all_of(loop_.bounds.begin(), loop_.bounds.end(), [&](const TripBound& bound) {
    const std::optional<LoopScalar> last = LastOf(bound.counter);
    const bool narrow = TypeOfArg(bound.counter).dtype == DType::kInt32;
    const int64_t most = std::numeric_limits<int32_t>::max();
    return last &&
           (last->factor != 0 || !narrow || (-most <= last->constant && last->constant <= most));
  });
}

int64_t LoopFacts::StepOf(int i) const {
  const LoopVariable& v = loop_.variables[i];
  const int64_t by = b_.ConstValue(v.value)->int_at(0);
  return v.falls ? -by : by;
}

std::optional<Walk> LoopFacts::WalkOf(const Affine& index) {
  LoopScalar start{index.constant};
  int64_t step = 0;
  for (const auto& [i, factor] : index.factors) {
    const std::optional<LoopScalar> sum = LoopScalars::Add(start, scalars_.Of(Initial(i)), factor);
    if (!sum) return {};
    start = *sum;
    int64_t moved;
    if (loop_.variables[i].role == Role::kCounter &&
        (__builtin_mul_overflow(factor, StepOf(i), &moved) ||
         __builtin_add_overflow(step, moved, &step))) {
      return {};
    }
  }
  return ToWalk(start, step);
}

std::optional<Walk> LoopFacts::ToWalk(const LoopScalar& start, int64_t step) const {
  if (start.factor == 0) return Walk{start.constant, step, false};
  if (start.factor != 1 || trips_.factor != 1 || start.symbol != trips_.symbol) return {};
  const std::optional<LoopScalar> offset = LoopScalars::Add({start.constant}, trips_, -1);
  return offset ? std::optional(Walk{offset->constant, step, true}) : std::nullopt;
}

bool LoopFacts::Plain(const ValueType& type) const {
  return DTypeSize(type.dtype) > 0 && type.shape.fully_known();
}

bool LoopFacts::OnlyHandedOn(size_t i) {
  const auto& uses = unit_.UsesOf(body_, body_.results[i]);
  return uses.size() == 1 && uses[0] == Use{kNoNode, static_cast<int>(i)};
}

bool LoopFacts::Slice(size_t i) {
  const ValueType& list = TypeOfArg(i);
  if (!Plain({list.element_dtype, list.element_shape})) return false;
  vars_[i].tensor = scalars_.TensorOf(Initial(i), {list.element_dtype, list.element_shape});
  vars_[i].sliced = vars_[i].tensor.valid();
  return vars_[i].sliced;
}

const char* LoopFacts::Obstacle(size_t i) {
  static constexpr const char* kShape = "elements of several or unknown shapes";
  static constexpr const char* kUsed = "the loop uses the list otherwise too";
  static constexpr const char* kIndex = "its index is not known before the run";
  static constexpr const char* kLength = "the length of the list is not known before the run";
  Variable& v = vars_[i];
  const LoopVariable& role = loop_.variables[i];
  v.kind = Kind::kLists;
  switch (role.role) {
    case Role::kInvariant:
      v.kind = Kind::kInvariant;
      return nullptr;
    case Role::kCounter: {
      const Tensor* step = b_.ConstValue(role.value);
      const bool plain =
          step && step->num_elements() == 1 && TypeOfArg(i).shape == Shape{} &&
          (TypeOfArg(i).dtype == DType::kInt32 || TypeOfArg(i).dtype == DType::kInt64);
      v.kind = plain && LastOf(i) ? Kind::kCounter : Kind::kCarried;
      return nullptr;
    }
    case Role::kSliced:
      for (const Use& use : unit_.UsesOf(body_, {body_.args[i], 0})) {
        if (use.node == kNoNode) continue;
        if (!loop_.indices.contains(use.node) || !WalkOf(loop_.indices.at(use.node))) {
          v.kind = Kind::kInvariant;
          return nullptr;
        }
      }
      if (!Slice(i)) v.kind = Kind::kInvariant;
      return nullptr;
    case Role::kPopped: {
      if (UsedOutside(i) || !OnlyHandedOn(i)) return kUsed;
      if (!Slice(i)) return kShape;
      const std::optional<LoopScalar> length = scalars_.LengthOf(v.tensor);
      if (!length) return kLength;
      const std::optional<LoopScalar> last = LoopScalars::Add({-1}, *length, 1);
      popped_[i] = last ? ToWalk(*last, -1) : std::nullopt;
      return popped_[i] ? nullptr : kIndex;
    }
    case Role::kStacked: {
      if (!OnlyHandedOn(i)) return kUsed;
      const NodeId write = body_.results[i].node;
      std::optional<LoopScalar> length = scalars_.ReservedLength(Initial(i));
      if (length && Grows(b_.node(write))) length = GrownLength(*length, write);
      if (!length) return kLength;
      const std::optional<Walk> walk = WalkOf(loop_.indices.at(write));
      if (!walk) return kIndex;
      return StackOf(i, b_.node(write).inputs[2], *walk, *length) ? nullptr : kShape;
    }
    case Role::kPushed: {
      if (!OnlyHandedOn(i)) return kUsed;
      if (!scalars_.IsEmptyList(Initial(i), trips_)) return "the list is not empty at first";
      const Output value = b_.node(body_.results[i].node).inputs[1];
      return StackOf(i, value, Walk::Forward(), trips_) ? nullptr : kShape;
    }
    case Role::kUpdated: {
      if (!OnlyHandedOn(i)) return kUsed;
      if (!Slice(i)) return kShape;
      const NodeId write = body_.results[i].node;
      const std::optional<Walk> walk = WalkOf(loop_.indices.at(write));
      if (!walk) return kIndex;
      v.value = b_.node(write).inputs[2];
      if (!UsedOutside(i)) return nullptr;
      const std::optional<LoopScalar> length = scalars_.LengthOf(v.tensor);
      // What no trip writes stays as it is: zeros, if there is such.
      if (!length || (*length != trips_ && !scalars_.IsZeros(v.tensor))) return kLength;
      return StackOf(i, b_.node(write).inputs[2], *walk, *length) ? nullptr : kShape;
    }
    case Role::kSummed:
    case Role::kCarried:
      v.kind = Kind::kCarried;
      return TypeOfArg(i).dtype == DType::kVariant ? "a list that is carried from trip to trip"
                                                   : nullptr;
  }
  return nullptr;
}

std::optional<LoopScalar> LoopFacts::LastOf(size_t i) const {
  return LoopScalars::Add(scalars_.Of(Initial(i)), trips_, StepOf(static_cast<int>(i)));
}

bool LoopFacts::Grows(const Node& write) {
  const auto it = write.attrs.find("resize_if_index_out_of_bounds");
  return it != write.attrs.end() && std::get<bool>(it->second);
}

std::optional<LoopScalar> LoopFacts::GrownLength(const LoopScalar& length, NodeId write) {
  const std::optional<Walk> walk = WalkOf(loop_.indices.at(write));
  if (!walk || length.factor != 0 || trips_.factor != 0) return {};
  if (trips_.constant == 0) return length;
  if (!IsSmall(walk->start) || !IsSmall(walk->step) || !IsSmall(trips_.constant)) return {};
  const int64_t first = walk->First(trips_.constant);
  const int64_t last = first + walk->step * (trips_.constant - 1);
  return LoopScalar{std::max({length.constant, first + 1, last + 1})};
}

LoopFacts::After LoopFacts::UsesAfter(Output list) {
  After after = After::kByLoops;
  for (const Use& use : unit_.UsesOf(f_, list)) {
    if (use.node == kNoNode) return After::kOtherwise;
    const Node& user = g_.node(use.node);
    const Meaning m = user.op->meaning;
    if (m == Meaning::kListLength) continue;
    if (m == Meaning::kListStack || m == Meaning::kListGather) {
      after = After::kByShape;
      continue;
    }
    if (user.op->structure != Structure::kWhile) return After::kOtherwise;
    auto it = readers_.find(use.node);
    if (it == readers_.end()) {
      const Function& cond = g_.library()->Get(RegionFunction(g_, user, 0).name);
      const Function& body = g_.library()->Get(RegionFunction(g_, user, 1).name);
      it = readers_.emplace(use.node, AnalyseLoop(cond, body)).first;
    }
    const Role role = it->second.variables[use.index].role;
    const bool reads = role == Role::kPopped || role == Role::kSliced;
    if (!reads || !unit_.UsesOf(f_, {use.node, use.index}).empty()) return After::kOtherwise;
  }
  return after;
}

bool LoopFacts::StackOf(size_t i, Output value, const Walk& walk, const LoopScalar& length) {
  const ValueType& list = TypeOfArg(i);
  const ValueType& element = b_.type(value);
  if (!Plain(element) || list.element_dtype != element.dtype ||
      !list.element_shape.CompatibleWith(element.shape) ||
      b_.node(body_.results[i].node).attrs.contains(kOwnShapesAttr)) {
    return false;
  }
  if (length.factor != 0 && length != trips_) return false;
  if (!list.element_shape.fully_known()) {
    // Later it may get elements of other shapes; and without any it does not tell their shape.
    const After after = UsesAfter({id_, static_cast<int>(i)});
    const bool some = trips_.factor == 0 && trips_.constant > 0;
    if (after == After::kOtherwise || (after == After::kByShape && !some)) return false;
  }
  vars_[i].value = value;
  vars_[i].stack = Stack{walk, length.factor == 0 ? length.constant : -1};
  return true;
}

}  // namespace graphrun
