// What the segment ops share: how the rows of a segment are joined, and gradients through ids.
#ifndef GRAPHRUN_OPS_INDEX_SEGMENT_H_
#define GRAPHRUN_OPS_INDEX_SEGMENT_H_

#include <algorithm>
#include <limits>

#include "core/autodiff/gradients.h"

namespace graphrun::ops {

enum class SegmentMode { kSum, kMean, kProd, kMax, kMin };

template <typename T>
T JoinRows(SegmentMode mode, T a, T b) {
  switch (mode) {
    case SegmentMode::kProd:
      return a * b;
    case SegmentMode::kMax:
      return a > b ? a : b;  // NaN counts unless a number comes after it
    case SegmentMode::kMin:
      return a < b ? a : b;
    default:
      return a + b;
  }
}

// The number of segments of ids; INVALID_ARGUMENT unless they ascend from 0 or more.
int64_t CountSegments(const Tensor& ids);

// The rows of `params` that ids name, and zeros for a negative id.
Expr GatherNonNegative(GradContext& g, Expr params, Expr ids);

// The gradients of a product, maximum or minimum over segments (data, ids, ...). `sum` and `prod`
// add up or multiply rows like data's over the same segments; `gather` takes each row's segment,
// and zeros for a row that belongs to none, where `any` takes anything.
struct SegmentGradient {
  std::function<Expr(Expr)> sum, prod, gather, any;
  Expr OfProd(GradContext& g) const;
  Expr OfExtremum(GradContext& g) const;
};

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_INDEX_SEGMENT_H_
