// Expr: a symbolic tensor. What op builders take and return; with operators and slices.
#ifndef GRAPHRUN_CORE_BUILD_EXPR_H_
#define GRAPHRUN_CORE_BUILD_EXPR_H_

#include <initializer_list>
#include <string>
#include <type_traits>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

class FunctionBuilder;
class Scope;
class SliceIndex;

// An output of a node in a graph under construction (the main one, or a body that is being built).
// Also stands for the node itself where an operation is asked for. Valid as long as its MetaGraph.
// A default Expr is invalid and means "none" where that is allowed.
class Expr {
 public:
  Expr() = default;
  Expr(FunctionBuilder* home, graphrun::Output output) : home_(home), output_(output) {}

  bool valid() const { return home_ != nullptr; }
  FunctionBuilder* home() const { return home_; }
  graphrun::Output output() const { return output_; }
  NodeId node() const { return output_.node; }
  // Another output of the same node.
  Expr sibling(int index) const { return Expr(home_, {output_.node, index}); }
  const Graph& graph() const;
  const ValueType& type() const;
  DType dtype() const { return type().dtype; }
  const Shape& shape() const { return type().shape; }
  std::string name() const;       // "model/add:0"
  std::string node_name() const;  // "model/add"
  bool operator==(const Expr&) const = default;

  // x[{all, t}]: as NumPy's basic slicing, with all, newaxis, ellipsis, integers, scalar Exprs and
  // Range(b, e).
  Expr operator[](std::initializer_list<SliceIndex> indices) const;

 private:
  FunctionBuilder* home_ = nullptr;
  graphrun::Output output_;
};

// Where an operator puts its node: in the innermost body being built, under the name scope of the
// first operand that was made there. Operators carry no control dependencies; use the builders for
// that.
Scope ScopeForOperands(std::initializer_list<Expr> operands);
// A constant scalar of `like`'s dtype in the same place.
Expr ScalarLike(const Expr& like, double value);

Expr operator+(const Expr& a, const Expr& b);
Expr operator-(const Expr& a, const Expr& b);
Expr operator*(const Expr& a, const Expr& b);
// As Python's: RealDiv for floats, FloorDiv for integers.
Expr operator/(const Expr& a, const Expr& b);
Expr operator%(const Expr& a, const Expr& b);  // FloorMod
Expr operator-(const Expr& a);
Expr operator<(const Expr& a, const Expr& b);
Expr operator<=(const Expr& a, const Expr& b);
Expr operator>(const Expr& a, const Expr& b);
Expr operator>=(const Expr& a, const Expr& b);
Expr operator&&(const Expr& a, const Expr& b);
Expr operator||(const Expr& a, const Expr& b);
Expr operator!(const Expr& a);

template <typename T>
concept Number = std::is_arithmetic_v<T>;
template <Number T>
Expr operator+(const Expr& a, T b) {
  return a + ScalarLike(a, b);
}
template <Number T>
Expr operator+(T a, const Expr& b) {
  return ScalarLike(b, a) + b;
}
template <Number T>
Expr operator-(const Expr& a, T b) {
  return a - ScalarLike(a, b);
}
template <Number T>
Expr operator-(T a, const Expr& b) {
  return ScalarLike(b, a) - b;
}
template <Number T>
Expr operator*(const Expr& a, T b) {
  return a * ScalarLike(a, b);
}
template <Number T>
Expr operator*(T a, const Expr& b) {
  return ScalarLike(b, a) * b;
}
template <Number T>
Expr operator/(const Expr& a, T b) {
  return a / ScalarLike(a, b);
}
template <Number T>
Expr operator/(T a, const Expr& b) {
  return ScalarLike(b, a) / b;
}
template <Number T>
Expr operator%(const Expr& a, T b) {
  return a % ScalarLike(a, b);
}
template <Number T>
Expr operator<(const Expr& a, T b) {
  return a < ScalarLike(a, b);
}
template <Number T>
Expr operator<=(const Expr& a, T b) {
  return a <= ScalarLike(a, b);
}
template <Number T>
Expr operator>(const Expr& a, T b) {
  return a > ScalarLike(a, b);
}
template <Number T>
Expr operator>=(const Expr& a, T b) {
  return a >= ScalarLike(a, b);
}

struct All {};
struct NewAxis {};
struct Ellipsis {};
inline constexpr All all;
inline constexpr NewAxis newaxis;
inline constexpr Ellipsis ellipsis;
// [begin, end) with a stride; a missing end is to the end. Negative positions count from the end.
struct Range {
  int64_t begin = 0;
  std::optional<int64_t> end = {};
  int64_t stride = 1;
};

// One element of x[{...}].
class SliceIndex {
 public:
  SliceIndex(All) : kind_(kRange) {}          // NOLINT: implicit by design, as all below
  SliceIndex(NewAxis) : kind_(kNewAxis) {}    // NOLINT
  SliceIndex(Ellipsis) : kind_(kEllipsis) {}  // NOLINT
  SliceIndex(int64_t at) : kind_(kAt), range_{at, {}, 1} {}     // NOLINT
  SliceIndex(int at) : SliceIndex(static_cast<int64_t>(at)) {}  // NOLINT
  SliceIndex(Expr at) : kind_(kAt), expr_(at) {}                // NOLINT: a scalar int32
  SliceIndex(Range range) : kind_(kRange), range_(range) {}     // NOLINT

 private:
  friend class Expr;
  enum Kind { kAt, kRange, kNewAxis, kEllipsis };
  Kind kind_;
  Range range_;
  Expr expr_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BUILD_EXPR_H_
