#include "ops/index/rows.h"

#include <algorithm>
#include <string>

#include "core/base/parallel.h"

namespace graphrun::ops {
namespace rows {

constexpr int64_t kGrainBytes = 64 << 10;

template <typename Index>
void Copy(const Tensor& from, const Index* indices, int64_t count, int64_t outer, int64_t num_rows,
          int64_t width, Tensor& to) {
  const bool strings = from.dtype() == DType::kString;
  const int64_t bytes = strings ? width : width * static_cast<int64_t>(DTypeSize(from.dtype()));
  const int64_t grain = strings ? outer * count : kGrainBytes / std::max<int64_t>(bytes, 1) + 1;
  ParallelFor(outer * count, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t index = indices[i % count], source = i / count * num_rows + index;
      if (index < 0 || index >= num_rows) ThrowIndexOutOfRange(i % count, index, num_rows);
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
              int64_t width, Tensor& to) {
  if (from.dtype() != DType::kString && DTypeSize(from.dtype()) == 0) {
    ThrowUnsupportedType(from.dtype(), "numbers, bool and string");
  }
  ForInt(indices.dtype(), [&](auto z) {
    rows::Copy(from, indices.data<decltype(z)>(), indices.num_elements(), outer, num_rows, width,
               to);
  });
}

}  // namespace graphrun::ops
