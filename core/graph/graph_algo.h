// Graph algorithms, by Boost.Graph (in graph_algo.cc only).
#ifndef GRAPHRUN_CORE_GRAPH_GRAPH_ALGO_H_
#define GRAPHRUN_CORE_GRAPH_GRAPH_ALGO_H_

#include <string>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

// All nodes, each after its data and control inputs; among nodes that could come next, the one with
// the lowest id. INVALID_ARGUMENT naming the nodes of a cycle when there is one.
std::vector<NodeId> TopologicalOrder(const Graph& graph);
// One cycle of data and control edges, or empty.
std::vector<NodeId> FindCycle(const Graph& graph);
// The nodes that the given ones need, by data and control edges, they included. Indexed by id.
// Nodes for which `stop` is true are included, but what they need is not.
std::vector<bool> Ancestors(const Graph& graph, const std::vector<NodeId>& of,
                            const std::function<bool(NodeId)>& stop = {});
// The strongly connected components of a directed graph: of each vertex its component's number,
// each component after those that it leads to.
std::vector<int> StrongComponents(const std::vector<std::vector<int>>& successors);
// Of each node whether it, or one that it comes after by data and control edges, has an effect.
std::vector<bool> AfterEffects(const Graph& graph);
// For each node the nodes that use it by a data edge, in order of id, each once.
std::vector<std::vector<NodeId>> Users(const Graph& graph);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_GRAPH_ALGO_H_
