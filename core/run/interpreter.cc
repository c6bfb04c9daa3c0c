#include "core/run/interpreter.h"

#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/base/size.h"
#include "core/compile/constant_chains.h"
#include "core/graph/counted_node.h"
#include "core/graph/op_def.h"
#include "core/graph/order.h"
#include "core/run/run_observer.h"
#include "core/run/truth.h"

namespace graphrun {
std::vector<Tensor> Interpreter::Run(const std::map<Output, Tensor>& feeds,
                                     const std::vector<Output>& fetches,
                                     const std::vector<NodeId>& targets) {
  std::set<Output> fed;
  for (const auto& [output, value] : feeds) fed.insert(output);
  const Values values = RunGraph(graph_, feeds, finder_.OfRun(graph_, fed, fetches, targets), "");
  std::vector<Tensor> fetched;
  for (Output o : fetches)
    fetched.push_back(fed.contains(o) ? feeds.at(o) : values[o.node][o.index]);
  return fetched;
}

Interpreter::Values Interpreter::RunGraph(const Graph& graph, const std::map<Output, Tensor>& given,
                                          const Needs& needs, const std::string& path) {
  std::set<Output> fed;
  for (const auto& [output, value] : given) fed.insert(output);
  Values values(graph.num_ids());
  const ConstantChains chains(graph, needs, fed);
  std::map<std::pair<const Needs*, std::vector<Output>>, NodeId> calls;  // without effects
  for (NodeId id : ExecutionOrder(graph, needs.nodes, fed)) {
    const Node& node = graph.node(id);
    if (node.op->structure == Structure::kArg) {
      values[id] = {given.at({id, 0})};
      continue;
    }
    if (needs.by_type[id]) {
      values[id] = {*ValueByType(graph, id)};
      continue;
    }
    if (node.op->structure == Structure::kCall && !HasEffect(graph, id)) {
      const auto [it, fresh] =
          calls.try_emplace({needs.callees(id)[0].needs.get(), node.inputs}, id);
      if (!fresh) {
        values[id] = values[it->second];
        continue;
      }
    }
    std::vector<Tensor> inputs;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const Output o = node.inputs[i];
      const auto it = given.find(o);
      inputs.push_back(!needs.passes(id, i) ? Tensor()
                       : it != given.end()  ? it->second
                                            : values[o.node][o.index]);
    }
    std::vector<Tensor*> pointers;
    for (Tensor& t : inputs) pointers.push_back(&t);
    WithContext(
        [&] { return "while running " + DescribeNode(node, pointers); },
        [&] {
          RunObserver* const observer = env_->observer();
          if (observer)
            observer->Begin({node, graph, &node, node.op->structure == Structure::kNone, pointers});
          values[id] = RunNode(graph, id, needs, inputs, path);
          if (const auto joined = chains.Find(id, env_->kernels())) {
            const Output x = joined->value;
            const auto it = given.find(x);
            values[id] = {RunStep(graph.registry(), *joined,
                                  it != given.end() ? it->second : values[x.node][x.index],
                                  env_->kernels())};
          }
          if (observer) {
            std::vector<Tensor*> outputs;
            for (Tensor& t : values[id]) outputs.push_back(&t);
            observer->End(outputs);
          }
          for (int i = 0; i < graph.num_outputs(id); ++i) {
            if (!values[id][i].empty()) CheckOutput(graph, {id, i}, values[id][i]);
          }
        });
  }
  return values;
}

std::vector<Tensor> Interpreter::RunNode(const Graph& graph, NodeId id, const Needs& needs,
                                         std::vector<Tensor>& inputs, const std::string& path) {
  const Node& node = graph.node(id);
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
      return RunWhile(node, needs.callees(id), inputs, path);
    case Structure::kIf: {
      const size_t taken = IsTrue(inputs[0]) ? 0 : 1;
      return Call(needs.callees(id)[taken], {inputs.begin() + 1, inputs.end()},
                  CalleePath(path, node, taken));
    }
    case Structure::kCall:
      return Call(needs.callees(id)[0], inputs, CalleePath(path, node, 0));
    case Structure::kCountedLoop:
      return RunCounted(node, needs.callees(id)[0], inputs, CalleePath(path, node, 0));
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
  // Kernels get views, as of a plan's arena: one that keeps or hands on memory without saying so is
  // found here, whatever the plan.
  std::vector<Tensor> views;
  for (Tensor& t : inputs) {
    in_types.push_back(TypeOf(t));
    const bool plain = DTypeSize(t.dtype()) > 0;
    views.push_back(plain ? Tensor::View(t.dtype(), t.shape(), t.raw()) : t);
  }
  for (Tensor& t : views) in.push_back(&t);
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
  RunOnce(context);
  if (const int source = node.op->view_of; source >= 0 && !outputs[0].owning()) {
    outputs[0] = inputs[source].Reshaped(outputs[0].shape());
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].empty() || outputs[i].dtype() != out_types[i].dtype ||
        !outputs[i].shape().CompatibleWith(out_shapes[i])) {
      ThrowInternal("output " + std::to_string(i) + " is " + TypeOf(outputs[i]).ToString() +
                    ", but the shape function said " + out_types[i].ToString());
    }
  }
  return outputs;
}

std::vector<Tensor> Interpreter::Call(const CalleeNeeds& callee, const std::vector<Tensor>& args,
                                      const std::string& path) {
  const Function& f = *callee.function;
  Check(args.size() == f.args.size(), "graph invariant 7: as many arguments as parameters");
  std::map<Output, Tensor> given;
  for (size_t i = 0; i < args.size(); ++i) given[{f.args[i], 0}] = args[i];
  const Values values = WithContext([&] { return "in function '" + f.name + "'"; },
                                    [&] { return RunGraph(f.graph, given, *callee.needs, path); });
  std::vector<Tensor> results(f.results.size());
  for (size_t r = 0; r < results.size(); ++r) {
    if (callee.results[r]) results[r] = values[f.results[r].node][f.results[r].index];
  }
  return results;
}

std::vector<Tensor> Interpreter::RunWhile(const Node& node, const std::vector<CalleeNeeds>& callees,
                                          std::vector<Tensor> vars, const std::string& path) {
  const std::string cond = CalleePath(path, node, 0), body = CalleePath(path, node, 1);
  for (int64_t trips = 0; GoesOn(Call(callees[0], vars, cond)[0]); ++trips) {
    env_->CheckTrips(node, trips);
    vars = Call(callees[1], vars, body);
  }
  return vars;
}

std::vector<Tensor> Interpreter::RunCounted(const Node& node, const CalleeNeeds& callee,
                                            const std::vector<Tensor>& inputs,
                                            const std::string& path) {
  const CountedLoopAttrs& t = CountedAttrs(node);
  const Function& f = *callee.function;
  const auto carried = static_cast<size_t>(t.carried);
  const int64_t trips = std::max<int64_t>(0, inputs[0].scalar<int32_t>());
  const auto row = [&](const Tensor& whole, const Walk& walk, int64_t trip) {
    const Shape shape = whole.shape().From(1);
    const int64_t at = walk.At(trip, trips);
    const size_t bytes = CheckedBytes(shape.num_elements(), whole.dtype());
    auto* data = static_cast<std::byte*>(const_cast<void*>(whole.raw()));
    return Tensor::View(whole.dtype(), shape, data + static_cast<size_t>(at) * bytes);
  };
  std::vector<Tensor> outputs(inputs.begin() + 1, inputs.begin() + t.first_slice());
  for (int i = 0; i < t.num_stacks(); ++i) {
    const ValueType& type = f.graph.type(f.results[carried + i]);
    const Stack stack = t.StackAt(i);
    const int64_t length = stack.length < 0 ? trips : stack.length;
    CheckWalk(stack.walk, trips, length);
    outputs.push_back(Tensor::Zeros(type.dtype, Concatenate({length}, type.shape), env_->pool()));
  }
  for (int i = 0; i < t.num_slices(); ++i)
    CheckWalk(t.SliceAt(i), trips, inputs[t.first_slice() + i].shape()[0]);
  for (int64_t trip = 0; trip < trips; ++trip) {
    env_->CheckTrips(node, trip);
    std::vector<Tensor> args(outputs.begin(), outputs.begin() + static_cast<int64_t>(carried));
    for (int i = 0; i < t.num_slices(); ++i)
      args.push_back(row(inputs[t.first_slice() + i], t.SliceAt(i), trip).Copy(env_->pool()));
    args.insert(args.end(), inputs.begin() + t.first_invariant(), inputs.end());
    const std::vector<Tensor> results = Call(callee, args, path);
    for (size_t k = 0; k < carried; ++k) outputs[k] = results[k];
    for (int i = 0; i < t.num_stacks(); ++i)
      row(outputs[carried + i], t.StackAt(i).walk, trip).CopyFrom(results[carried + i]);
  }
  return outputs;
}

void Interpreter::CheckOutput(const Graph& graph, Output output, const Tensor& value) const {
  if (options_.check_shapes && !value.shape().CompatibleWith(graph.shape(output))) {
    ThrowInternal("output " + std::to_string(output.index) + " has shape " +
                  value.shape().ToString() + ", but the graph says " +
                  graph.shape(output).ToString());
  }
  if (!options_.check_nan || !(value.dtype() == DType::kFloat || value.dtype() == DType::kDouble))
    return;
  ForFloat(value.dtype(), [&](auto z) {
    for (auto v : value.span<decltype(z)>()) {
      if (!std::isfinite(v))
        ThrowInvalid("output " + std::to_string(output.index) + " holds " + std::to_string(v));
    }
  });
}

}  // namespace graphrun
