// CountLoops.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "core/compile/loop_facts.h"
#include "core/compile/loop_scalars.h"
#include "core/compile/passes.h"
#include "core/compile/refine_types.h"
#include "core/graph/copy_node.h"
#include "core/graph/counted_node.h"
#include "core/graph/graph_algo.h"
#include "core/graph/int_consts.h"
#include "core/graph/op_def.h"
#include "core/graph/order.h"

namespace graphrun {
namespace {

// One While of a function on its way to a _CountedLoop.
class LoopBuilder : private LoopFacts {
 public:
  LoopBuilder(Unit& unit, Function& f, NodeId id, LoopScalars& scalars)
      : LoopFacts(unit, f, id, scalars) {}

  // Puts a _CountedLoop in the place of the While, if it is such a loop: then its id.
  std::optional<NodeId> Run() {
    if (!Find()) return {};
    FindLive();
    CopyBody();
    Finish();
    return made_node_;
  }

 private:
  // ---- The body

  // The walk by which a node of the body reads a list that becomes slices; nothing for others.
  std::optional<std::pair<size_t, Walk>> SliceAt(Output o) {
    const Node& node = b_.node(o.node);
    if (node.op->meaning != Meaning::kListRead && node.op->meaning != Meaning::kListPop) return {};
    const int arg = ArgAt(node.inputs[0]);
    if (arg < 0) return {};
    const auto i = static_cast<size_t>(arg);
    if (vars_[i].kind != Kind::kLists || !vars_[i].sliced) return {};
    if (node.op->meaning == Meaning::kListPop) return {{i, *popped_[i]}};
    return {{i, *WalkOf(loop_.indices.at(o.node))}};
  }

  // What the new body computes.
  void FindLive() {
    live_.assign(b_.num_ids(), false);
    effects_ = AfterEffects(b_);
    std::vector<NodeId> open = body_.control_results;
    for (size_t i = 0; i < n_; ++i) {
      if (vars_[i].kind == Kind::kCarried) open.push_back(body_.results[i].node);
      if (Stacks(i) || OnlyComputed(i)) open.push_back(vars_[i].value.node);
    }
    while (!open.empty()) {
      const NodeId id = open.back();
      open.pop_back();
      if (live_[id]) continue;
      live_[id] = true;
      if (SliceAt({id, 0})) continue;
      for (Output o : b_.node(id).inputs) open.push_back(o.node);
      for (NodeId c : b_.node(id).control_inputs) {
        if (effects_[c]) open.push_back(c);
      }
    }
  }

  // Parameter of the new body for variable i, made when it is first used.
  Output Parameter(size_t i) {
    const auto [it, fresh] = to_.try_emplace({body_.args[i], 0});
    if (!fresh) return it->second;
    const std::string& name = b_.node(body_.args[i]).name;
    const Tensor* value = vars_[i].kind == Kind::kInvariant ? g_.ConstValue(Initial(i)) : nullptr;
    if (value) return it->second = made_->graph.AddConst(name, *value);
    it->second = made_->AddArg(name, TypeOfArg(i));
    const NodeId arg = it->second.node;
    if (vars_[i].kind == Kind::kInvariant) {
      invariants_.push_back({arg, Initial(i)});
    } else if (trips_.factor != 0 || !FewTrips()) {
      counters_.push_back(i);
    } else {
      slices_.push_back({arg, ValuesOf(i, name), Walk::Forward()});
    }
    return it->second;
  }

  Output SliceParameter(Output o, size_t i, const Walk& walk) {
    if (const Output row = scalars_.RowOf(vars_[i].tensor); row.valid() && g_.ConstValue(row))
      return made_->graph.AddConst(b_.node(o.node).name, *g_.ConstValue(row));
    for (const SlicePart& s : slices_) {
      if (s.tensor == vars_[i].tensor && s.walk == walk) return {s.arg, 0};
    }
    ValueType type = b_.type(o);
    type.shape = Merge(type.shape, TypeOfArg(i).element_shape);
    if (scalars_.IsZeros(vars_[i].tensor))
      return *zeros_
                  .insert(made_->graph.AddConst(b_.node(o.node).name,
                                                Tensor::Zeros(type.dtype, type.shape)))
                  .first;
    const Output arg = made_->AddArg(b_.node(o.node).name, type);
    slices_.push_back({arg.node, vars_[i].tensor, walk});
    return arg;
  }

  // Of a sum with zeros that were a list's: the other operand.
  Output WithoutZeros(NodeId id, const std::vector<Output>& inputs) const {
    if (b_.node(id).op->meaning != Meaning::kSum || inputs.size() != 2) return {};
    for (int k = 0; k < 2; ++k) {
      if (zeros_.contains(inputs[k]) && made_->graph.type(inputs[1 - k]) == b_.type({id, 0}))
        return inputs[1 - k];
    }
    return {};
  }

  Output Copied(Output o) {
    const int arg = ArgAt(o);
    return arg < 0 ? to_.at(o) : Parameter(static_cast<size_t>(arg));
  }

  void CopyBody() {
    FunctionLibrary& library = *g_.library();
    made_ = &library.Add(std::make_unique<Function>(library.UniqueName(body_.name), g_));
    for (size_t i = 0; i < n_; ++i) {
      if (vars_[i].kind == Kind::kCarried)
        to_[{body_.args[i], 0}] = made_->AddArg(b_.node(body_.args[i]).name, TypeOfArg(i));
    }
    std::vector<NodeId> carried = made_->args;
    for (NodeId id : ExecutionOrder(b_, live_, {})) {
      const Node& node = b_.node(id);
      if (node.op->structure == Structure::kArg) continue;
      if (const auto slice = SliceAt({id, 0})) {
        const Output read{id, node.op->meaning == Meaning::kListPop ? 1 : 0};
        to_[read] = SliceParameter(read, slice->first, slice->second);
        continue;
      }
      std::vector<Output> inputs;
      std::vector<NodeId> controls;
      for (Output o : node.inputs) inputs.push_back(Copied(o));
      for (NodeId c : node.control_inputs) {
        if (effects_[c] && copies_.contains(c)) controls.push_back(copies_.at(c));
      }
      if (const Output same = WithoutZeros(id, inputs); same.valid() && controls.empty()) {
        to_[{id, 0}] = same;
        continue;
      }
      const NodeId copy = CopyNode(b_, id, &made_->graph, inputs, controls);
      copies_[id] = copy;
      for (int k = 0; k < b_.num_outputs(id); ++k) to_[{id, k}] = {copy, k};
    }
    for (size_t i = 0; i < n_; ++i) {
      if (vars_[i].kind == Kind::kCarried) made_->results.push_back(Copied(body_.results[i]));
    }
    for (size_t i : counters_) {
      const Output arg = Parameter(i);
      carried.push_back(arg.node);
      made_->results.push_back(Plus(arg, StepOf(static_cast<int>(i))));
    }
    for (size_t i = 0; i < n_; ++i) {
      if (Stacks(i)) made_->results.push_back(Copied(vars_[i].value));
    }
    for (size_t i = 0; i < n_; ++i) {
      if (OnlyComputed(i) && copies_.contains(vars_[i].value.node))
        made_->control_results.push_back(copies_.at(vars_[i].value.node));
    }
    for (NodeId c : body_.control_results) {
      if (const auto it = copies_.find(c); it != copies_.end())
        made_->control_results.push_back(it->second);
    }
    for (const SlicePart& s : slices_) carried.push_back(s.arg);
    for (const auto& [arg, value] : invariants_) carried.push_back(arg);
    made_->ReorderArgs(carried);
  }

  // ---- The node

  void Finish() {
    CountedLoopParts parts;
    parts.trips = scalars_.ToOutput(trips_, DType::kInt32, node_.name);
    std::vector<size_t> stacked;
    for (size_t i = 0; i < n_; ++i) {
      if (vars_[i].kind == Kind::kCarried) parts.carried.push_back(Initial(i));
      if (Stacks(i)) stacked.push_back(i);
    }
    for (size_t i : counters_) parts.carried.push_back(Initial(i));
    for (const SlicePart& s : slices_) parts.slices.emplace_back(s.tensor, s.walk);
    for (const auto& [arg, value] : invariants_) parts.invariants.push_back(value);
    for (size_t i : stacked) parts.stacks.push_back(*vars_[i].stack);
    const NodeId made = AddCountedLoop(g_, node_.name, *made_, parts, node_.control_inputs);
    // Constants and elements of known shapes in the place of lists tell more.
    RefineTypes(made_->graph);
    RefineLoop(g_, made);
    int out = 0;
    for (size_t i = 0; i < n_; ++i) {
      const Output from{id_, static_cast<int>(i)};
      switch (vars_[i].kind) {
        case Kind::kCarried:
          g_.SetType({made, out}, MoreSpecial(g_.type({made, out}), g_.type(from)));
          unit_.ReplaceUses(f_, from, {made, out++});
          break;
        case Kind::kInvariant:
          unit_.ReplaceUses(f_, from, Initial(i));
          break;
        case Kind::kCounter:
          if (UsedOutside(i))
            unit_.ReplaceUses(f_, from, scalars_.ToOutput(*LastOf(i), g_.dtype(from), node_.name));
          break;
        case Kind::kLists:
          break;
      }
    }
    out += static_cast<int>(counters_.size());
    for (size_t i = 0; i < n_; ++i) {
      if (!vars_[i].stack || !UsedOutside(i) || !StacksCounter(i)) continue;
      const Output values = ValuesOf(ArgAt(vars_[i].value), node_.name);
      unit_.ReplaceUses(f_, {id_, static_cast<int>(i)},
                        scalars_.ListOf(values, trips_, Shape{}, node_.name));
    }
    for (size_t i : stacked) {
      const Output tensor{made, out++};
      if (StacksEveryTrip(i)) NoteRows(i, tensor);
      const LoopScalar length =
          vars_[i].stack->length < 0 ? trips_ : LoopScalar{vars_[i].stack->length};
      unit_.ReplaceUses(f_, {id_, static_cast<int>(i)},
                        scalars_.ListOf(tensor, length, TypeOfArg(i).element_shape, node_.name));
    }
    for (size_t i = 0; i < n_; ++i) {
      // A list that was only read is what it was.
      if (vars_[i].kind == Kind::kLists && !vars_[i].stack && UsedOutside(i))
        unit_.ReplaceUses(f_, {id_, static_cast<int>(i)}, Initial(i));
    }
    unit_.ReplaceWaits(f_, id_, {made});
    unit_.RemoveNode(f_, id_);
    made_node_ = made;
  }

  // Of what is the same in all trips, stacked.
  void NoteRows(size_t i, Output tensor) {
    const Output value = vars_[i].value;
    const int arg = ArgAt(value);
    if (const Tensor* row = b_.ConstValue(value)) {
      scalars_.NoteRows(tensor, g_.AddConst(node_.name, *row));
    } else if (arg >= 0 && vars_[arg].kind == Kind::kInvariant) {
      scalars_.NoteRows(tensor, Initial(arg));
    }
  }

  Output Plus(Output value, int64_t step) const {
    const std::string name = made_->graph.node(value.node).name;
    const Output by = AddInt(made_->graph, name, step, made_->graph.dtype(value));
    return {made_->graph.AddNode("AddV2", name, {value, by}), 0};
  }

  std::vector<bool> live_, effects_;  // of the old body: what is copied, what comes after effects
  Function* made_ = nullptr;
  NodeId made_node_ = kNoNode;
  std::map<Output, Output> to_;  // from the old body to the new one
  std::map<NodeId, NodeId> copies_;
  std::set<Output> zeros_;  // of the new body
  struct SlicePart {
    NodeId arg;
    Output tensor;
    Walk walk;
  };
  std::vector<SlicePart> slices_;
  std::vector<std::pair<NodeId, Output>> invariants_;
  std::vector<size_t> counters_;  // whose values are used, of more trips than may be listed
};

}  // namespace

void CountLoops(Unit& unit) {
  const std::vector<Function*> functions = unit.functions();
  for (Function* f : functions) {
    LoopScalars scalars(unit, *f);
    std::vector<std::pair<NodeId, std::string>> loops;
    for (NodeId id : TopologicalOrder(f->graph)) {
      if (f->graph.node(id).op->structure != Structure::kWhile) continue;
      const std::string name = f->graph.node(id).name;
      const auto made = LoopBuilder(unit, *f, id, scalars).Run();
      if (!made) continue;
      loops.emplace_back(*made, name);
      scalars.CancelLists();
    }
    // Errors name the loop as it was called.
    for (const auto& [made, name] : loops) unit.Rename(*f, made, name);
  }
  unit.FindFunctions();
}

}  // namespace graphrun
