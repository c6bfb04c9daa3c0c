#include <algorithm>

#include "core/base/error.h"
#include "core/graph/op_registry.h"
#include "core/import/foreign_objects.h"
#include "core/import/foreign_ops.h"
#include "proto/node_def.pb.h"

namespace graphrun {

ForeignVariables::ForeignVariables(const OpRegistry& registry, const ForeignGraph& graph,
                                   const ForeignLoops& loops)
    : registry_(registry),
      graph_(graph),
      variable_of_(graph.size(), -1),
      written_in_frame_(loops.num_frames()) {
  FindAliases();
  if (any_) FindWrites(loops);
}

void ForeignVariables::FindAliases() {
  for (int i : graph_.order()) {
    const ForeignNode& node = graph_.node(i);
    switch (node.kind) {
      case ForeignKind::kVariable:
        variable_of_[i] = i;
        any_ = true;
        break;
      case ForeignKind::kEnter:
      case ForeignKind::kExit:
      case ForeignKind::kSwitch:
      case ForeignKind::kVariableWrite:
        if (!node.inputs.empty()) variable_of_[i] = VariableOf(node.inputs[0]);
        break;
      case ForeignKind::kMerge: {
        const auto same = [&](Port p) { return VariableOf(p) == VariableOf(node.inputs[0]); };
        if (!node.inputs.empty() && std::all_of(node.inputs.begin(), node.inputs.end(), same))
          variable_of_[i] = VariableOf(node.inputs[0]);
        break;
      }
      case ForeignKind::kPlain:
        if (SharesMemory(node.def->op()) && !node.inputs.empty())
          variable_of_[i] = VariableOf(node.inputs[0]);
        break;
      default:
        break;
    }
  }
}

int ForeignVariables::VariableOf(Port port) const {
  const bool first = port.index == 0 || graph_.node(port.node).kind == ForeignKind::kSwitch;
  return first ? variable_of_[port.node] : -1;
}

int ForeignVariables::NumReferences(int write) const {
  const OpDef& op = registry_.Get(ResourceOp(graph_.node(write).def->op()));
  int n = 0;
  while (n < static_cast<int>(op.inputs.size()) && op.inputs[n].fixed == DType::kResource) ++n;
  return std::min(n, static_cast<int>(graph_.node(write).inputs.size()));
}

void ForeignVariables::FindWrites(const ForeignLoops& loops) {
  for (int i = 0; i < graph_.size(); ++i) {
    if (graph_.node(i).kind != ForeignKind::kVariableWrite) continue;
    writes_.push_back(i);
    const auto& attrs = graph_.node(i).def->attr();
    const auto validate = attrs.find("validate_shape");
    const bool any_shape = validate != attrs.end() && !validate->second.b();
    for (int k = 0; k < NumReferences(i); ++k) {
      const int v = VariableOf(graph_.node(i).inputs[k]);
      if (v < 0) continue;  // the write itself will be refused
      writes_of_[v].push_back(i);
      if (any_shape) changes_shape_.insert(v);
      for (int f = loops.FrameOf(i); f >= 0; f = loops.frame(f).parent)
        written_in_frame_[f].insert(v);
    }
  }
  order_ = ForeignOrder(graph_, loops, writes_);
}

std::vector<int> ForeignVariables::WritesBefore(int node, int variable) const {
  std::vector<int> found;
  const auto it = writes_of_.find(variable);
  if (it == writes_of_.end()) return found;
  for (int w : it->second) {
    if (order_.Before(w, node)) found.push_back(w);
  }
  return found;
}

std::vector<int> ForeignVariables::Last(const std::vector<int>& writes) const {
  std::vector<int> last;
  for (int w : writes) {
    const auto follows = [&](int other) { return order_.Before(w, other); };
    if (std::none_of(writes.begin(), writes.end(), follows)) last.push_back(w);
  }
  return last;
}

}  // namespace graphrun
