#include "ops/layout/slice_plan.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <string>

#include "core/base/error.h"
#include "core/base/size.h"

namespace graphrun::ops {
namespace slice_plan {

bool Bit(int64_t mask, int i) { return i < 63 && (mask >> i & 1) != 0; }

// One dimension that begin:end:stride selects from.
SlicePlan::Range Select(int64_t dim, std::optional<int64_t> begin, std::optional<int64_t> end,
                        int64_t stride) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  if (dim < 0) return {0, stride, kUnknownDim};
  const int64_t low = stride > 0 ? 0 : -1, high = stride > 0 ? dim : dim - 1;
  const auto place = [&](std::optional<int64_t> at, int64_t otherwise) {
    if (!at) return otherwise;
    return std::clamp(*at < 0 ? *at + dim : *at, low, high);
  };
  const int64_t first = place(begin, stride > 0 ? low : high),
                last = place(end, stride > 0 ? high : low);
  const int64_t span = stride > 0 ? last - first : first - last;
  // The lowest number has no negative.
  const int64_t step = stride > 0 ? stride : -std::max(stride, -kMost);
  return {first, stride, span <= 0 ? 0 : CeilDiv(span, step)};
}

}  // namespace slice_plan

SlicePlan PlanSlice(const Shape& x, int num_indices, const SliceBound& begin, const SliceBound& end,
                    const SliceBound& stride, const SliceMasks& masks) {
  using slice_plan::Bit;
  // Indices that take up a dimension; the ellipsis, or the end of the indices, stands for all other
  // dimensions.
  int taking = 0, ellipses = 0;
  for (int i = 0; i < num_indices; ++i) {
    if (Bit(masks.ellipsis, i)) {
      ++ellipses;
    } else if (!Bit(masks.new_axis, i)) {
      ++taking;
    }
  }
  // TensorFlow counts in the whole mask, also beyond the last index.
  if (std::popcount(static_cast<uint32_t>(masks.ellipsis)) > 1) {
    ThrowInvalid("a strided slice has at most one ellipsis");
  }
  if (taking > x.rank()) {
    ThrowInvalid("a strided slice has " + std::to_string(taking) +
                 " indices for a tensor of shape " + x.ToString());
  }
  SlicePlan plan{PerDim<SlicePlan::Range>(x.rank()), {}};
  int d = 0;
  const auto take_whole = [&](int count) {
    for (int n = 0; n < count; ++n, ++d) {
      plan.ranges[d] = {0, 1, x[d]};
      plan.result.Append(x[d]);
    }
  };
  for (int i = 0; i < num_indices; ++i) {
    if (Bit(masks.ellipsis, i)) {
      take_whole(x.rank() - taking);
      continue;
    }
    if (Bit(masks.new_axis, i)) {
      plan.result.Append(1);
      continue;
    }
    const int64_t dim = x[d];
    const std::optional<int64_t> first = begin(i), last = end(i), step = stride(i);
    if (step && *step == 0)
      ThrowInvalid("strides[" + std::to_string(i) + "] of a strided slice is zero");
    SlicePlan::Range& range = plan.ranges[d++];
    if (Bit(masks.shrink_axis, i)) {
      if (step && *step < 0)
        ThrowInvalid("index " + std::to_string(i) +
                     " of a strided slice is no range: its stride must be 1");
      range = {0, 1, 1};
      if (first && dim >= 0) {
        range.begin = *first < 0 ? *first + dim : *first;
        if (range.begin < 0 || range.begin >= dim) {
          ThrowInvalid("slice index " + std::to_string(*first) + " of dimension " +
                       std::to_string(d - 1) + " is out of bounds for shape " + x.ToString());
        }
      }
      continue;
    }
    const bool from_edge = Bit(masks.begin, i), to_edge = Bit(masks.end, i);
    if (!step || (!first && !from_edge) || (!last && !to_edge)) {
      range = {0, 1, kUnknownDim};
    } else {
      range = slice_plan::Select(dim, from_edge ? std::nullopt : first,
                                 to_edge ? std::nullopt : last, *step);
    }
    plan.result.Append(range.size);
  }
  if (ellipses == 0) take_whole(x.rank() - taking);
  return plan;
}

SlicePlan PlanSlice(const Shape& x, const Tensor& begin, const Tensor& end, const Tensor& strides,
                    const SliceMasks& masks) {
  const auto element = [](const Tensor& t) {
    return [&t](int i) -> std::optional<int64_t> { return t.int_at(i); };
  };
  return PlanSlice(x, static_cast<int>(begin.num_elements()), element(begin), element(end),
                   element(strides), masks);
}

}  // namespace graphrun::ops
