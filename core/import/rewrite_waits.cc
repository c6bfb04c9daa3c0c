// What runs before what. TensorFlow prunes node by node, so what waits for one node of a cond or
// loop waits for that node alone: each becomes a value of the If or While of its own.
#include <algorithm>

#include "core/graph/op_def.h"
#include "core/graph/op_registry.h"
#include "core/import/rewriter.h"

namespace graphrun {

void Rewriter::FindEffects() {
  has_effect_.assign(foreign_.size(), 0);
  must_run_ = has_effect_;
  std::vector<uint8_t> frame_has_effect(loops_.num_frames(), 0), frame_must_run(frame_has_effect);
  for (int i = 0; i < foreign_.size(); ++i) {
    const int f = loops_.FrameOf(i);
    if (f == 0) continue;
    if (HasOwnEffect(i)) frame_has_effect[f] = 1;
    if (MustRun(i)) frame_must_run[f] = 1;
  }
  for (int f = loops_.num_frames() - 1; f > 0; --f) {
    const int parent = loops_.frame(f).parent;
    frame_has_effect[parent] |= frame_has_effect[f];
    frame_must_run[parent] |= frame_must_run[f];
  }
  for (int i : foreign_.order()) {
    const ForeignNode& node = foreign_.node(i);
    bool effect = HasOwnEffect(i), must_run = MustRun(i);
    const auto follow = [&](int producer) {
      effect = effect || has_effect_[producer];
      must_run = must_run || must_run_[producer];
    };
    for (Port p : node.inputs) follow(p.node);
    for (int c : node.controls) follow(c);
    if (const int loop = loops_.LoopLeftBy(i); loop >= 0) {
      effect = effect || frame_has_effect[loop];
      must_run = must_run || frame_must_run[loop];
    }
    has_effect_[i] = effect;
    must_run_[i] = must_run;
  }
}

Output Rewriter::Done(Block& b, const std::string& name, const std::vector<NodeId>& after) {
  const Output yes = b.graph().AddConst(name + "/true", Tensor::Scalar(true));
  return {b.graph().AddNode("Identity", name + "/done", {yes}, {}, after), 0};
}

std::vector<NodeId> Rewriter::WaitFor(Block& b, std::vector<int> open) {
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
    if (!b.top() && !has_effect_[i]) continue;
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
    if (!must_run_[i]) continue;
    for (Block* at = b.parent; at; at = at->parent) {
      const auto it = at->operations.find(i);
      if (it == at->operations.end()) continue;
      Output& done = at->done[i];
      if (!done.valid()) done = Done(*at, std::string(node.name), {it->second});
      nodes.push_back(b.builder->Resolve(Expr(at->builder, done)).node);
      break;
    }
  }
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
}

std::vector<int> Rewriter::WaitsOnTheWay(Port port) const {
  std::vector<int> waits;
  const auto add_controls = [&](int node) {
    for (int c : foreign_.node(node).controls) {
      if (must_run_[c]) waits.push_back(c);
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

Output Rewriter::After(Block& b, Port port, Output value, const std::vector<int>& controls) {
  std::vector<int> waits = WaitsOnTheWay(port);
  for (int c : controls) {
    if (must_run_[c]) waits.push_back(c);
  }
  const std::vector<NodeId> nodes = WaitFor(b, std::move(waits));
  if (nodes.empty()) return value;
  return {b.graph().AddNode("Identity", b.graph().node(value.node).name, {value}, {}, nodes), 0};
}

bool Rewriter::IsWaitedFor(const FrameItems& region, int i) const {
  if (!must_run_[i]) return false;
  const auto& users = foreign_.control_consumers(i);
  return waited_.contains(i) || std::any_of(users.begin(), users.end(), [&](int user) {
           const int item = region.ItemOf(user);
           return item >= 0 && region.IsOpen(item);
         });
}

std::vector<int> Rewriter::Waited(const Block& inner, const FrameItems& region,
                                  const std::vector<int>& items) const {
  std::vector<int> waited;
  for (int i : items) {
    const Item& item = region.item(i);
    if (item.frame >= 0) {
      for (int w : variables_.writes()) {
        if (loops_.Inside(loops_.FrameOf(w), item.frame)) waited.push_back(w);
      }
    } else if (foreign_.node(item.node).kind == ForeignKind::kVariableWrite ||
               IsWaitedFor(region, item.node)) {
      waited.push_back(item.node);
    }
  }
  std::sort(waited.begin(), waited.end());
  waited.erase(std::unique(waited.begin(), waited.end()), waited.end());
  std::erase_if(waited, [&](int i) { return !inner.operations.contains(i); });
  return waited;
}

}  // namespace graphrun
