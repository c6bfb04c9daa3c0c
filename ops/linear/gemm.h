// Gemm: the single entry to matrix products.
#ifndef GRAPHRUN_OPS_LINEAR_GEMM_H_
#define GRAPHRUN_OPS_LINEAR_GEMM_H_

#include <cstdint>

namespace graphrun::ops {

// C = alpha * op(A) * op(B) + beta * C, all row-major; op(A) is [m, k], op(B) [k, n], C [m, n];
// lda, ldb and ldc are the distances between stored rows. With beta = 0, C may hold anything
// before. Sizes may be zero. T: float (oneDNN, or PackedGemm), double (Eigen), int32_t, int64_t
// (wrapping on overflow). Large products use all threads, unless called in a ParallelFor. The same
// bits for the same sizes and thread count. REQUIRES: C overlaps neither A nor B.
template <typename T>
void Gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, T alpha, const T* a,
          int64_t lda, const T* b, int64_t ldb, T beta, T* c, int64_t ldc);

// The same for matrices without gaps between rows: C = op(A) * op(B).
template <typename T>
void Gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const T* a,
          const T* b, T* c) {
  Gemm<T>(transpose_a, transpose_b, m, n, k, T{1}, a, transpose_a ? m : k, b, transpose_b ? k : n,
          T{0}, c, n);
}

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_LINEAR_GEMM_H_
