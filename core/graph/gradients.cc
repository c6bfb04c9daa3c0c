#include "core/graph/gradients.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/graph/backward_pass.h"
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
    for (const Grad& g : parts) {
      values.push_back(g.slices.values);
      indices.push_back(g.slices.indices);
    }
    const Expr axis = scope.Const(Tensor::Scalar<int32_t>(0));
    values.push_back(axis);
    indices.push_back(axis);
    return IndexedSlices{scope.Add("ConcatV2", values), scope.Add("ConcatV2", indices),
                         parts[0].slices.dense_shape};
  }
  std::vector<Expr> dense;
  for (const Grad& g : parts) dense.push_back(ToDense(scope, g));
  return scope.Add("AddN", dense);
}

}  // namespace

bool Differentiable(const ValueType& type) {
  if (type.dtype == DType::kVariant) {
    return IsFloating(type.element_dtype) || type.element_dtype == DType::kVariant ||
           type.element_dtype == DType::kInvalid;
  }
  return IsFloating(type.dtype);
}

std::vector<std::vector<bool>> DependsOn(const Graph& graph, const std::vector<Output>& xs) {
  std::vector<std::vector<bool>> depends(graph.num_ids());
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    depends[id].resize(graph.exists(id) ? graph.num_outputs(id) : 0, false);
  }
  for (Output x : xs) depends[x.node][x.index] = true;
  for (NodeId id : TopologicalOrder(graph)) {
    const Node& node = graph.node(id);
    if (!node.op->grad) continue;
    const bool any = std::any_of(node.inputs.begin(), node.inputs.end(),
                                 [&](Output o) { return depends[o.node][o.index]; });
    if (!any) continue;
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

  const Node& node() const { return forward->graph().node(id); }
};

const Node& GradContext::node() const { return impl_->node(); }
const Scope& GradContext::scope() const { return impl_->scope; }
FunctionBuilder* GradContext::forward() const { return impl_->forward; }
NodeId GradContext::id() const { return impl_->id; }
int GradContext::num_inputs() const { return static_cast<int>(node().inputs.size()); }
int GradContext::num_outputs() const { return static_cast<int>(impl_->douts.size()); }
Expr GradContext::In(int i) const { return {impl_->forward, node().inputs[i]}; }
Expr GradContext::Out(int i) const { return {impl_->forward, {impl_->id, i}}; }
bool GradContext::HasDOut(int i) const { return !impl_->douts[i].none(); }
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
  return scope().Add("Shape", {x});
}

Expr GradContext::ZerosOf(Expr x) const {
  if (x.dtype() == DType::kVariant) return scope().Add("ZerosLike", {x});
  Tensor zero;
  ForFloat(x.dtype(), [&](auto z) { zero = Tensor::Scalar(z); });
  return scope().WithName("zeros").Add("Fill", {ShapeOf(x), scope().Const(zero)});
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
    if (!axes.empty()) sum = s.Add("Sum", {dense, Int32Vector(s, axes)}, {{"keep_dims", false}});
    return sum.shape() == to ? sum : s.Add("Reshape", {sum, ShapeOf(In(i))});
  }
  const Expr target = ShapeOf(In(i));
  const Expr source = s.Add("Shape", {dense});
  const Expr axes = s.Add("BroadcastGradientArgs", {target, source});
  return s.Add("Reshape", {s.Add("Sum", {dense, axes}, {{"keep_dims", false}}), target});
}

std::vector<Grad> BackwardPass(const BackwardRequest& request) {
  const Graph& graph = request.forward->graph();
  // Taken before gradient nodes are added, which may go to the same graph.
  const std::vector<NodeId> order = TopologicalOrder(graph);
  const auto depends = DependsOn(graph, request.xs);

  std::map<Output, std::vector<Grad>> parts;
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
    GradContext::Impl impl{request.forward,
                           id,
                           request.scope,
                           {},
                           {},
                           total,
                           [&](Output o, Expr e) { parts[o] = {Grad(e)}; }};
    bool wanted = false;
    const std::vector<Output> inputs = graph.node(id).inputs;
    for (Output o : inputs) {
      impl.needs.push_back(depends[o.node][o.index]);
      wanted = wanted || impl.needs.back();
    }
    if (!wanted || !graph.node(id).op->grad) continue;
    bool any = false;
    const int outputs = static_cast<int>(depends[id].size());
    for (int i = 0; i < outputs; ++i) {
      impl.douts.push_back(depends[id][i] ? total({id, i}) : Grad());
      any = any || !impl.douts.back().none();
    }
    if (!any) continue;
    const std::string name = graph.node(id).name, op = graph.node(id).op->name;
    WithContext(
        [&] { return "while differentiating '" + name + "' (" + op + ")"; },
        [&] {
          impl.scope = request.scope.NameScope(name + "_grad");
          GradContext context(&impl);
          const std::vector<Grad> grads = graph.node(id).op->grad(context);
          if (grads.size() != inputs.size()) {
            ThrowInternal("the gradient function returns " + std::to_string(grads.size()) +
                          " gradients for " + std::to_string(inputs.size()) + " inputs");
          }
          for (size_t i = 0; i < inputs.size(); ++i) {
            if (!impl.needs[i] || grads[i].none()) continue;
            const ValueType& type = graph.type(inputs[i]);
            if (grads[i].dense.valid() && (grads[i].dense.dtype() != type.dtype ||
                                           !grads[i].dense.shape().CompatibleWith(type.shape))) {
              ThrowInternal("the gradient of input " + std::to_string(i) + " is " +
                            grads[i].dense.type().ToString() + " for " + type.ToString());
            }
            parts[inputs[i]].push_back(grads[i]);
          }
        });
  }
  std::vector<Grad> result;
  for (Output x : request.xs) result.push_back(total(x));
  return result;
}

std::vector<Grad> Gradients(const Scope& scope, const std::vector<Expr>& ys,
                            const std::vector<Expr>& xs, const std::vector<Expr>& grad_ys) {
  const Scope s = scope.NameScope("gradients");
  BackwardRequest request{.forward = scope.home(), .scope = s, .ys = {}, .dys = {}, .xs = {}};
  for (const Expr& x : xs) {
    if (x.home() != scope.home())
      ThrowInvalid("gradients: '" + x.name() + "' belongs to another graph");
    request.xs.push_back(x.output());
  }
  for (size_t i = 0; i < ys.size(); ++i) {
    const Expr& y = ys[i];
    if (y.home() != scope.home())
      ThrowInvalid("gradients: '" + y.name() + "' belongs to another graph");
    if (!IsFloating(y.dtype())) {
      ThrowInvalid("gradients: '" + y.name() + "' is " + y.type().ToString() +
                   "; only floating tensors have gradients");
    }
    request.ys.push_back(y.output());
    Expr dy = i < grad_ys.size() ? grad_ys[i] : Expr();
    if (dy.valid() && (dy.dtype() != y.dtype() || !dy.shape().CompatibleWith(y.shape()))) {
      ThrowInvalid("gradients: grad_ys[" + std::to_string(i) + "] is " + dy.type().ToString() +
                   " for '" + y.name() + "', which is " + y.type().ToString());
    }
    if (!dy.valid()) {
      Tensor one;
      ForFloat(y.dtype(), [&](auto z) { one = Tensor::Scalar(static_cast<decltype(z)>(1)); });
      dy = y.shape() == Shape{} ? s.WithName("grad_ys_" + std::to_string(i)).Const(one)
                                : s.WithName("grad_ys_" + std::to_string(i)).Add("OnesLike", {y});
    }
    request.dys.push_back(dy);
  }
  return BackwardPass(request);
}

Expr ToDense(const Scope& scope, const Grad& grad) {
  if (!grad.sparse()) return grad.dense;
  const Expr rows = scope.Add("StridedSlice",
                              {grad.slices.dense_shape, Int32Vector(scope, {0}),
                               Int32Vector(scope, {1}), Int32Vector(scope, {1})},
                              {{"shrink_axis_mask", int64_t{1}}});
  return scope.Add("UnsortedSegmentSum", {grad.slices.values, grad.slices.indices, rows});
}

}  // namespace graphrun
