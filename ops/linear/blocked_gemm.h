// BlockedGemm: products of large matrices that are laid out piece by piece, as in Goto and van de
// Geijn, "Anatomy of High-Performance Matrix Multiplication" (ACM TOMS 2008).
//
//   const BlockedGemm gemm({.m = m, .n = n, .k = k, .transpose_a = true}, NumThreads());
//   std::vector<float> scratch(gemm.scratch_size());
//   gemm.Run(a, b, c, scratch.data());
#ifndef GRAPHRUN_OPS_LINEAR_BLOCKED_GEMM_H_
#define GRAPHRUN_OPS_LINEAR_BLOCKED_GEMM_H_

#include <cstdint>

#include "ops/linear/gemm_kernels.h"

namespace graphrun::ops {

// C [m, n] = op(A) * op(B), all row-major without gaps; op(A) is [m, k], op(B) [k, n]. A piece of B
// lies in the second-level cache while it is multiplied by all rows of A; of a transposed A pieces
// are transposed beside it. An element of C is summed up in an order that depends on k alone. A
// small immutable value; all functions may be called by several threads.
class BlockedGemm {
 public:
  struct Sizes {
    int64_t m, n, k;
    bool transpose_a = false, transpose_b = false;
  };
  // `parts` is the number of threads that are to share a product.
  BlockedGemm(const Sizes& sizes, int parts, const GemmKernels& kernels = GemmKernelsHere());

  // Numbers that a run needs for itself.
  int64_t scratch_size() const { return parts_ * (piece_of_a_ + piece_of_b_); }
  // REQUIRES: C overlaps neither A nor B; sizes are positive.
  void Run(const float* a, const float* b, float* c, float* scratch) const;

 private:
  struct Box {
    int64_t row, rows, column, columns;  // of C
  };
  Box PartOf(int part) const;
  void RunPart(const Box& box, const float* a, const float* b, float* c, float* scratch) const;
  void TransposePiece(const float* a, int64_t row, int64_t rows, int64_t p, int64_t depth,
                      float* piece) const;

  Sizes sizes_;
  const GemmKernels* kernels_;
  int parts_;
  int64_t piece_of_a_ = 0, piece_of_b_ = 0;  // numbers that a part needs
};

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_LINEAR_BLOCKED_GEMM_H_
