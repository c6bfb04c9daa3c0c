// DistributeLoops.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "core/compile/loop_rows.h"
#include "core/compile/loop_stages.h"
#include "core/compile/passes.h"
#include "core/graph/batch_context.h"
#include "core/graph/copy_node.h"
#include "core/graph/counted_node.h"
#include "core/graph/function_attr.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_def.h"
#include "core/graph/order.h"

namespace graphrun {
namespace {

// One _CountedLoop of `f` and what takes its place.
class Distributor {
 public:
  Distributor(Unit& unit, Function& f, NodeId id)
      : unit_(unit),
        f_(f),
        g_(f.graph),
        id_(id),
        node_(g_.node(id)),
        t_(CountedAttrs(node_)),
        old_(g_.library()->Get(RegionFunction(g_, node_, 0).name)),
        b_(old_.graph),
        carried_(static_cast<size_t>(t_.carried)) {
    if (const Tensor* trips = g_.ConstValue(node_.inputs[0])) trips_ = trips->int_at(0);
  }

  void Run() {
    // Invariants are computed although there may be no trip, unless it is known that there is one.
    if (trips_ == 0 || trips_ == 1) return;
    // Each try that fails pins a node.
    for (int tries = 0; tries < kMostTries; ++tries) {
      stages_ = CutLoop(unit_, node_, old_, trips_, pinned_);
      if (!stages_.worth) return;
      values_.clear();
      carried_out_.assign(carried_, {});
      stacks_out_.assign(t_.num_stacks(), {});
      loops_.clear();
      if (Emit()) return Replace();
    }
  }

 private:
  static constexpr int kMostTries = 32;

  // What stands outside for an output of the body.
  struct Value {
    Output output;
    bool stacked = false;
    Walk walk;           // stacked: which element is that of a trip
    Output canonical{};  // stacked, and in order: made when it is first asked for
  };

  bool Emit() {
    rows_.emplace(g_, trips_, node_.inputs[0]);
    for (size_t i = 0; i < old_.args.size(); ++i) {
      const int input = 1 + static_cast<int>(i);
      if (i < carried_) continue;
      Value v{node_.inputs[input]};
      if (input < t_.first_invariant()) {
        v.stacked = true;
        v.walk = t_.SliceAt(input - t_.first_slice());
        rows_->Count(v.walk, g_.shape(v.output));
      }
      values_[{old_.args[i], 0}] = v;
    }
    std::vector<bool> all(b_.num_ids());
    for (NodeId id = 0; id < b_.num_ids(); ++id) all[id] = b_.exists(id);
    order_ = ExecutionOrder(b_, all, {});
    for (NodeId id : order_) {
      if (stages_.of[id] == LoopStages::kInvariant && !EmitInvariant(id)) return false;
    }
    for (int stage = 0; stage < stages_.count; ++stage) {
      if (stage % 2 == 1) {
        EmitLoop(stage);
        continue;
      }
      for (NodeId id : order_) {
        if (stages_.of[id] == stage && b_.node(id).op->structure != Structure::kArg &&
            !EmitBatch(id)) {
          pinned_.insert(id);
          return false;
        }
      }
    }
    return EmitOutputs();
  }

  // Constants are copied where they are used; what is computed of invariants is computed once.
  bool EmitInvariant(NodeId id) {
    const Node& node = b_.node(id);
    if (node.op->structure == Structure::kArg) return true;
    if (const Tensor* value = b_.ConstValue({id, 0})) {
      values_[{id, 0}] = {g_.AddConst(node.name, *value)};
      return true;
    }
    if (trips_ < 1 && !CannotFail(node)) {
      // With no trip it might fail where the loop would not.
      pinned_.insert(id);
      return false;
    }
    std::vector<Output> inputs;
    for (Output o : node.inputs) inputs.push_back(values_.at(o).output);
    const NodeId copy = g_.AddNode(node.op->name, node.name, inputs, node.attrs);
    for (int k = 0; k < b_.num_outputs(id); ++k) values_[{id, k}] = {{copy, k}};
    return true;
  }

  // What a kernel of plain numbers refuses follows from shapes and integers, which are known.
  bool CannotFail(const Node& node) const {
    return !node.op->allocates_outputs &&
           std::all_of(node.inputs.begin(), node.inputs.end(), [&](Output o) {
             const DType dtype = b_.dtype(o);
             return b_.ConstValue(o) || dtype == DType::kFloat || dtype == DType::kDouble;
           });
  }

  // A value of the body as [trips, ...], in the order that all share.
  Output Canonical(Value& v) {
    if (!v.canonical.valid()) v.canonical = rows_->InOrder(v.output, v.walk);
    return v.canonical;
  }

  std::optional<BatchContext> ContextOf(NodeId id) {
    const Node& node = b_.node(id);
    std::vector<BatchContext::Operand> inputs;
    std::vector<ValueType> outputs;
    for (Output o : node.inputs) {
      Value& v = values_.at(o);
      const Output value = v.stacked ? Canonical(v) : v.output;
      if (!value.valid()) return {};
      inputs.push_back({value, v.stacked, b_.type(o)});
    }
    for (int k = 0; k < b_.num_outputs(id); ++k) outputs.push_back(b_.type({id, k}));
    return BatchContext(&g_, node, trips_, std::move(inputs), std::move(outputs));
  }

  bool EmitBatch(NodeId id) {
    const Node& node = b_.node(id);
    if (IsSum(id) || OnlySummed(id)) return true;
    std::optional<BatchContext> context = ContextOf(id);
    if (!context) return false;
    const std::vector<Output> outputs = node.op->batch(*context);
    if (outputs.empty()) return false;
    for (int k = 0; k < static_cast<int>(outputs.size()); ++k)
      values_[{id, k}] = {outputs[k], true, rows_->Order(), outputs[k]};
    return true;
  }

  // A node that only adds to a sum over all trips.
  bool IsSum(NodeId id) const {
    for (size_t i = 0; i < carried_; ++i) {
      if (stages_.of_carried[i] == LoopStages::kUnused && old_.results[i].node == id) return true;
    }
    return false;
  }
  // Computed as the sum that it is added to.
  bool OnlySummed(NodeId id) {
    const auto& uses = unit_.UsesOf(old_, {id, 0});
    return b_.node(id).op->batch_sum && b_.num_outputs(id) == 1 && uses.size() == 1 &&
           uses[0].node != kNoNode && IsSum(uses[0].node);
  }

  // ---- A loop that stays

  void EmitLoop(int stage) {
    FunctionLibrary& library = *g_.library();
    Function& made = library.Add(std::make_unique<Function>(library.UniqueName(old_.name), g_));
    CountedLoopParts parts;
    parts.trips = node_.inputs[0];
    std::map<Output, Output> to;
    std::vector<size_t> mine;  // carried values
    std::vector<NodeId> carried, slices, invariants;
    for (size_t i = 0; i < carried_; ++i) {
      if (stages_.of_carried[i] != stage) continue;
      const Output arg{old_.args[i], 0};
      to[arg] = made.AddArg(b_.node(arg.node).name, b_.type(arg));
      carried.push_back(to[arg].node);
      parts.carried.push_back(node_.inputs[1 + i]);
      mine.push_back(i);
    }
    const auto value_in = [&](Output o) {
      if (const auto it = to.find(o); it != to.end()) return it->second;
      if (const Tensor* value = b_.ConstValue(o))
        return to[o] = made.graph.AddConst(b_.node(o.node).name, *value);
      const Value& v = values_.at(o);
      const Output arg = made.AddArg(b_.node(o.node).name, b_.type(o));
      if (v.stacked) {
        slices.push_back(arg.node);
        parts.slices.emplace_back(v.output, v.walk);
      } else {
        invariants.push_back(arg.node);
        parts.invariants.push_back(v.output);
      }
      return to[o] = arg;
    };
    const auto in_stage = [&](NodeId id) {
      return stages_.of[id] == stage && b_.node(id).op->structure != Structure::kArg;
    };
    std::map<NodeId, NodeId> copies;
    for (NodeId id : order_) {
      if (!in_stage(id)) continue;
      const Node& node = b_.node(id);
      std::vector<Output> inputs;
      std::vector<NodeId> controls;
      for (Output o : node.inputs) inputs.push_back(value_in(o));
      for (NodeId c : node.control_inputs) {
        if (copies.contains(c)) controls.push_back(copies[c]);
      }
      const NodeId copy = CopyNode(b_, id, &made.graph, inputs, controls);
      copies[id] = copy;
      for (int k = 0; k < b_.num_outputs(id); ++k) to[{id, k}] = {copy, k};
    }
    for (size_t i : mine) made.results.push_back(value_in(old_.results[i]));
    // What others need of each trip.
    std::vector<std::pair<Output, Stack>> stacks;
    std::vector<int> whole;  // the outputs of the old loop that they are, or -1
    const auto stack = [&](Output o, const Stack& s, int output) {
      stacks.emplace_back(o, s);
      whole.push_back(output);
      made.results.push_back(to.at(o));
      parts.stacks.push_back(s);
    };
    std::set<Output> in_order;
    for (int k = 0; k < t_.num_stacks(); ++k) {
      const Output o = old_.results[carried_ + k];
      if (!to.contains(o) || Outside(o, stage)) continue;
      const Stack s = t_.StackAt(k);
      stack(o, s, k);
      if (rows_->IsWhole(s)) in_order.insert(o);
    }
    for (const auto& [from, copy] : std::map<Output, Output>(to)) {
      if (Outside(from, stage) || in_order.contains(from) || !UsedLater(from, stage)) continue;
      stack(from, rows_->WholeStack(), -1);
    }
    for (NodeId c : old_.control_results) {
      if (copies.contains(c)) made.control_results.push_back(copies[c]);
    }
    carried.insert(carried.end(), slices.begin(), slices.end());
    carried.insert(carried.end(), invariants.begin(), invariants.end());
    made.ReorderArgs(carried);
    const NodeId loop = AddCountedLoop(g_, node_.name, made, parts, node_.control_inputs);
    loops_.push_back(loop);
    for (size_t k = 0; k < mine.size(); ++k) {
      const Output out{loop, static_cast<int>(k)};
      g_.SetType(out, g_.type({id_, static_cast<int>(mine[k])}));
      carried_out_[mine[k]] = out;
    }
    for (size_t k = 0; k < stacks.size(); ++k) {
      const Output out{loop, static_cast<int>(mine.size() + k)};
      const auto& [o, s] = stacks[k];
      if (whole[k] >= 0) stacks_out_[whole[k]] = out;
      if (whole[k] < 0 || rows_->IsWhole(s)) values_[o] = {out, true, s.walk};
    }
  }

  // Whether the value is made elsewhere: a slice, an invariant, or in another stage.
  bool Outside(Output o, int stage) const { return stages_.of[o.node] != stage; }
  bool UsedLater(Output o, int stage) {
    for (const Use& use : unit_.UsesOf(old_, o)) {
      if (use.node != kNoNode && (stages_.of[use.node] != stage || IsSum(use.node))) return true;
    }
    return false;
  }

  // ---- What the old loop gave

  bool EmitOutputs() {
    for (size_t i = 0; i < carried_; ++i) {
      if (stages_.of_carried[i] != LoopStages::kUnused) continue;
      carried_out_[i] = EmitSum(i);
      if (!carried_out_[i].valid()) return false;
    }
    for (int k = 0; k < t_.num_stacks(); ++k) {
      if (stacks_out_[k].valid()) continue;
      const Output o = old_.results[carried_ + k];
      stacks_out_[k] = rows_->AsStack(Stacked(o), t_.StackAt(k));
      if (stacks_out_[k].valid()) continue;
      pinned_.insert(o.node);
      return false;
    }
    return true;
  }

  // A value of all trips in the common order, what is the same in all of them included.
  Output Stacked(Output o) {
    Value& v = values_.at(o);
    if (v.stacked) return Canonical(v);
    return rows_->Repeated(v.output);
  }

  // The last value of a sum: the first and what all trips add.
  Output EmitSum(size_t i) {
    const Output next = old_.results[i];
    const Node& add = b_.node(next.node);
    const Output addend = add.inputs[add.inputs[0] == Output{old_.args[i], 0} ? 1 : 0];
    Output sum;
    if (OnlySummed(addend.node) && stages_.of[addend.node] % 2 == 0) {
      std::optional<BatchContext> context = ContextOf(addend.node);
      if (context) sum = b_.node(addend.node).op->batch_sum(*context);
    } else {
      sum = rows_->Sum(Stacked(addend));
    }
    if (!sum.valid()) {
      pinned_.insert(addend.node);
      pinned_.insert(next.node);
      return {};
    }
    const Output first = node_.inputs[1 + i];
    if (rows_->IsZeros(first)) return sum;
    return {g_.AddNode("AddV2", add.name, {first, sum}), 0};
  }

  void Replace() {
    for (size_t i = 0; i < carried_; ++i)
      unit_.ReplaceUses(f_, {id_, static_cast<int>(i)}, carried_out_[i]);
    for (int k = 0; k < t_.num_stacks(); ++k)
      unit_.ReplaceUses(f_, {id_, static_cast<int>(carried_) + k}, stacks_out_[k]);
    std::vector<NodeId> waits = loops_;
    if (loops_.empty()) waits = node_.control_inputs;
    unit_.ReplaceWaits(f_, id_, waits);
    unit_.RemoveNode(f_, id_);
    if (!loops_.empty()) unit_.Rename(f_, loops_[0], node_.name);
  }

  Unit& unit_;
  Function& f_;
  Graph& g_;
  const NodeId id_;
  const Node node_;
  const CountedLoopAttrs& t_;
  Function& old_;
  const Graph& b_;
  const size_t carried_;
  int64_t trips_ = -1;
  LoopStages stages_;
  std::set<NodeId> pinned_;
  std::vector<NodeId> order_;
  std::optional<LoopRows> rows_;
  std::map<Output, Value> values_;
  std::vector<Output> carried_out_, stacks_out_;  // of the old loop
  std::vector<NodeId> loops_;
};

}  // namespace

// Loops that use others' results first: what they no longer need those need not compute.
void DistributeLoops(Unit& unit) {
  const std::vector<Function*> functions = unit.functions();
  for (Function* f : functions) {
    const std::vector<NodeId> order = TopologicalOrder(f->graph);
    for (auto it = order.rbegin(); it != order.rend(); ++it) {
      if (f->graph.node(*it).op->structure == Structure::kCountedLoop)
        Distributor(unit, *f, *it).Run();
    }
  }
  unit.FindFunctions();
}

}  // namespace graphrun
