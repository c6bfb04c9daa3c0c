#include "models/nn/clipping.h"

#include <string>

#include "models/nn/naming.h"

namespace graphrun::train {
namespace {

Expr Values(const Grad& grad) { return grad.sparse() ? grad.slices.values : grad.dense; }

Grad WithValues(const Grad& grad, Expr values) {
  if (!grad.sparse()) return values;
  return IndexedSlices{values, grad.slices.indices, grad.slices.dense_shape};
}

}  // namespace

Expr Hyper::AsExpr(const Scope& scope, const char* name, DType dtype) const {
  return expr_.valid() ? expr_ : ScalarConst(scope.WithName(name), dtype, value_);
}

Expr ClipByValue(const Scope& scope, Expr x, const Hyper& low, const Hyper& high) {
  const Scope own = Named(scope, "clip_by_value");
  const Scope least = Named(own, "Minimum");
  const Expr capped = op::Minimum(least, x, high.AsExpr(least, "y", x.dtype()));
  return op::Maximum(own, capped, low.AsExpr(own, "y", x.dtype()));
}

Grad ClipByValue(const Scope& scope, const Grad& grad, const Hyper& low, const Hyper& high) {
  return grad.none() ? grad : WithValues(grad, ClipByValue(scope, Values(grad), low, high));
}

Expr ClipByNorm(const Scope& scope, Expr x, const Hyper& clip_norm,
                const std::vector<int32_t>& axes) {
  const Scope own = Named(scope, "clip_by_norm");
  const Scope inside = scope.NameScope(own.name_scope() + "/");
  const Expr bound = clip_norm.AsExpr(inside, "clip_norm", x.dtype());
  const Expr squares = op::Mul(inside.WithName("mul"), x, x);
  const Expr over = axes.empty() ? op::AllAxes(inside, x) : op::Ints(inside, axes);
  const Expr sum = op::Sum(inside, squares, over, true);
  // The root of 0 has no gradient: take it of 1 where the sum is 0, and discard it.
  const Expr positive = WithNumber(inside, "Greater", "Greater", sum, 0);
  const Expr safe =
      op::Select(inside, positive, sum, op::OnesLike(inside.WithName("ones_like"), sum));
  const Expr norm = op::Select(inside, positive, op::Sqrt(inside, safe), sum);
  const Expr scaled = op::Mul(inside.WithName("mul"), x, bound);
  const Expr ratio =
      op::RealDiv(inside.WithName("truediv"), scaled, op::Maximum(inside, norm, bound));
  return op::Identity(own, ratio);
}

Grad ClipByNorm(const Scope& scope, const Grad& grad, const Hyper& clip_norm) {
  return grad.none() ? grad : WithValues(grad, ClipByNorm(scope, Values(grad), clip_norm));
}

Expr GlobalNorm(const Scope& scope, const std::vector<Grad>& grads) {
  const Scope own = scope.NameScope("global_norm");
  std::vector<Expr> halves;
  for (const Grad& grad : grads) {
    if (!grad.none()) halves.push_back(op::L2Loss(own, Values(grad)));
  }
  if (halves.empty()) ThrowInvalid("GlobalNorm: none of the gradients is there");
  const Expr half = op::Sum(own, op::Pack(own.WithName("stack"), halves), op::Ints(own, {0}));
  const Expr squared = op::Mul(own.WithName("mul"), half, ScalarConst(own, half.dtype(), 2));
  return op::Sqrt(own.WithName("global_norm"), squared);
}

Clipped ClipByGlobalNorm(const Scope& scope, const std::vector<Grad>& grads, const Hyper& clip_norm,
                         Expr use_norm) {
  const Expr norm = use_norm.valid() ? use_norm : GlobalNorm(scope, grads);
  const DType dtype = norm.dtype();
  const Scope own = scope.NameScope("clip_by_global_norm");
  const Expr bound = clip_norm.AsExpr(own, "clip_norm", dtype);
  const Expr inverse = WithNumber(own, "truediv", "RealDiv", 1, norm);
  const Expr smallest = op::Minimum(own, inverse, WithNumber(own, "truediv", "RealDiv", 1, bound));
  const Expr finite_scale = op::Mul(own.WithName("mul"), bound, smallest);
  // norm - norm is 0, or NaN when the norm is not finite: better no step than one in a wrong
  // direction.
  const Expr scale =
      op::AddV2(own.WithName("add"), finite_scale, op::Sub(own.WithName("sub"), norm, norm));
  Clipped result{{}, norm};
  for (size_t i = 0; i < grads.size(); ++i) {
    if (grads[i].none()) {
      result.grads.emplace_back();
      continue;
    }
    const Expr values = Values(grads[i]);
    const Expr factor = values.dtype() == dtype ? scale : op::Cast(own, scale, values.dtype());
    const Expr scaled = op::Mul(own.WithName("mul"), values, factor);
    const Scope named = own.WithName(own.name_scope() + "/_" + std::to_string(i));
    result.grads.push_back(WithValues(grads[i], op::Identity(named, scaled)));
  }
  return result;
}

}  // namespace graphrun::train
