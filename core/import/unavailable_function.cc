#include "core/import/unavailable_function.h"

#include "core/base/error.h"
#include "core/graph/op_def.h"
#include "core/import/proto_bytes.h"
#include "core/import/tensor_proto.h"
#include "proto/function.pb.h"

namespace graphrun {
namespace {

const pb::AttrValue* FindPrivate(const pb::FunctionDef& def, int arg, const char* name) {
  const auto attrs = def.arg_attr().find(arg);
  if (attrs == def.arg_attr().end()) return nullptr;
  const auto it = attrs->second.attr().find(name);
  return it == attrs->second.attr().end() ? nullptr : &it->second;
}

}  // namespace

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

std::unique_ptr<Function> MakeUnavailableFunction(const pb::FunctionDef& def,
                                                  const Problem& problem, const Graph& owner) {
  const pb::OpDef& signature = def.signature();
  auto function = std::make_unique<Function>(signature.name(), owner);
  std::vector<ValueType> parameters;
  std::vector<DType> results;
  try {
    for (int i = 0; i < signature.input_arg_size(); ++i) parameters.push_back(ArgumentType(def, i));
    for (const auto& arg : signature.output_arg()) {
      if (arg.type() == pb::DT_INVALID) throw Error(problem.code, "no fixed type");
      results.push_back(static_cast<DType>(arg.type()));
    }
  } catch (const Error& e) {
    if (e.broken()) throw;
    parameters.clear();
    results.clear();
  }
  std::vector<Output> inputs;  // so that a gradient which flows through is refused
  for (size_t i = 0; i < parameters.size(); ++i) {
    inputs.push_back(
        function->AddArg(signature.input_arg(static_cast<int>(i)).name(), parameters[i]));
  }
  const NodeId body = function->graph.AddNode("_Unavailable", signature.name(), std::move(inputs),
                                              {{"op", std::string("function")},
                                               {"reason", problem.reason},
                                               {"code", static_cast<int64_t>(problem.code)},
                                               {"Tout", results},
                                               {"function_def", ProtoBytes(def)}});
  for (int k = 0; k < static_cast<int>(results.size()); ++k) function->results.push_back({body, k});
  // It cannot be told what else it does.
  function->control_results = {body};
  return function;
}

const Node* UnavailableBody(const Function& function) {
  const Graph& g = function.graph;
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    if (!g.exists(id) || g.node(id).op->structure != Structure::kUnavailable) continue;
    const Node& node = g.node(id);
    if (!std::get<std::string>(node.attrs.find("function_def")->second).empty()) return &node;
  }
  return nullptr;
}

}  // namespace graphrun
