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
    const int index = static_cast<int>(writes_.size());
    write_index_[i] = index;
    writes_.push_back(i);
    const auto& attrs = graph_.node(i).def->attr();
    const auto validate = attrs.find("validate_shape");
    const bool any_shape = validate != attrs.end() && !validate->second.b();
    for (int k = 0; k < NumReferences(i); ++k) {
      const int v = VariableOf(graph_.node(i).inputs[k]);
      if (v < 0) continue;  // the write itself will be refused
      writes_of_[v].push_back(index);
      if (any_shape) changes_shape_.insert(v);
      for (int f = loops.FrameOf(i); f >= 0; f = loops.frame(f).parent)
        written_in_frame_[f].insert(v);
    }
  }
  const size_t words = (writes_.size() + 63) / 64;
  before_.assign(graph_.size(), Bits(words, 0));
  std::vector<Bits> in_frame(loops.num_frames(), Bits(words, 0));
  for (int w : writes_) {
    for (int f = loops.FrameOf(w); f > 0; f = loops.frame(f).parent)
      in_frame[f][write_index_[w] / 64] |= uint64_t{1} << (write_index_[w] % 64);
  }
  const auto add = [&](Bits& to, const Bits& from) {
    for (size_t k = 0; k < words; ++k) to[k] |= from[k];
  };
  for (int i : graph_.order()) {
    const ForeignNode& node = graph_.node(i);
    const auto follow = [&](int producer) {
      add(before_[i], before_[producer]);
      if (const auto it = write_index_.find(producer); it != write_index_.end())
        before_[i][it->second / 64] |= uint64_t{1} << (it->second % 64);
    };
    for (Port p : node.inputs) follow(p.node);
    for (int c : node.controls) follow(c);
    if (const int loop = loops.LoopLeftBy(i); loop >= 0) add(before_[i], in_frame[loop]);
  }
}

bool ForeignVariables::Before(int write_index, int node) const {
  return before_[node][write_index / 64] >> (write_index % 64) & 1;
}

std::vector<int> ForeignVariables::WritesBefore(int node, int variable) const {
  std::vector<int> found;
  const auto it = writes_of_.find(variable);
  if (it == writes_of_.end()) return found;
  for (int index : it->second) {
    if (Before(index, node)) found.push_back(writes_[index]);
  }
  return found;
}

std::vector<int> ForeignVariables::Last(const std::vector<int>& writes) const {
  Bits covered((writes_.size() + 63) / 64, 0);
  for (int w : writes) {
    for (size_t k = 0; k < covered.size(); ++k) covered[k] |= before_[w][k];
  }
  std::vector<int> last;
  for (int w : writes) {
    const int index = write_index_.at(w);
    if ((covered[index / 64] >> (index % 64) & 1) == 0) last.push_back(w);
  }
  return last;
}

}  // namespace graphrun
