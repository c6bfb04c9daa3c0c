// Writing slices by index vectors: what ScatterNd, TensorScatter* and ResourceScatterNd* share.
#ifndef GRAPHRUN_OPS_INDEX_SCATTER_H_
#define GRAPHRUN_OPS_INDEX_SCATTER_H_

#include <cstdint>

#include "core/graph/op_context.h"

namespace graphrun::ops {

enum class ScatterMode { kUpdate, kAdd, kSub, kMin, kMax };

// The shape of updates for indices [..., depth] into x, [..., slice of x...]; unknown when it
// cannot be told. INVALID_ARGUMENT when the index vectors are longer than x's rank.
Shape UpdatesShape(const std::string& op, const Shape& indices, const Shape& x);

// Which slice index vector `row`, of `depth` elements, names in a tensor of shape x.
// INVALID_ARGUMENT naming the element that is out of range.
int64_t SliceAt(const Tensor& indices, int64_t row, int depth, const Shape& x);

// Changes the slices of y that indices [..., depth] name by those of updates, in their order.
// Numbers for all modes; any dtype of plain elements, and strings, for kUpdate.
void ScatterSlices(ScatterMode mode, const Tensor& indices, const Tensor& updates, Tensor& y);

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_INDEX_SCATTER_H_
