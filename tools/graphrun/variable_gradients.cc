#include "tools/graphrun/variable_gradients.h"

#include <algorithm>

#include "core/compile/order.h"
#include "core/graph/op_def.h"
#include "ops/builders.h"
#include "tools/graphrun/hoist_reads.h"

namespace graphrun {
namespace {

// A node that reads a variable.
struct Read {
  size_t variable;  // its place in the list
  NodeId node;
  bool gathers;  // rows only
};

std::vector<Read> FindReads(const Graph& graph, const std::vector<Variable>& variables,
                            const std::vector<bool>& needed) {
  std::vector<Read> reads;
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (!needed[id]) continue;
    const Node& node = graph.node(id);
    const bool gathers = node.op->name == "ResourceGather";
    if (!gathers && node.op->name != "ReadVariableOp") continue;
    for (size_t v = 0; v < variables.size(); ++v) {
      if (variables[v].handle.output() == node.inputs[0]) reads.push_back({v, id, gathers});
    }
  }
  return reads;
}

// The rows that the gradient of a ResourceGather is added to.
Grad RowsOf(const Scope& s, const Read& read, const Variable& variable, Expr grad) {
  const Node& gather = s.graph().node(read.node);
  if (std::get<int64_t>(gather.attrs.find("batch_dims")->second) != 0) {
    throw Error(Code::kUnimplemented, "'" + gather.name +
                                          "' gathers with batch_dims from the variable '" +
                                          variable.name + "', which has no gradient here");
  }
  const Expr indices(s.home(), gather.inputs[1]);
  const Expr shape = s.Add("VariableShape", {variable.handle});
  const Expr flat = op::Ints(s, {-1});
  const Expr row =
      s.Add("StridedSlice", {shape, op::Ints(s, {1}), op::Ints(s, {0}), op::Ints(s, {1})},
            {{"end_mask", int64_t{1}}});
  const Expr dims = s.Add("ConcatV2", {flat, row, s.Const(Tensor::Scalar<int32_t>(0))});
  return IndexedSlices{op::Reshape(s, grad, dims), op::Reshape(s, indices, flat), shape};
}

Grad SumOf(const Scope& s, const std::vector<Grad>& parts) {
  if (parts.empty()) return {};
  if (parts.size() == 1) return parts[0];
  std::vector<Expr> dense, values, indices;
  if (!std::all_of(parts.begin(), parts.end(), [](const Grad& g) { return g.sparse(); })) {
    for (const Grad& g : parts) dense.push_back(ToDense(s, g));
    return s.Add("AddN", dense);
  }
  const DType dtype = parts[0].slices.indices.dtype();
  for (const Grad& g : parts) {
    values.push_back(g.slices.values);
    const Expr at = g.slices.indices;
    indices.push_back(at.dtype() == dtype ? at : op::Cast(s, at, dtype));
  }
  for (auto* list : {&values, &indices}) list->push_back(s.Const(Tensor::Scalar<int32_t>(0)));
  return IndexedSlices{s.Add("ConcatV2", values), s.Add("ConcatV2", indices),
                       parts[0].slices.dense_shape};
}

}  // namespace

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
                                    const std::vector<Variable>& variables) {
  Graph& graph = root.graph();
  const auto needed = [&] { return NeededNodes(graph, {}, {loss.output()}, {}); };
  std::set<Output> handles;
  for (const Variable& v : variables) handles.insert(v.handle.output());
  HoistReads(graph, handles, needed());

  const std::vector<Read> reads = FindReads(graph, variables, needed());
  std::vector<Expr> xs;
  for (const Read& read : reads) xs.push_back(Expr(root.home(), {read.node, 0}));
  const std::vector<Grad> grads = Gradients(root, {loss}, xs);
  const Scope sums = root.NameScope("gradients");
  std::vector<std::vector<Grad>> parts(variables.size());
  for (size_t i = 0; i < reads.size(); ++i) {
    if (grads[i].none()) continue;
    const Read& read = reads[i];
    const Variable& variable = variables[read.variable];
    const Scope s = sums.NameScope(graph.node(read.node).name + "_grad");
    parts[read.variable].push_back(read.gathers ? RowsOf(s, read, variable, ToDense(s, grads[i]))
                                                : grads[i]);
  }
  std::vector<Grad> result;
  for (const std::vector<Grad>& p : parts) result.push_back(SumOf(sums, p));
  return result;
}

}  // namespace graphrun
