// The IR as text, a line for each node: "model/add:float32[2,3] = AddV2(model/x, model/y)
// T=float32".
#ifndef GRAPHRUN_CORE_GRAPH_PRINT_H_
#define GRAPHRUN_CORE_GRAPH_PRINT_H_

#include <string>

#include "core/graph/graph.h"

namespace graphrun {

// REQUIRES: the node exists. Also prints nodes that break invariants.
std::string PrintNode(const Graph& graph, NodeId id);
// All nodes in order of id, then the functions of the library when asked for.
std::string PrintGraph(const Graph& graph, bool with_functions = false);
// The function, then those that it calls when asked for.
std::string PrintFunction(const Function& function, bool with_callees = false);

// The op of a node; of one that stands for a node that cannot run here, that node's.
const std::string& NameOfOp(const Node& node);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_PRINT_H_
