#include <algorithm>
#include <deque>

#include "core/graph/backward_pass.h"
#include "core/graph/gradient_rule.h"
#include "core/graph/graph_algo.h"

namespace graphrun {
namespace {

// For each node whether a tensor of it follows from x, by whatever nodes.
std::vector<bool> FollowsFrom(const Graph& graph, Output x) {
  std::vector<bool> follows(graph.num_ids(), false);
  for (NodeId id : TopologicalOrder(graph)) {
    const std::vector<Output>& inputs = graph.node(id).inputs;
    follows[id] = std::any_of(inputs.begin(), inputs.end(),
                              [&](Output o) { return o == x || follows[o.node]; });
  }
  return follows;
}

// Why nothing flows from `node` into its input.
std::string Cut(const Graph& graph, NodeId node, Output input, bool overrides) {
  const ValueType& type = graph.type(input);
  if (!Differentiable(type)) {
    return QuotedWithOp(graph.node(input.node)) + ", which gives " +
           std::string(DTypeName(type.dtype));
  }
  const std::string at = QuotedWithOp(graph.node(node));
  if (CutsGradient(graph, node, overrides)) return at + ", which is not differentiable";
  if (!FunctionNames(graph.node(node)).empty()) return "a node inside " + at;
  return at + ", which passes none to this input";
}

}  // namespace

std::string WhyNoGradient(const BackwardRequest& request, const std::set<Output>& reached,
                          Output x) {
  const Graph& graph = request.forward->graph();
  const std::vector<bool> follows = FollowsFrom(graph, x);
  std::vector<bool> seen(graph.num_ids(), false);
  std::deque<NodeId> open;
  for (Output y : request.ys) {
    if (!follows[y.node] || seen[y.node]) continue;
    seen[y.node] = true;
    open.push_back(y.node);
  }
  if (open.empty()) return "the loss does not depend on it";
  // Nearest to the loss first.
  std::string cut;
  while (!open.empty() && cut.empty()) {
    const NodeId id = open.front();
    open.pop_front();
    for (Output input : graph.node(id).inputs) {
      if (input != x && !follows[input.node]) continue;
      if (!reached.contains(input)) {
        cut = Cut(graph, id, input, request.overrides);
        break;
      }
      if (seen[input.node]) continue;
      seen[input.node] = true;
      open.push_back(input.node);
    }
  }
  return "the path from the loss is cut at " + cut;
}

}  // namespace graphrun
