#include <algorithm>
#include <map>
#include <memory>

#include "core/autodiff/backward_pass.h"
#include "core/autodiff/control_flow_gradients.h"
#include "core/base/error.h"
#include "core/build/control_flow.h"
#include "core/graph/fixed_constants.h"
#include "core/graph/function_attr.h"
#include "core/graph/gradient_rule.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

// One branch of an If, or the function of a call, while it is differentiated.
struct Branch {
  std::string attr;
  std::unique_ptr<Function> forward;  // a copy that returns what the gradient needs
  Function* function = nullptr;
  FunctionBuilder* builder = nullptr;  // wraps it
  FunctionBuilder* back = nullptr;
  std::map<Output, Output> resolved;
  std::vector<std::pair<Output, NodeId>> saved;  // value, parameter of the gradient function
  std::vector<Grad> grads;
};

bool IsUnknownHandle(const ValueType& type) {
  return type.dtype == DType::kResource && type.element_dtype == DType::kInvalid;
}

}  // namespace

void LearnHandles(const Graph& outer, const Node& node, int first, Function* function) {
  Graph& graph = function->graph;
  bool learned = false;
  for (size_t i = 0; i < function->args.size(); ++i) {
    const Output arg{function->args[i], 0};
    ValueType type = outer.type(node.inputs[first + i]);
    if (!IsUnknownHandle(graph.type(arg)) || IsUnknownHandle(type)) continue;
    type.element_shape = graph.type(arg).element_shape;  // what is read was inferred from it
    graph.SetType(arg, type);
    learned = true;
  }
  if (!learned) return;
  for (NodeId id : TopologicalOrder(graph)) {
    for (int k = 0; k < graph.num_outputs(id); ++k) {
      if (graph.node(id).op->structure == Structure::kArg || !IsUnknownHandle(graph.type({id, k})))
        continue;
      graph.SetType({id, k}, graph.InferredTypes(id)[k]);
    }
  }
}

std::vector<Grad> BranchGradient(GradContext& g) {
  FunctionBuilder* outer = g.forward();
  const Node node = g.node();
  const std::vector<Region>& regions = node.op->regions;
  const int first = regions[0].first_input;  // that is passed to the branches
  FunctionLibrary& library = *outer->graph().library();
  BuildContext* context = outer->context();
  const Scope s = g.scope().NameScope(first == 1 ? "cond" : "call");
  const int n = g.num_inputs() - first;
  const bool overrides = g.overrides() && GivenGradient(node) != kSymbolicGradient;

  std::vector<Branch> branches(regions.size());
  for (size_t b = 0; b < branches.size(); ++b) {
    Branch& branch = branches[b];
    branch.attr = regions[b].attr;
    const Function& old = RegionFunction(outer->graph(), node, b);
    branch.forward = std::make_unique<Function>(library.UniqueName(old.name), old.graph.Clone());
    branch.function = branch.forward.get();
    branch.function->args = old.args;
    branch.function->results = old.results;
    branch.function->control_results = old.control_results;
    branch.function->whole = old.whole;
    LearnHandles(outer->graph(), node, first, branch.function);
    branch.builder = context->Wrap(outer, branch.function);

    FunctionScope back(s, branch.attr);
    branch.back = &*back;
    back->set_resolver([&branch, outer, node, first](const Expr& e) -> Output {
      if (e.home() != branch.builder) return {};
      const Output o = e.output();
      if (const auto it = branch.resolved.find(o); it != branch.resolved.end()) return it->second;
      const Graph& graph = branch.function->graph;
      const auto& args = branch.function->args;
      const auto arg = std::find(args.begin(), args.end(), o.node);
      Output found;
      if (arg != args.end()) {
        found = branch.back->Resolve(Expr(outer, node.inputs[first + (arg - args.begin())]));
      } else if (graph.ConstValue(o)) {
        found = CopyConstant(graph, /*from_main=*/false, o, graph.node(o.node).name,
                             &branch.back->graph());
      } else {
        found = branch.back->AddArg("saved", graph.type(o)).output();
        branch.saved.emplace_back(o, found.node);
      }
      branch.resolved[o] = found;
      return found;
    });
    BackwardRequest request{.forward = branch.builder,
                            .scope = back->scope(),
                            .ys = {},
                            .dys = {},
                            .xs = {},
                            .overrides = overrides};
    for (int j = 0; j < g.num_outputs(); ++j) {
      if (!g.HasDOut(j)) continue;
      request.ys.push_back(branch.function->results[j]);
      // The branches may return different shapes; the gradient of one is not known to fit the
      // other.
      const Expr dy(s.home(), s.home()->Resolve(g.DOut(j)));
      ValueType type = dy.type();
      type.shape = Generalize(type.shape, outer->graph().shape({g.id(), j}));
      // One gradient may be that of several outputs, as of the terms of a sum.
      const auto& captures = back->captures();
      const auto bound = std::find_if(captures.begin(), captures.end(),
                                      [&](const auto& c) { return c.outer == dy; });
      if (bound != captures.end()) {
        const Output arg{bound->arg, 0};
        type.shape = Generalize(type.shape, back->graph().shape(arg));
        back->graph().SetType(arg, type);
        request.dys.emplace_back(Expr(branch.back, arg));
        continue;
      }
      const Expr arg = back->AddArg("dy", type);
      back->BindCapture(arg.node(), dy);
      request.dys.push_back(arg);
    }
    for (int i = 0; i < n; ++i) request.xs.push_back({branch.function->args[i], 0});
    branch.grads = BackwardPass(request);
  }

  // An input gets a gradient if any branch has one; the others return zeros.
  std::vector<int> with_grad;
  for (int i = 0; i < n; ++i) {
    if (!g.Needs(first + i)) continue;
    if (std::any_of(branches.begin(), branches.end(),
                    [&](const Branch& b) { return !b.grads[i].none(); })) {
      with_grad.push_back(i);
    }
  }
  std::vector<Grad> out(g.num_inputs());
  if (with_grad.empty()) return out;
  std::vector<std::vector<Expr>> results(branches.size());
  for (size_t b = 0; b < branches.size(); ++b) {
    const Scope inside = branches[b].back->scope();
    for (int i : with_grad) {
      const Grad& grad = branches[b].grads[i];
      Expr e = grad.none() ? ZerosLike(inside, g.In(first + i)) : ToDense(inside, grad);
      results[b].emplace_back(branches[b].back, branches[b].back->Resolve(e));
    }
  }

  // The forward node returns what the branches save, each branch's values after the other's.
  int next_output = g.num_outputs();
  AttrMap attrs = node.attrs;
  for (size_t b = 0; b < branches.size(); ++b) {
    for (const auto& [value, arg] : branches[b].saved) {
      for (size_t other = 0; other < branches.size(); ++other) {
        Function& f = *branches[other].function;
        f.results.push_back(other == b ? value
                                       : Unread(f.graph, branches[b].function->graph.type(value)));
      }
    }
  }
  std::vector<DType> out_types;
  for (Output o : branches[0].function->results)
    out_types.push_back(branches[0].function->graph.dtype(o));
  attrs.insert_or_assign("Tout", out_types);
  if (attrs.contains("output_shapes"))
    attrs.insert_or_assign("output_shapes", std::vector<Shape>());
  for (Branch& b : branches) {
    attrs.insert_or_assign(b.attr, FuncRef{b.function->name});
    library.Add(std::move(b.forward));
  }
  outer->graph().ReplaceNode(g.id(), node.op->name, node.inputs, attrs);
  for (Branch& b : branches) {
    for (const auto& [value, arg] : b.saved) {
      const Expr saved(outer, {g.id(), next_output++});
      b.back->BindCapture(arg, Expr(s.home(), s.home()->Resolve(saved)));
    }
  }

  // One signature for all branches.
  FunctionBuilder& last = *branches.back().back;
  const std::vector<Expr> captures = UnifyCaptures(*branches.front().back, 0, last, 0);
  AttrMap back_attrs;
  std::vector<DType> back_types;
  for (const Expr& e : results[0]) back_types.push_back(e.dtype());
  back_attrs.insert_or_assign("Tout", back_types);
  if (const auto lowered = node.attrs.find(kLoweredAttr); lowered != node.attrs.end())
    back_attrs.insert(*lowered);
  for (size_t b = 0; b < branches.size(); ++b) {
    back_attrs.insert_or_assign(branches[b].attr, FuncRef{branches[b].back->function().name});
    branches[b].back->Finish(results[b]);
  }
  std::vector<Expr> inputs;
  for (int i = 0; i < first; ++i) inputs.push_back(g.In(i));
  inputs.insert(inputs.end(), captures.begin(), captures.end());
  const Expr call = s.AddAsScope(node.op->name, inputs, back_attrs);
  for (size_t k = 0; k < with_grad.size(); ++k)
    out[first + with_grad[k]] = call.sibling(static_cast<int>(k));
  return out;
}

}  // namespace graphrun
