// InlineFunctions.
#include <algorithm>

#include "core/compile/limits.h"
#include "core/compile/passes.h"
#include "core/graph/copy_node.h"
#include "core/graph/function_attr.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

class Inliner {
 public:
  explicit Inliner(Unit& unit) : unit_(unit), calls_(unit.CallCounts()) {}

  void Inline(Function& f) {
    effects_ = AfterEffects(f.graph);
    for (NodeId id = 0, n = f.graph.num_ids(); id < n; ++id) {
      if (!f.graph.exists(id)) continue;
      if (const Region* region = Known(f.graph, id)) Splice(f, id, *region);
    }
  }

 private:
  // The region that certainly runs, once, and may be put in the node's place. Effects may not:
  // those that nothing else orders are ordered by ids, and copies come last.
  const Region* Known(const Graph& g, NodeId id) {
    const Node& node = g.node(id);
    if (node.op->regions.empty() || HasEffect(g, id)) return nullptr;
    if (node.op->structure == Structure::kIf) {
      const Tensor* chosen = g.ConstValue(node.inputs[0]);
      if (!chosen || chosen->dtype() != DType::kBool) return nullptr;
      return &node.op->regions[chosen->scalar<bool>() ? 0 : 1];
    }
    if (node.op->structure != Structure::kCall) return nullptr;
    const Region& region = node.op->regions[0];
    const Function& callee = RegionFunction(g, node, region);
    if (callee.kept) return nullptr;
    return calls_[&callee] == 1 || callee.graph.num_nodes() < kCalledFrom ? &region : nullptr;
  }

  void Splice(Function& f, NodeId id, const Region& region) {
    Graph& g = f.graph;
    const Node node = g.node(id);
    const Function& callee = RegionFunction(g, node, region);
    // Who uses a result comes after the effects that the node waited for.
    std::vector<NodeId> before = node.control_inputs, effects;
    for (Output o : node.inputs) before.push_back(o.node);
    for (NodeId c : before) {
      const bool known = c < static_cast<NodeId>(effects_.size());
      if (!known || effects_[c]) effects.push_back(c);
    }
    std::vector<NodeId> copies(callee.graph.num_ids(), kNoNode);
    std::vector<Output> given(callee.graph.num_ids());  // by parameter
    for (size_t k = 0; k < callee.args.size(); ++k)
      given[callee.args[k]] = node.inputs[region.first_input + k];
    const auto copy_of = [&](Output o) {
      return given[o.node].valid() ? given[o.node] : Output{copies[o.node], o.index};
    };
    for (NodeId from : TopologicalOrder(callee.graph)) {
      if (given[from].valid()) continue;
      const Node& original = callee.graph.node(from);
      std::vector<Output> inputs;
      for (Output o : original.inputs) inputs.push_back(copy_of(o));
      std::vector<NodeId> controls;
      for (NodeId c : original.control_inputs) controls.push_back(copy_of({c, 0}).node);
      copies[from] = CopyNode(callee.graph, from, &g, std::move(inputs), std::move(controls));
    }
    for (size_t r = 0; r < callee.results.size(); ++r) {
      const Output from = {id, static_cast<int>(r)};
      if (unit_.UsesOf(f, from).empty()) continue;
      Output to = copy_of(callee.results[r]);
      if (!effects.empty()) to = {g.AddNode("Identity", node.name, {to}, {}, effects), 0};
      unit_.ReplaceUses(f, from, to);
    }
    std::vector<NodeId> done = before;
    for (NodeId c : callee.control_results) done.push_back(copy_of({c, 0}).node);
    unit_.ReplaceWaits(f, id, done);
    unit_.RemoveNode(f, id);
  }

  Unit& unit_;
  std::unordered_map<const Function*, int> calls_;
  std::vector<bool> effects_;  // of the function's nodes as they were: AfterEffects
};

}  // namespace

// Functions first whose own calls were inlined.
void InlineFunctions(Unit& unit) {
  Inliner inliner(unit);
  for (Function* f : unit.functions()) inliner.Inline(*f);
  unit.FindFunctions();
}

}  // namespace graphrun
