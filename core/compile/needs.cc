#include "core/compile/needs.h"

#include <algorithm>
#include <limits>
#include <string>

#include "core/base/error.h"
#include "core/graph/function_attr.h"
#include "core/graph/op_def.h"
#include "core/graph/order.h"

namespace graphrun {

Needs NeedsFinder::OfRun(const Graph& graph, const std::set<Output>& fed,
                         const std::vector<Output>& fetches, const std::vector<NodeId>& targets) {
  types_hold_ = std::none_of(fed.begin(), fed.end(), [&](Output o) { return graph.ConstValue(o); });
  std::vector<bool> whole(graph.num_ids(), false);
  for (Output o : fetches) whole[o.node] = !fed.contains(o);
  for (NodeId id : targets) whole[id] = true;
  return Find(graph, fed, fetches, targets, whole);
}

std::shared_ptr<const Needs> NeedsFinder::OfFunction(const Function& f,
                                                     const std::vector<bool>& results,
                                                     Effects effects) {
  const auto key = std::tuple(&f, results, effects);
  if (const auto it = known_.find(key); it != known_.end()) return it->second;
  std::vector<Output> fetches;
  for (size_t k = 0; k < results.size(); ++k) {
    if (results[k]) fetches.push_back(f.results[k]);
  }
  std::vector<NodeId> targets;
  if (effects != Effects::kNone) targets = f.control_results;
  if (effects == Effects::kAll) {
    for (NodeId id = 0; id < f.graph.num_ids(); ++id) {
      if (f.graph.exists(id) && MustRun(f.graph, id)) targets.push_back(id);
    }
  }
  const auto found = std::make_shared<const Needs>(Find(f.graph, {}, fetches, targets, {}));
  known_.emplace(key, found);
  return found;
}

std::optional<Tensor> ValueByType(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (!node.op->pure() || !node.op->partial || graph.num_outputs(id) != 1) return std::nullopt;
  const std::optional<Shape> elements = graph.PartialValue({id, 0});
  if (!elements || !elements->fully_known()) return std::nullopt;
  const ValueType& type = graph.type({id, 0});
  const int64_t most = type.dtype == DType::kInt32 ? std::numeric_limits<int32_t>::max()
                                                   : std::numeric_limits<int64_t>::max();
  // A size that the type cannot hold is an error of the run.
  if (std::ranges::any_of(elements->dims(), [&](int64_t d) { return d > most; }))
    return std::nullopt;
  Tensor value(type.dtype, type.shape);
  ForInt(type.dtype, [&](auto z) {
    for (int i = 0; i < elements->rank(); ++i)
      value.data<decltype(z)>()[i] = static_cast<decltype(z)>((*elements)[i]);
  });
  return value;
}

// From the fetches to what they need; each node after all that use it, so that what is asked of it
// is complete.
Needs NeedsFinder::Find(const Graph& graph, const std::set<Output>& fed,
                        const std::vector<Output>& fetches, const std::vector<NodeId>& targets,
                        const std::vector<bool>& whole) {
  const NodeId n = graph.num_ids();
  const std::vector<bool> reached =
      WithBetween(graph, NeededNodes(graph, fed, fetches, targets), fed);
  // ExecutionOrder's checks make sure that there is no cycle.
  const std::vector<NodeId> order = ExecutionOrder(graph, reached, fed);
  Needs needs;
  needs.nodes.assign(n, false);
  needs.by_type = needs.nodes;
  needs.outputs.resize(n);
  needs.targets = targets;
  for (NodeId id = 0; id < n; ++id) {
    if (graph.exists(id)) needs.outputs[id].assign(graph.num_outputs(id), false);
  }
  std::vector<bool> waited(n, false), only_waited(n, false);
  const auto use = [&](Output o) {
    needs.outputs[o.node][o.index] = true;
    if (!fed.contains(o)) needs.nodes[o.node] = true;
  };
  const auto keep = [&](NodeId id) {
    if (graph.node(id).op->structure != Structure::kArg) needs.kept.push_back(id);
  };
  const auto wait_for = [&](NodeId id) {
    if (OnlyOrders(graph, id)) {
      only_waited[id] = true;
    } else {
      needs.nodes[id] = waited[id] = true;
      keep(id);
    }
  };
  // Of a node with functions one waits for what the output needs.
  const auto wait_for_output = [&](Output o) {
    if (fed.contains(o)) return;
    if (OnlyOrders(graph, o.node)) {
      only_waited[o.node] = true;
    } else {
      use(o);
      keep(o.node);
    }
  };
  for (Output o : fetches) use(o);
  needs.fetched.insert(fetches.begin(), fetches.end());
  for (NodeId id : targets) {
    wait_for(id);
    if (!whole.empty()) needs.nodes[id] = true;
  }
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const NodeId id = *it;
    if (!needs.nodes[id] && !only_waited[id]) continue;
    const Node& node = graph.node(id);
    if (needs.nodes[id] && types_hold_ && ValueByType(graph, id)) needs.by_type[id] = true;
    if (!needs.nodes[id] || needs.by_type[id]) {
      const std::vector<bool> passed =
          needs.by_type[id] ? std::vector<bool>() : WaitedInputs(graph, id);
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        if (passed.empty() || passed[i]) wait_for_output(node.inputs[i]);
      }
      for (NodeId c : node.control_inputs) {
        if (!IsFedPlaceholder(graph, c, fed)) wait_for(c);
      }
      continue;
    }
    Rest rest = Rest::kComputed;
    if (!node.op->regions.empty()) {
      const bool named = !whole.empty() && whole[id];
      std::vector<bool> used = needs.outputs[id];
      rest = RestOf(graph, id, used, named);
      const bool all_results = named || (waited[id] && CalledByName(node));
      if (rest != Rest::kComputed && all_results) {
        used.assign(used.size(), true);
        keep(id);  // what computes them may fail
      }
      FindCallees(graph, id, used, waited[id] || named, &needs);
    }
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (rest == Rest::kComputed || needs.passes(id, i)) {
        use(node.inputs[i]);
      } else if (rest == Rest::kWaited) {
        wait_for_output(node.inputs[i]);
      }
    }
    for (NodeId c : node.control_inputs) {
      if (!IsFedPlaceholder(graph, c, fed)) wait_for(c);
    }
  }
  return needs;
}

NeedsFinder::Rest NeedsFinder::RestOf(const Graph& graph, NodeId id, const std::vector<bool>& used,
                                      bool named) {
  const Node& node = graph.node(id);
  if (IsLowered(node)) return Rest::kLeft;
  if (node.op->structure != Structure::kCall || RegionFunction(graph, node, 0).whole)
    return Rest::kComputed;
  // An inlined function's effects come after all that is passed. A call that somebody names, or
  // only waits for, is not inlined; there only what accesses variables comes after it.
  const bool any = std::find(used.begin(), used.end(), true) != used.end();
  if (any && !named && MustRun(graph, id)) return Rest::kComputed;
  return AccessesVariables(graph, id) ? Rest::kWaited : Rest::kLeft;
}

// Which inputs one waits for who waits for a node that need not run; empty: all.
std::vector<bool> NeedsFinder::WaitedInputs(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (node.op->structure != Structure::kCall || RegionFunction(graph, node, 0).whole) return {};
  std::vector<bool> waited(node.inputs.size(), false);
  if (!CalledByName(node)) return waited;
  const Function& f = RegionFunction(graph, node, 0);
  const auto inner = OfFunction(f, std::vector<bool>(f.results.size(), true), Effects::kNone);
  for (size_t i = 0; i < waited.size(); ++i) waited[i] = inner->has(f.args[i]);
  return waited;
}

void NeedsFinder::FindCallees(const Graph& graph, NodeId id, const std::vector<bool>& used,
                              bool waited, Needs* needs) {
  const Node& node = graph.node(id);
  const bool lowered = IsLowered(node);
  if (node.op->structure == Structure::kWhile) {
    const bool all = lowered && waited;  // what waits for a loop waits for all of its variables
    FindLoop(graph, id, all ? std::vector<bool>(used.size(), true) : used,
             lowered ? Effects::kDeclared : Effects::kAll, needs);
    return;
  }
  if (node.op->structure == Structure::kCountedLoop) {
    const std::vector<bool> all(used.size(), true);
    FindBranches(graph, id, all, Effects::kAll, needs);
    needs->passed[id].assign(node.inputs.size(), true);
    return;
  }
  Effects effects = waited ? Effects::kDeclared : Effects::kNone;
  if (node.op->structure == Structure::kIf) {
    if (!lowered) effects = Effects::kAll;
    FindBranches(graph, id, used, effects, needs);
  } else {
    FindBranches(graph, id, used, lowered ? effects : Effects::kAll, needs);
  }
}

void NeedsFinder::FindBranches(const Graph& graph, NodeId id, std::vector<bool> used,
                               Effects effects, Needs* needs) {
  const Node& node = graph.node(id);
  std::vector<bool> passed(node.inputs.size(), false);
  const auto first = static_cast<size_t>(node.op->regions[0].first_input);
  for (size_t i = 0; i < first; ++i) passed[i] = true;
  for (const Region& region : node.op->regions) {
    const Function& f = RegionFunction(graph, node, region);
    const std::shared_ptr<const Needs> inner = OfFunction(f, used, effects);
    for (size_t i = 0; i < f.args.size(); ++i) {
      if (inner->has(f.args[i])) passed[first + i] = true;
    }
    needs->called[id].push_back({&f, used, inner});
  }
  needs->passed[id] = std::move(passed);
}

// A variable is needed when it is used, or the condition, a needed variable's next value, or an
// effect needs it.
void NeedsFinder::FindLoop(const Graph& graph, NodeId id, const std::vector<bool>& used,
                           Effects effects, Needs* needs) {
  const Node& node = graph.node(id);
  const Function &cond = RegionFunction(graph, node, 0), &body = RegionFunction(graph, node, 1);
  const std::vector<bool> result(cond.results.size(), true);
  const std::shared_ptr<const Needs> tested = OfFunction(cond, result, effects);
  std::vector<bool> live = used;
  for (size_t i = 0; i < live.size(); ++i) {
    if (tested->has(cond.args[i])) live[i] = true;
  }
  std::shared_ptr<const Needs> inner;
  for (bool changed = true; changed;) {
    changed = false;
    inner = OfFunction(body, live, effects);
    for (size_t i = 0; i < live.size(); ++i) {
      if (!live[i] && inner->has(body.args[i])) live[i] = changed = true;
    }
  }
  needs->called[id] = {{&cond, result, tested}, {&body, live, inner}};
  needs->passed[id] = std::move(live);
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

void CheckAvailable(const Graph& graph, const Needs& needs) {
  Obstacles obstacles;
  std::vector<CalleeNeeds> callees;
  std::set<const Needs*> seen;
  std::set<const Node*> found;
  const auto scan = [&](const Graph& g, const Needs& wanted) {
    for (NodeId id = 0; id < g.num_ids(); ++id) {
      const Node& node = g.node(id);
      if (wanted.has(id) && node.op->structure == Structure::kUnavailable &&
          found.insert(&node).second) {
        obstacles.Add(node);
      }
    }
    for (const auto& [id, called] : wanted.called) {
      // Of a While, the condition.
      if (g.node(id).op->structure != Structure::kIf && seen.insert(called[0].needs.get()).second)
        callees.push_back(called[0]);
    }
  };
  scan(graph, needs);
  for (size_t i = 0; i < callees.size(); ++i) {
    const CalleeNeeds callee = callees[i];
    scan(callee.function->graph, *callee.needs);
  }
  obstacles.Throw();
}

std::string CalleePath(const std::string& path, const Node& node, size_t k) {
  const bool condition = node.op->structure == Structure::kWhile && k == 0;
  const bool otherwise = node.op->structure == Structure::kIf && k == 1;
  return path + node.name + (condition ? ":cond/" : otherwise ? ":else/" : "/");
}

void ThrowUnavailable(const Node& node) {
  Obstacles obstacles;
  obstacles.Add(node);
  obstacles.Throw();
  ThrowInternal("an unavailable node has a code");
}

}  // namespace graphrun
