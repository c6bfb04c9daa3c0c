// What runs before what. TensorFlow prunes node by node, so what waits for one node of a cond or
// loop waits for that node alone: each becomes a value of the If or While of its own.
#include <algorithm>
#include <set>

#include "core/import/block_builder.h"
#include "proto/node_def.pb.h"

namespace graphrun {

std::vector<NodeId> BlockBuilder::Controls(RewriteBlock& b, int i) {
  std::vector<int> waits = foreign_.node(i).controls;
  for (Port p : foreign_.node(i).inputs) {
    const std::vector<int> more = WaitsOnTheWay(p);
    waits.insert(waits.end(), more.begin(), more.end());
  }
  return WaitFor(b, std::move(waits));
}

Output BlockBuilder::Done(RewriteBlock& b, const std::string& name,
                          const std::vector<NodeId>& after) {
  const Output yes = b.graph().AddConst(name + "/true", Tensor::Scalar(true));
  return {b.graph().AddNode("Identity", name + "/done", {yes}, {}, after), 0};
}

std::vector<NodeId> BlockBuilder::WaitFor(RewriteBlock& b, std::vector<int> open) {
  std::vector<NodeId> nodes;
  std::set<int> seen;
  while (!open.empty()) {
    const int i = open.back();
    open.pop_back();
    if (!seen.insert(i).second) continue;
    const ForeignNode& node = foreign_.node(i);
    if (node.detached && !b.operations.contains(i)) {
      // A broken node may be anywhere.
      nodes.push_back(AddUnavailable(b, "unavailable", node.def->op(), node.problem, {}, {},
                                     /*def=*/nullptr));
      continue;
    }
    // In loops and conds an edge from what has no effect only said where a node belongs.
    if (!b.top() && !effects_.has_effect(i)) continue;
    if (const auto it = b.operations.find(i); it != b.operations.end()) {
      nodes.push_back(it->second);
      continue;
    }
    if (node.kind == ForeignKind::kEnter ||
        (node.kind == ForeignKind::kSwitch && loops_.VariableOf(i) < 0)) {
      // It leaves no node: who waits for it waits for what it needs.
      for (Port p : node.inputs) open.push_back(p.node);
      open.insert(open.end(), node.controls.begin(), node.controls.end());
      continue;
    }
    if (!effects_.must_run(i)) continue;
    for (RewriteBlock* at = b.parent; at; at = at->parent) {
      const auto it = at->operations.find(i);
      if (it == at->operations.end()) continue;
      Output& done = at->waits.done_[i];
      if (!done.valid()) done = Done(*at, std::string(node.name), {it->second});
      nodes.push_back(b.builder->Resolve(Expr(at->builder, done)).node);
      break;
    }
  }
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
}

std::vector<int> BlockBuilder::WaitsOnTheWay(Port port) const {
  std::vector<int> waits;
  const auto add_controls = [&](int node) {
    for (int c : foreign_.node(node).controls) {
      if (effects_.must_run(c)) waits.push_back(c);
    }
  };
  for (;;) {
    const ForeignNode& node = foreign_.node(port.node);
    const bool decides = node.kind == ForeignKind::kSwitch && loops_.VariableOf(port.node) < 0;
    if (!decides && node.kind != ForeignKind::kEnter) return waits;
    add_controls(port.node);
    if (decides) {
      // The root is what the If has as predicate; its copies may wait for more.
      const Port root = PredicateRoot(foreign_, node.inputs[1]);
      for (Port at = node.inputs[1]; at != root; at = foreign_.node(at.node).inputs[0])
        add_controls(at.node);
    }
    port = node.inputs[0];
  }
}

Output BlockBuilder::After(RewriteBlock& b, Port port, Output value,
                           const std::vector<int>& controls) {
  std::vector<int> waits = WaitsOnTheWay(port);
  for (int c : controls) {
    if (effects_.must_run(c)) waits.push_back(c);
  }
  const std::vector<NodeId> nodes = WaitFor(b, std::move(waits));
  if (nodes.empty()) return value;
  return {b.graph().AddNode("Identity", b.graph().node(value.node).name, {value}, {}, nodes), 0};
}

}  // namespace graphrun
