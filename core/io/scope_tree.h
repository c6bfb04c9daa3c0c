// ScopeTree: the nodes of a graph by the scopes of their names, with siblings of the same structure
// as one.
#ifndef GRAPHRUN_CORE_IO_SCOPE_TREE_H_
#define GRAPHRUN_CORE_IO_SCOPE_TREE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

// A scope, a node, or both ("w" and "w/Assign"). With repeats > 1 it stands for that many siblings:
// layers, time steps.
struct ScopeItem {
  std::string name;  // "cell_0"; "a/b" where a holds nothing but b
  std::string path;  // "model/rnn/cell_0", of the first sibling
  int parent = -1;
  int depth = 0;
  int repeats = 1;       // beside itself, in one parent
  int size = 0;          // nodes in it, all siblings and all repetitions counted
  size_t structure = 0;  // equal for scopes of equal structure
  std::vector<int> children;
  std::vector<NodeId>
      nodes;  // named `path` itself, and its counterparts in all repetitions; empty: only a scope
  bool scope() const { return !children.empty(); }
};

// Invariants: (1) items()[0] is the root, with path ""; (2) a parent comes before its children; (3)
// each node of the graph belongs to exactly one item.
class ScopeTree {
 public:
  // With `fold`, sibling scopes with equal names but for numbers and equal content become one, and
  // so do at least three siblings of one node (and constants) that have equal neighbours too.
  ScopeTree(const Graph& graph, bool fold);

  const std::vector<ScopeItem>& items() const { return items_; }
  int item_of(NodeId id) const { return item_of_[id]; }

 private:
  std::vector<ScopeItem> items_;
  std::vector<int> item_of_;  // by node
};

// "cell_12" -> "cell", "MatMul_1_grad" -> "MatMul_grad".
std::string WithoutNumbers(const std::string& name);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IO_SCOPE_TREE_H_
