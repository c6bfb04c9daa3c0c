// Copying rows by index: what the gathers share.
#ifndef GRAPHRUN_OPS_INDEX_ROWS_H_
#define GRAPHRUN_OPS_INDEX_ROWS_H_

#include <cstdint>

#include "core/base/tensor.h"

namespace graphrun::ops {

// to[o, i, :] = from[o, indices[i], :] for from [outer, rows, width] and to [outer, number of
// indices, width]; with `batches`, the same in each of them, of `from`, `to` and the indices.
// INVALID_ARGUMENT naming the index when one is not in [0, rows). Parallel when large.
void CopyRows(const Tensor& from, const Tensor& indices, int64_t outer, int64_t rows, int64_t width,
              Tensor& to, int64_t batches = 1);

[[noreturn]] void ThrowIndexOutOfRange(int64_t position, int64_t index, int64_t size);

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_INDEX_ROWS_H_
