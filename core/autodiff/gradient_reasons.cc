#include <algorithm>
#include <deque>

#include "core/autodiff/backward_pass.h"
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

// Why nothing flows from `node` into its input, or "" when nothing flows into the node itself.
std::string Cut(const Graph& graph, NodeId node, Output input, bool depends, bool overrides) {
  const ValueType& type = graph.type(input);
  const std::string at = QuotedWithOp(graph.node(node));
  if (CutsGradient(graph, node, overrides)) return at + ", which is not differentiable";
  if (!Differentiable(type)) {
    return QuotedWithOp(graph.node(input.node)) + ", which gives " +
           std::string(DTypeName(type.dtype));
  }
  if (!depends) return "";
  if (!FunctionNames(graph.node(node)).empty()) return "a node inside " + at;
  return at + ", which passes none to this input";
}

}  // namespace

std::string WhyNoGradient(const BackwardRequest& request, const std::set<Output>& reached,
                          Output x) {
  const Graph& graph = request.forward->graph();
  const std::vector<bool> follows = FollowsFrom(graph, x);
  const auto depends = DependsOn(graph, {x}, request.overrides);
  std::vector<bool> seen(graph.num_ids(), false);
  std::deque<NodeId> open;
  const auto visit = [&](NodeId id) {
    if (!seen[id]) open.push_back(id);
    seen[id] = true;
  };
  for (Output y : request.ys) {
    if (follows[y.node]) visit(y.node);
  }
  if (open.empty()) return "the loss does not depend on it";
  std::string cut;  // the nearest to the loss
  while (!open.empty() && cut.empty()) {
    const NodeId id = open.front();
    open.pop_front();
    for (Output input : graph.node(id).inputs) {
      if (input != x && !follows[input.node]) continue;
      if (!reached.contains(input))
        cut = Cut(graph, id, input, depends[input.node][input.index], request.overrides);
      if (!cut.empty()) break;
      visit(input.node);
    }
  }
  return "the path from the loss is cut at " + cut;
}

}  // namespace graphrun
