#include <algorithm>

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
void AppendFunctionNames(const Graph& graph, std::vector<std::string>* names) {
  for (NodeId n = 0; n < graph.num_ids(); ++n) {
    if (!graph.exists(n)) continue;
    for (std::string& name : FunctionNames(graph.node(n))) {
      if (std::find(names->begin(), names->end(), name) == names->end())
        names->push_back(std::move(name));
    }
  }
}

// Whether the node, or one in a function that it reaches, satisfies the predicate.
template <typename Predicate>
bool Reaches(const Graph& graph, NodeId id, Predicate&& predicate) {
  if (predicate(graph.node(id))) return true;
  std::vector<std::string> open = FunctionNames(graph.node(id));
  for (size_t i = 0; i < open.size(); ++i) {
    const Graph& body = graph.library()->Get(open[i]).graph;
    for (NodeId n = 0; n < body.num_ids(); ++n) {
      if (body.exists(n) && predicate(body.node(n))) return true;
    }
    AppendFunctionNames(body, &open);
  }
  return false;
}

}  // namespace

std::vector<std::string> CalledFunctions(const Function& function) {
  std::vector<std::string> names;
  AppendFunctionNames(function.graph, &names);
  for (size_t i = 0; i < names.size(); ++i)
    AppendFunctionNames(function.graph.library()->Get(names[i]).graph, &names);
  return names;
}

bool HasEffect(const Graph& graph, NodeId id) {
  return Reaches(graph, id, [](const Node& n) { return !n.op->pure(); });
}

bool AccessesVariables(const Graph& graph, NodeId id) {
  return Reaches(graph, id, [](const Node& n) { return !n.op->accesses.empty(); });
}

bool MustRun(const Graph& graph, NodeId id) {
  return Reaches(graph, id, [](const Node& n) {
    if (n.op->structure == Structure::kUnavailable)
      return std::get<bool>(n.attrs.find("stateful")->second);
    return n.op->effect == Effect::kWrite || n.op->effect == Effect::kOther;
  });
}

}  // namespace graphrun
