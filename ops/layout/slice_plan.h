// SlicePlan: what begin, end, strides and masks of a strided slice mean for a tensor of some shape.
#ifndef GRAPHRUN_OPS_LAYOUT_SLICE_PLAN_H_
#define GRAPHRUN_OPS_LAYOUT_SLICE_PLAN_H_

#include <functional>
#include <optional>

#include "core/base/per_dim.h"
#include "core/base/shape.h"
#include "core/base/tensor.h"

namespace graphrun::ops {

struct SliceMasks {
  int64_t begin, end, ellipsis, new_axis, shrink_axis;
};

struct SlicePlan {
  // Along each dimension of the sliced tensor: the first element (meaningless where size is
  // unknown), the step and the number of elements taken.
  struct Range {
    int64_t begin, step, size;
  };
  PerDim<Range> ranges;
  Shape result;  // with new axes, and without those that a single index removed
};

// Element i of begin, end or strides, if known.
using SliceBound = std::function<std::optional<int64_t>(int i)>;

// REQUIRES: x is of known rank. Unknown bounds and dimensions of x give unknown sizes.
// INVALID_ARGUMENT for a zero stride, two ellipses, more indices than dimensions, or an index
// outside its dimension.
SlicePlan PlanSlice(const Shape& x, int num_indices, const SliceBound& begin, const SliceBound& end,
                    const SliceBound& stride, const SliceMasks& masks);
// The same from values: int vectors.
SlicePlan PlanSlice(const Shape& x, const Tensor& begin, const Tensor& end, const Tensor& strides,
                    const SliceMasks& masks);

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_LAYOUT_SLICE_PLAN_H_
