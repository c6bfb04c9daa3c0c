// Nodes whose values are known before the run.
#include <algorithm>

#include "core/compile/copier.h"
#include "core/compile/folding.h"

namespace graphrun {

// Whether output 0 is a known constant, or a tensor that exists already.
bool Copier::Fold(NodeId id, const std::vector<Output>& inputs) {
  const Node& node = from_.node(id);
  if (!IsFoldable(node) || !ControlInputs(id).empty()) return false;
  const int same = SameInput(node, to_, inputs);
  // Who waits for this node waits for all of its inputs.
  const bool waits = std::any_of(inputs.begin(), inputs.end(), [&](Output o) {
    return same >= 0 && o != inputs[same] && Effectful(o.node);
  });
  if (same >= 0 && !waits) {
    SetCopy({id, 0}, inputs[same]);
    nodes_[id] = inputs[same].node;
    return true;
  }
  if (std::any_of(inputs.begin(), inputs.end(), [&](Output o) { return Effectful(o.node); }))
    return false;
  std::vector<DType> types;
  for (int i = 0; i < from_.num_outputs(id); ++i) types.push_back(from_.dtype({id, i}));
  const auto values = FoldedValues(node, to_, inputs, types, *context_->folding);
  if (!values) return false;
  for (size_t i = 0; i < values->size(); ++i) {
    const Output o{id, static_cast<int>(i)};
    if (!needs_->has(o) || map_.contains(o)) continue;
    const Output made = to_.AddConst(node.name, (*values)[i]);
    AddWaits(made.node, Waits(inputs));
    SetCopy(o, made);
  }
  return true;
}

// Whether every used output is known by its type alone, as that of Shape is.
bool Copier::FoldKnown(NodeId id, NodeId copy) {
  const Node& node = to_.node(copy);
  if (!node.control_inputs.empty()) return false;
  const std::optional<Tensor> value = ValueByType(to_, copy);
  if (!value) return false;
  const std::string name = node.name;
  std::vector<NodeId> waits = Waits(node.inputs);
  if (std::any_of(node.inputs.begin(), node.inputs.end(),
                  [&](Output o) { return Effectful(o.node); })) {
    Finish(id, copy);  // for those who wait for it
    if (Ordering(copy)) waits.push_back(copy);
  } else {
    to_.RemoveNode(copy);
  }
  const Output made = to_.AddConst(name, *value);
  AddWaits(made.node, waits);
  SetCopy({id, 0}, made);
  return true;
}

}  // namespace graphrun
