#include "core/run/interpreter.h"

#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/compile/order.h"
#include "core/graph/function_attr.h"
#include "core/graph/op_def.h"
#include "core/run/truth.h"

namespace graphrun {
std::vector<Tensor> Interpreter::Run(const std::map<Output, Tensor>& feeds,
                                     const std::vector<Output>& fetches,
                                     const std::vector<NodeId>& targets) {
  return RunGraph(graph_, feeds, fetches, targets, "");
}

std::vector<Tensor> Interpreter::RunGraph(const Graph& graph, const std::map<Output, Tensor>& given,
                                          const std::vector<Output>& fetches,
                                          const std::vector<NodeId>& targets,
                                          const std::string& path) {
  std::set<Output> fed;
  for (const auto& [output, value] : given) fed.insert(output);
  const std::vector<bool> needed = NeededNodes(graph, fed, fetches, targets);
  std::vector<std::vector<Tensor>> values(graph.num_ids());
  const auto value_of = [&](Output o) -> const Tensor& {
    const auto it = given.find(o);
    return it != given.end() ? it->second : values[o.node][o.index];
  };
  for (NodeId id : ExecutionOrder(graph, needed, fed)) {
    const Node& node = graph.node(id);
    // Needed by a control edge only: its value is given.
    if (node.op->structure == Structure::kArg) continue;
    std::vector<Tensor> inputs;
    for (Output o : node.inputs) inputs.push_back(value_of(o));
    std::vector<Tensor*> pointers;
    for (Tensor& t : inputs) pointers.push_back(&t);
    WithContext([&] { return "while running " + DescribeNode(node, pointers); },
                [&] {
                  values[id] = RunNode(graph, id, inputs, path);
                  for (int i = 0; i < graph.num_outputs(id); ++i)
                    CheckOutput(graph, {id, i}, values[id][i]);
                });
  }
  std::vector<Tensor> fetched;
  for (Output o : fetches) fetched.push_back(value_of(o));
  return fetched;
}

std::vector<Tensor> Interpreter::RunNode(const Graph& graph, NodeId id, std::vector<Tensor>& inputs,
                                         const std::string& path) {
  const Node& node = graph.node(id);
  const std::string inner = path + node.name + "/";
  switch (node.op->structure) {
    case Structure::kNone:
      return RunKernel(graph, id, inputs, path);
    case Structure::kConst:
      return {*graph.ConstValue({id, 0})};
    case Structure::kPlaceholder:
      ThrowInvalid("placeholder '" + node.name + "' (" + graph.type({id, 0}).ToString() +
                   ") is needed and must be fed");
    case Structure::kArg:
    case Structure::kNoOp:
      return {};
    case Structure::kWhile:
      return RunWhile(node, inputs, inner);
    case Structure::kIf: {
      const char* branch = IsTrue(inputs[0]) ? "then_branch" : "else_branch";
      return Call(FunctionAttr(graph, node, branch), {inputs.begin() + 1, inputs.end()}, inner);
    }
    case Structure::kCall:
      return Call(FunctionAttr(graph, node, "f"), inputs, inner);
    case Structure::kUnavailable:
      ThrowUnavailable(node);
  }
  return {};
}

std::vector<Tensor> Interpreter::RunKernel(const Graph& graph, NodeId id,
                                           std::vector<Tensor>& inputs, const std::string& path) {
  const Node& node = graph.node(id);
  std::vector<ValueType> in_types, out_types;
  std::vector<Tensor*> in, out;
  for (Tensor& t : inputs) {
    in_types.push_back(TypeOf(t));
    in.push_back(&t);
  }
  for (int i = 0; i < graph.num_outputs(id); ++i)
    out_types.push_back({.dtype = graph.dtype({id, i})});
  const ShapeContext::Values known{
      [&](int i) { return DTypeSize(inputs[i].dtype()) > 0 ? &inputs[i] : nullptr; }, {}};
  ShapeContext shapes(node, *graph.library(), in_types, out_types, known);
  node.op->shape(shapes);

  std::vector<Tensor> outputs(out_types.size());
  std::vector<Shape> out_shapes;
  for (size_t i = 0; i < outputs.size(); ++i) {
    out_shapes.push_back(out_types[i].shape);
    const bool by_kernel = node.op->allocates_outputs || (node.op->view_of >= 0 && i == 0) ||
                           out_types[i].dtype == DType::kVariant ||
                           out_types[i].dtype == DType::kResource;
    if (!by_kernel) outputs[i] = Tensor(out_types[i].dtype, out_types[i].shape, env_->pool());
    out.push_back(&outputs[i]);
  }
  RandomStream* stream =
      node.op->effect == Effect::kRandom ? env_->Stream(path + node.name) : nullptr;
  KernelContext context(node, env_->kernels(), in, out, out_shapes, nullptr, stream);
  CallKernel(context);
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].empty() || outputs[i].dtype() != out_types[i].dtype ||
        !outputs[i].shape().CompatibleWith(out_shapes[i])) {
      ThrowInternal("output " + std::to_string(i) + " is " + TypeOf(outputs[i]).ToString() +
                    ", but the shape function said " + out_types[i].ToString());
    }
  }
  return outputs;
}

std::vector<Tensor> Interpreter::Call(const Function& f, const std::vector<Tensor>& args,
                                      const std::string& path) {
  Check(args.size() == f.args.size(), "graph invariant 7: as many arguments as parameters");
  std::map<Output, Tensor> given;
  for (size_t i = 0; i < args.size(); ++i) given[{f.args[i], 0}] = args[i];
  return WithContext([&] { return "in function '" + f.name + "'"; },
                     [&] { return RunGraph(f.graph, given, f.results, f.control_results, path); });
}

std::vector<Tensor> Interpreter::RunWhile(const Node& node, std::vector<Tensor> vars,
                                          const std::string& path) {
  const Function &cond = FunctionAttr(graph_, node, "cond"),
                 &body = FunctionAttr(graph_, node, "body");
  while (GoesOn(Call(cond, vars, path + "cond/")[0])) vars = Call(body, vars, path);
  return vars;
}

void Interpreter::CheckOutput(const Graph& graph, Output output, const Tensor& value) const {
  if (!value.shape().CompatibleWith(graph.shape(output))) {
    ThrowInternal("output " + std::to_string(output.index) + " has shape " +
                  value.shape().ToString() + ", but the graph says " +
                  graph.shape(output).ToString());
  }
  if (!check_nan_ || !(value.dtype() == DType::kFloat || value.dtype() == DType::kDouble)) return;
  ForFloat(value.dtype(), [&](auto z) {
    for (auto v : value.span<decltype(z)>()) {
      if (!std::isfinite(v))
        ThrowInvalid("output " + std::to_string(output.index) + " holds " + std::to_string(v));
    }
  });
}

}  // namespace graphrun
