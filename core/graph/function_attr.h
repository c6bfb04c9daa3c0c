// FunctionAttr: the function that an attribute of a node names.
#ifndef GRAPHRUN_CORE_GRAPH_FUNCTION_ATTR_H_
#define GRAPHRUN_CORE_GRAPH_FUNCTION_ATTR_H_

#include <string_view>

#include "core/graph/graph.h"

namespace graphrun {

// REQUIRES: the op declares `attr` as a func. NOT_FOUND when the library lacks the function.
inline const Function& FunctionAttr(const Graph& graph, const Node& node, std::string_view attr) {
  return graph.library()->Get(std::get<FuncRef>(node.attrs.find(attr)->second).name);
}

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_FUNCTION_ATTR_H_
