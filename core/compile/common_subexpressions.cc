#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>

#include "core/compile/passes.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

// A handle's variable goes by the node's name, so two with equal attributes may lead to different
// ones.
bool Mergeable(const Graph& g, NodeId id) {
  const Node& node = g.node(id);
  return node.op->pure() && !node.op->handles && node.control_inputs.empty() &&
         FunctionNames(node).empty() &&
         (node.op->structure == Structure::kNone || node.op->structure == Structure::kConst);
}

size_t Hash(const Node& node) {
  size_t hash = std::hash<const void*>()(node.op);
  for (Output o : node.inputs) hash = hash * 1000003 + static_cast<size_t>(o.node) * 31 + o.index;
  for (const auto& [name, value] : node.attrs) {
    if (!name.starts_with('_')) hash = hash * 1000003 ^ AttrHash(value);
  }
  return hash;
}

bool Same(const Node& a, const Node& b) {
  if (a.op != b.op || a.inputs != b.inputs) return false;
  const auto differs = [](const AttrMap& x, const AttrMap& y) {
    return std::any_of(x.begin(), x.end(), [&](const auto& entry) {
      if (entry.first.starts_with('_')) return false;
      const auto it = y.find(entry.first);
      return it == y.end() || !AttrEqual(entry.second, it->second);
    });
  };
  return !differs(a.attrs, b.attrs) && !differs(b.attrs, a.attrs);
}

}  // namespace

void MergeCommonSubexpressions(Function& f) {
  Graph& g = f.graph;
  std::unordered_map<size_t, std::vector<NodeId>> seen;
  std::vector<NodeId> replacement(g.num_ids(), kNoNode);
  for (NodeId id : TopologicalOrder(g)) {
    const int inputs = static_cast<int>(g.node(id).inputs.size());
    for (int i = 0; i < inputs; ++i) {
      const Output in = g.node(id).inputs[i];
      if (replacement[in.node] != kNoNode) g.SetInput(id, i, {replacement[in.node], in.index});
    }
    if (!Mergeable(g, id)) continue;
    std::vector<NodeId>& same_hash = seen[Hash(g.node(id))];
    const auto it = std::find_if(same_hash.begin(), same_hash.end(),
                                 [&](NodeId other) { return Same(g.node(other), g.node(id)); });
    if (it == same_hash.end()) {
      same_hash.push_back(id);
    } else {
      replacement[id] = *it;
    }
  }
  for (Output& o : f.results) {
    if (replacement[o.node] != kNoNode) o.node = replacement[o.node];
  }
}

void RemoveDeadNodes(Function& f) {
  Graph& g = f.graph;
  std::vector<NodeId> roots = f.control_results;
  for (Output o : f.results) roots.push_back(o.node);
  roots.insert(roots.end(), f.args.begin(), f.args.end());
  const std::vector<bool> live = Ancestors(g, roots);
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    if (g.exists(id) && !live[id]) g.RemoveNode(id);
  }
}

}  // namespace graphrun
