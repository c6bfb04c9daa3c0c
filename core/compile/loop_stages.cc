#include "core/compile/loop_stages.h"

#include <algorithm>

#include "core/compile/known_types.h"
#include "core/graph/counted_node.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

// What does less is not worth a loop of its own.
constexpr double kLeastFlops = 1 << 13;
// Of a sum over all trips, which are stacked before they are added up.
constexpr double kMostStacked = 1 << 22;  // bytes

class Cutter {
 public:
  Cutter(Unit& unit, const Node& loop, const Function& body, int64_t trips,
         const std::set<NodeId>& pinned)
      : unit_(unit),
        t_(CountedAttrs(loop)),
        f_(body),
        g_(body.graph),
        trips_(trips),
        pinned_(pinned) {}

  LoopStages Cut() {
    const NodeId n = g_.num_ids();
    stages_.of.assign(n, LoopStages::kUnused);
    order_ = TopologicalOrder(g_);
    FindInvariants();
    FindSums();
    FindComponents();
    Forward();
    Sink();
    stages_.of_carried.resize(t_.carried, LoopStages::kUnused);
    for (int i = 0; i < t_.carried; ++i) {
      if (!summed_[i]) stages_.of_carried[i] = stages_.of[f_.args[i]];
    }
    return std::move(stages_);
  }

 private:
  bool IsArg(NodeId id) const { return g_.node(id).op->structure == Structure::kArg; }
  int ArgIndex(NodeId id) const {
    return static_cast<int>(std::find(f_.args.begin(), f_.args.end(), id) - f_.args.begin());
  }
  bool Invariant(NodeId id) const { return invariant_[id]; }

  void FindInvariants() {
    invariant_.assign(g_.num_ids(), false);
    for (NodeId id : order_) {
      const Node& node = g_.node(id);
      if (IsArg(id)) {
        invariant_[id] = ArgIndex(id) + 1 >= t_.first_invariant();
        continue;
      }
      invariant_[id] = node.op->structure == Structure::kConst ||
                       (Movable(id) && std::all_of(node.inputs.begin(), node.inputs.end(),
                                                   [&](Output o) { return Invariant(o.node); }));
      if (invariant_[id]) stages_.of[id] = LoopStages::kInvariant;
    }
  }

  // Whether it may be computed elsewhere than in its trip.
  bool Movable(NodeId id) {
    const Node& node = g_.node(id);
    if (!node.op->pure() || node.op->structure != Structure::kNone || node.op->handles ||
        !node.control_inputs.empty() || !unit_.WaitersOf(f_, id).empty() || pinned_.contains(id)) {
      return false;
    }
    for (int k = 0; k < g_.num_outputs(id); ++k) {
      if (DTypeSize(g_.dtype({id, k})) == 0 || !g_.shape({id, k}).fully_known()) return false;
    }
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](Output o) {
      return DTypeSize(g_.dtype(o)) > 0 && g_.shape(o).fully_known();
    });
  }
  bool Batchable(NodeId id) { return Movable(id) && g_.node(id).op->batch; }

  // Carried values that only grow by what does not depend on them.
  void FindSums() {
    summed_.assign(t_.carried, false);
    for (int i = 0; i < t_.carried; ++i) {
      const Output addend = SumOf(i);
      if (!addend.valid() || Invariant(addend.node)) continue;
      const auto& uses = unit_.UsesOf(f_, addend);
      const double bytes = static_cast<double>(g_.shape(addend).num_elements()) *
                           static_cast<double>(DTypeSize(g_.dtype(addend)));
      const bool by_rule =
          g_.node(addend.node).op->batch_sum && Movable(addend.node) && uses.size() == 1;
      summed_[i] = by_rule || bytes * static_cast<double>(trips_ < 1 ? 1 : trips_) <= kMostStacked;
      if (by_rule) heavy_sums_.insert(addend.node);
      if (summed_[i]) sum_nodes_.insert(f_.results[i].node);
    }
  }
  // What is added to carried value i in each trip; invalid when it is no such sum.
  Output SumOf(int i) {
    const Output next = f_.results[i], arg{f_.args[i], 0};
    const Node& node = g_.node(next.node);
    const auto& uses = unit_.UsesOf(f_, arg);
    const auto& next_uses = unit_.UsesOf(f_, next);
    if (node.op->meaning != Meaning::kSum || node.inputs.size() != 2 || uses.size() != 1 ||
        uses[0].node != next.node || next_uses.size() != 1 || !Movable(next.node) ||
        (g_.dtype(arg) != DType::kFloat && g_.dtype(arg) != DType::kDouble)) {
      return {};
    }
    const Output addend = node.inputs[1 - uses[0].index];
    return g_.shape(addend) == g_.shape(arg) ? addend : Output{};
  }

  // Recurrences: nodes that need each other from trip to trip. What has effects keeps its order.
  void FindComponents() {
    std::vector<std::vector<int>> next(g_.num_ids());
    NodeId effect = kNoNode;
    for (NodeId id : order_) {
      const Node& node = g_.node(id);
      for (Output o : node.inputs) next[o.node].push_back(id);
      for (NodeId c : node.control_inputs) next[c].push_back(id);
      if (!HasEffect(g_, id)) continue;
      if (effect != kNoNode) {
        next[id].push_back(effect);
        next[effect].push_back(id);
      }
      effect = id;
    }
    for (int i = 0; i < t_.carried; ++i) {
      if (summed_[i]) continue;
      next[f_.results[i].node].push_back(f_.args[i]);
      next[f_.args[i]].push_back(f_.results[i].node);
    }
    component_ = StrongComponents(next);
    const int n =
        component_.empty() ? 0 : 1 + *std::max_element(component_.begin(), component_.end());
    members_.resize(n);
    for (NodeId id : order_) members_[component_[id]].push_back(id);
  }

  enum class Kind : uint8_t { kBatch, kLoop, kEither };
  Kind KindOf(const std::vector<NodeId>& members) {
    if (members.size() > 1) return Kind::kLoop;
    const NodeId id = members[0];
    if (IsArg(id)) return ArgIndex(id) < t_.carried ? Kind::kLoop : Kind::kEither;
    if (heavy_sums_.contains(id)) return Kind::kBatch;
    if (!Batchable(id)) return Kind::kLoop;
    return Heavy(id) ? Kind::kBatch : Kind::kEither;
  }

  // A product of what moves by what does not, or one that is summed over all trips.
  bool Heavy(NodeId id) {
    const KnownTypes types(g_, id);
    const auto moving = std::count_if(types.node.inputs.begin(), types.node.inputs.end(),
                                      [&](Output o) { return !Invariant(o.node); });
    return moving == 1 && IsIntense(types) &&
           types.node.op->cost(CostContext(types.node, types.in, types.out)).flops >= kLeastFlops;
  }

  // Each as early as possible.
  void Forward() {
    for (size_t c = members_.size(); c-- > 0;) {
      if (members_[c].empty()) continue;
      if (std::all_of(members_[c].begin(), members_[c].end(), [&](NodeId id) {
            return Invariant(id) || sum_nodes_.contains(id) || IsSumArg(id);
          })) {
        continue;
      }
      const Kind kind = KindOf(members_[c]);
      int stage = kind == Kind::kLoop ? 1 : 0;
      const auto after = [&](NodeId from) {
        const int s = stages_.of[from];
        if (component_[from] == static_cast<int>(c) || s < 0) return;
        const bool loop = s % 2 == 1;
        const int least = kind == Kind::kEither ? s : (kind == Kind::kLoop) == loop ? s : s + 1;
        stage = std::max(stage, least);
      };
      for (NodeId id : members_[c]) {
        for (Output o : g_.node(id).inputs) after(o.node);
        for (NodeId from : g_.node(id).control_inputs) after(from);
      }
      for (NodeId id : members_[c]) stages_.of[id] = stage;
      stages_.count = std::max(stages_.count, stage + 1);
      if (kind == Kind::kBatch) stages_.worth = true;
    }
    stages_.worth = stages_.worth || stages_.count == 1 ||
                    std::find(summed_.begin(), summed_.end(), true) != summed_.end();
  }
  bool IsSumArg(NodeId id) const {
    return IsArg(id) && ArgIndex(id) < t_.carried && summed_[ArgIndex(id)];
  }

  // What could be computed for all trips at once, but only serves a later loop, is computed there,
  // beside what uses it.
  void Sink() {
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
      const NodeId id = *it;
      int& stage = stages_.of[id];
      if (stage < 0 || stage % 2 == 1 || IsArg(id) || Heavy(id) || !Batchable(id)) continue;
      int users = -1;
      for (int k = 0; k < g_.num_outputs(id); ++k) {
        for (const Use& use : unit_.UsesOf(f_, {id, k})) {
          const bool kept = use.node == kNoNode || sum_nodes_.contains(use.node);
          const int at = kept ? stage : stages_.of[use.node];
          users = users < 0 ? at : std::min(users, at);
        }
      }
      if (users > stage && users % 2 == 1) stage = users;
    }
  }

  Unit& unit_;
  const CountedLoopAttrs& t_;
  const Function& f_;
  const Graph& g_;
  const int64_t trips_;  // -1: not known
  const std::set<NodeId>& pinned_;
  LoopStages stages_;
  std::vector<NodeId> order_;
  std::vector<bool> invariant_;
  std::vector<bool> summed_;     // by carried value
  std::set<NodeId> heavy_sums_;  // whose sum over all trips is one node
  std::set<NodeId> sum_nodes_;   // that only add to a sum
  std::vector<int> component_;   // by node
  std::vector<std::vector<NodeId>> members_;
};

}  // namespace

LoopStages CutLoop(Unit& unit, const Node& loop, const Function& body, int64_t trips,
                   const std::set<NodeId>& pinned) {
  return Cutter(unit, loop, body, trips, pinned).Cut();
}

}  // namespace graphrun
