// Builders that people and gradients write: op::MatMul(scope, a, b). Those of raw_ops.h, and here
// what is said more easily another way. Each adds one node (constants for its axes apart).
#ifndef GRAPHRUN_CORE_BUILD_OPS_H_
#define GRAPHRUN_CORE_BUILD_OPS_H_

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/build/raw_ops.h"
#include "core/build/scope.h"

namespace graphrun::op {

// A name that is declared below stands for itself alone.
using namespace raw_ops;

// --- constants
inline Expr Const(const Scope& s, Tensor value) { return s.Const(std::move(value)); }
template <typename T>
requires(kDTypeOf<T> != DType::kInvalid) Expr Const(const Scope& s, T value) {
  return s.Const(Tensor::Scalar(value));
}
inline Expr Const(const Scope& s, const char* value) {
  return s.Const(Tensor::Scalar(std::string(value)));
}
template <typename T>
Expr Const(const Scope& s, const std::vector<T>& values) {
  return s.Const(Tensor::Vector(values));
}
template <typename T>
Expr Const(const Scope& s, const std::vector<T>& values, const graphrun::Shape& shape) {
  return s.Const(Tensor::Of(values, shape));
}
// An int32 vector: shapes, axes, permutations.
inline Expr Ints(const Scope& s, const std::vector<int32_t>& values) { return Const(s, values); }
// An int32 vector of a known shape's dimensions.
Expr ShapeConst(const Scope& s, const graphrun::Shape& shape);

// --- layout
inline Expr Concat(const Scope& s, const std::vector<Expr>& xs, Expr axis) {
  return raw_ops::ConcatV2(s, xs, axis);
}
inline Expr Concat(const Scope& s, const std::vector<Expr>& xs, int axis) {
  return Concat(s, xs, s.WithName("axis").Const(Tensor::Scalar<int32_t>(axis)));
}
using raw_ops::ExpandDims;
inline Expr ExpandDims(const Scope& s, Expr x, int axis) {
  return ExpandDims(s, x, s.Const(Tensor::Scalar<int32_t>(axis)));
}
struct StridedSliceMasks {
  int64_t begin = 0, end = 0, ellipsis = 0, new_axis = 0, shrink_axis = 0;
};
inline Expr StridedSlice(const Scope& s, Expr x, Expr begin, Expr end, Expr strides,
                         const StridedSliceMasks& m = {}) {
  return raw_ops::StridedSlice(s, x, begin, end, strides, m.begin, m.end, m.ellipsis, m.new_axis,
                               m.shrink_axis);
}
inline Expr StridedSliceGrad(const Scope& s, Expr shape, Expr begin, Expr end, Expr strides,
                             Expr dy, const StridedSliceMasks& m) {
  return raw_ops::StridedSliceGrad(s, shape, begin, end, strides, dy, m.begin, m.end, m.ellipsis,
                                   m.new_axis, m.shrink_axis);
}
inline Expr MatrixTranspose(const Scope& s, Expr x) {
  return Transpose(s, x, Ints(s.WithName(""), {1, 0}));
}

// --- indexing
inline Expr Gather(const Scope& s, Expr params, Expr indices, Expr axis) {
  return raw_ops::GatherV2(s, params, indices, axis);
}
inline Expr Gather(const Scope& s, Expr params, Expr indices, int axis = 0) {
  return Gather(s, params, indices, s.WithName("axis").Const(Tensor::Scalar<int32_t>(axis)));
}

// --- reductions: over some axes, and over all
using raw_ops::All;
inline Expr All(const Scope& s, Expr x, const std::vector<int32_t>& axes, bool keep_dims = false) {
  return All(s, x, Ints(s.WithName(""), axes), keep_dims);
}
using raw_ops::Any;
inline Expr Any(const Scope& s, Expr x, const std::vector<int32_t>& axes, bool keep_dims = false) {
  return Any(s, x, Ints(s.WithName(""), axes), keep_dims);
}
using raw_ops::Max;
inline Expr Max(const Scope& s, Expr x, const std::vector<int32_t>& axes, bool keep_dims = false) {
  return Max(s, x, Ints(s.WithName(""), axes), keep_dims);
}
using raw_ops::Mean;
inline Expr Mean(const Scope& s, Expr x, const std::vector<int32_t>& axes, bool keep_dims = false) {
  return Mean(s, x, Ints(s.WithName(""), axes), keep_dims);
}
using raw_ops::Min;
inline Expr Min(const Scope& s, Expr x, const std::vector<int32_t>& axes, bool keep_dims = false) {
  return Min(s, x, Ints(s.WithName(""), axes), keep_dims);
}
using raw_ops::Prod;
inline Expr Prod(const Scope& s, Expr x, const std::vector<int32_t>& axes, bool keep_dims = false) {
  return Prod(s, x, Ints(s.WithName(""), axes), keep_dims);
}
using raw_ops::Sum;
inline Expr Sum(const Scope& s, Expr x, const std::vector<int32_t>& axes, bool keep_dims = false) {
  return Sum(s, x, Ints(s.WithName(""), axes), keep_dims);
}
// All axes of a tensor of any rank.
Expr AllAxes(const Scope& s, Expr x);
inline Expr ReduceSum(const Scope& s, Expr x) { return Sum(s, x, AllAxes(s, x)); }
inline Expr ReduceMean(const Scope& s, Expr x) { return Mean(s, x, AllAxes(s, x)); }
inline Expr ReduceMax(const Scope& s, Expr x) { return Max(s, x, AllAxes(s, x)); }

// --- random; `seed` as the op-level seed of TensorFlow's Python functions
inline Expr RandomUniform(const Scope& s, Expr shape, DType dtype,
                          std::optional<int64_t> seed = {}) {
  const auto [seed1, seed2] = s.Seeds(seed);
  return raw_ops::RandomUniform(s, shape, dtype, seed1, seed2);
}
inline Expr RandomUniformInt(const Scope& s, Expr shape, Expr minval, Expr maxval,
                             std::optional<int64_t> seed = {}) {
  const auto [seed1, seed2] = s.Seeds(seed);
  return raw_ops::RandomUniformInt(s, shape, minval, maxval, seed1, seed2);
}
inline Expr RandomStandardNormal(const Scope& s, Expr shape, DType dtype,
                                 std::optional<int64_t> seed = {}) {
  const auto [seed1, seed2] = s.Seeds(seed);
  return raw_ops::RandomStandardNormal(s, shape, dtype, seed1, seed2);
}
inline Expr TruncatedNormal(const Scope& s, Expr shape, DType dtype,
                            std::optional<int64_t> seed = {}) {
  const auto [seed1, seed2] = s.Seeds(seed);
  return raw_ops::TruncatedNormal(s, shape, dtype, seed1, seed2);
}
// Class indices [batch, num_samples] drawn from logits [batch, classes].
inline Expr Multinomial(const Scope& s, Expr logits, Expr num_samples,
                        DType output_dtype = DType::kInt64, std::optional<int64_t> seed = {}) {
  const auto [seed1, seed2] = s.Seeds(seed);
  return raw_ops::Multinomial(s, logits, num_samples, seed1, seed2, output_dtype);
}
inline Expr RandomShuffle(const Scope& s, Expr x, std::optional<int64_t> seed = {}) {
  const auto [seed1, seed2] = s.Seeds(seed);
  return raw_ops::RandomShuffle(s, x, seed1, seed2);
}

// --- variables, by handle
inline Expr ReadVariable(const Scope& s, Expr handle) {
  return raw_ops::ReadVariableOp(s, handle, handle.type().element_dtype);
}
inline Expr AssignVariable(const Scope& s, Expr handle, Expr value) {
  return raw_ops::AssignVariableOp(s, handle, value);
}
inline Expr AssignAddVariable(const Scope& s, Expr handle, Expr value) {
  return raw_ops::AssignAddVariableOp(s, handle, value);
}
inline Expr AssignSubVariable(const Scope& s, Expr handle, Expr value) {
  return raw_ops::AssignSubVariableOp(s, handle, value);
}
inline Expr ResourceGather(const Scope& s, Expr handle, Expr indices) {
  return raw_ops::ResourceGather(s, handle, indices, handle.type().element_dtype);
}

}  // namespace graphrun::op

#endif  // GRAPHRUN_CORE_BUILD_OPS_H_
