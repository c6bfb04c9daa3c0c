#include "core/graph/unit.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"
#include "core/graph/function_attr.h"

namespace graphrun {
namespace {

std::vector<Function*> Callees(const Function& f) {
  std::vector<Function*> callees;
  for (NodeId id = 0; id < f.graph.num_ids(); ++id) {
    if (!f.graph.exists(id)) continue;
    for (const std::string& name : FunctionNames(f.graph.node(id)))
      callees.push_back(&f.graph.library()->Get(name));
  }
  return callees;
}

}  // namespace

Unit::Unit(Function* main) {
  struct Open {
    Function* function;
    std::vector<Function*> callees;
    size_t next = 0;
  };
  std::unordered_set<const Function*> seen = {main};
  std::vector<Open> open = {{main, Callees(*main)}};
  while (!open.empty()) {
    Open& top = open.back();
    if (top.next == top.callees.size()) {
      functions_.push_back(top.function);
      open.pop_back();
      continue;
    }
    Function* callee = top.callees[top.next++];
    if (seen.insert(callee).second) open.push_back({callee, Callees(*callee)});
  }
}

Unit::UseTable& Unit::Table(const Function& f) {
  const auto [it, fresh] = uses_.try_emplace(&f);
  UseTable& table = it->second;
  const Graph& g = f.graph;
  if (!fresh && table.size() == static_cast<size_t>(g.num_ids())) return table;
  table.assign(g.num_ids(), {});
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    if (g.exists(id)) table[id].resize(g.num_outputs(id));
  }
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    if (!g.exists(id)) continue;
    const std::vector<Output>& inputs = g.node(id).inputs;
    for (size_t i = 0; i < inputs.size(); ++i)
      table[inputs[i].node][inputs[i].index].push_back({id, static_cast<int>(i)});
  }
  for (size_t r = 0; r < f.results.size(); ++r) {
    const Output o = f.results[r];
    table[o.node][o.index].push_back({kNoNode, static_cast<int>(r)});
  }
  return table;
}

const std::vector<Use>& Unit::UsesOf(const Function& f, Output value) {
  return Table(f)[value.node][value.index];
}

void Unit::ReplaceUses(Function& f, Output from, Output to) {
  UseTable& table = Table(f);
  const std::vector<Use> moved = std::exchange(table[from.node][from.index], {});
  if (moved.empty() || from == to) return;
  for (const Use& use : moved) {
    if (use.node == kNoNode) {
      f.results[use.index] = to;
    } else {
      f.graph.SetInput(use.node, use.index, to);
    }
  }
  std::vector<Use>& uses = table[to.node][to.index];
  const auto middle = uses.insert(uses.end(), moved.begin(), moved.end());
  // Results, whose node is kNoNode, come last.
  const auto key = [](const Use& u) { return std::pair(static_cast<uint32_t>(u.node), u.index); };
  std::inplace_merge(uses.begin(), middle, uses.end(),
                     [&](const Use& a, const Use& b) { return key(a) < key(b); });
  changed_ = true;
}

std::vector<std::vector<Output>> AddCaptures(Graph& graph, NodeId call,
                                             const std::vector<Output>& values) {
  const Node node = graph.node(call);
  std::vector<std::vector<Output>> parameters;
  AttrMap attrs = node.attrs;
  for (const Region& region : node.op->regions) {
    Function& callee =
        graph.library()->Get(std::get<FuncRef>(attrs.find(region.attr)->second).name);
    std::vector<Output>& added = parameters.emplace_back();
    for (Output value : values) {
      added.push_back(callee.AddArg(graph.node(value.node).name, graph.type(value)));
      if (region.repeats) callee.results.push_back(added.back());
    }
  }
  // What follows from inputs and outputs is found again.
  for (const Region& region : node.op->regions) {
    attrs.erase(region.types_attr);
    if (region.repeats) attrs.erase("output_shapes");
  }
  std::vector<Output> inputs = node.inputs;
  inputs.insert(inputs.end(), values.begin(), values.end());
  graph.ReplaceNode(call, node.op->name, std::move(inputs), std::move(attrs));
  return parameters;
}

void Unit::Touch(const Function& f) {
  uses_.erase(&f);
  changed_ = true;
}

}  // namespace graphrun
