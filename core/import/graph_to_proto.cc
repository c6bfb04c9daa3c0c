#include <algorithm>
#include <map>
#include <set>

#include "core/base/error.h"
#include "core/graph/function_attr.h"
#include "core/graph/node_signature.h"
#include "core/graph/op_def.h"
#include "core/import/attr_proto.h"
#include "core/import/graph_proto.h"
#include "core/import/node_attrs.h"
#include "core/import/unavailable_function.h"
#include "proto/graph.pb.h"

namespace graphrun {
namespace {

// The output of a node that stands for one of a file, within a function.
std::string UnavailableOutputText(const Node& node, int index) {
  const auto& names = std::get<std::vector<std::string>>(node.attrs.find("output_names")->second);
  const auto i = static_cast<size_t>(index);
  if (i < names.size() && !names[i].empty()) return node.name + ":" + names[i];
  const auto& op = std::get<std::string>(node.attrs.find("op")->second);
  throw Error(Code::kUnimplemented,
              "'" + node.name + "' (" + op +
                  ") cannot be saved: it lies in a loop, a cond or a function, where outputs go by "
                  "name, and the file that it came from declares no op " +
                  op + " in meta_info_def.stripped_op_list");
}

// "node:1", or within a function "parameter" and "node:output_name:0".
std::string InputText(const Graph& graph, Output o, bool in_function) {
  const Node& node = graph.node(o.node);
  if (!in_function) return o.index == 0 ? node.name : graph.OutputName(o);
  if (node.op->structure == Structure::kArg) return node.name;
  if (node.op->structure == Structure::kUnavailable) return UnavailableOutputText(node, o.index);
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
  // Lets TensorFlow prune and run trips in parallel, where no effect would be pruned with it.
  if (!node.attrs.contains(kLoweredAttr)) SetAttr(kLoweredAttr, !MustRun(graph, id), def);
}

// A node that stands for one of the file it came from is written as it was there.
void UnavailableToProto(const Node& node, pb::NodeDef* def) {
  const auto text = [&](const char* attr) -> const std::string& {
    return std::get<std::string>(node.attrs.find(attr)->second);
  };
  if (text("def").empty()) {
    throw Error(
        Code::kUnimplemented,
        "'" + node.name + "' cannot be saved, since it could not be rewritten: " + text("reason"));
  }
  Check(def->ParseFromString(text("def")), "what import kept of a node can be parsed");
  def->clear_input();
  def->mutable_attr()->erase("_class");
}

void NodeToProto(const Graph& graph, NodeId id, bool in_function, pb::NodeDef* def) {
  const Node& node = graph.node(id);
  const bool unavailable = node.op->structure == Structure::kUnavailable;
  if (unavailable) UnavailableToProto(node, def);
  def->set_name(node.name);
  def->set_device(node.device);
  for (Output o : node.inputs) def->add_input(InputText(graph, o, in_function));
  for (NodeId c : node.control_inputs) def->add_input("^" + graph.node(c).name);
  if (unavailable) return;
  def->set_op(node.op->name);
  for (const auto& [name, value] : node.attrs) AttrToProto(value, &(*def->mutable_attr())[name]);
  AddDerivedAttrs(graph, id, def);
  // TensorFlow refuses this note of its own when the node has got more outputs since.
  const auto note = node.attrs.find("_output_shapes");
  if (note == node.attrs.end()) return;
  const auto* shapes = std::get_if<std::vector<Shape>>(&note->second);
  if (shapes != nullptr && static_cast<int>(shapes->size()) != graph.num_outputs(id)) {
    def->mutable_attr()->erase("_output_shapes");
  }
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
  if (f.whole) (*def->mutable_attr())[kNoInlineAttr].set_b(true);
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

// The functions that attributes of the nodes name, and those that are their gradients. From the
// protos, since a node that we know nothing of may call functions too.
template <typename Nodes>
void CollectFunctions(const Nodes& nodes, const FunctionLibrary& library,
                      std::map<std::string, std::string>* registered,
                      std::set<std::string>* names) {
  for (const pb::NodeDef& node : nodes) {
    for (std::string& name : FunctionNames(node)) names->insert(std::move(name));
    const auto gradient =
        library.registered_gradients.find(GradientOpType(node).value_or(std::string()));
    if (gradient == library.registered_gradients.end()) continue;
    registered->insert(*gradient);
    names->insert(gradient->second);
  }
}

}  // namespace

void GraphToProto(const Graph& graph, pb::GraphDef* def) {
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (graph.exists(id)) NodeToProto(graph, id, /*in_function=*/false, def->add_node());
  }
  std::set<std::string> open;
  const FunctionLibrary& library = *graph.library();
  std::map<std::string, std::string> registered;
  CollectFunctions(def->node(), library, &registered, &open);
  std::map<std::string, pb::FunctionDef> functions;
  while (!open.empty()) {
    const std::string name = *open.begin();
    open.erase(open.begin());
    const auto [it, is_new] = functions.try_emplace(name);
    if (!is_new) continue;
    const Function* f = library.Find(name);
    if (!f) {
      functions.erase(it);  // the file had none either
      continue;
    }
    if (const Node* body = UnavailableBody(*f)) {
      const std::string& kept = std::get<std::string>(body->attrs.find("function_def")->second);
      Check(it->second.ParseFromString(kept), "what import kept of a function can be parsed");
    } else {
      FunctionToProto(*f, &it->second);
    }
    CollectFunctions(it->second.node_def(), library, &registered, &open);
    if (f->gradient.empty()) continue;
    open.insert(f->gradient);
    pb::GradientDef* own = def->mutable_library()->add_gradient();
    own->set_function_name(name);
    own->set_gradient_func(f->gradient);
  }
  for (const auto& [name, gradient] : registered) {
    pb::RegisteredGradient* g = def->mutable_library()->add_registered_gradients();
    g->set_registered_op_type(name);
    g->set_gradient_func(gradient);
  }
  for (auto& [name, function] : functions)
    *def->mutable_library()->add_function() = std::move(function);
  def->mutable_versions()->set_producer(kGraphVersion);
  def->mutable_versions()->set_min_consumer(0);
}

}  // namespace graphrun
