// Helpers that give nodes the names of TensorFlow's Python functions.
#ifndef GRAPHRUN_MODELS_NN_NAMING_H_
#define GRAPHRUN_MODELS_NN_NAMING_H_

#include <string_view>
#include <vector>

#include "core/build/ops.h"

namespace graphrun {

// A name scope `name` whose next unnamed node gets the scope's own name: "concat" with
// "concat/axis" below it.
inline Scope Named(const Scope& s, std::string_view name) {
  const Scope inner = s.NameScope(name);
  return inner.WithName(inner.name_scope() + "/");
}

// A scalar constant of a floating or integer dtype.
inline Expr ScalarConst(const Scope& s, DType dtype, double value) {
  Tensor t(dtype, Shape{});
  ForNumeric(dtype, [&](auto z) { *t.data<decltype(z)>() = static_cast<decltype(z)>(value); });
  return s.Const(std::move(t));
}

// An int32 vector of a shape's dimensions, -1 where one is unknown.
inline Expr DimsConst(const Scope& s, const Shape& shape) {
  return op::Ints(s, {shape.dims().begin(), shape.dims().end()});
}

// A node `name` of a binary op whose one operand is a number: "add" with the constant "add/y".
inline Expr WithNumber(const Scope& s, std::string_view name, std::string_view op, Expr x,
                       double y) {
  const Scope own = Named(s, name);
  return own.Add(op, {x, ScalarConst(own.WithName("y"), x.dtype(), y)});
}
inline Expr WithNumber(const Scope& s, std::string_view name, std::string_view op, double x,
                       Expr y) {
  const Scope own = Named(s, name);
  return own.Add(op, {ScalarConst(own.WithName("x"), y.dtype(), x), y});
}

// Element `at` of a vector: "strided_slice".
inline Expr ElementAt(const Scope& s, Expr vector, int32_t at) {
  const Scope own = Named(s, "strided_slice");
  op::StridedSliceMasks masks;
  masks.shrink_axis = 1;
  return op::StridedSlice(own, vector, op::Ints(own.WithName("stack"), {at}),
                          op::Ints(own.WithName("stack_1"), {at + 1}),
                          op::Ints(own.WithName("stack_2"), {1}), masks);
}

}  // namespace graphrun

#endif  // GRAPHRUN_MODELS_NN_NAMING_H_
