#include "core/autodiff/variable_gradients.h"

#include "core/autodiff/hoist_reads.h"
#include "core/build/ops.h"
#include "core/graph/order.h"

namespace graphrun {

Variable VariableOf(const Scope& root, const VariableInfo& info) {
  const Graph& graph = root.graph();
  const auto find = [&](const std::string& name) {
    return Expr(root.home(), graph.FindOutput(name));
  };
  Variable v{.handle = find(info.name),
             .name = info.name,
             .shape = info.shape,
             .dtype = info.dtype,
             .trainable = info.trainable};
  v.value = info.snapshot.empty() ? op::ReadVariable(root, v.handle) : find(info.snapshot);
  if (!info.initial_value.empty()) v.initial_value = find(info.initial_value);
  if (!info.initializer.empty()) v.initializer = find(info.initializer);
  return v;
}

std::vector<Grad> VariableGradients(const Scope& root, Expr loss,
                                    const std::vector<Variable>& variables,
                                    std::vector<std::string>* why) {
  Graph& graph = root.graph();
  std::set<Output> handles;
  std::vector<Expr> xs;
  for (const Variable& v : variables) {
    handles.insert(v.handle.output());
    xs.push_back(v.handle);
  }
  HoistReads(graph, handles, NeededNodes(graph, {}, {loss.output()}, {}));
  return Gradients(root, {loss}, xs, {}, why);
}

}  // namespace graphrun
