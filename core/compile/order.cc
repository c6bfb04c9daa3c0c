#include "core/compile/order.h"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <string>

#include "core/base/error.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_def.h"

namespace graphrun {

bool IsFedPlaceholder(const Graph& graph, NodeId id, const std::set<Output>& fed) {
  return graph.node(id).op->structure == Structure::kPlaceholder && fed.contains({id, 0});
}

std::vector<bool> NeededNodes(const Graph& graph, const std::set<Output>& fed,
                              const std::vector<Output>& fetches,
                              const std::vector<NodeId>& targets) {
  std::vector<bool> needed(graph.num_ids(), false);
  std::vector<NodeId> open;
  const auto visit = [&](NodeId id) {
    if (!needed[id]) {
      needed[id] = true;
      open.push_back(id);
    }
  };
  for (Output o : fetches) {
    if (!fed.contains(o)) visit(o.node);
  }
  for (NodeId id : targets) visit(id);
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    for (Output o : graph.node(id).inputs) {
      if (!fed.contains(o)) visit(o.node);
    }
    for (NodeId c : graph.node(id).control_inputs) {
      if (!IsFedPlaceholder(graph, c, fed)) visit(c);
    }
  }
  return needed;
}

std::vector<NodeId> ExecutionOrder(const Graph& graph, const std::vector<bool>& needed,
                                   const std::set<Output>& fed) {
  const NodeId n = graph.num_ids();
  std::vector<int> waiting(n, 0);
  std::vector<std::vector<NodeId>> users(n);
  int count = 0;
  for (NodeId id = 0; id < n; ++id) {
    if (!needed[id]) continue;
    ++count;
    const auto wait_for = [&](NodeId source) {
      users[source].push_back(id);
      ++waiting[id];
    };
    for (Output o : graph.node(id).inputs) {
      if (needed[o.node] && !fed.contains(o)) wait_for(o.node);
    }
    for (NodeId c : graph.node(id).control_inputs) {
      if (needed[c]) wait_for(c);
    }
  }
  const auto writes = [&](NodeId id) {
    const Node& node = graph.node(id);
    return node.op->effect == Effect::kWrite ||
           (!FunctionNames(node).empty() && MustRun(graph, id));
  };
  using Entry = std::pair<bool, NodeId>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
  for (NodeId id = 0; id < n; ++id) {
    if (needed[id] && waiting[id] == 0) ready.emplace(writes(id), id);
  }
  std::vector<NodeId> order;
  order.reserve(count);
  while (!ready.empty()) {
    const NodeId id = ready.top().second;
    ready.pop();
    order.push_back(id);
    for (NodeId user : users[id]) {
      if (--waiting[user] == 0) ready.emplace(writes(user), user);
    }
  }
  if (static_cast<int>(order.size()) != count) {
    std::string names;
    for (NodeId id : FindCycle(graph))
      names += (names.empty() ? "'" : " -> '") + graph.node(id).name + "'";
    ThrowInvalid("the graph has a cycle: " + names);
  }
  return order;
}

}  // namespace graphrun
