// KeepDerivedValues.
#include <algorithm>
#include <numeric>

#include "core/base/size.h"
#include "core/compile/passes.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

// What takes less is as cheap to compute as to look up.
constexpr size_t kLeastWork = size_t{1} << 12;  // bytes of all values
// What is kept may take this often what its variables take.
constexpr size_t kMostKept = 4;

class Keeper {
 public:
  Keeper(Unit& unit, Function& f) : unit_(unit), f_(f), g_(f.graph) {}

  void Keep() {
    Classify();
    Join();
    for (const std::vector<NodeId>& group : Groups()) {
      const std::vector<NodeId> nodes = Worth(group);
      if (!nodes.empty()) unit_.Outline(f_, nodes, "derived").kept = true;
    }
  }

 private:
  enum Kind : uint8_t {
    kOther,
    kConstant,
    kVariable,  // its value, perhaps under another shape
    kDerived,
  };

  static size_t Bytes(const Graph& g, Output o) {
    return CheckedBytes(g.shape(o).num_elements(), g.dtype(o));
  }
  bool Plain(NodeId id) const {
    for (int k = 0; k < g_.num_outputs(id); ++k) {
      const Output o{id, k};
      if (DTypeSize(g_.dtype(o)) == 0 || !Allocatable(g_.dtype(o), g_.shape(o))) return false;
    }
    return true;
  }
  // A read of a variable that this function only reads.
  bool ReadsOnly(NodeId id) {
    const Node& node = g_.node(id);
    if (node.op->effect != Effect::kRead || node.op->accesses.size() != 1 ||
        node.inputs.size() != 1 || g_.num_outputs(id) != 1 || !Plain(id)) {
      return false;
    }
    const Output handle = node.inputs[0];
    const auto& uses = unit_.UsesOf(f_, handle);
    return g_.node(handle.node).op->handles && std::all_of(uses.begin(), uses.end(), [&](Use use) {
             return use.node != kNoNode && g_.node(use.node).op->effect == Effect::kRead;
           });
  }
  bool Derives(NodeId id) {
    const Node& node = g_.node(id);
    if (!node.op->pure() || node.op->structure != Structure::kNone || node.op->handles ||
        !node.control_inputs.empty() || !unit_.WaitersOf(f_, id).empty() || !Plain(id)) {
      return false;
    }
    bool any = false;
    for (Output o : node.inputs) {
      if (kinds_[o.node] == kOther) return false;
      any = any || kinds_[o.node] != kConstant;
    }
    return any;
  }
  void Classify() {
    kinds_.assign(g_.num_ids(), kOther);
    for (NodeId id : TopologicalOrder(g_)) {
      const Node& node = g_.node(id);
      if (node.op->structure == Structure::kConst) kinds_[id] = kConstant;
      if (ReadsOnly(id)) kinds_[id] = kVariable;
      if (!Derives(id)) continue;
      const bool view =
          node.op->view_of >= 0 && kinds_[node.inputs[node.op->view_of].node] == kVariable;
      kinds_[id] = view ? kVariable : kDerived;
      if (!view) order_.push_back(id);
    }
  }

  // Groups by data edges between derived values.
  void Join() {
    group_.resize(g_.num_ids());
    std::iota(group_.begin(), group_.end(), 0);
    for (NodeId id : order_) {
      for (Output o : g_.node(id).inputs) {
        if (kinds_[o.node] == kDerived) group_[Root(o.node)] = Root(id);
      }
    }
  }
  NodeId Root(NodeId id) {
    while (group_[id] != id) id = group_[id] = group_[group_[id]];
    return id;
  }
  std::vector<std::vector<NodeId>> Groups() {
    std::vector<std::vector<NodeId>> groups;
    std::vector<int> at(g_.num_ids(), -1);
    for (NodeId id : order_) {
      int& place = at[Root(id)];
      if (place < 0) {
        place = static_cast<int>(groups.size());
        groups.emplace_back();
      }
      groups[place].push_back(id);
    }
    return groups;
  }

  // Of a group, in topological order: what the values need that others use; nothing when it is not
  // worth keeping.
  std::vector<NodeId> Worth(const std::vector<NodeId>& group) {
    std::vector<bool> in(g_.num_ids(), false);
    size_t kept = 0, work = 0, source = 0;
    std::vector<NodeId> nodes;
    for (auto it = group.rbegin(); it != group.rend(); ++it) {
      const NodeId id = *it;
      for (int k = 0; k < g_.num_outputs(id); ++k) {
        const auto& uses = unit_.UsesOf(f_, {id, k});
        const bool leaves = std::any_of(uses.begin(), uses.end(), [&](Use use) {
          return use.node == kNoNode || kinds_[use.node] != kDerived;
        });
        if (leaves) kept += Bytes(g_, {id, k});
        in[id] = in[id] || leaves || std::any_of(uses.begin(), uses.end(), [&](Use use) {
                   return use.node != kNoNode && in[use.node];
                 });
        if (g_.node(id).op->view_of < 0) work += Bytes(g_, {id, k});
      }
      if (!in[id]) continue;
      nodes.push_back(id);
      for (Output o : g_.node(id).inputs) {
        if (kinds_[o.node] == kVariable) source += Bytes(g_, o);
      }
    }
    if (work < kLeastWork || kept / kMostKept > source) return {};
    std::reverse(nodes.begin(), nodes.end());
    return nodes;
  }

  Unit& unit_;
  Function& f_;
  const Graph& g_;
  std::vector<Kind> kinds_;
  std::vector<NodeId> order_;  // of the derived ones
  std::vector<NodeId> group_;  // union-find
};

}  // namespace

void KeepDerivedValues(Unit& unit) { Keeper(unit, unit.main()).Keep(); }

}  // namespace graphrun
