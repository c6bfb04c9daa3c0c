#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "core/base/error.h"
#include "core/graph/op_registry.h"
#include "core/import/attr_proto.h"
#include "core/import/graph_proto.h"
#include "core/import/node_list.h"
#include "proto/graph.pb.h"

namespace graphrun {
namespace {

using FunctionDefs = std::unordered_map<std::string, const pb::FunctionDef*>;

template <typename Fn>
void ForEachFunctionName(const pb::NodeDef& node, Fn&& fn) {
  for (const auto& [name, value] : node.attr()) {
    if (name.starts_with('_')) continue;
    if (value.has_func()) fn(value.func().name());
    for (const auto& func : value.list().func()) fn(func.name());
  }
}

template <typename Nodes>
std::vector<std::string> FunctionsOf(const Nodes& nodes) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const pb::NodeDef& node : nodes) {
    ForEachFunctionName(node, [&](const std::string& name) {
      if (seen.insert(name).second) names.push_back(name);
    });
  }
  return names;
}

// The functions that the graph reaches, each after those that it refers to itself.
std::vector<const pb::FunctionDef*> FunctionsInOrder(const pb::GraphDef& graph,
                                                     const FunctionDefs& defs) {
  enum State { kOpen = 1, kDone };
  struct Frame {
    const pb::FunctionDef* def;
    std::vector<std::string> callees;
    size_t next = 0;
  };
  std::vector<const pb::FunctionDef*> order;
  std::unordered_map<std::string, State> states;
  std::vector<Frame> stack = {{nullptr, FunctionsOf(graph.node())}};
  while (!stack.empty()) {
    Frame& top = stack.back();
    if (top.next == top.callees.size()) {
      if (top.def) {
        states[top.def->signature().name()] = kDone;
        order.push_back(top.def);
      }
      stack.pop_back();
      continue;
    }
    const std::string name = top.callees[top.next++];
    const auto it = defs.find(name);
    if (it == defs.end()) {
      std::vector<std::string> names;
      for (const auto& [key, def] : defs) names.push_back(key);
      ThrowInvalid("function '" + name + "' is not in the library" + DidYouMean(name, names));
    }
    State& state = states[name];
    if (state == kDone) continue;
    if (state == kOpen) throw Error(Code::kUnimplemented, "function '" + name + "' calls itself");
    state = kOpen;
    stack.push_back({it->second, FunctionsOf(it->second->node_def())});
  }
  return order;
}

// One error for all ops that are missing, so that a user sees at once what a file needs.
void CheckOpsExist(const pb::GraphDef& graph, const std::vector<const pb::FunctionDef*>& functions,
                   const OpRegistry& registry) {
  std::map<std::string, int> unknown;
  const auto count = [&](const auto& nodes) {
    for (const pb::NodeDef& node : nodes) {
      if (!registry.Find(node.op())) ++unknown[node.op()];
    }
  };
  count(graph.node());
  for (const pb::FunctionDef* f : functions) count(f->node_def());
  if (unknown.empty()) return;
  std::string text;
  for (const auto& [op, n] : unknown) {
    text += (text.empty() ? "" : ", ") + (op.empty() ? "''" : op) + " (" + std::to_string(n) + ")";
  }
  throw Error(Code::kUnimplemented, "the graph has nodes of " + std::to_string(unknown.size()) +
                                        " ops that do not exist here: " + text);
}

const pb::AttrValue* FindPrivate(const pb::FunctionDef& def, int arg, const char* name) {
  const auto attrs = def.arg_attr().find(arg);
  if (attrs == def.arg_attr().end()) return nullptr;
  const auto it = attrs->second.attr().find(name);
  return it == attrs->second.attr().end() ? nullptr : &it->second;
}

ValueType ArgumentType(const pb::FunctionDef& def, int i) {
  const pb::OpDef::ArgDef& arg = def.signature().input_arg(i);
  if (!arg.type_attr().empty() || !arg.number_attr().empty() || !arg.type_list_attr().empty()) {
    throw Error(Code::kUnimplemented,
                "parameter '" + arg.name() +
                    "' has no fixed type; polymorphic functions are not supported");
  }
  ValueType type{.dtype = static_cast<DType>(arg.type())};
  if (const auto* v = FindPrivate(def, i, "_output_shapes"); v && v->list().shape_size() == 1) {
    type.shape = ShapeFromProto(v->list().shape(0));
  }
  const auto* dtypes = FindPrivate(def, i, "_handle_dtypes");
  const auto* shapes = FindPrivate(def, i, "_handle_shapes");
  if (dtypes && shapes && dtypes->list().type_size() == 1 && shapes->list().shape_size() == 1) {
    type.element_dtype = static_cast<DType>(dtypes->list().type(0));
    type.element_shape = ShapeFromProto(shapes->list().shape(0));
  }
  return type;
}

void AddFunction(const pb::FunctionDef& def, const pb::OpList* producer_ops, ImportBudget* budget,
                 Graph* owner) {
  const pb::OpDef& signature = def.signature();
  auto function = std::make_unique<Function>(signature.name(), std::as_const(*owner));
  for (int i = 0; i < signature.input_arg_size(); ++i) {
    const std::string& name = signature.input_arg(i).name();
    if (function->graph.Find(name) != kNoNode)
      ThrowInvalid("two parameters are named '" + name + "'");
    const ValueType type = ArgumentType(def, i);
    const NodeId id = function->graph.AddNodeNamed(
        "_Arg", name, {}, {{"T", type.dtype}, {"index", static_cast<int64_t>(i)}});
    function->graph.SetType({id, 0}, type);
    function->args.push_back(id);
  }
  NodeList nodes(/*in_function=*/true, producer_ops, budget, &function->graph);
  for (const pb::NodeDef& node : def.node_def()) nodes.Append(node);
  nodes.AddAll();
  for (const auto& arg : signature.output_arg()) {
    const auto it = def.ret().find(arg.name());
    if (it == def.ret().end()) ThrowInvalid("result '" + arg.name() + "' is not defined");
    const Output result = nodes.Resolve(it->second);
    if (function->graph.dtype(result) != static_cast<DType>(arg.type())) {
      ThrowInvalid("result '" + arg.name() + "' is declared " +
                   std::string(DTypeName(static_cast<DType>(arg.type()))) + " and is " +
                   function->graph.type(result).ToString());
    }
    function->results.push_back(result);
  }
  for (const std::string& name : signature.control_output()) {
    const auto it = def.control_ret().find(name);
    if (it == def.control_ret().end()) ThrowInvalid("control output '" + name + "' is not defined");
    function->control_results.push_back(nodes.ResolveNode(it->second));
  }
  owner->library()->Add(std::move(function));
}

}  // namespace

void GraphFromProto(const pb::GraphDef& def, const pb::OpList* producer_ops, ImportBudget* budget,
                    Graph* graph) {
  Check(graph->num_ids() == 0, "GraphFromProto fills an empty graph");
  FunctionDefs defs;
  for (const pb::FunctionDef& f : def.library().function()) {
    if (!defs.emplace(f.signature().name(), &f).second) {
      ThrowInvalid("two functions are named '" + f.signature().name() + "'");
    }
  }
  const std::vector<const pb::FunctionDef*> functions = FunctionsInOrder(def, defs);
  CheckOpsExist(def, functions, graph->registry());
  for (const pb::FunctionDef* f : functions) {
    WithContext([&] { return "while importing function '" + f->signature().name() + "'"; },
                [&] { AddFunction(*f, producer_ops, budget, graph); });
  }
  NodeList nodes(/*in_function=*/false, producer_ops, budget, graph);
  for (const pb::NodeDef& node : def.node()) nodes.Append(node);
  nodes.AddAll();
}

}  // namespace graphrun
