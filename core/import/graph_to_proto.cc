#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/graph/node_signature.h"
#include "core/graph/op_def.h"
#include "core/import/attr_proto.h"
#include "core/import/graph_proto.h"
#include "proto/graph.pb.h"

namespace graphrun {
namespace {

// "node:1", or within a function "parameter" and "node:output_name:0".
std::string InputText(const Graph& graph, Output o, bool in_function) {
  const Node& node = graph.node(o.node);
  if (!in_function) return o.index == 0 ? node.name : graph.OutputName(o);
  if (node.op->structure == Structure::kArg) return node.name;
  const std::vector<int> sizes = ArgSizes(node.op->outputs, node.attrs);
  size_t k = 0;
  int index = o.index;
  while (index >= sizes[k]) index -= sizes[k++];
  return node.name + ":" + node.op->outputs[k].name + ":" + std::to_string(index);
}

void SetAttr(const char* name, const AttrValue& value, pb::NodeDef* def) {
  AttrToProto(value, &(*def->mutable_attr())[name]);
}

// What TensorFlow needs in attributes and we know otherwise.
void AddDerivedAttrs(const Graph& graph, NodeId id, pb::NodeDef* def) {
  const Node& node = graph.node(id);
  if (node.op->handles) {
    // Without it all variables would be one: TensorFlow takes shared_name as it is.
    const auto it = node.attrs.find("shared_name");
    if (it != node.attrs.end() && std::get<std::string>(it->second).empty()) {
      SetAttr("shared_name", node.name, def);
    }
  }
  if (node.op->structure != Structure::kWhile && node.op->structure != Structure::kIf) return;
  const auto given = node.attrs.find("output_shapes");
  if (given == node.attrs.end() || std::get<std::vector<Shape>>(given->second).empty()) {
    // Without them TensorFlow believes that a loop variable keeps its initial shape.
    std::vector<Shape> shapes;
    for (int i = 0; i < graph.num_outputs(id); ++i) shapes.push_back(graph.shape({id, i}));
    SetAttr("output_shapes", shapes, def);
  }
  if (!node.attrs.contains("_lower_using_switch_merge")) {
    SetAttr("_lower_using_switch_merge", true,
            def);  // lets TensorFlow prune and run trips in parallel
  }
}

void NodeToProto(const Graph& graph, NodeId id, bool in_function, pb::NodeDef* def) {
  const Node& node = graph.node(id);
  def->set_name(node.name);
  def->set_op(node.op->name);
  def->set_device(node.device);
  for (Output o : node.inputs) def->add_input(InputText(graph, o, in_function));
  for (NodeId c : node.control_inputs) def->add_input("^" + graph.node(c).name);
  for (const auto& [name, value] : node.attrs) AttrToProto(value, &(*def->mutable_attr())[name]);
  AddDerivedAttrs(graph, id, def);
}

// What is known of a parameter, in the attributes that TensorFlow's own parameters have.
void ArgumentAttrs(const ValueType& type, pb::FunctionDef::ArgAttrs* out) {
  if (type.shape.known_rank()) {
    AttrToProto(std::vector<Shape>{type.shape}, &(*out->mutable_attr())["_output_shapes"]);
  }
  if (type.element_dtype != DType::kInvalid) {
    AttrToProto(std::vector<DType>{type.element_dtype}, &(*out->mutable_attr())["_handle_dtypes"]);
    AttrToProto(std::vector<Shape>{type.element_shape}, &(*out->mutable_attr())["_handle_shapes"]);
  }
}

void FunctionToProto(const Function& f, pb::FunctionDef* def) {
  const Graph& g = f.graph;
  pb::OpDef* signature = def->mutable_signature();
  signature->set_name(f.name);
  for (size_t i = 0; i < f.args.size(); ++i) {
    auto* arg = signature->add_input_arg();
    arg->set_name(g.node(f.args[i]).name);
    arg->set_type(static_cast<pb::DataType>(g.dtype({f.args[i], 0})));
    pb::FunctionDef::ArgAttrs attrs;
    ArgumentAttrs(g.type({f.args[i], 0}), &attrs);
    if (!attrs.attr().empty())
      (*def->mutable_arg_attr())[static_cast<uint32_t>(i)] = std::move(attrs);
  }
  bool stateful = false;
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    if (!g.exists(id) || g.node(id).op->structure == Structure::kArg) continue;
    NodeToProto(g, id, /*in_function=*/true, def->add_node_def());
    stateful = stateful || HasEffect(g, id);
  }
  signature->set_is_stateful(stateful);
  for (size_t i = 0; i < f.results.size(); ++i) {
    const std::string name = "result_" + std::to_string(i);
    auto* arg = signature->add_output_arg();
    arg->set_name(name);
    arg->set_type(static_cast<pb::DataType>(g.dtype(f.results[i])));
    (*def->mutable_ret())[name] = InputText(g, f.results[i], /*in_function=*/true);
  }
  for (NodeId id : f.control_results) {
    const std::string& name = g.node(id).name;
    signature->add_control_output(name);
    (*def->mutable_control_ret())[name] = name;
  }
}

// Names of all functions that the graph reaches, sorted.
std::set<std::string> Reachable(const Graph& graph) {
  std::set<std::string> names;
  std::vector<const Graph*> open = {&graph};
  while (!open.empty()) {
    const Graph& g = *open.back();
    open.pop_back();
    for (NodeId id = 0; id < g.num_ids(); ++id) {
      if (!g.exists(id)) continue;
      for (const std::string& name : FunctionNames(g.node(id))) {
        if (names.insert(name).second) open.push_back(&g.library()->Get(name).graph);
      }
    }
  }
  return names;
}

}  // namespace

void GraphToProto(const Graph& graph, pb::GraphDef* def) {
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (graph.exists(id)) NodeToProto(graph, id, /*in_function=*/false, def->add_node());
  }
  for (const std::string& name : Reachable(graph)) {
    FunctionToProto(graph.library()->Get(name), def->mutable_library()->add_function());
  }
  def->mutable_versions()->set_producer(kGraphVersion);
  def->mutable_versions()->set_min_consumer(0);
}

}  // namespace graphrun
