// Constants that others rely on.
#ifndef GRAPHRUN_CORE_GRAPH_FIXED_CONSTANTS_H_
#define GRAPHRUN_CORE_GRAPH_FIXED_CONSTANTS_H_

#include <string>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

// On a Const of the main graph, a bool: nodes were built for its value, as gradients are for shapes
// and axes, so that no other may be fed.
inline constexpr char kFixedAttr[] = "_fixed";

// Fixes a constant, or the one of `main` that it is a copy of; does nothing for other nodes.
void FixConstant(Graph* main, const Graph& graph, Output constant);

// Fixes the constants from whose values the types of nodes that `ys` need, in `graph` and in
// functions that it calls, are inferred.
void FixConstantsOfTypes(Graph* main, const Graph& graph, const std::vector<NodeId>& ys);

// Adds a copy of a constant of `from`, which may be the main graph, to a function's graph.
Output CopyConstant(const Graph& from, bool from_main, Output constant, const std::string& name,
                    Graph* to);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_FIXED_CONSTANTS_H_
