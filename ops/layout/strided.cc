#include "ops/layout/strided.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <type_traits>

#include "core/base/parallel.h"

namespace graphrun::ops {
namespace strided {

constexpr int64_t kGrainBytes = 64 << 10;  // below this a second thread costs more than it saves
constexpr int64_t kTile = 16;              // a cache line of floats

// Calls fn with a C++ type of the element's size: moving elements needs no more.
template <typename Fn>
void ForElement(DType dtype, Fn&& fn) {
  if (dtype == DType::kString) return fn(std::string{});
  ForBits(dtype, fn);
}

template <typename T>
void CopyRow(int64_t n, T* to, int64_t to_stride, const T* from, int64_t from_stride) {
  if (to_stride == 1 && from_stride == 1) {
    std::copy_n(from, n, to);
  } else if (to_stride == 1 && from_stride == 0) {
    std::fill_n(to, n, *from);
  } else {
    for (int64_t i = 0; i < n; ++i) to[i * to_stride] = from[i * from_stride];
  }
}

}  // namespace strided

void StridedCopy::Add(int64_t dim, int64_t to_stride, int64_t from_stride) {
  if (dim == 0) empty_ = true;
  if (dim == 1 || empty_) return;
  if (num_dims_ > 0) {
    Dim& outer = dims_[num_dims_ - 1];
    if (outer.to == dim * to_stride && outer.from == dim * from_stride) {
      outer = {outer.size * dim, to_stride, from_stride};
      return;
    }
  }
  if (num_dims_ == kMaxDims) {
    throw Error(Code::kUnimplemented, "moving elements along more than " +
                                          std::to_string(kMaxDims) +
                                          " dimensions that do not lie on each other");
  }
  dims_[num_dims_++] = {dim, to_stride, from_stride};
}

void StridedCopy::Run(Tensor& to, int64_t to_begin, const Tensor& from, int64_t from_begin) const {
  if (empty_) return;
  strided::ForElement(to.dtype(), [&](auto z) {
    using T = decltype(z);
    RunAs(static_cast<T*>(to.raw()) + to_begin, static_cast<const T*>(from.raw()) + from_begin);
  });
}

void StridedCopy::Seek(int64_t row, int end, int skip, int64_t* to, int64_t* from) const {
  for (int d = end - 1; d >= 0; --d) {
    if (d == skip) continue;
    const int64_t i = row % dims_[d].size;
    row /= dims_[d].size;
    *to += i * dims_[d].to;
    *from += i * dims_[d].from;
  }
}

template <typename T>
void StridedCopy::RunAs(T* to, const T* from) const {
  if (num_dims_ == 0) {
    *to = *from;
    return;
  }
  const Dim& inner = dims_[num_dims_ - 1];
  if (num_dims_ == 1 && inner.to == 1) {
    ParallelFor(inner.size, strided::kGrainBytes / sizeof(T), [&](int64_t begin, int64_t end) {
      strided::CopyRow(end - begin, to + begin, 1, from + begin * inner.from, inner.from);
    });
    return;
  }
  if (inner.to == 1 && std::abs(inner.from) > 1) {
    for (int d = num_dims_ - 2; d >= 0; --d) {
      if (dims_[d].from == 1) return RunTransposed(to, from, d);
    }
  }
  RunRows(to, from);
}

template <typename T>
void StridedCopy::RunRows(T* to, const T* from) const {
  const int last = num_dims_ - 1;
  const Dim& inner = dims_[last];
  int64_t rows = 1;
  for (int d = 0; d < last; ++d) rows *= dims_[d].size;
  const int64_t row_bytes = inner.size * static_cast<int64_t>(sizeof(T));
  ParallelFor(rows, strided::kGrainBytes / row_bytes + 1, [&](int64_t begin, int64_t end) {
    const Dim next = last > 0 ? dims_[last - 1] : Dim{1, 0, 0};
    // Positions are computed anew only where the dimension next to the row begins again.
    for (int64_t row = begin; row < end;) {
      int64_t to_at = 0, from_at = 0;
      Seek(row, last, -1, &to_at, &from_at);
      const int64_t stop = std::min(end, row + next.size - row % next.size);
      for (; row < stop; ++row, to_at += next.to, from_at += next.from) {
        strided::CopyRow(inner.size, to + to_at, inner.to, from + from_at, inner.from);
      }
    }
  });
}

// The source is contiguous along dimension `along`, the destination along the last one: tiles of
// both, so that each cache line is read and written once.
template <typename T>
void StridedCopy::RunTransposed(T* to, const T* from, int along) const {
  const int last = num_dims_ - 1;
  const Dim& inner = dims_[last];
  const Dim& read = dims_[along];
  int64_t planes = 1;
  for (int d = 0; d < last; ++d) planes *= d == along ? 1 : dims_[d].size;
  const int64_t strips = (read.size + strided::kTile - 1) / strided::kTile;
  const int64_t strip_bytes = inner.size * strided::kTile * static_cast<int64_t>(sizeof(T));
  ParallelFor(planes * strips, strided::kGrainBytes / strip_bytes + 1,
              [&](int64_t begin, int64_t end) {
                for (int64_t unit = begin; unit < end; ++unit) {
                  int64_t to_at = 0, from_at = 0;
                  Seek(unit / strips, last, along, &to_at, &from_at);
                  const int64_t i0 = unit % strips * strided::kTile;
                  const int64_t ni = std::min(strided::kTile, read.size - i0);
                  T* const y = to + to_at + i0 * read.to;
                  const T* const x = from + from_at + i0;
                  for (int64_t j0 = 0; j0 < inner.size; j0 += strided::kTile) {
                    const int64_t nj = std::min(strided::kTile, inner.size - j0);
                    for (int64_t i = 0; i < ni; ++i) {
                      for (int64_t j = j0; j < j0 + nj; ++j)
                        y[i * read.to + j] = x[j * inner.from + i];
                    }
                  }
                }
              });
}

void ClearElements(Tensor& t) {
  if (t.dtype() == DType::kString) {
    for (std::string& s : t.span<std::string>()) s.clear();
  } else if (t.bytes() > 0) {
    std::memset(t.raw(), 0, t.bytes());
  }
}

}  // namespace graphrun::ops
