#include "core/autodiff/backward_pass.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/build/raw_ops.h"
#include "core/graph/gradient_rule.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_context.h"

namespace graphrun {
namespace {

Expr Int32Vector(const Scope& s, const std::vector<int32_t>& values) {
  return s.Const(Tensor::Vector(values));
}

// The sum of what the uses of one tensor contributed.
Grad SumOf(const Scope& scope, const std::vector<Grad>& parts) {
  if (parts.empty()) return {};
  if (parts.size() == 1) return parts[0];
  if (std::all_of(parts.begin(), parts.end(), [](const Grad& g) { return g.sparse(); })) {
    std::vector<Expr> values, indices;
    const bool wide = std::any_of(parts.begin(), parts.end(), [](const Grad& g) {
      return g.slices.indices.dtype() == DType::kInt64;
    });
    for (const Grad& g : parts) {
      const Expr at = g.slices.indices;
      values.push_back(g.slices.values);
      indices.push_back(
          wide && at.dtype() != DType::kInt64 ? raw_ops::Cast(scope, at, DType::kInt64) : at);
    }
    const Expr axis = scope.Const(Tensor::Scalar<int32_t>(0));
    return IndexedSlices{raw_ops::ConcatV2(scope, values, axis),
                         raw_ops::ConcatV2(scope, indices, axis), parts[0].slices.dense_shape};
  }
  std::vector<Expr> dense;
  for (const Grad& g : parts) dense.push_back(ToDense(scope, g));
  return raw_ops::AddN(scope, dense);
}

// What the gradient of a value of this type is.
ValueType GradientType(ValueType type) {
  if (type.dtype == DType::kResource) {
    type.dtype = type.element_dtype;
    type.shape = type.element_shape;
  }
  return type;
}

// From one of ys to a node into which a gradient flows, "'loss' (Mean) <- 'mul' (Mul)".
// `consumer`: which node gave each tensor its first gradient.
std::string PathTo(const Graph& graph, NodeId id, const std::map<Output, NodeId>& consumer) {
  std::vector<std::string> path;
  for (NodeId at = id; at != kNoNode;) {
    path.push_back(QuotedWithOp(graph.node(at)));
    NodeId next = kNoNode;
    for (int i = 0; i < graph.num_outputs(at) && next == kNoNode; ++i) {
      if (const auto it = consumer.find({at, i}); it != consumer.end()) next = it->second;
    }
    at = next;
  }
  constexpr size_t kShown = 5;  // at each end
  std::string text;
  for (size_t k = path.size(); k-- > 0;) {
    const bool left_out = k >= kShown && path.size() - 1 - k >= kShown;
    if (left_out && k > kShown) continue;
    text += (text.empty() ? "" : " <- ");
    text += left_out ? "..." : path[k];
  }
  return text;
}

// The gradient that a function of the file gives.
std::vector<Grad> GradientByFunction(GradContext& g, const GradientRule& rule) {
  const Graph& graph = g.forward()->graph();
  const auto refuse = [&](const std::string& why) {
    throw Error(Code::kUnimplemented, QuotedWithOp(g.node()) + " has the gradient function '" +
                                          rule.function + "', " + why);
  };
  const Function* f = graph.library()->Find(rule.function);
  if (f == nullptr) refuse("which is not in the file");
  std::vector<Expr> inputs;
  if (rule.kind == GradientRule::Kind::kOfCall) {
    for (int i = 0; i < g.num_inputs(); ++i) inputs.push_back(g.In(i));
  }
  for (int i = 0; i < g.num_outputs(); ++i) inputs.push_back(g.DOut(i));
  for (const std::string& name : rule.captures)
    inputs.emplace_back(g.forward(), graph.FindOutput(name));
  std::vector<int64_t> places = rule.results;
  for (int i = 0; rule.results.empty() && i < g.num_inputs(); ++i) places.push_back(i);
  std::vector<DType> types;
  for (Output o : f->results) types.push_back(f->graph.dtype(o));
  const auto count = static_cast<int64_t>(types.size());
  // All results have a place, as they do where the file says which.
  bool fits =
      f->args.size() == inputs.size() && places.size() == static_cast<size_t>(g.num_inputs()) &&
      count == std::count_if(places.begin(), places.end(), [](int64_t p) { return p >= 0; });
  for (size_t i = 0; fits && i < inputs.size(); ++i)
    fits = f->graph.dtype({f->args[i], 0}) == inputs[i].dtype();
  for (int i = 0; fits && i < g.num_inputs(); ++i) {
    fits = places[i] < count &&
           (places[i] < 0 || !g.Needs(i) || types[places[i]] == GradientType(g.In(i).type()).dtype);
  }
  if (!fits) {
    refuse("which takes " + std::to_string(f->args.size()) + " tensors to " +
           std::to_string(count) + " and does not fit: the node has " +
           std::to_string(g.num_inputs()) + " inputs and " + std::to_string(g.num_outputs()) +
           " outputs");
  }
  bool effects = false;
  for (NodeId id = 0; id < f->graph.num_ids(); ++id)
    effects = effects || (f->graph.exists(id) && HasEffect(f->graph, id));
  const std::vector<Expr> results =
      g.scope().AddMulti(effects ? "StatefulPartitionedCall" : "PartitionedCall", inputs,
                         {{"f", FuncRef{rule.function}}, {"Tout", types}});
  std::vector<Grad> grads(g.num_inputs());
  for (int i = 0; i < g.num_inputs(); ++i) {
    if (g.Needs(i) && places[i] >= 0) grads[i] = results[places[i]];
  }
  return grads;
}

std::vector<Grad> GradientBy(GradContext& g, const GradientRule& rule) {
  switch (rule.kind) {
    case GradientRule::Kind::kCut:
      return g.None();
    case GradientRule::Kind::kOp:
      return rule.op->grad(g);
    case GradientRule::Kind::kOfCall:
    case GradientRule::Kind::kOfNode:
      return GradientByFunction(g, rule);
    case GradientRule::Kind::kUnknown:
      break;
  }
  throw Error(Code::kUnimplemented,
              "the gradient of " + QuotedWithOp(g.node()) + " is not known: " + rule.why +
                  "; put a StopGradient before or behind it if none is wanted");
}

}  // namespace

std::vector<std::vector<bool>> DependsOn(const Graph& graph, const std::vector<Output>& xs,
                                         bool overrides) {
  std::vector<std::vector<bool>> depends(graph.num_ids());
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    depends[id].resize(graph.exists(id) ? graph.num_outputs(id) : 0, false);
  }
  for (Output x : xs) depends[x.node][x.index] = true;
  for (NodeId id : TopologicalOrder(graph)) {
    const Node& node = graph.node(id);
    const bool any = std::any_of(node.inputs.begin(), node.inputs.end(),
                                 [&](Output o) { return depends[o.node][o.index]; });
    if (!any || CutsGradient(graph, id, overrides)) continue;
    for (int i = 0; i < graph.num_outputs(id); ++i) {
      if (Differentiable(graph.type({id, i}))) depends[id][i] = true;
    }
  }
  return depends;
}

struct GradContext::Impl {
  FunctionBuilder* forward;
  NodeId id;
  Scope scope;
  std::vector<Grad> douts;
  std::vector<bool> needs;
  std::function<Grad(Output)> so_far;
  std::function<void(Output, Expr)> set_total;
  const void* attrs = nullptr;  // of the op whose gradient is taken
  bool overrides = true;

  const Node& node() const { return forward->graph().node(id); }
};

const Node& GradContext::node() const { return impl_->node(); }
const Scope& GradContext::scope() const { return impl_->scope; }
FunctionBuilder* GradContext::forward() const { return impl_->forward; }
NodeId GradContext::id() const { return impl_->id; }
bool GradContext::overrides() const { return impl_->overrides; }
const void* GradContext::parsed_attrs() const { return impl_->attrs; }
int GradContext::num_inputs() const { return static_cast<int>(node().inputs.size()); }
int GradContext::num_outputs() const { return static_cast<int>(impl_->douts.size()); }
Expr GradContext::In(int i) const { return {impl_->forward, node().inputs[i]}; }
Expr GradContext::Out(int i) const { return {impl_->forward, {impl_->id, i}}; }
bool GradContext::HasDOut(int i) const { return !impl_->douts[i].none(); }
const Grad& GradContext::SparseDOut(int i) const { return impl_->douts[i]; }
bool GradContext::Needs(int i) const { return impl_->needs[i]; }

Expr GradContext::DOut(int i) const {
  Grad& d = impl_->douts[i];
  if (d.none()) d = ZerosOf(Out(i));
  if (d.sparse()) d = ToDense(scope(), d);
  return d.dense;
}

Expr GradContext::SoFar(int i) const {
  const Grad g = impl_->so_far(node().inputs[i]);
  return g.none() ? Expr() : ToDense(scope(), g);
}
void GradContext::SetTotal(int i, Expr total) { impl_->set_total(node().inputs[i], total); }

Expr GradContext::ShapeOf(Expr x) const {
  if (x.shape().fully_known()) {
    return Int32Vector(scope(),
                       std::vector<int32_t>(x.shape().dims().begin(), x.shape().dims().end()));
  }
  // In a body, the shape is taken in the forward pass: saving it is cheaper than saving x.
  if (x.home() != scope().home() && x.home() == impl_->forward) {
    return impl_->forward->ShapeNode(x.output());
  }
  return raw_ops::Shape(scope(), x);
}

Expr GradContext::ZerosOf(Expr x) const {
  if (x.dtype() == DType::kVariant || x.dtype() == DType::kResource) return ZerosLike(scope(), x);
  const Expr shape = ShapeOf(x), zero = scope().Const(Tensor::Zeros(x.dtype(), {}));
  return raw_ops::Fill(scope().WithName("zeros"), shape, zero);
}

Expr GradContext::SumTo(int i, Expr dense) const {
  const Shape from = dense.shape(), to = In(i).shape();
  if (from.fully_known() && from == to) return dense;
  const Scope& s = scope();
  if (from.known_rank() && to.fully_known()) {
    // Dimensions of size 1 in the target are summed; where the source's size is unknown, summing
    // one row is harmless.
    std::vector<int32_t> axes;
    const int extra = from.rank() - to.rank();
    for (int d = 0; d < from.rank(); ++d) {
      if (d < extra || (to[d - extra] == 1 && from[d] != 1)) axes.push_back(d);
    }
    Expr sum = dense;
    if (!axes.empty()) sum = raw_ops::Sum(s, dense, Int32Vector(s, axes));
    return sum.shape() == to ? sum : raw_ops::Reshape(s, sum, ShapeOf(In(i)));
  }
  const Expr target = ShapeOf(In(i));
  const Expr source = raw_ops::Shape(s, dense);
  const Expr axes = raw_ops::BroadcastGradientArgs(s, target, source)[0];
  return raw_ops::Reshape(s, raw_ops::Sum(s, dense, axes), target);
}

std::vector<Grad> BackwardPass(const BackwardRequest& request) {
  const Graph& graph = request.forward->graph();
  // Taken before gradient nodes are added, which may go to the same graph.
  const std::vector<NodeId> order = TopologicalOrder(graph);
  const auto depends = DependsOn(graph, request.xs, request.overrides);

  std::map<Output, std::vector<Grad>> parts;
  std::map<Output, NodeId> consumer;  // which node gave the first of them
  for (const auto& [x, grad] : request.initial) parts[x].push_back(grad);
  for (size_t i = 0; i < request.ys.size(); ++i) {
    const Output y = request.ys[i];
    if (!request.dys[i].none() && depends[y.node][y.index]) parts[y].push_back(request.dys[i]);
  }
  const auto total = [&](Output o) -> Grad {
    const auto it = parts.find(o);
    if (it == parts.end()) return {};
    const Grad sum = SumOf(request.scope, it->second);
    it->second = {sum};
    return sum;
  };

  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const NodeId id = *it;
    GradContext::Impl impl{
        request.forward, id, request.scope, {}, {}, total, [&, id](Output o, Expr e) {
          parts[o] = {Grad(e)};
          consumer.emplace(o, id);
        }};
    bool wanted = false;
    const std::vector<Output> inputs = graph.node(id).inputs;
    for (Output o : inputs) {
      impl.needs.push_back(depends[o.node][o.index]);
      wanted = wanted || impl.needs.back();
    }
    if (!wanted) continue;
    bool any = false;
    const int outputs = static_cast<int>(depends[id].size());
    for (int i = 0; i < outputs; ++i) {
      impl.douts.push_back(depends[id][i] ? total({id, i}) : Grad());
      any = any || !impl.douts.back().none();
    }
    if (!any) continue;
    const GradientRule rule = RuleFor(graph, id, request.overrides);
    impl.attrs = rule.attrs.get();
    impl.overrides = request.overrides;
    const std::string name = graph.node(id).name;
    WithContext([&] { return "while differentiating " + PathTo(graph, id, consumer); },
                [&] {
                  impl.scope = request.scope.NameScope(name + "_grad");
                  GradContext context(&impl);
                  const std::vector<Grad> grads = GradientBy(context, rule);
                  if (grads.size() != inputs.size()) {
                    ThrowInternal("the gradient function returns " + std::to_string(grads.size()) +
                                  " gradients for " + std::to_string(inputs.size()) + " inputs");
                  }
                  for (size_t i = 0; i < inputs.size(); ++i) {
                    if (!impl.needs[i] || grads[i].none()) continue;
                    const ValueType type = GradientType(graph.type(inputs[i]));
                    const bool known = type.dtype != DType::kInvalid;  // what a handle leads to
                    if (known && grads[i].dense.valid() &&
                        (grads[i].dense.dtype() != type.dtype ||
                         !grads[i].dense.shape().CompatibleWith(type.shape))) {
                      ThrowInternal("the gradient of input " + std::to_string(i) + " is " +
                                    grads[i].dense.type().ToString() + " for " + type.ToString());
                    }
                    parts[inputs[i]].push_back(grads[i]);
                    consumer.emplace(inputs[i], id);
                  }
                });
  }
  if (request.reached != nullptr) {
    for (const auto& [output, grads] : parts) request.reached->insert(output);
  }
  std::vector<Grad> result;
  for (Output x : request.xs) result.push_back(total(x));
  return result;
}

}  // namespace graphrun
