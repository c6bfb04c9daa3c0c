#include "ops/linear/blocked_gemm.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "ops/linear/packed_gemm.h"

namespace graphrun::ops {
namespace {

// Of k, of rows and of columns: a piece of A and one of B fit a second-level cache of 512 KiB.
constexpr int64_t kDepth = 256, kHeight = 192, kWidth = 256;
// Between the rows of a piece of A, so that they do not share the sets of the cache.
constexpr int64_t kGap = 16;
// Rows, or columns, that are worth a thread of their own.
constexpr int64_t kLeastRows = 12, kLeastColumns = 32;

// Calls fn(begin, size) for pieces of nearly equal size, of whole units but for the last, that
// cover [first, first + n).
template <typename Fn>
void ForPieces(int64_t first, int64_t n, int64_t most, int64_t unit, Fn&& fn) {
  const int64_t pieces = (n + most - 1) / most, units = (n + unit - 1) / unit;
  for (int64_t i = 0; i < pieces; ++i) {
    const int64_t begin = units * i / pieces * unit;
    fn(first + begin, std::min(n, units * (i + 1) / pieces * unit) - begin);
  }
}

}  // namespace

BlockedGemm::BlockedGemm(const Sizes& sizes, int parts, const GemmKernels& kernels)
    : sizes_(sizes),
      kernels_(&kernels),
      parts_(static_cast<int>(std::clamp<int64_t>(
          sizes.m > sizes.n ? sizes.m / kLeastRows : sizes.n / kLeastColumns, 1, parts))) {
  const int64_t depth = std::min(sizes.k, kDepth);
  if (sizes.transpose_a) piece_of_a_ = std::min(sizes.m, kHeight) * (depth + kGap);
  // A piece may be wider by a panel.
  piece_of_b_ = depth * (std::min(sizes.n, kWidth) + int64_t{kernels.vectors} * kernels.lanes);
}

// The longer side is divided; columns where vectors begin.
BlockedGemm::Box BlockedGemm::PartOf(int part) const {
  const int64_t m = sizes_.m, n = sizes_.n;
  if (m > n) {
    const int64_t row = m * part / parts_;
    return {row, m * (part + 1) / parts_ - row, 0, n};
  }
  const int64_t lanes = kernels_->lanes, units = (n + lanes - 1) / lanes;
  const int64_t column = units * part / parts_ * lanes;
  return {0, m, column, std::min(n, units * (part + 1) / parts_ * lanes) - column};
}

// piece[i, q] = A[p + q, row + i], with A as it is stored.
void BlockedGemm::TransposePiece(const float* a, int64_t row, int64_t rows, int64_t p,
                                 int64_t depth, float* piece) const {
  const int64_t lanes = kernels_->lanes, ld = depth + kGap, blocks = rows / lanes;
  a += p * sizes_.m + row;
  for (int64_t q = 0; q < depth; q += lanes) {
    const bool whole = q + lanes <= depth;
    if (whole) kernels_->transpose(blocks, a + q * sizes_.m, sizes_.m, piece + q, ld);
    for (int64_t i = whole ? blocks * lanes : 0; i < rows; ++i) {
      for (int64_t y = q; y < std::min(depth, q + lanes); ++y)
        piece[i * ld + y] = a[y * sizes_.m + i];
    }
  }
}

void BlockedGemm::RunPart(const Box& box, const float* a, const float* b, float* c,
                          float* scratch) const {
  const int64_t n = sizes_.n, k = sizes_.k;
  const bool tb = sizes_.transpose_b;
  const int64_t ldb = tb ? k : n;
  float* const piece_of_a = scratch + piece_of_b_;
  ForPieces(box.column, box.columns, kWidth, kernels_->lanes * kernels_->vectors,
            [&](int64_t column, int64_t columns) {
              ForPieces(0, k, kDepth, 1, [&](int64_t p, int64_t depth) {
                const PackedGemm gemm(columns, depth, 1, *kernels_);
                gemm.PackPart(0, tb ? b + column * ldb + p : b + p * ldb + column, tb, ldb,
                              scratch);
                ForPieces(box.row, box.rows, kHeight, 1, [&](int64_t row, int64_t rows) {
                  PackedGemm::Left left{a + row * k + p, k};
                  if (sizes_.transpose_a) {
                    TransposePiece(a, row, rows, p, depth, piece_of_a);
                    left = {piece_of_a, depth + kGap};
                  }
                  gemm.RunPart(0, rows, left, scratch, c + row * n + column, n, /*add=*/p > 0);
                });
              });
            });
}

void BlockedGemm::Run(const float* a, const float* b, float* c, float* scratch) const {
  const int64_t share = piece_of_a_ + piece_of_b_;
  ParallelFor(parts_, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      RunPart(PartOf(static_cast<int>(i)), a, b, c, scratch + i * share);
  });
}

}  // namespace graphrun::ops
