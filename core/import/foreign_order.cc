#include "core/import/foreign_order.h"

namespace graphrun {

ForeignOrder::ForeignOrder(const ForeignGraph& graph, const ForeignLoops& loops,
                           const std::vector<int>& marked) {
  if (marked.empty()) return;
  for (int m : marked) index_.emplace(m, static_cast<int>(index_.size()));
  const size_t words = (index_.size() + 63) / 64;
  before_.assign(graph.size(), Bits(words, 0));
  std::vector<Bits> in_frame(loops.num_frames(), Bits(words, 0));
  for (const auto& [m, index] : index_) {
    for (int f = loops.FrameOf(m); f > 0; f = loops.frame(f).parent) Set(in_frame[f], index);
  }
  for (int i : graph.order()) {
    const ForeignNode& node = graph.node(i);
    const auto follow = [&](int producer) {
      Unite(before_[i], before_[producer]);
      if (const auto it = index_.find(producer); it != index_.end()) Set(before_[i], it->second);
    };
    for (Port p : node.inputs) follow(p.node);
    for (int c : node.controls) follow(c);
    if (const int loop = loops.LoopLeftBy(i); loop >= 0) Unite(before_[i], in_frame[loop]);
  }
}

void ForeignOrder::FindMeetings(const ForeignGraph& graph, const ForeignLoops& loops,
                                const std::unordered_map<int, int>& groups) {
  if (index_.empty()) return;
  const Bits none((index_.size() + 63) / 64, 0);
  // What those come after that a path leads to from a node, from a loop.
  std::vector<Bits> met(graph.size(), none), met_after(loops.num_frames(), none);
  for (const auto& [node, group] : groups) {
    for (const auto& [m, index] : index_) {
      if (groups.at(m) == group && Has(before_[node], index)) Set(met[node], index);
    }
  }
  for (size_t k = graph.order().size(); k-- > 0;) {
    const int i = graph.order()[k];
    for (Port p : graph.node(i).inputs) Unite(met[p.node], met[i]);
    for (int c : graph.node(i).controls) Unite(met[c], met[i]);
    if (const int loop = loops.LoopLeftBy(i); loop >= 0) Unite(met_after[loop], met[i]);
  }
  meets_.assign(index_.size(), none);
  for (const auto& [m, index] : index_) {
    meets_[index] = met[m];
    for (int f = loops.FrameOf(m); f > 0; f = loops.frame(f).parent)
      Unite(meets_[index], met_after[f]);
  }
}

}  // namespace graphrun
