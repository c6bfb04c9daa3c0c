#include "core/compile/acyclic_groups.h"

#include <algorithm>
#include <numeric>

#include "core/graph/graph_algo.h"

namespace graphrun {
namespace {

constexpr int kMostSearched = 1024;  // groups that one search may meet

}  // namespace

AcyclicGroups::AcyclicGroups(const Graph& g)
    : g_(g),
      order_(TopologicalOrder(g)),
      position_(g.num_ids(), -1),
      parent_(g.num_ids()),
      members_(g.num_ids()),
      seen_(g.num_ids(), 0) {
  for (size_t i = 0; i < order_.size(); ++i) position_[order_[i]] = static_cast<int>(i);
  std::iota(parent_.begin(), parent_.end(), 0);
  first_ = last_ = position_;
  for (NodeId id : order_) members_[id] = {id};
}

NodeId AcyclicGroups::Of(NodeId id) {
  while (parent_[id] != id) id = parent_[id] = parent_[parent_[id]];
  return id;
}

// Whether a path leads from one group to the other through a third. It is sought backwards, and not
// in groups that end before `from` begins.
bool AcyclicGroups::Reaches(NodeId from, NodeId to) {
  ++search_;
  seen_[to] = search_;
  open_ = {to};
  for (int met = 0; !open_.empty(); ++met) {
    if (met > kMostSearched) return true;
    const NodeId group = open_.back();
    open_.pop_back();
    bool found = false;
    const auto visit = [&](NodeId source) {
      const NodeId next = Of(source);
      if (next == from) found = found || group != to;
      if (next == from || seen_[next] == search_ || last_[next] < first_[from]) return;
      seen_[next] = search_;
      open_.push_back(next);
    };
    for (NodeId id : members_[group]) {
      for (Output o : g_.node(id).inputs) visit(o.node);
      for (NodeId c : g_.node(id).control_inputs) visit(c);
    }
    if (found) return true;
  }
  return false;
}

bool AcyclicGroups::Join(NodeId from, NodeId to) {
  from = Of(from);
  to = Of(to);
  if (from == to) return true;
  if (Reaches(from, to)) return false;
  if (members_[from].size() < members_[to].size()) std::swap(from, to);
  parent_[to] = from;
  members_[from].insert(members_[from].end(), members_[to].begin(), members_[to].end());
  members_[to].clear();
  first_[from] = std::min(first_[from], first_[to]);
  last_[from] = std::max(last_[from], last_[to]);
  return true;
}

std::vector<NodeId> AcyclicGroups::Nodes(NodeId group) const {
  std::vector<NodeId> nodes = members_[group];
  std::sort(nodes.begin(), nodes.end(),
            [&](NodeId a, NodeId b) { return position_[a] < position_[b]; });
  return nodes;
}

}  // namespace graphrun
