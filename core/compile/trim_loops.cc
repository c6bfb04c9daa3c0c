// TrimLoops.
#include <algorithm>

#include "core/compile/passes.h"
#include "core/graph/function_attr.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

// Which parameters of a function its results and effects need.
std::vector<bool> NeededParameters(const Function& f, const std::vector<bool>& results) {
  std::vector<NodeId> roots = f.control_results;
  for (size_t r = 0; r < results.size(); ++r) {
    if (results[r]) roots.push_back(f.results[r].node);
  }
  const std::vector<bool> live = Ancestors(f.graph, roots);
  std::vector<bool> needed;
  for (NodeId arg : f.args) needed.push_back(live[arg]);
  return needed;
}

// Adds to the variables of a loop those that the next values of others, and effects, need.
void AddNeeded(const Function& body, std::vector<bool>* variables) {
  const Graph& g = body.graph;
  std::vector<int> parameter(g.num_ids(), -1);
  for (size_t k = 0; k < body.args.size(); ++k) parameter[body.args[k]] = static_cast<int>(k);
  std::vector<bool> seen(g.num_ids(), false);
  std::vector<NodeId> open = body.control_results;
  for (size_t k = 0; k < variables->size(); ++k) {
    if ((*variables)[k]) open.push_back(body.results[k].node);
  }
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (seen[id]) continue;
    seen[id] = true;
    if (const int k = parameter[id]; k >= 0 && !(*variables)[k]) {
      (*variables)[k] = true;
      open.push_back(body.results[k].node);
    }
    for (Output o : g.node(id).inputs) open.push_back(o.node);
    open.insert(open.end(), g.node(id).control_inputs.begin(), g.node(id).control_inputs.end());
  }
}

class Trimmer {
 public:
  explicit Trimmer(Unit& unit) : unit_(unit), calls_(unit.CallCounts()) {}

  void Trim(Function& f) {
    unit_.RemoveDeadNodes(f);
    effects_ = AfterEffects(f.graph);
    for (NodeId id = 0, n = f.graph.num_ids(); id < n; ++id) {
      if (!f.graph.exists(id) || !Alone(f.graph, f.graph.node(id))) continue;
      if (f.graph.node(id).op->structure == Structure::kWhile) {
        TrimLoop(f, id);
      } else {
        TrimCall(f, id);
      }
    }
  }

 private:
  // Whether the node runs functions that nobody else runs.
  bool Alone(const Graph& g, const Node& node) {
    return !node.op->regions.empty() && !node.op->regions[0].divides &&
           std::all_of(node.op->regions.begin(), node.op->regions.end(),
                       [&](const Region& r) { return calls_[&RegionFunction(g, node, r)] == 1; });
  }

  std::vector<bool> UsedOutputs(const Function& f, NodeId id) {
    std::vector<bool> used;
    for (int i = 0; i < f.graph.num_outputs(id); ++i)
      used.push_back(!unit_.UsesOf(f, {id, i}).empty());
    return used;
  }

  // Whether all outputs are computed, used or not: who waits for the node waits for each.
  bool RunsAsAWhole(const Function& f, NodeId id) {
    return !IsLowered(f.graph.node(id)) || !unit_.WaitersOf(f, id).empty();
  }

  // Whether leaving the input out may leave out an error, too.
  static bool MayFail(const Graph& g, Output input) {
    const Structure s = g.node(input.node).op->structure;
    return s != Structure::kConst && s != Structure::kArg;
  }

  void TrimLoop(Function& f, NodeId id) {
    Graph& g = f.graph;
    const Node& node = g.node(id);
    const Function &cond = RegionFunction(g, node, 0), &body = RegionFunction(g, node, 1);
    const size_t n = body.args.size();
    const auto stays = [&](size_t k) { return body.results[k] == Output{body.args[k], 0}; };
    const bool whole = RunsAsAWhole(f, id);
    std::vector<bool> variables = UsedOutputs(f, id);
    bool changes = false;  // what is used
    for (size_t k = 0; k < n; ++k) changes = changes || (variables[k] && !stays(k));
    // Who waits for a loop waits for what happens in it, and before it; and a loop that nobody else
    // used would not run, though it may fail.
    if (changes && !effects_[id]) {
      for (size_t k = 0; k < n; ++k) {
        if (!stays(k)) continue;
        unit_.ReplaceUses(f, {id, static_cast<int>(k)}, Output(node.inputs[k]));
        variables[k] = false;
      }
    }
    const std::vector<bool> tested = NeededParameters(cond, std::vector<bool>(1, true));
    for (size_t k = 0; k < n; ++k) {
      if (tested[k] || (whole && (!stays(k) || MayFail(g, node.inputs[k])))) variables[k] = true;
    }
    AddNeeded(body, &variables);
    Rebuild(f, id, variables, variables);
  }

  void TrimCall(Function& f, NodeId id) {
    Graph& g = f.graph;
    const Node& node = g.node(id);
    const auto first = static_cast<size_t>(node.op->regions[0].first_input);
    std::vector<bool> outputs = UsedOutputs(f, id);
    const bool whole = RunsAsAWhole(f, id);
    if (whole) outputs.assign(outputs.size(), true);
    std::vector<bool> parameters(node.inputs.size() - first, false);
    for (size_t k = 0; k < parameters.size(); ++k)
      parameters[k] = whole && MayFail(g, node.inputs[first + k]);
    for (const Region& region : node.op->regions) {
      const std::vector<bool> needed = NeededParameters(RegionFunction(g, node, region), outputs);
      for (size_t k = 0; k < needed.size(); ++k) parameters[k] = parameters[k] || needed[k];
    }
    Rebuild(f, id, parameters, outputs);
  }

  void Rebuild(Function& f, NodeId id, const std::vector<bool>& parameters,
               const std::vector<bool>& outputs) {
    const auto all = [](const std::vector<bool>& bits) {
      return std::find(bits.begin(), bits.end(), false) == bits.end();
    };
    if (all(parameters) && all(outputs)) return;
    // What is left out was waited for all the same.
    const Node& node = f.graph.node(id);
    const auto first = static_cast<size_t>(node.op->regions[0].first_input);
    std::vector<NodeId> waits;
    for (size_t k = 0; k < parameters.size(); ++k) {
      const NodeId from = node.inputs[first + k].node;
      if (!parameters[k] && effects_[from]) waits.push_back(from);
    }
    unit_.RebuildCall(f, id, parameters, outputs);
    for (NodeId from : waits) unit_.AddControlInput(f, id, from);
  }

  Unit& unit_;
  std::unordered_map<const Function*, int> calls_;
  std::vector<bool> effects_;  // of the function's nodes as they were: AfterEffects
};

}  // namespace

// Callers first: what they do not use, what they call need not compute. What that no longer needs
// callers find the next time.
void TrimLoops(Unit& unit) {
  Trimmer trimmer(unit);
  for (size_t k = unit.functions().size(); k-- > 0;) trimmer.Trim(*unit.functions()[k]);
}

}  // namespace graphrun
