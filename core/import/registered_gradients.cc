#include "core/import/registered_gradients.h"

#include <algorithm>
#include <utility>

#include "core/graph/gradient_rule.h"
#include "core/import/node_attrs.h"
#include "proto/function.pb.h"
#include "proto/node_def.pb.h"
#include "proto/saved_object_graph.pb.h"

namespace graphrun {
namespace {

// For each leaf of the value, in order, the number of the tensor that it is, -1 for None.
std::vector<int64_t> Places(const pb::StructuredValue& value) {
  std::vector<int64_t> places;
  std::vector<const pb::StructuredValue*> open = {&value};
  int64_t next = 0;
  while (!open.empty()) {
    const pb::StructuredValue* at = open.back();
    open.pop_back();
    if (at->has_list_value() || at->has_tuple_value()) {
      const auto& values =
          at->has_list_value() ? at->list_value().values() : at->tuple_value().values();
      for (int i = values.size(); i-- > 0;) open.push_back(&values[i]);
    } else {
      places.push_back(at->has_none_value() ? -1 : next++);
    }
  }
  return places;
}

}  // namespace

RegisteredGradients::RegisteredGradients(const pb::FunctionDefLibrary& library,
                                         const pb::SavedObjectGraph* objects) {
  for (const pb::RegisteredGradient& g : library.registered_gradients()) {
    Gradient& gradient = gradients_[g.registered_op_type()];
    gradient.function = g.gradient_func();
    if (objects == nullptr) continue;
    const auto concrete = objects->concrete_functions().find(g.gradient_func());
    if (concrete == objects->concrete_functions().end()) continue;
    gradient.results = Places(concrete->second.output_signature());
    for (const int object : concrete->second.bound_inputs()) {
      Captured captured;
      if (object >= 0 && object < objects->nodes_size()) {
        const pb::CapturedTensor& tensor = objects->nodes(object).captured_tensor();
        captured = {tensor.name(), tensor.concrete_function()};
      }
      gradient.captures.push_back(std::move(captured));
    }
  }
}

const std::string* RegisteredGradients::FunctionOf(const pb::NodeDef& node) const {
  const std::optional<std::string> name = GradientOpType(node);
  const auto it = name ? gradients_.find(*name) : gradients_.end();
  return it == gradients_.end() ? nullptr : &it->second.function;
}

void RegisteredGradients::AddTo(FunctionLibrary* library) const {
  for (const auto& [name, gradient] : gradients_)
    library->registered_gradients.emplace(name, gradient.function);
}

void RegisteredGradients::Note(Function* function) const {
  Graph& graph = function->graph;
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    const auto it =
        graph.exists(id) ? gradients_.find(GivenGradient(graph.node(id))) : gradients_.end();
    if (it == gradients_.end()) continue;
    const Gradient& gradient = it->second;
    std::vector<std::string> captures;
    for (const Captured& c : gradient.captures) {
      // Without all of them the call does not fit and is refused.
      if (c.function == function->name) captures.push_back(c.tensor);
    }
    if (!gradient.results.empty()) graph.SetAttr(id, kGradientResults, gradient.results);
    if (!captures.empty()) graph.SetAttr(id, kGradientCaptures, captures);
  }
}

}  // namespace graphrun
