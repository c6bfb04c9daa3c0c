#include "ops/axis.h"

#include <algorithm>

#include "core/base/size.h"

namespace graphrun::ops {

int CanonicalAxis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) {
    ThrowInvalid("axis " + std::to_string(axis) + " is out of range for a tensor of rank " +
                 std::to_string(rank) + "; it must be in [" + std::to_string(-rank) + ", " +
                 std::to_string(rank) + ")");
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

std::optional<int> KnownAxis(const ShapeContext& c, int i, int rank) {
  if (rank < 0) return std::nullopt;
  const std::optional<int64_t> axis = c.IntValue(i);
  if (!axis) return std::nullopt;
  return CanonicalAxis(*axis, rank);
}

std::optional<std::vector<int64_t>> ConstInts(Expr x) {
  const Tensor* value = x.graph().ConstValue(x.output());
  if (value == nullptr) return std::nullopt;
  std::vector<int64_t> ints(value->num_elements());
  for (size_t i = 0; i < ints.size(); ++i) ints[i] = value->int_at(i);
  return ints;
}

Expr IntsLike(const Scope& s, Expr x, const std::vector<int64_t>& values) {
  if (x.dtype() == DType::kInt64) return s.Const(Tensor::Vector(values));
  return s.Const(Tensor::Vector(std::vector<int32_t>(values.begin(), values.end())));
}

AxisSet AxesOf(const Tensor& axes, int rank) {
  AxisSet set;
  for (int64_t i = 0; i < axes.num_elements(); ++i) {
    const int axis = CanonicalAxis(axes.int_at(i), rank);
    if (set[axis]) ThrowInvalid("an axis occurs twice in " + axes.ToString());
    set.set(axis);
  }
  return set;
}

PerDim<int64_t> Strides(const Shape& shape) {
  PerDim<int64_t> strides(shape.rank());
  if (std::count(shape.dims().begin(), shape.dims().end(), 0) > 0) return strides;
  int64_t stride = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides[i] = stride;
    stride = CheckedMul(stride, shape[i]);
  }
  return strides;
}

int64_t CountElements(const Shape& shape, int begin, int end) {
  int64_t n = 1;
  for (int i = begin; i < end; ++i) n = CheckedMul(n, shape[i]);
  return n;
}

}  // namespace graphrun::ops
