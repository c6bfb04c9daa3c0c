// StridedCopy: the one loop behind the ops that only move elements.
#ifndef GRAPHRUN_OPS_LAYOUT_STRIDED_H_
#define GRAPHRUN_OPS_LAYOUT_STRIDED_H_

#include <array>

#include "core/base/tensor.h"
#include "core/graph/kernel.h"

namespace graphrun::ops {

// Copies a box of elements between two arrays, each with its own strides. Dimensions that lie on
// each other in both arrays are joined as they are added, so that rows are copied as long as
// possible. Parallel when large.
//
//   StridedCopy copy;                 // y = transpose of x [m, n]
//   copy.Add(n, /*to=*/m, /*from=*/1);
//   copy.Add(m, 1, n);
//   copy.Run(y, 0, x, 0);
class StridedCopy {
 public:
  // The next inner dimension, with strides in elements. Source strides may be 0 (repeat) or
  // negative (reverse).
  void Add(int64_t dim, int64_t to_stride, int64_t from_stride);
  // Copies, beginning at the given elements. REQUIRES: same dtype; no element is written twice or
  // outside. UNIMPLEMENTED for resources and variants, and for more than kMaxDims dimensions
  // that cannot be joined.
  void Run(Tensor& to, int64_t to_begin, const Tensor& from, int64_t from_begin) const;

 private:
  struct Dim {
    int64_t size, to, from;
  };
  template <typename T>
  void RunAs(T* to, const T* from) const;
  template <typename T>
  void RunRows(T* to, const T* from) const;
  template <typename T>
  void RunTransposed(T* to, const T* from, int along) const;
  // Moves *to and *from to row number `row` of the box, whose dimensions [0, end) apart from `skip`
  // count rows.
  void Seek(int64_t row, int end, int skip, int64_t* to, int64_t* from) const;

  static constexpr int kMaxDims = 16;
  std::array<Dim, kMaxDims> dims_{};
  int num_dims_ = 0;
  bool empty_ = false;
};

// The kernel of an op whose output 0 is elements of input 0: where each goes.
struct Move {
  StridedCopy copy;
  int64_t from_begin = 0;
};
inline void RunMove(KernelContext& k, const Move& move) {
  move.copy.Run(k.Out(0), 0, k.In(0), move.from_begin);
}

// Sets all elements to zero, or to empty strings.
void ClearElements(Tensor& t);

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_LAYOUT_STRIDED_H_
