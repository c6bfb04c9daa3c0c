// AcyclicGroups: nodes of a graph that are to become one node each, so that no cycle arises. A
// topological order of the groups is kept, so that a search need not leave the part of it that lies
// between two groups: D. Pearce, P. Kelly, "A Dynamic Topological Sort Algorithm for Directed
// Acyclic Graphs", 2006.
#ifndef GRAPHRUN_CORE_COMPILE_ACYCLIC_GROUPS_H_
#define GRAPHRUN_CORE_COMPILE_ACYCLIC_GROUPS_H_

#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

class AcyclicGroups {
 public:
  explicit AcyclicGroups(const Graph& g);  // each node alone

  // The group of a node: one of its nodes.
  NodeId Of(NodeId id);
  // Joins two groups, of which `to` uses `from`. Does nothing and returns false when a path leads
  // from one to the other through a third, or when that would take long to find out.
  bool Join(NodeId from, NodeId to);
  // The nodes of a group, in topological order.
  std::vector<NodeId> Nodes(NodeId group) const;
  int Position(NodeId id) const { return position_[id]; }
  const std::vector<NodeId>& order() const { return order_; }

 private:
  // Collects the groups that lead to `group` (or, `forward`, that it leads to) and lie between it
  // and `end` in the order of groups. Returns false when one of them leads on to `end`, or when
  // they are too many.
  bool Collect(NodeId group, NodeId end, bool forward, std::vector<NodeId>* found);

  const Graph& g_;
  std::vector<NodeId> order_;
  std::vector<int> position_;                 // in order_
  std::vector<std::vector<NodeId>> users_;    // of nodes
  std::vector<NodeId> parent_;                // union-find
  std::vector<std::vector<NodeId>> members_;  // of groups
  std::vector<int> rank_;                     // of groups: a topological order of them
  std::vector<int> seen_;                     // by group: the search that met it
  int search_ = 0;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_ACYCLIC_GROUPS_H_
