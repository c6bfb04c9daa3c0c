// The innermost loops of PackedGemm, compiled once for each instruction set (gemm_kernels_*.cc).
#ifndef GRAPHRUN_OPS_LINEAR_GEMM_KERNELS_H_
#define GRAPHRUN_OPS_LINEAR_GEMM_KERNELS_H_

#include <cstdint>

namespace graphrun::ops {

// Of `tiles` tiles of R rows, one below the other: C[., panel's columns] = A * panel, or with `add`
// C + A * panel. Element (i, p) of A is a[i * a_row + p * a_step]; a panel is k rows of V vectors.
// Each element is one chain of additions in the order of p.
using PanelProduct = void (*)(int64_t tiles, int64_t k, const float* a, int64_t a_row,
                              int64_t a_step, const float* panel, float* c, int64_t ldc, bool add);

// to[q * to_ld + y] = from[y * from_ld + q] for y below the vector's lanes and q below `blocks`
// times them.
using TransposeRows = void (*)(int64_t blocks, const float* from, int64_t from_ld, float* to,
                               int64_t to_ld);

struct GemmKernels {
  static constexpr int kMostVectors = 4, kMostRows = 14;
  int lanes = 0;    // numbers of a vector
  int vectors = 0;  // of the widest panel
  // By vectors of a panel: rows of the largest tile, whose sums fill the registers.
  int rows[kMostVectors + 1] = {};
  PanelProduct products[kMostVectors + 1][kMostRows + 1] = {};  // by vectors and rows
  TransposeRows transpose = nullptr;
};

// For x86-64-v4 (AVX-512), v3 (AVX2 and FMA), and whatever the build is for at least.
const GemmKernels& GemmKernelsV4();
const GemmKernels& GemmKernelsV3();
const GemmKernels& GemmKernelsBase();
// The fastest that this processor has.
const GemmKernels& GemmKernelsHere();

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_LINEAR_GEMM_KERNELS_H_
