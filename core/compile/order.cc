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
  std::set<Code> codes;

  void Add(const Node& node) {
    const std::string& reason = std::get<std::string>(node.attrs.find("reason")->second);
    if (reason.empty()) {
      ++ops[std::get<std::string>(node.attrs.find("op")->second)];
    } else {
      reasons.insert(reason);
    }
    codes.insert(static_cast<Code>(std::get<int64_t>(node.attrs.find("code")->second)));
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
  void Throw() const {
    if (codes.empty()) return;
    throw Error(codes.size() == 1 ? *codes.begin() : Code::kUnimplemented, ToString());
  }
};

}  // namespace

void CheckAvailable(const Graph& graph, const std::vector<bool>& needed,
                    const std::vector<Output>& fetches) {
  Obstacles obstacles;
  // Functions that are called, and which of their results somebody uses.
  std::vector<std::string> functions;
  std::map<std::string, std::set<int>> results;
  std::set<const Node*> found;
  const auto scan = [&](const Graph& g, const std::vector<bool>& wanted,
                        const std::vector<Output>& outputs) {
    std::set<Output> used(outputs.begin(), outputs.end());
    for (NodeId id = 0; id < g.num_ids(); ++id) {
      if (wanted[id]) used.insert(g.node(id).inputs.begin(), g.node(id).inputs.end());
    }
    for (NodeId id = 0; id < g.num_ids(); ++id) {
      if (!wanted[id]) continue;
      const Node& node = g.node(id);
      if (node.op->structure == Structure::kUnavailable && found.insert(&node).second)
        obstacles.Add(node);
      const bool call = node.op->structure == Structure::kCall;
      if (!call && node.op->structure != Structure::kWhile) continue;
      const std::string& name =
          std::get<FuncRef>(node.attrs.find(call ? "f" : "cond")->second).name;
      const auto [it, fresh] = results.try_emplace(name);
      const size_t before = it->second.size();
      if (!call) it->second.insert(0);
      for (int k = 0; call && k < g.num_outputs(id); ++k) {
        if (used.contains({id, k})) it->second.insert(k);
      }
      if (fresh || it->second.size() > before) functions.push_back(name);
    }
  };
  scan(graph, needed, fetches);
  for (size_t i = 0; i < functions.size(); ++i) {
    const Function& f = graph.library()->Get(functions[i]);
    std::vector<Output> outputs;
    for (int k : results[functions[i]]) outputs.push_back(f.results[k]);
    scan(f.graph, NeededNodes(f.graph, {}, outputs, f.control_results), outputs);
  }
  obstacles.Throw();
}

void ThrowUnavailable(const Node& node) {
  Obstacles obstacles;
  obstacles.Add(node);
  obstacles.Throw();
  ThrowInternal("an unavailable node has a code");
}

}  // namespace graphrun
