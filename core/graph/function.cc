#include <unordered_set>

#include "core/base/error.h"
#include "core/graph/graph.h"
#include "core/graph/op_def.h"

namespace graphrun {

Output Function::AddArg(std::string_view arg_name, const ValueType& type) {
  const NodeId id = graph.AddNode(
      "_Arg", arg_name, {}, {{"T", type.dtype}, {"index", static_cast<int64_t>(args.size())}});
  graph.SetType({id, 0}, type);
  args.push_back(id);
  return {id, 0};
}

void Function::ReorderArgs(const std::vector<NodeId>& order) {
  Check(order.size() == args.size(), "ReorderArgs: a permutation");
  args = order;
  for (size_t i = 0; i < args.size(); ++i) graph.SetAttr(args[i], "index", static_cast<int64_t>(i));
}

void Function::CollectEffects() {
  control_results.clear();
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (graph.exists(id) && MustRun(graph, id)) control_results.push_back(id);
  }
}

std::vector<std::string> FunctionNames(const Node& node) {
  std::vector<std::string> names;
  for (const auto& [key, value] : node.attrs) {
    if (const auto* f = std::get_if<FuncRef>(&value)) names.push_back(f->name);
    if (const auto* list = std::get_if<std::vector<FuncRef>>(&value)) {
      for (const FuncRef& f : *list) names.push_back(f.name);
    }
  }
  return names;
}

namespace {

// Adds the functions that the nodes of `graph` name to `names`, each once.
void AppendFunctionNames(const Graph& graph, std::unordered_set<std::string>* seen,
                         std::vector<std::string>* names) {
  for (NodeId n = 0; n < graph.num_ids(); ++n) {
    if (!graph.exists(n)) continue;
    for (std::string& name : FunctionNames(graph.node(n))) {
      if (seen->insert(name).second) names->push_back(std::move(name));
    }
  }
}

// Of the node itself, not of the functions that it calls.
FunctionTraits TraitsOfOp(const Node& node) {
  const bool unavailable = node.op->structure == Structure::kUnavailable;
  return {.has_effect = !node.op->pure(),
          .accesses_variables = !node.op->accesses.empty(),
          .must_run = unavailable
                          ? std::get<bool>(node.attrs.find("stateful")->second)
                          : node.op->effect == Effect::kWrite || node.op->effect == Effect::kOther};
}

void Unite(const FunctionTraits& more, FunctionTraits* traits) {
  traits->has_effect |= more.has_effect;
  traits->accesses_variables |= more.accesses_variables;
  traits->must_run |= more.must_run;
}

// Whether the node, or a function that it calls, has the trait.
bool Has(const Graph& graph, NodeId id, bool FunctionTraits::*trait) {
  const Node& node = graph.node(id);
  if (TraitsOfOp(node).*trait) return true;
  for (const std::string& name : FunctionNames(node)) {
    if (graph.library()->TraitsOf(name).*trait) return true;
  }
  return false;
}

}  // namespace

FunctionTraits FunctionLibrary::TraitsOf(const std::string& name) const {
  const std::lock_guard lock(traits_mutex_);
  if (const uint64_t now = changes_.load(std::memory_order_relaxed); now != traits_at_) {
    traits_.clear();
    traits_at_ = now;
  }
  if (const auto it = traits_.find(name); it != traits_.end()) return it->second;
  // What is known of a function when all that it calls are known.
  struct Open {
    std::string name;
    FunctionTraits traits;
    std::vector<std::string> calls;
    size_t next = 0;
  };
  const auto open = [&](const std::string& function) {
    Open o{.name = function, .traits = {}, .calls = {}};
    const Graph& body = Get(function).graph;
    std::unordered_set<std::string> seen;
    AppendFunctionNames(body, &seen, &o.calls);
    for (NodeId n = 0; n < body.num_ids(); ++n) {
      if (body.exists(n)) Unite(TraitsOfOp(body.node(n)), &o.traits);
    }
    return o;
  };
  std::unordered_map<std::string, FunctionTraits> found;
  std::unordered_set<std::string> met = {name};
  bool recursive = false;
  std::vector<Open> stack = {open(name)};
  for (;;) {
    Open& top = stack.back();
    if (top.next < top.calls.size()) {
      const std::string& called = top.calls[top.next++];
      if (const auto it = traits_.find(called); it != traits_.end()) {
        Unite(it->second, &top.traits);
      } else if (const auto done = found.find(called); done != found.end()) {
        Unite(done->second, &top.traits);
      } else if (met.insert(called).second) {
        stack.push_back(open(called));
      } else {
        recursive = true;
      }
      continue;
    }
    const FunctionTraits traits = top.traits;
    found.emplace(top.name, traits);
    stack.pop_back();
    if (stack.empty()) break;
    Unite(traits, &stack.back().traits);
  }
  // Of those that call each other only what was asked for is known in full.
  if (recursive) return traits_[name] = found.at(name);
  traits_.merge(found);
  return traits_.at(name);
}

std::vector<std::string> CalledFunctions(const Function& function) {
  std::vector<std::string> names;
  std::unordered_set<std::string> seen;
  AppendFunctionNames(function.graph, &seen, &names);
  for (size_t i = 0; i < names.size(); ++i)
    AppendFunctionNames(function.graph.library()->Get(names[i]).graph, &seen, &names);
  return names;
}

bool HasEffect(const Graph& graph, NodeId id) {
  return Has(graph, id, &FunctionTraits::has_effect);
}

bool AccessesVariables(const Graph& graph, NodeId id) {
  return Has(graph, id, &FunctionTraits::accesses_variables);
}

bool MustRun(const Graph& graph, NodeId id) { return Has(graph, id, &FunctionTraits::must_run); }

}  // namespace graphrun
