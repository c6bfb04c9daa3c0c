// The order in which the nodes of a run are executed.
#ifndef GRAPHRUN_CORE_GRAPH_ORDER_H_
#define GRAPHRUN_CORE_GRAPH_ORDER_H_

#include <set>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

// Whether a node that others wait for, but whose outputs nobody needs, does not run: who waits for
// it waits for what it needs. As in TensorFlow, where a failing op that is only waited for does not
// fail; a read of a reference variable, a loop and a cond do.
bool OnlyOrders(const Graph& graph, NodeId id);
// As in TensorFlow, who waits for a placeholder does not wait for one that is fed.
bool IsFedPlaceholder(const Graph& graph, NodeId id, const std::set<Output>& fed);

// The nodes that computing `fetches` and running `targets` needs, when the outputs in `fed` are
// given and each node needs all of its inputs (see needs.h for less). Indexed by id.
std::vector<bool> NeededNodes(const Graph& graph, const std::set<Output>& fed,
                              const std::vector<Output>& fetches,
                              const std::vector<NodeId>& targets);

// `needed`, and the nodes through which they wait for others.
std::vector<bool> WithBetween(const Graph& graph, const std::vector<bool>& needed,
                              const std::set<Output>& fed);

// The nodes of `needed` in order: each after its data and control inputs (but for inputs in `fed`),
// through what does not run too; a node that writes a variable only when nothing else can run, so
// that reads come before writes that they do not depend on; otherwise by id. TensorFlow leaves what
// is not ordered by edges to chance; this order is one that it could choose. INVALID_ARGUMENT
// naming the nodes of a cycle.
std::vector<NodeId> ExecutionOrder(const Graph& graph, const std::vector<bool>& needed,
                                   const std::set<Output>& fed);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_ORDER_H_
