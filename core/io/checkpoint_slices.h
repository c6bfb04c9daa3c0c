// Keys under which a checkpoint keeps the slices of a tensor.
#ifndef GRAPHRUN_CORE_IO_CHECKPOINT_SLICES_H_
#define GRAPHRUN_CORE_IO_CHECKPOINT_SLICES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace graphrun {

struct Extent {
  static constexpr int64_t kFull = -1;
  int64_t start = 0;
  int64_t length = kFull;  // kFull: the whole dimension
};

// The number 0, the name, the rank, then start and length of each dimension, each written so that
// bytes sort as values do. Only keys of slices begin with a zero byte.
std::string SliceKey(std::string_view name, std::span<const Extent> extents);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IO_CHECKPOINT_SLICES_H_
