// Verify: checks the numbered invariants of graph.h.
#ifndef GRAPHRUN_CORE_GRAPH_VERIFY_H_
#define GRAPHRUN_CORE_GRAPH_VERIFY_H_

#include "core/graph/graph.h"

namespace graphrun {

// Checks the graph and every function in its library. INTERNAL naming the broken invariant by its
// number, the node, and printing the nodes around it.
void Verify(const Graph& graph);
// Checks a function and those it calls.
void Verify(const Function& function);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_VERIFY_H_
