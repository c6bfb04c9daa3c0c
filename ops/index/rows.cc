#include "ops/index/rows.h"

#include <algorithm>
#include <string>

#include "core/base/parallel.h"

namespace graphrun::ops {
namespace rows {

constexpr int64_t kGrainBytes = 64 << 10;

template <typename Index>
void Copy(const Tensor& from, const Index* indices, int64_t count, int64_t outer, int64_t num_rows,
          int64_t width, int64_t batches, Tensor& to) {
  const bool strings = from.dtype() == DType::kString;
  const int64_t bytes = strings ? width : width * static_cast<int64_t>(DTypeSize(from.dtype()));
  const int64_t per_batch = outer * count, total = batches * per_batch;
  const int64_t grain = strings ? total : kGrainBytes / std::max<int64_t>(bytes, 1) + 1;
  ParallelFor(total, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t at = i / per_batch * count + i % count, index = indices[at];
      if (index < 0 || index >= num_rows) ThrowIndexOutOfRange(at, index, num_rows);
      const int64_t source = i / count * num_rows + index;
      if (strings) {
        std::copy_n(from.data<std::string>() + source * width, width,
                    to.data<std::string>() + i * width);
      } else {
        std::copy_n(static_cast<const char*>(from.raw()) + source * bytes, bytes,
                    static_cast<char*>(to.raw()) + i * bytes);
      }
    }
  });
}

}  // namespace rows

void ThrowIndexOutOfRange(int64_t position, int64_t index, int64_t size) {
  ThrowInvalid("indices[" + std::to_string(position) + "] = " + std::to_string(index) +
               " is not in [0, " + std::to_string(size) + ")");
}

void CopyRows(const Tensor& from, const Tensor& indices, int64_t outer, int64_t num_rows,
              int64_t width, Tensor& to, int64_t batches) {
  if (batches == 0) return;
  if (from.dtype() != DType::kString && DTypeSize(from.dtype()) == 0) {
    ThrowUnsupportedType(from.dtype(), "numbers, bool and string");
  }
  ForInt(indices.dtype(), [&](auto z) {
    rows::Copy(from, indices.data<decltype(z)>(), indices.num_elements() / batches, outer, num_rows,
               width, batches, to);
  });
}

}  // namespace graphrun::ops
