#include "core/graph/order.h"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <string>

#include "core/base/error.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_def.h"
#include "core/graph/reference.h"

namespace graphrun {

bool IsFedPlaceholder(const Graph& graph, NodeId id, const std::set<Output>& fed) {
  return graph.node(id).op->structure == Structure::kPlaceholder && fed.contains({id, 0});
}

bool OnlyOrders(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  switch (node.op->structure) {
    case Structure::kWhile:
    case Structure::kIf:
    case Structure::kUnavailable:
    case Structure::kArg:  // the caller is waited for
      return false;
    case Structure::kCall:
      return !HasEffect(graph, id);
    default:
      break;
  }
  if (node.op->effect == Effect::kRead) return !IsReference(node) || IsEdge(node);
  // A copy of what a variable holds keeps the read.
  const bool copies = node.op->view_of == 0 && node.inputs.size() == 1;
  if (copies) {
    const Node& source = graph.node(node.inputs[0].node);
    if (source.op->effect == Effect::kRead && !IsEdge(source)) return false;
  }
  return node.op->pure();
}

std::vector<bool> NeededNodes(const Graph& graph, const std::set<Output>& fed,
                              const std::vector<Output>& fetches,
                              const std::vector<NodeId>& targets) {
  std::vector<bool> needed(graph.num_ids(), false), waited(graph.num_ids(), false);
  std::vector<NodeId> open;
  const auto run = [&](NodeId id) {
    if (needed[id]) return;
    needed[id] = true;
    open.push_back(id);
  };
  const auto wait_for = [&](NodeId id) {
    if (needed[id] || waited[id]) return;
    if (!OnlyOrders(graph, id)) return run(id);
    waited[id] = true;
    open.push_back(id);
  };
  for (Output o : fetches) {
    if (!fed.contains(o)) run(o.node);
  }
  for (NodeId id : targets) run(id);
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    for (Output o : graph.node(id).inputs) {
      if (fed.contains(o)) continue;
      if (needed[id]) {
        run(o.node);
      } else {
        wait_for(o.node);
      }
    }
    for (NodeId c : graph.node(id).control_inputs) {
      if (!IsFedPlaceholder(graph, c, fed)) wait_for(c);
    }
  }
  return needed;
}

std::vector<bool> WithBetween(const Graph& graph, const std::vector<bool>& needed,
                              const std::set<Output>& fed) {
  std::vector<bool> in = needed;
  std::vector<NodeId> open;
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (needed[id]) open.push_back(id);
  }
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    const auto visit = [&](NodeId source) {
      if (in[source]) return;
      in[source] = true;
      open.push_back(source);
    };
    for (Output o : graph.node(id).inputs) {
      if (!fed.contains(o)) visit(o.node);
    }
    for (NodeId c : graph.node(id).control_inputs) {
      if (!IsFedPlaceholder(graph, c, fed)) visit(c);
    }
  }
  return in;
}

std::vector<NodeId> ExecutionOrder(const Graph& graph, const std::vector<bool>& needed,
                                   const std::set<Output>& fed) {
  const NodeId n = graph.num_ids();
  const std::vector<bool> in = WithBetween(graph, needed, fed);
  std::vector<int> waiting(n, 0);
  std::vector<std::vector<NodeId>> users(n);
  int count = 0;
  for (NodeId id = 0; id < n; ++id) {
    if (!in[id]) continue;
    ++count;
    const auto wait_for = [&](NodeId source) {
      if (!in[source]) return;
      users[source].push_back(id);
      ++waiting[id];
    };
    for (Output o : graph.node(id).inputs) {
      if (!fed.contains(o)) wait_for(o.node);
    }
    for (NodeId c : graph.node(id).control_inputs) {
      if (!IsFedPlaceholder(graph, c, fed)) wait_for(c);
    }
  }
  const auto writes = [&](NodeId id) {
    const Node& node = graph.node(id);
    return needed[id] && (node.op->effect == Effect::kWrite ||
                          (!FunctionNames(node).empty() && MustRun(graph, id)));
  };
  using Entry = std::pair<bool, NodeId>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
  for (NodeId id = 0; id < n; ++id) {
    if (in[id] && waiting[id] == 0) ready.emplace(writes(id), id);
  }
  std::vector<NodeId> order;
  order.reserve(count);
  int done = 0;
  while (!ready.empty()) {
    const NodeId id = ready.top().second;
    ready.pop();
    ++done;
    if (needed[id]) order.push_back(id);
    for (NodeId user : users[id]) {
      if (--waiting[user] == 0) ready.emplace(writes(user), user);
    }
  }
  if (done != count) {
    std::string names;
    for (NodeId id : FindCycle(graph))
      names += (names.empty() ? "'" : " -> '") + graph.node(id).name + "'";
    ThrowInvalid("the graph has a cycle: " + names);
  }
  return order;
}

}  // namespace graphrun
