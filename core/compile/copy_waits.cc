// What copies wait for.
#include <algorithm>
#include <set>

#include "core/compile/copier.h"

namespace graphrun {

// What runs the effects that a node which was not copied waits for; kNoNode when there are none.
NodeId Copier::Gate(NodeId id) {
  if (const auto it = nodes_.find(id); it != nodes_.end()) return it->second;
  std::vector<NodeId> open = {id}, effects;
  std::set<NodeId> seen = {id};
  const auto visit = [&](NodeId source) {
    const auto it = nodes_.find(source);
    if (it == nodes_.end()) {
      if (seen.insert(source).second) open.push_back(source);
    } else if (it->second != kNoNode) {
      AppendWaits(it->second, &effects);
    }
  };
  while (!open.empty()) {
    const Node& node = from_.node(open.back());
    open.pop_back();
    for (Output o : node.inputs) {
      const auto it = map_.find(o);
      if (it == map_.end()) {
        visit(o.node);
      } else {
        AppendWaits(it->second.node, &effects);
      }
    }
    for (NodeId c : node.control_inputs) visit(c);
  }
  NodeId gate = kNoNode;
  if (!effects.empty()) {
    gate = to_.AddNode("NoOp", from_.node(id).name, {}, {}, effects);
    Finish(id, gate);
  }
  nodes_[id] = gate;
  return gate;
}

// What one waits for who waits for `copy`.
void Copier::AppendWaits(NodeId copy, std::vector<NodeId>* out) const {
  if (Effectful(copy)) out->push_back(copy);
  const auto it = made_->waits.find(copy);
  if (it != made_->waits.end()) out->insert(out->end(), it->second.begin(), it->second.end());
}

std::vector<NodeId> Copier::ControlInputs(NodeId id) {
  std::vector<NodeId> out;
  for (NodeId c : from_.node(id).control_inputs) {
    if (const NodeId copy = Gate(c); copy != kNoNode) AppendWaits(copy, &out);
  }
  // An input that is not passed on is waited for all the same.
  for (size_t i = 0; i < from_.node(id).inputs.size(); ++i) {
    if (needs_->passes(id, i)) continue;
    const auto it = map_.find(from_.node(id).inputs[i]);
    const NodeId copy = it != map_.end() ? it->second.node : Gate(from_.node(id).inputs[i].node);
    if (copy != kNoNode) AppendWaits(copy, &out);
  }
  return out;
}

// What the inputs would wait for if their values were not known.
std::vector<NodeId> Copier::Waits(const std::vector<Output>& inputs) const {
  std::vector<NodeId> waits;
  for (Output o : inputs) {
    const auto it = o.valid() ? made_->waits.find(o.node) : made_->waits.end();
    if (it != made_->waits.end()) waits.insert(waits.end(), it->second.begin(), it->second.end());
  }
  return waits;
}

void Copier::AddWaits(NodeId copy, const std::vector<NodeId>& more) {
  if (more.empty()) return;
  std::vector<NodeId>& waits = made_->waits[copy];
  waits.insert(waits.end(), more.begin(), more.end());
  std::sort(waits.begin(), waits.end());
  waits.erase(std::unique(waits.begin(), waits.end()), waits.end());
}

// Records what became of a node.
void Copier::Finish(NodeId id, NodeId copy) {
  nodes_[id] = copy;
  made_->effect.resize(to_.num_ids(), false);
  made_->ordering.resize(to_.num_ids(), false);
  const Node& node = to_.node(copy);
  bool effect = HasEffect(to_, copy), ordering = MustRun(to_, copy);
  const auto follow = [&](NodeId source) {
    effect = effect || made_->effect[source];
    ordering = ordering || made_->ordering[source];
  };
  for (Output o : node.inputs) follow(o.node);
  for (NodeId c : node.control_inputs) follow(c);
  made_->effect[copy] = effect;
  made_->ordering[copy] = ordering;
}

}  // namespace graphrun
