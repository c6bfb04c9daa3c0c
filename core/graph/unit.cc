#include "core/graph/unit.h"

#include <algorithm>
#include <map>
#include <memory>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"
#include "core/graph/copy_node.h"
#include "core/graph/function_attr.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_def.h"

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

// Whether the region's results are the outputs of the node.
bool GivesOutputs(const OpDef& op, const Region& region) {
  const auto repeats = [](const Region& r) { return r.repeats; };
  return region.repeats || std::none_of(op.regions.begin(), op.regions.end(), repeats);
}

template <typename T>
std::vector<T> Kept(const std::vector<T>& items, const std::vector<bool>& keep) {
  std::vector<T> kept;
  for (size_t i = 0; i < items.size(); ++i) {
    if (keep[i]) kept.push_back(items[i]);
  }
  return kept;
}

// kNoNode, which stands for the function, comes last.
uint32_t Rank(NodeId id) { return static_cast<uint32_t>(id); }

void Insert(Use use, std::vector<Use>* uses) {
  const auto less = [](const Use& a, const Use& b) {
    return std::pair(Rank(a.node), a.index) < std::pair(Rank(b.node), b.index);
  };
  uses->insert(std::upper_bound(uses->begin(), uses->end(), use, less), use);
}

void Insert(NodeId waiter, std::vector<NodeId>* waiters) {
  const auto less = [](NodeId a, NodeId b) { return Rank(a) < Rank(b); };
  const auto at = std::lower_bound(waiters->begin(), waiters->end(), waiter, less);
  if (at == waiters->end() || *at != waiter) waiters->insert(at, waiter);
}

}  // namespace

Unit::Unit(Function* main) : functions_{main} { FindFunctions(); }

void Unit::FindFunctions() {
  struct Open {
    Function* function;
    std::vector<Function*> callees;
    size_t next = 0;
  };
  Function* const top_function = functions_.back();
  functions_.clear();
  std::unordered_set<const Function*> seen = {top_function};
  std::vector<Open> open = {{top_function, Callees(*top_function)}};
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

std::unordered_map<const Function*, int> Unit::CallCounts() const {
  std::unordered_map<const Function*, int> counts;
  for (const Function* f : functions_) {
    for (const Function* callee : Callees(*f)) ++counts[callee];
  }
  return counts;
}

Unit::Uses& Unit::UsesIn(const Function& f) {
  const auto [it, fresh] = uses_.try_emplace(&f);
  Uses& uses = it->second;
  const Graph& g = f.graph;
  const auto first = static_cast<NodeId>(uses.values.size());
  // Nodes that came since.
  uses.values.resize(g.num_ids());
  uses.waiters.resize(g.num_ids());
  for (NodeId id = first; id < g.num_ids(); ++id) {
    if (g.exists(id)) uses.values[id].resize(g.num_outputs(id));
  }
  for (NodeId id = first; id < g.num_ids(); ++id) {
    if (!g.exists(id)) continue;
    const Node& node = g.node(id);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const Output o = node.inputs[i];
      Insert(Use{id, static_cast<int>(i)}, &uses.values[o.node][o.index]);
    }
    for (NodeId c : node.control_inputs) Insert(id, &uses.waiters[c]);
  }
  if (!fresh) return uses;
  for (size_t r = 0; r < f.results.size(); ++r) {
    const Output o = f.results[r];
    Insert(Use{kNoNode, static_cast<int>(r)}, &uses.values[o.node][o.index]);
  }
  for (NodeId c : f.control_results) Insert(kNoNode, &uses.waiters[c]);
  return uses;
}

const std::vector<Use>& Unit::UsesOf(const Function& f, Output value) {
  return UsesIn(f).values[value.node][value.index];
}

const std::vector<NodeId>& Unit::WaitersOf(const Function& f, NodeId node) {
  return UsesIn(f).waiters[node];
}

void Unit::ReplaceUses(Function& f, Output from, Output to) {
  Uses& table = UsesIn(f);
  if (from == to) return;
  const std::vector<Use> moved = std::exchange(table.values[from.node][from.index], {});
  if (moved.empty()) return;
  for (const Use& use : moved) {
    if (use.node == kNoNode) {
      f.results[use.index] = to;
    } else {
      f.graph.SetInput(use.node, use.index, to);
    }
    Insert(use, &table.values[to.node][to.index]);
  }
  changed_ = true;
}

void Unit::ReplaceWaits(Function& f, NodeId from, const std::vector<NodeId>& to) {
  Uses& table = UsesIn(f);
  const std::vector<NodeId> moved = std::exchange(table.waiters[from], {});
  const auto replaced = [&](std::vector<NodeId> waits) {
    std::erase(waits, from);
    waits.insert(waits.end(), to.begin(), to.end());
    std::sort(waits.begin(), waits.end());
    waits.erase(std::unique(waits.begin(), waits.end()), waits.end());
    return waits;
  };
  for (NodeId waiter : moved) {
    for (NodeId c : to) Insert(waiter, &table.waiters[c]);
    if (waiter == kNoNode) {
      f.control_results = replaced(f.control_results);
      continue;
    }
    const std::vector<NodeId> waits = replaced(f.graph.node(waiter).control_inputs);
    f.graph.ClearControlInputs(waiter);
    for (NodeId c : waits) f.graph.AddControlInput(waiter, c);
  }
  changed_ = changed_ || !moved.empty();
}

void Unit::AddControlInput(Function& f, NodeId id, NodeId control) {
  Insert(id, &UsesIn(f).waiters[control]);
  f.graph.AddControlInput(id, control);
  changed_ = true;
}

NodeId Unit::Rename(Function& f, NodeId id, const std::string& name) {
  Graph& g = f.graph;
  const Node node = g.node(id);
  const NodeId renamed =
      g.AddNodeNamed(node.op->name, name, node.inputs, node.attrs, node.control_inputs);
  for (int k = 0; k < g.num_outputs(id); ++k) {
    g.SetType({renamed, k}, g.type({id, k}));
    ReplaceUses(f, {id, k}, {renamed, k});
  }
  ReplaceWaits(f, id, {renamed});
  RemoveNode(f, id);
  return renamed;
}

void Unit::RemoveNode(Function& f, NodeId id) {
  Uses& table = UsesIn(f);
  const Node& node = f.graph.node(id);
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const Output o = node.inputs[i];
    std::erase(table.values[o.node][o.index], Use{id, static_cast<int>(i)});
  }
  for (NodeId c : node.control_inputs) std::erase(table.waiters[c], id);
  table.values[id].clear();
  f.graph.RemoveNode(id);
  changed_ = true;
}

void Unit::RemoveDeadNodes(Function& f) {
  Graph& g = f.graph;
  std::vector<NodeId> roots = f.control_results;
  for (Output o : f.results) roots.push_back(o.node);
  roots.insert(roots.end(), f.args.begin(), f.args.end());
  const std::vector<bool> live = Ancestors(g, roots);
  bool any = false;
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    if (!g.exists(id) || live[id]) continue;
    g.RemoveNode(id);
    any = true;
  }
  if (any) Touch(f);
}

void Unit::RebuildCall(Function& f, NodeId call, const std::vector<bool>& parameters,
                       const std::vector<bool>& outputs) {
  Graph& g = f.graph;
  const Node node = g.node(call);
  AttrMap attrs = node.attrs;
  for (const Region& region : node.op->regions) {
    Function& callee = g.library()->Get(std::get<FuncRef>(attrs.find(region.attr)->second).name);
    if (GivesOutputs(*node.op, region)) callee.results = Kept(callee.results, outputs);
    RemoveDeadNodes(callee);
    Touch(callee);
    std::vector<NodeId> args;
    for (size_t i = 0; i < callee.args.size(); ++i) {
      const NodeId arg = callee.args[i];
      if (parameters[i]) {
        args.push_back(arg);
        continue;
      }
      Check(UsesOf(callee, {arg, 0}).empty(), "RebuildCall leaves out what is not used");
      ReplaceWaits(callee, arg, {});
      RemoveNode(callee, arg);
    }
    callee.args = args;
    callee.ReorderArgs(args);
    attrs.erase(region.types_attr);
  }
  std::vector<DType> types;
  for (int i = 0; i < g.num_outputs(call); ++i) types.push_back(g.dtype({call, i}));
  for (const ArgDef& arg : node.op->outputs)
    attrs.insert_or_assign(arg.type_list_attr, Kept(types, outputs));
  if (const auto it = attrs.find("output_shapes"); it != attrs.end()) {
    auto& shapes = std::get<std::vector<Shape>>(it->second);
    if (shapes.size() == outputs.size()) shapes = Kept(shapes, outputs);
  }
  const auto first = static_cast<size_t>(node.op->regions[0].first_input);
  std::vector<Output> inputs(node.inputs.begin(), node.inputs.begin() + first);
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i]) inputs.push_back(node.inputs[first + i]);
  }
  std::vector<ValueType> kept;
  for (int i = 0; i < static_cast<int>(outputs.size()); ++i) {
    if (!outputs[i]) continue;
    const Output output = {call, static_cast<int>(kept.size())};
    kept.push_back(g.type({call, i}));
    ReplaceUses(f, {call, i}, output);
  }
  Uses& table = UsesIn(f);
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const Output o = node.inputs[i];
    std::erase(table.values[o.node][o.index], Use{call, static_cast<int>(i)});
  }
  for (size_t i = 0; i < inputs.size(); ++i)
    Insert(Use{call, static_cast<int>(i)}, &table.values[inputs[i].node][inputs[i].index]);
  table.values[call].resize(kept.size());
  g.ReplaceNode(call, node.op->name, std::move(inputs), std::move(attrs));
  for (size_t k = 0; k < kept.size(); ++k) g.SetType({call, static_cast<int>(k)}, kept[k]);
  changed_ = true;
}

// REQUIRES: the first results have the types of the node's outputs.
void Unit::ReplaceByCall(Function& f, NodeId id, const Function& callee,
                         const std::vector<Output>& inputs) {
  Graph& g = f.graph;
  Uses& table = UsesIn(f);
  const std::vector<Output> before = g.node(id).inputs;
  for (size_t i = 0; i < before.size(); ++i)
    std::erase(table.values[before[i].node][before[i].index], Use{id, static_cast<int>(i)});
  std::vector<DType> types;
  for (Output o : callee.results) types.push_back(callee.graph.dtype(o));
  g.ReplaceNode(id, "PartitionedCall", inputs, {{"f", FuncRef{callee.name}}, {"Tout", types}});
  table.values[id].resize(types.size());
  for (size_t i = 0; i < inputs.size(); ++i)
    Insert(Use{id, static_cast<int>(i)}, &table.values[inputs[i].node][inputs[i].index]);
}

Function& Unit::Outline(Function& f, const std::vector<NodeId>& nodes, const std::string& name) {
  Graph& g = f.graph;
  Function& made = g.library()->Add(std::make_unique<Function>(g.library()->UniqueName(name), g));
  const std::unordered_set<NodeId> moved(nodes.begin(), nodes.end());
  std::map<Output, Output> inside;
  std::vector<Output> inputs, results;
  for (NodeId id : nodes) {
    const Node& node = g.node(id);
    std::vector<Output> copied;
    for (Output o : node.inputs) {
      const auto [it, fresh] = inside.try_emplace(o);
      if (fresh) {
        if (const Tensor* value = g.ConstValue(o)) {
          it->second = made.graph.AddConst(g.node(o.node).name, *value);
        } else {
          it->second = made.AddArg(g.node(o.node).name, g.type(o));
          inputs.push_back(o);
        }
      }
      copied.push_back(it->second);
    }
    const NodeId copy = CopyNode(g, id, &made.graph, copied);
    for (int k = 0; k < g.num_outputs(id); ++k) {
      inside[{id, k}] = {copy, k};
      const auto& uses = UsesOf(f, {id, k});
      if (std::any_of(uses.begin(), uses.end(), [&](Use u) { return !moved.contains(u.node); }))
        results.push_back({id, k});
    }
  }
  const NodeId last = nodes.back();
  const auto first_of_last = std::stable_partition(results.begin(), results.end(),
                                                   [&](Output o) { return o.node == last; });
  for (Output o : results) made.results.push_back(inside[o]);
  std::vector<ValueType> types;
  for (Output o : results) types.push_back(g.type(o));
  // The call stands where the last node stood in the order of nodes, by which ready ones run.
  const bool in_place = first_of_last - results.begin() == g.num_outputs(last);
  const NodeId call = in_place ? last : AddCall(g, name, made, inputs);
  if (in_place) ReplaceByCall(f, last, made, inputs);
  for (size_t r = 0; r < results.size(); ++r) {
    const Output output{call, static_cast<int>(r)};
    g.SetType(output, types[r]);
    if (results[r] != output) ReplaceUses(f, results[r], output);
  }
  for (auto it = nodes.rbegin(); it != nodes.rend(); ++it) {
    if (*it != call) RemoveNode(f, *it);
  }
  functions_.insert(std::find(functions_.begin(), functions_.end(), &f), &made);
  changed_ = true;
  return made;
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
