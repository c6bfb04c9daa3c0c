// FunctionAttr: the function that an attribute of a node names.
#ifndef GRAPHRUN_CORE_GRAPH_FUNCTION_ATTR_H_
#define GRAPHRUN_CORE_GRAPH_FUNCTION_ATTR_H_

#include <string_view>

#include "core/graph/graph.h"
#include "core/graph/op_def.h"

namespace graphrun {

// Whether TensorFlow replaces the If or While by Switches and Merges before it prunes a graph, so
// that a run does only what the outputs it uses need. Without the attribute it runs as a whole.
inline constexpr char kLoweredAttr[] = "_lower_using_switch_merge";

// On a call, a bool: version 1 called the function by an op of its name. Who waits for it waits for
// its results, and otherwise only for what the call itself waits for.
inline constexpr char kCalledByNameAttr[] = "_called_by_name";

// REQUIRES: the op declares `attr` as a func. NOT_FOUND when the library lacks the function.
inline const Function& FunctionAttr(const Graph& graph, const Node& node, std::string_view attr) {
  return graph.library()->Get(std::get<FuncRef>(node.attrs.find(attr)->second).name);
}

// REQUIRES: the node's op declares the region.
inline const Function& RegionFunction(const Graph& graph, const Node& node, const Region& region) {
  return FunctionAttr(graph, node, region.attr);
}
inline const Function& RegionFunction(const Graph& graph, const Node& node, size_t region) {
  return RegionFunction(graph, node, node.op->regions[region]);
}

// A node that calls a function without effects.
inline NodeId AddCall(Graph& graph, std::string_view name, const Function& callee,
                      std::vector<Output> inputs) {
  std::vector<DType> types;
  for (Output o : callee.results) types.push_back(callee.graph.dtype(o));
  return graph.AddNode("PartitionedCall", name, std::move(inputs),
                       {{"f", FuncRef{callee.name}}, {"Tout", types}});
}

inline bool IsLowered(const Node& node) {
  const auto it = node.attrs.find(kLoweredAttr);
  const bool* lowered = it == node.attrs.end() ? nullptr : std::get_if<bool>(&it->second);
  return lowered && *lowered;
}

inline bool CalledByName(const Node& node) { return node.attrs.contains(kCalledByNameAttr); }

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_FUNCTION_ATTR_H_
