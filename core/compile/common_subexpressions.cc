#include <algorithm>
#include <functional>
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

// The inputs, in one order for operands that may be swapped.
std::vector<Output> Operands(const Node& node) {
  std::vector<Output> inputs = node.inputs;
  if (node.op->commutative && inputs.size() >= 2 && inputs[1] < inputs[0])
    std::swap(inputs[0], inputs[1]);
  return inputs;
}

size_t Hash(const Node& node) {
  size_t hash = std::hash<const void*>()(node.op);
  for (Output o : Operands(node))
    hash = hash * 1000003 + static_cast<size_t>(o.node) * 31 + o.index;
  for (const auto& [name, value] : node.attrs) {
    if (!name.starts_with('_')) hash = hash * 1000003 ^ AttrHash(value);
  }
  return hash;
}

bool Same(const Node& a, const Node& b) {
  if (a.op != b.op || Operands(a) != Operands(b)) return false;
  const auto differs = [](const AttrMap& x, const AttrMap& y) {
    return std::any_of(x.begin(), x.end(), [&](const auto& entry) {
      if (entry.first.starts_with('_')) return false;
      const auto it = y.find(entry.first);
      return it == y.end() || !AttrEqual(entry.second, it->second);
    });
  };
  return !differs(a.attrs, b.attrs) && !differs(b.attrs, a.attrs);
}

void MergeIn(Unit& unit, Function& f) {
  const Graph& g = f.graph;
  std::unordered_map<size_t, std::vector<NodeId>> seen;
  for (NodeId id : TopologicalOrder(g)) {
    if (!Mergeable(g, id)) continue;
    std::vector<NodeId>& same_hash = seen[Hash(g.node(id))];
    const auto it = std::find_if(same_hash.begin(), same_hash.end(),
                                 [&](NodeId other) { return Same(g.node(other), g.node(id)); });
    if (it == same_hash.end()) {
      same_hash.push_back(id);
      continue;
    }
    for (int i = 0; i < g.num_outputs(id); ++i) unit.ReplaceUses(f, {id, i}, {*it, i});
  }
}

}  // namespace

void MergeCommonSubexpressions(Unit& unit) {
  for (Function* f : unit.functions()) MergeIn(unit, *f);
}

}  // namespace graphrun
