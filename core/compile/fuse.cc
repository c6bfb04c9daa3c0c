// FuseElements.
#include "core/compile/fuse.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/tensor.h"
#include "core/compile/acyclic_groups.h"
#include "core/compile/passes.h"
#include "core/compile/tile_domain.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

class Fuser {
 public:
  Fuser(Unit& unit, Function& f, FusionCounts* counts)
      : unit_(unit), f_(f), g_(f.graph), counts_(*counts), groups_(g_) {}

  void Fuse() {
    const std::vector<NodeId>& order = groups_.order();
    nodes_.resize(g_.num_ids());
    domains_.resize(g_.num_ids());
    for (NodeId id : order) Classify(id);
    for (NodeId id : order) JoinSources(id);
    std::vector<std::vector<NodeId>> kernels;
    for (NodeId id : order) {
      if (domains_[id] && groups_.Of(id) == id) kernels.push_back(Worth(groups_.Nodes(id)));
    }
    CountPoor();
    for (const std::vector<NodeId>& kernel : kernels) {
      if (kernel.empty()) continue;
      unit_.Outline(f_, kernel, "fused").fused = true;
      ++counts_.kernels;
      counts_.nodes += static_cast<int>(kernel.size());
    }
  }

 private:
  enum Kind : uint8_t { kOther, kUnknown, kOrdered, kFusable };
  struct NodeState {
    Kind kind = kOther;
    bool fused = false;
    TileRule rule;
  };

  static bool IsView(const Node& node) { return node.op->view_of >= 0; }
  static bool HasRule(const Node& node) { return node.op->tiles || !node.op->elements.empty(); }

  void Classify(NodeId id) {
    const Node& node = g_.node(id);
    if (!node.op->pure() || node.op->structure != Structure::kNone || !HasRule(node)) return;
    const KnownTypes types(g_, id);
    for (const auto* side : {&types.in, &types.out}) {
      for (const ValueType& type : *side) {
        if (DTypeSize(type.dtype) == 0) return;
        if (!Allocatable(type.dtype, type.shape)) {
          nodes_[id].kind = kUnknown;
          return;
        }
      }
    }
    TileRule rule = TileRuleOf(types.Request());
    if (!rule.any()) return;
    domains_[id] = DomainOf(rule, types);
    if (!domains_[id]) return;
    const bool ordered = !node.control_inputs.empty() || !unit_.WaitersOf(f_, id).empty();
    nodes_[id].kind = ordered ? kOrdered : kFusable;
    nodes_[id].rule = std::move(rule);
  }

  // The inputs that have the node's rows and columns, and so may come from the same tile.
  std::vector<int> Through(NodeId id) const {
    const TileRule& rule = nodes_[id].rule;
    std::vector<int> inputs;
    for (const TileOperand& operand : rule.operands) {
      if (operand.shape.num_elements() == g_.shape({id, 0}).num_elements())
        inputs.push_back(operand.input);
    }
    for (const auto& runs : rule.columns) {
      for (const ColumnRun& run : runs) inputs.push_back(run.input);
    }
    if (rule.rows != nullptr || rule.sum != nullptr) {
      const int64_t whole = g_.shape(g_.node(id).inputs[0]).num_elements();
      for (int i = 0; i < static_cast<int>(g_.node(id).inputs.size()); ++i) {
        const bool all = g_.shape(g_.node(id).inputs[i]).num_elements() == whole;
        if (all && (i == 0 || rule.rows != nullptr)) inputs.push_back(i);
      }
    }
    return inputs;
  }

  // Joins the node with the groups that it takes values from, those that come last first: others
  // may lead to them.
  void JoinSources(NodeId id) {
    if (nodes_[id].kind == kOther) return;
    std::vector<NodeId> sources;
    const std::vector<int> through = Through(id);
    const Node& node = g_.node(id);
    for (int i = 0; i < static_cast<int>(node.inputs.size()); ++i) {
      const NodeId source = node.inputs[i].node;
      if (nodes_[source].kind == kOther) continue;
      const Kind least = std::min(nodes_[id].kind, nodes_[source].kind);
      if (least != kFusable) {
        Stay(least == kUnknown ? Apart::kUnknownShape : Apart::kOrder);
      } else if (std::find(through.begin(), through.end(), i) == through.end()) {
        Stay(Apart::kBroadcast);
      } else {
        sources.push_back(source);
      }
    }
    std::sort(sources.begin(), sources.end(),
              [&](NodeId a, NodeId b) { return groups_.Position(a) > groups_.Position(b); });
    sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
    for (NodeId source : sources) JoinPair(source, id);
  }

  void JoinPair(NodeId source, NodeId id) {
    const NodeId from = groups_.Of(source), to = groups_.Of(id);
    if (from == to) return;
    const TileDomain &a = *domains_[from], &b = *domains_[to];
    const std::optional<TileDomain> both = graphrun::Join(a, b);
    if (!both) return Stay(Fits(a, b) ? Apart::kSize : Apart::kColumns);
    if (!groups_.Join(from, to)) return Stay(Apart::kPath);
    domains_[groups_.Of(id)] = both;
  }

  // Leaves views at the ends of a group out of it, where they cost nothing, and others a copy.
  void LeaveViews(std::vector<NodeId>* nodes) {
    std::vector<bool>& in = in_group_;
    in.resize(g_.num_ids(), false);
    for (NodeId id : *nodes) in[id] = true;
    const auto inside = [&](const Use& use) { return use.node != kNoNode && in[use.node]; };
    for (auto it = nodes->rbegin(); it != nodes->rend(); ++it) {
      const auto& uses = unit_.UsesOf(f_, {*it, 0});
      if (IsView(g_.node(*it)) && std::none_of(uses.begin(), uses.end(), inside)) in[*it] = false;
    }
    for (NodeId id : *nodes) {
      if (!in[id] || !IsView(g_.node(id))) continue;
      const auto& uses = unit_.UsesOf(f_, {id, 0});
      const bool source = !in[g_.node(id).inputs[g_.node(id).op->view_of].node];
      if (source && !std::all_of(uses.begin(), uses.end(), inside)) in[id] = false;
    }
    std::erase_if(*nodes, [&](NodeId id) { return !in[id]; });
    for (NodeId id : *nodes) in[id] = false;
  }

  // The nodes of a group that are worth a kernel of their own: none, unless something stays in the
  // tile.
  std::vector<NodeId> Worth(std::vector<NodeId> nodes) {
    LeaveViews(&nodes);
    const int elements = static_cast<int>(std::count_if(
        nodes.begin(), nodes.end(), [&](NodeId id) { return nodes_[id].rule.columns.empty(); }));
    const bool views = std::all_of(nodes.begin(), nodes.end(), [&](NodeId id) {
      return nodes_[id].rule.columns.empty() || IsView(g_.node(id));
    });
    // Beside a single one that computes, views save nothing.
    if (elements == 0 || nodes.size() < 2 || (elements == 1 && views)) return {};
    // Of single numbers nothing is saved but what it takes to call.
    if (domains_[groups_.Of(nodes[0])]->rows * domains_[groups_.Of(nodes[0])]->columns < kBlock)
      return {};
    for (NodeId id : nodes) nodes_[id].fused = true;
    return nodes;
  }

  void CountPoor() {
    for (NodeId id : groups_.order()) {
      if (nodes_[id].kind != kFusable || nodes_[id].fused) continue;
      for (Output o : g_.node(id).inputs) {
        if (nodes_[o.node].kind == kFusable && groups_.Of(o.node) == groups_.Of(id))
          Stay(Apart::kPoor);
      }
    }
  }

  void Stay(Apart why) { ++counts_.apart[static_cast<size_t>(why)]; }

  Unit& unit_;
  Function& f_;
  const Graph& g_;
  FusionCounts& counts_;
  AcyclicGroups groups_;
  std::vector<NodeState> nodes_;
  std::vector<std::optional<TileDomain>> domains_;  // of groups
  std::vector<bool> in_group_;                      // of the group at hand
};

}  // namespace

const char* ApartText(Apart why) {
  switch (why) {
    case Apart::kUnknownShape:
      return "shapes that only the run tells";
    case Apart::kOrder:
      return "control edges";
    case Apart::kBroadcast:
      return "broadcast from one to the other";
    case Apart::kColumns:
      return "other rows, or columns too narrow";
    case Apart::kSize:
      return "too much for one kernel";
    case Apart::kPath:
      return "something runs between them";
    case Apart::kPoor:
      return "too little to gain";
  }
  return "";
}

FusionCounts FuseAndCount(Unit& unit) {
  FusionCounts counts;
  const std::vector<Function*> functions = unit.functions();
  for (Function* f : functions) {
    if (!f->fused) Fuser(unit, *f, &counts).Fuse();
  }
  return counts;
}

void FuseElements(Unit& unit) { FuseAndCount(unit); }

}  // namespace graphrun
