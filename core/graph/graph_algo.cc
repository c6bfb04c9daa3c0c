#include "core/graph/graph_algo.h"

#include <algorithm>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/strong_components.hpp>
#include <boost/range/iterator_range.hpp>
#include <functional>
#include <queue>

#include "core/base/error.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

using Csr = boost::compressed_sparse_row_graph<boost::directedS>;

// Edges from each node to what uses it.
std::vector<std::pair<NodeId, NodeId>> Edges(const Graph& graph) {
  std::vector<std::pair<NodeId, NodeId>> edges;
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (!graph.exists(id)) continue;
    for (Output o : graph.node(id).inputs) edges.emplace_back(o.node, id);
    for (NodeId c : graph.node(id).control_inputs) edges.emplace_back(c, id);
  }
  return edges;
}

Csr View(const Graph& graph) {
  const auto edges = Edges(graph);
  return Csr(boost::edges_are_unsorted_multi_pass, edges.begin(), edges.end(), graph.num_ids());
}

// The nodes that use a node, once for each use.
auto UsesOf(NodeId id, const Csr& view) {
  return boost::make_iterator_range(
      adjacent_vertices(static_cast<Csr::vertex_descriptor>(id), view));
}

}  // namespace

std::vector<NodeId> TopologicalOrder(const Graph& graph) {
  const Csr view = View(graph);
  std::vector<int> waiting(graph.num_ids(), 0);
  for (const auto e : boost::make_iterator_range(edges(view))) ++waiting[target(e, view)];
  std::priority_queue<NodeId, std::vector<NodeId>, std::greater<>> ready;
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (graph.exists(id) && waiting[id] == 0) ready.push(id);
  }
  std::vector<NodeId> order;
  order.reserve(graph.num_nodes());
  while (!ready.empty()) {
    const NodeId id = ready.top();
    ready.pop();
    order.push_back(id);
    for (const auto user : UsesOf(id, view)) {
      if (--waiting[user] == 0) ready.push(static_cast<NodeId>(user));
    }
  }
  if (static_cast<int>(order.size()) != graph.num_nodes()) {
    std::string names;
    for (NodeId id : FindCycle(graph))
      names += (names.empty() ? "'" : " -> '") + graph.node(id).name + "'";
    ThrowInvalid("graph invariant 5: the graph has a cycle: " + names);
  }
  return order;
}

std::vector<int> StrongComponents(const std::vector<std::vector<int>>& successors) {
  std::vector<std::pair<int, int>> edges;
  for (int v = 0; v < static_cast<int>(successors.size()); ++v) {
    for (int to : successors[v]) edges.emplace_back(v, to);
  }
  const Csr graph(boost::edges_are_unsorted_multi_pass, edges.begin(), edges.end(),
                  successors.size());
  std::vector<int> components(successors.size());
  boost::strong_components(graph, boost::make_iterator_property_map(
                                      components.begin(), get(boost::vertex_index, graph)));
  return components;
}

std::vector<NodeId> FindCycle(const Graph& graph) {
  const Csr view = View(graph);
  std::vector<int> component(graph.num_ids());
  const int n = boost::strong_components(
      view, boost::make_iterator_property_map(component.begin(), get(boost::vertex_index, view)));
  std::vector<int> size(n, 0);
  for (int c : component) ++size[c];
  for (const auto e : boost::make_iterator_range(edges(view))) {
    const NodeId from = static_cast<NodeId>(source(e, view)),
                 to = static_cast<NodeId>(target(e, view));
    if (component[from] != component[to] || (size[component[from]] == 1 && from != to)) continue;
    // Walk inside the component until a node repeats.
    std::vector<NodeId> path;
    std::vector<int> at(graph.num_ids(), -1);
    for (NodeId id = from;;) {
      if (at[id] >= 0) return {path.begin() + at[id], path.end()};
      at[id] = static_cast<int>(path.size());
      path.push_back(id);
      for (const auto user : UsesOf(id, view)) {
        if (component[user] == component[id]) {
          id = static_cast<NodeId>(user);
          break;
        }
      }
    }
  }
  return {};
}

std::vector<bool> Ancestors(const Graph& graph, const std::vector<NodeId>& of,
                            const std::function<bool(NodeId)>& stop) {
  std::vector<bool> seen(graph.num_ids(), false);
  std::vector<NodeId> open;
  const auto visit = [&](NodeId id) {
    if (!seen[id]) {
      seen[id] = true;
      open.push_back(id);
    }
  };
  for (NodeId id : of) visit(id);
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (stop && stop(id)) continue;
    for (Output o : graph.node(id).inputs) visit(o.node);
    for (NodeId c : graph.node(id).control_inputs) visit(c);
  }
  return seen;
}

std::vector<bool> AfterEffects(const Graph& graph) {
  std::vector<bool> after(graph.num_ids(), false);
  for (NodeId id : TopologicalOrder(graph)) {
    const Node& node = graph.node(id);
    after[id] = std::any_of(node.inputs.begin(), node.inputs.end(),
                            [&](Output o) { return after[o.node]; }) ||
                std::any_of(node.control_inputs.begin(), node.control_inputs.end(),
                            [&](NodeId c) { return after[c]; }) ||
                HasEffect(graph, id);
  }
  return after;
}

std::vector<std::vector<NodeId>> Users(const Graph& graph) {
  std::vector<std::vector<NodeId>> users(graph.num_ids());
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (!graph.exists(id)) continue;
    for (Output o : graph.node(id).inputs) {
      if (users[o.node].empty() || users[o.node].back() != id) users[o.node].push_back(id);
    }
  }
  return users;
}

}  // namespace graphrun
