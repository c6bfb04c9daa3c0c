// Axes and small integer operands: what the ops that move, index and reduce dimensions share.
#ifndef GRAPHRUN_OPS_AXIS_H_
#define GRAPHRUN_OPS_AXIS_H_

#include <bitset>
#include <optional>
#include <vector>

#include "core/autodiff/gradients.h"
#include "core/base/per_dim.h"
#include "core/graph/op_context.h"

namespace graphrun::ops {

// `axis` counted from the front. INVALID_ARGUMENT unless it is in [-rank, rank). REQUIRES: rank >=
// 0.
int CanonicalAxis(int64_t axis, int rank);

// The axis that int scalar input i names among `rank` dimensions; nothing while either is unknown
// (rank < 0).
std::optional<int> KnownAxis(const ShapeContext& c, int i, int rank);

// The elements of a constant int32 or int64 tensor; nothing when x is no constant.
std::optional<std::vector<int64_t>> ConstInts(Expr x);

// A constant of x's integer dtype.
Expr IntsLike(const Scope& s, Expr x, const std::vector<int64_t>& values);

// Axes of a tensor, as bits.
using AxisSet = std::bitset<Shape::kMaxRank>;
// The elements of an int tensor as axes. INVALID_ARGUMENT when one is out of range or occurs twice.
// REQUIRES: rank >= 0.
AxisSet AxesOf(const Tensor& axes, int rank);

// Row-major strides of a fully known shape, in elements; zeros when it has no elements.
PerDim<int64_t> Strides(const Shape& shape);

// Product of dimensions [begin, end). INVALID_ARGUMENT when it does not fit 64 bits.
int64_t CountElements(const Shape& shape, int begin, int end);

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_AXIS_H_
