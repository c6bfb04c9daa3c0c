// PerDim: one value for each dimension of a tensor, for kernels.
#ifndef GRAPHRUN_CORE_BASE_PER_DIM_H_
#define GRAPHRUN_CORE_BASE_PER_DIM_H_

#include <algorithm>
#include <array>
#include <memory>

#include "core/base/shape.h"

namespace graphrun {

// An array whose size is given when it is made, zero at first. Without heap memory for the ranks
// that are usual.
template <typename T>
class PerDim {
 public:
  PerDim() = default;
  explicit PerDim(int size) : size_(size) {
    if (size > Shape::kInlineRank) heap_ = std::make_unique<T[]>(size);
  }
  int size() const { return size_; }
  T* data() { return heap_ ? heap_.get() : inline_.data(); }
  const T* data() const { return heap_ ? heap_.get() : inline_.data(); }
  T& operator[](int i) { return data()[i]; }
  const T& operator[](int i) const { return data()[i]; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }

 private:
  int size_ = 0;
  std::array<T, Shape::kInlineRank> inline_{};
  std::unique_ptr<T[]> heap_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_PER_DIM_H_
