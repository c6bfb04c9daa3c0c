// PackedGemm: products whose right operand is laid out once and used often, as a weight that every
// step of a recurrence multiplies by.
//
//   const PackedGemm gemm(n, k, NumThreads());
//   std::vector<float> packed(gemm.packed_size());
//   gemm.Pack(w, /*transposed=*/false, n, packed.data());
//   for (...) gemm.Run(m, {x, k}, packed.data(), y, n, /*add=*/false);
#ifndef GRAPHRUN_OPS_LINEAR_PACKED_GEMM_H_
#define GRAPHRUN_OPS_LINEAR_PACKED_GEMM_H_

#include <algorithm>
#include <cstdint>

#include "ops/linear/gemm_kernels.h"

namespace graphrun::ops {

// Multiplications of one product below which waking a second thread costs more than it saves.
inline constexpr double kParallelWork = 1 << 20;

// The columns of B are cut into parts, one for each thread, and these into panels of a few vectors,
// in which the numbers lie in the order in which the kernel reads them. An element of the product
// is summed up in the same order however it is cut: the bits depend on sizes and the processor's
// instruction set only. A small immutable value; all functions may be called by several threads.
class PackedGemm {
 public:
  // B is [k, n]. `parts` is the number of threads that are to share a product.
  PackedGemm(int64_t n, int64_t k, int64_t parts, const GemmKernels& kernels = GemmKernelsHere());

  int64_t n() const { return n_; }
  int64_t k() const { return k_; }
  // Numbers that the packed matrix takes.
  int64_t packed_size() const { return packed_size_; }
  // B is row-major, or with `transposed` its transpose is; `ldb` numbers from row to row.
  void Pack(const float* b, bool transposed, int64_t ldb, float* packed) const;

  // Row-major; with `transposed` its transpose is.
  struct Left {
    const float* data;
    int64_t ld;
    bool transposed = false;
  };
  // C = A * B, or C + A * B, for A [m, k]. Large products use all threads, unless called in a
  // ParallelFor. REQUIRES: C overlaps neither A nor the packed matrix.
  void Run(int64_t m, const Left& a, const float* packed, float* c, int64_t ldc, bool add) const;

  // What one thread does of it, for who brings its own threads.
  int parts() const { return parts_; }
  // The columns of a part: [first, last).
  int64_t first_column(int part) const { return std::min(n_, FirstUnit(part) * kernels_->lanes); }
  int64_t last_column(int part) const { return first_column(part + 1); }
  void PackPart(int part, const float* b, bool transposed, int64_t ldb, float* packed) const;
  void RunPart(int part, int64_t m, const Left& a, const float* packed, float* c, int64_t ldc,
               bool add) const;

 private:
  struct Panel {
    int64_t column, columns;  // of B
    int vectors;
    int64_t offset;  // in the packed matrix
  };
  // Columns are counted in vectors.
  int64_t FirstUnit(int part) const { return units_ * part / parts_; }
  template <typename Fn>
  void ForPanels(int part, Fn&& fn) const;
  void RunPanel(const Panel& panel, int64_t m, int64_t k, const float* a, int64_t a_row,
                int64_t a_step, const float* numbers, float* c, int64_t ldc, bool add) const;

  int64_t n_, k_;
  const GemmKernels* kernels_;
  int64_t units_, packed_size_;
  int parts_;
};

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_LINEAR_PACKED_GEMM_H_
