#include "core/autodiff/gradients.h"

#include "core/autodiff/backward_pass.h"
#include "core/base/error.h"
#include "core/build/build_context.h"
#include "core/build/ops.h"
#include "core/graph/fixed_constants.h"

namespace graphrun {

std::vector<Grad> Gradients(const Scope& scope, const std::vector<Expr>& ys,
                            const std::vector<Expr>& xs, const std::vector<Expr>& grad_ys,
                            std::vector<std::string>* why) {
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
                                : raw_ops::OnesLike(s.WithName("grad_ys_" + std::to_string(i)), y);
    }
    request.dys.push_back(dy);
  }
  std::set<Output> reached;
  if (why != nullptr) request.reached = &reached;
  // Gradients are built for the shapes and axes that are known.
  std::vector<NodeId> nodes;
  for (Output y : request.ys) nodes.push_back(y.node);
  FixConstantsOfTypes(&s.home()->context()->root()->graph(), s.graph(), nodes);
  std::vector<Grad> grads = BackwardPass(request);
  if (why != nullptr) {
    why->assign(xs.size(), "");
    for (size_t i = 0; i < xs.size(); ++i) {
      if (grads[i].none()) (*why)[i] = WhyNoGradient(request, reached, request.xs[i]);
    }
  }
  return grads;
}

Expr ZerosLike(const Scope& scope, Expr x) {
  if (x.dtype() != DType::kResource) return raw_ops::ZerosLike(scope, x);
  const Expr shape = raw_ops::VariableShape(scope, x);
  const Expr zero = scope.Const(Tensor::Zeros(x.type().element_dtype, {}));
  return raw_ops::Fill(scope.WithName("zeros"), shape, zero);
}

Expr ToDense(const Scope& scope, const Grad& grad) {
  if (!grad.sparse()) return grad.dense;
  const auto vector = [&](int32_t at) { return scope.Const(Tensor::Vector<int32_t>({at})); };
  const Expr begin = vector(0), end = vector(1), stride = vector(1);
  const Expr rows =
      op::StridedSlice(scope, grad.slices.dense_shape, begin, end, stride, {.shrink_axis = 1});
  return raw_ops::UnsortedSegmentSum(scope, grad.slices.values, grad.slices.indices, rows);
}

}  // namespace graphrun
