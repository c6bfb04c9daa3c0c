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
namespace {

// As in TensorFlow, who waits for a placeholder does not wait for one that is fed.
bool IsFedPlaceholder(const Graph& graph, NodeId id, const std::set<Output>& fed) {
  return graph.node(id).op->structure == Structure::kPlaceholder && fed.contains({id, 0});
}

}  // namespace

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
      if (!fed.contains(o)) wait_for(o.node);
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

namespace {

// What keeps a graph from running.
struct Obstacles {
  std::map<std::string, int> ops;  // ops that do not exist here -> how often they occur
  std::set<std::string> reasons;   // of nodes that could not be rewritten

  void Add(const Node& node) {
    const std::string& reason = std::get<std::string>(node.attrs.find("reason")->second);
    if (reason.empty()) {
      ++ops[std::get<std::string>(node.attrs.find("op")->second)];
    } else {
      reasons.insert(reason);
    }
  }
  std::string ToString() const {
    std::string text, list;
    for (const auto& [op, n] : ops)
      list += (list.empty() ? "" : ", ") + op + " (" + std::to_string(n) + ")";
    if (!ops.empty()) {
      text = "the run needs " + std::to_string(ops.size()) +
             (ops.size() == 1 ? " op that does" : " ops that do") + " not exist here: " + list;
    }
    for (const std::string& reason : reasons) text += (text.empty() ? "" : "; ") + reason;
    return text;
  }
};

}  // namespace

void CheckAvailable(const Graph& graph, const std::vector<bool>& needed) {
  Obstacles obstacles;
  std::vector<std::string> functions;
  std::set<std::string> seen;
  const auto scan = [&](const Graph& g, const std::vector<bool>& wanted) {
    for (NodeId id = 0; id < g.num_ids(); ++id) {
      if (!wanted[id]) continue;
      const Node& node = g.node(id);
      if (node.op->structure == Structure::kUnavailable) obstacles.Add(node);
      for (std::string& name : FunctionNames(node)) {
        if (seen.insert(name).second) functions.push_back(std::move(name));
      }
    }
  };
  scan(graph, needed);
  for (size_t i = 0; i < functions.size(); ++i) {
    const Function& f = graph.library()->Get(functions[i]);
    scan(f.graph, NeededNodes(f.graph, {}, f.results, f.control_results));
  }
  if (const std::string text = obstacles.ToString(); !text.empty())
    throw Error(Code::kUnimplemented, text);
}

}  // namespace graphrun
