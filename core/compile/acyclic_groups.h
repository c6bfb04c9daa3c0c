// AcyclicGroups: nodes of a graph that are to become one node each, so that no cycle arises.
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
  bool Reaches(NodeId from, NodeId to);

  const Graph& g_;
  std::vector<NodeId> order_;
  std::vector<int> position_;                 // in order_
  std::vector<NodeId> parent_;                // union-find
  std::vector<std::vector<NodeId>> members_;  // of groups
  std::vector<int> first_, last_;             // positions of groups
  std::vector<int> seen_;                     // by group: the search that met it
  int search_ = 0;
  std::vector<NodeId> open_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_ACYCLIC_GROUPS_H_
