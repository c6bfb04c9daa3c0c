// The order in which the nodes of a run are executed.
#ifndef GRAPHRUN_CORE_COMPILE_ORDER_H_
#define GRAPHRUN_CORE_COMPILE_ORDER_H_

#include <set>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

// The nodes that computing `fetches` and running `targets` needs, when the outputs in `fed` are
// given. Indexed by id.
std::vector<bool> NeededNodes(const Graph& graph, const std::set<Output>& fed,
                              const std::vector<Output>& fetches,
                              const std::vector<NodeId>& targets);

// The nodes of `needed` in order: each after its data and control inputs (but for inputs in `fed`);
// a node that writes a variable only when nothing else can run, so that reads come before writes
// that they do not depend on; otherwise by id. TensorFlow leaves what is not ordered by edges to
// chance; this order is one that it could choose. INVALID_ARGUMENT naming the nodes of a cycle.
std::vector<NodeId> ExecutionOrder(const Graph& graph, const std::vector<bool>& needed,
                                   const std::set<Output>& fed);

// Fails when a node that certainly runs stands for one that cannot run here: a needed one, or one
// that a function needs which needed nodes call. (Which branch of an If and how many trips of a
// While run is known only later.) Lists all of them at once: each op with how often it occurs, and
// each reason. The code is theirs if they have one in common, else UNIMPLEMENTED.
void CheckAvailable(const Graph& graph, const std::vector<bool>& needed,
                    const std::vector<Output>& fetches);

// The same for one node, when it is reached. REQUIRES: its structure is kUnavailable.
[[noreturn]] void ThrowUnavailable(const Node& node);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_ORDER_H_
