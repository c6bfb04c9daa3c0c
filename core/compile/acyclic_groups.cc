#include "core/compile/acyclic_groups.h"

#include <algorithm>
#include <numeric>

#include "core/graph/graph_algo.h"

namespace graphrun {
namespace {

constexpr size_t kMostSearched = 1024;  // groups that one search may meet

}  // namespace

AcyclicGroups::AcyclicGroups(const Graph& g)
    : g_(g),
      order_(TopologicalOrder(g)),
      position_(g.num_ids(), -1),
      users_(g.num_ids()),
      parent_(g.num_ids()),
      members_(g.num_ids()),
      seen_(g.num_ids(), 0) {
  for (size_t i = 0; i < order_.size(); ++i) position_[order_[i]] = static_cast<int>(i);
  std::iota(parent_.begin(), parent_.end(), 0);
  rank_ = position_;
  for (NodeId id : order_) {
    members_[id] = {id};
    for (Output o : g_.node(id).inputs) users_[o.node].push_back(id);
    for (NodeId c : g_.node(id).control_inputs) users_[c].push_back(id);
  }
}

NodeId AcyclicGroups::Of(NodeId id) {
  while (parent_[id] != id) id = parent_[id] = parent_[parent_[id]];
  return id;
}

bool AcyclicGroups::Collect(NodeId group, NodeId end, bool forward, std::vector<NodeId>* found) {
  ++search_;
  seen_[group] = search_;
  std::vector<NodeId> open = {group};
  bool free = true;
  while (free && !open.empty()) {
    const NodeId at = open.back();
    open.pop_back();
    const auto visit = [&](NodeId node) {
      const NodeId next = Of(node);
      if (next == end && at != group) free = false;
      const bool beyond = forward ? rank_[next] >= rank_[end] : rank_[next] <= rank_[end];
      if (beyond || seen_[next] == search_) return;
      seen_[next] = search_;
      found->push_back(next);
      open.push_back(next);
    };
    for (NodeId id : members_[at]) {
      if (forward) {
        for (NodeId user : users_[id]) visit(user);
      } else {
        for (Output o : g_.node(id).inputs) visit(o.node);
        for (NodeId c : g_.node(id).control_inputs) visit(c);
      }
    }
    free = free && found->size() <= kMostSearched;
  }
  return free;
}

bool AcyclicGroups::Join(NodeId from, NodeId to) {
  from = Of(from);
  to = Of(to);
  if (from == to) return true;
  std::vector<NodeId> before, after;
  if (!Collect(to, from, false, &before) || !Collect(from, to, true, &after)) return false;
  // What leads to the joined group comes before it, and what it leads to after it: in the places
  // that all of them have now, in which nothing else moves.
  const auto by_rank = [&](NodeId a, NodeId b) { return rank_[a] < rank_[b]; };
  std::sort(before.begin(), before.end(), by_rank);
  std::sort(after.begin(), after.end(), by_rank);
  if (members_[from].size() < members_[to].size()) std::swap(from, to);
  std::vector<int> places = {rank_[from], rank_[to]};
  for (const auto* side : {&before, &after}) {
    for (NodeId group : *side) places.push_back(rank_[group]);
  }
  std::sort(places.begin(), places.end());
  size_t place = 0;
  for (NodeId group : before) rank_[group] = places[place++];
  rank_[from] = places[place++];
  ++place;  // the joined group needs one
  for (NodeId group : after) rank_[group] = places[place++];
  parent_[to] = from;
  members_[from].insert(members_[from].end(), members_[to].begin(), members_[to].end());
  members_[to].clear();
  return true;
}

std::vector<NodeId> AcyclicGroups::Nodes(NodeId group) const {
  std::vector<NodeId> nodes = members_[group];
  std::sort(nodes.begin(), nodes.end(),
            [&](NodeId a, NodeId b) { return position_[a] < position_[b]; });
  return nodes;
}

}  // namespace graphrun
