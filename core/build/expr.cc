#include "core/build/expr.h"

#include "core/base/error.h"
#include "core/build/build_context.h"
#include "core/build/raw_ops.h"
#include "core/build/scope.h"

namespace graphrun {
namespace {

Expr Binary(const char* op, const Expr& a, const Expr& b) {
  return ScopeForOperands({a, b}).Add(op, {a, b});
}

}  // namespace

const Graph& Expr::graph() const {
  if (!valid()) {
    ThrowInvalid(
        "an invalid Expr stands for no tensor; the gradient of a loss with respect to what it does "
        "not depend on is such a one");
  }
  return home_->graph();
}
const ValueType& Expr::type() const { return graph().type(output_); }
std::string Expr::name() const {
  return graph().num_outputs(node()) == 0 ? node_name() : graph().OutputName(output_);
}
std::string Expr::node_name() const { return graph().node(output_.node).name; }

Expr ScalarLike(const Expr& like, double value) {
  const Scope s = ScopeForOperands({like});
  Tensor t;
  ForNumeric(like.dtype(), [&](auto z) { t = Tensor::Scalar(static_cast<decltype(z)>(value)); });
  return s.Const(t);
}

Expr operator+(const Expr& a, const Expr& b) { return Binary("AddV2", a, b); }
Expr operator-(const Expr& a, const Expr& b) { return Binary("Sub", a, b); }
Expr operator*(const Expr& a, const Expr& b) { return Binary("Mul", a, b); }
Expr operator/(const Expr& a, const Expr& b) {
  return Binary(IsFloating(a.dtype()) ? "RealDiv" : "FloorDiv", a, b);
}
Expr operator%(const Expr& a, const Expr& b) { return Binary("FloorMod", a, b); }
Expr operator-(const Expr& a) { return raw_ops::Neg(ScopeForOperands({a}), a); }
Expr operator<(const Expr& a, const Expr& b) { return Binary("Less", a, b); }
Expr operator<=(const Expr& a, const Expr& b) { return Binary("LessEqual", a, b); }
Expr operator>(const Expr& a, const Expr& b) { return Binary("Greater", a, b); }
Expr operator>=(const Expr& a, const Expr& b) { return Binary("GreaterEqual", a, b); }
Expr operator&&(const Expr& a, const Expr& b) { return Binary("LogicalAnd", a, b); }
Expr operator||(const Expr& a, const Expr& b) { return Binary("LogicalOr", a, b); }
Expr operator!(const Expr& a) { return raw_ops::LogicalNot(ScopeForOperands({a}), a); }

Expr Expr::operator[](std::initializer_list<SliceIndex> indices) const {
  std::vector<int32_t> begin, end, strides;
  std::vector<Expr> dynamic;  // at positions that an Expr gives
  int64_t begin_mask = 0, end_mask = 0, ellipsis_mask = 0, new_axis_mask = 0, shrink_mask = 0;
  Scope scope = ScopeForOperands({*this});
  bool any_dynamic = false;
  for (const SliceIndex& index : indices) {
    const int64_t bit = int64_t{1} << begin.size();
    const auto push = [&](int64_t b, int64_t e, int64_t stride, Expr at = {}) {
      begin.push_back(static_cast<int32_t>(b));
      end.push_back(static_cast<int32_t>(e));
      strides.push_back(static_cast<int32_t>(stride));
      dynamic.push_back(at);
    };
    switch (index.kind_) {
      case SliceIndex::kNewAxis:
        new_axis_mask |= bit;
        push(0, 0, 1);
        break;
      case SliceIndex::kEllipsis:
        ellipsis_mask |= bit;
        push(0, 0, 1);
        break;
      case SliceIndex::kAt:
        shrink_mask |= bit;
        if (index.expr_.valid()) {
          if (index.expr_.dtype() != DType::kInt32)
            ThrowInvalid("x[{...}]: a tensor index is an int32 scalar");
          any_dynamic = true;
          push(0, 0, 1, index.expr_);
        } else {
          push(index.range_.begin, index.range_.begin + 1, 1);
          // The element after the last one is 0 when counted from the end.
          if (index.range_.begin == -1) end_mask |= bit;
        }
        break;
      case SliceIndex::kRange: {
        const Range& r = index.range_;
        // A range without an end, and one that starts at 0 forwards, are open: this also fits an
        // unknown size.
        if (!r.end) end_mask |= bit;
        if (r.begin == 0 && r.stride > 0) begin_mask |= bit;
        if (r.begin == 0 && r.stride < 0 && !r.end) begin_mask |= bit;
        push(r.begin, r.end.value_or(0), r.stride);
        break;
      }
    }
  }
  scope = scope.NameScope("strided_slice");
  const auto vector = [&](const char* name, const std::vector<int32_t>& fixed, int32_t plus) {
    if (!any_dynamic || name == std::string("stack_2"))
      return scope.WithName(name).Const(Tensor::Vector(fixed));
    std::vector<Expr> parts;
    for (size_t i = 0; i < fixed.size(); ++i) {
      if (!dynamic[i].valid()) {
        parts.push_back(scope.Const(Tensor::Scalar(fixed[i])));
      } else {
        parts.push_back(plus ? raw_ops::AddV2(scope, dynamic[i], scope.Const(Tensor::Scalar(plus)))
                             : dynamic[i]);
      }
    }
    return raw_ops::Pack(scope.WithName(name), parts);
  };
  const Expr b = vector("stack", begin, 0), e = vector("stack_1", end, 1),
             s = vector("stack_2", strides, 0);
  return scope.AddAsScope("StridedSlice", {*this, b, e, s},
                          {{"begin_mask", begin_mask},
                           {"end_mask", end_mask},
                           {"ellipsis_mask", ellipsis_mask},
                           {"new_axis_mask", new_axis_mask},
                           {"shrink_axis_mask", shrink_mask}});
}

}  // namespace graphrun
