// LoopFacts: variables that a loop reads, and nothing in it writes, are read before it.
//
// A node that writes runs only when nothing else can (ExecutionOrder). So no write comes between a
// loop that only reads and a read that waits for the same writes: both see the same value.
#include <algorithm>
#include <memory>

#include "core/compile/loop_facts.h"
#include "core/graph/copy_node.h"
#include "core/graph/graph_algo.h"
#include "core/graph/int_consts.h"
#include "core/graph/op_def.h"

namespace graphrun {

bool LoopFacts::CanHoistReads() const {
  for (NodeId id = 0; id < b_.num_ids(); ++id) {
    if (!b_.exists(id) || !AccessesVariables(b_, id)) continue;
    const Node& node = b_.node(id);
    if (node.op->effect != Effect::kRead || node.inputs.size() != 1 || b_.num_outputs(id) != 1 ||
        !Plain(b_.type({id, 0}))) {
      return false;
    }
    const int handle = ArgAt(node.inputs[0]);
    if (handle < 0 || loop_.variables[handle].role != Role::kInvariant) return false;
  }
  return true;
}

std::vector<NodeId> LoopFacts::WaitsForWrites() const {
  std::vector<bool> after(g_.num_ids(), false);
  for (NodeId id : TopologicalOrder(g_)) {
    const Node& node = g_.node(id);
    after[id] = MustRun(g_, id) ||
                std::any_of(node.inputs.begin(), node.inputs.end(),
                            [&](Output o) { return after[o.node]; }) ||
                std::any_of(node.control_inputs.begin(), node.control_inputs.end(),
                            [&](NodeId c) { return after[c]; });
  }
  std::vector<NodeId> waits = node_.control_inputs;
  for (Output o : node_.inputs) waits.push_back(o.node);
  std::erase_if(waits, [&](NodeId id) { return !after[id]; });
  std::sort(waits.begin(), waits.end());
  waits.erase(std::unique(waits.begin(), waits.end()), waits.end());
  return waits;
}

void LoopFacts::HoistReads() {
  // Without a trip it stays as it is: nothing is read.
  if (trips_ == LoopScalar{}) return;
  const std::vector<NodeId> after = WaitsForWrites();
  std::map<std::pair<std::string, Output>, Output> values;  // by op and handle
  for (NodeId id = 0, n = b_.num_ids(); id < n; ++id) {
    if (!b_.exists(id) || !AccessesVariables(b_, id)) continue;
    Output& value = values[{b_.node(id).op->name, b_.node(id).inputs[0]}];
    if (!value.valid()) {
      const Output before = ReadBefore(id, after);
      // It fails for want of a value though nobody uses that.
      f_.control_results.push_back(before.node);
      value = Outside(before);
    }
    unit_.ReplaceUses(body_, {id, 0}, value);
    unit_.ReplaceWaits(body_, id, {});
    unit_.RemoveNode(body_, id);
  }
  RefineLoop(g_, id_);
  loop_ = AnalyseLoop(cond_, body_);
}

Output LoopFacts::ReadBefore(NodeId read, const std::vector<NodeId>& after) {
  const Output handle = Initial(ArgAt(b_.node(read).inputs[0]));
  const ValueType type = b_.type({read, 0});
  const std::string name = b_.node(read).name;
  if (trips_.factor == 0) {
    const Output value{CopyNode(b_, read, &g_, {handle}, after), 0};
    g_.SetType(value, MoreSpecial(g_.type(value), type));
    return value;
  }
  // A variable may have no value as long as nobody reads it.
  FunctionLibrary& library = *g_.library();
  std::vector<FuncRef> branches;
  for (const bool some : {true, false}) {
    Function& f = library.Add(std::make_unique<Function>(library.UniqueName(body_.name), g_));
    const Output parameter = f.AddArg(g_.node(handle.node).name, g_.type(handle));
    if (some) {
      const Output value{CopyNode(b_, read, &f.graph, {parameter}), 0};
      f.graph.SetType(value, MoreSpecial(f.graph.type(value), type));
      f.results = {value};
      f.control_results = {value.node};
    } else {
      const Output dims = AddDims(f.graph, name, type.shape);
      const Output zero = f.graph.AddConst(name, Tensor::Zeros(type.dtype, {}));
      f.results = {{f.graph.AddNode("Fill", name, {dims, zero}), 0}};
    }
    branches.push_back({f.name});
  }
  const Output none = AddInt(g_, name, 0), trips = scalars_.ToOutput(trips_, DType::kInt32, name);
  const Output any{g_.AddNode("Greater", name, {trips, none}), 0};
  const Output value{g_.AddNode("If", name, {any, handle},
                                {{"then_branch", branches[0]},
                                 {"else_branch", branches[1]},
                                 {"Tout", std::vector<DType>{type.dtype}}},
                                after),
                     0};
  g_.SetType(value, MoreSpecial(g_.type(value), type));
  return value;
}

}  // namespace graphrun
