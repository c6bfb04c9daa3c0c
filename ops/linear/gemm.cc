#include "ops/linear/gemm.h"

#include <dnnl.h>

#include <Eigen/Core>
#include <algorithm>
#include <string>
#include <type_traits>

#include "core/base/denormals.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "ops/linear/packed_gemm.h"

namespace graphrun::ops {
namespace gemm {

struct Sizes {
  bool ta, tb;
  int64_t m, n, k, lda, ldb, ldc;
};

// Multiplications of one row by a matrix from which on a second thread reads its part sooner.
constexpr double kParallelRow = 1 << 16;

// sum[j] = sum over p in [first, last) of a[p] * b[p][from + j], j < n: B is read once, eight rows
// side by side, while the sums stay in the cache.
void SumRows(const Sizes& s, const float* a, const float* b, int64_t first, int64_t last,
             int64_t from, int64_t n, float* sum) {
  constexpr int64_t kRows = 8;
  const int64_t step = s.ta ? s.lda : 1;
  std::fill_n(sum, n, 0.0f);
  const float* row = b + first * s.ldb + from;
  int64_t p = first;
  for (; p + kRows <= last; p += kRows, row += kRows * s.ldb) {
    float x[kRows];
    for (int64_t i = 0; i < kRows; ++i) x[i] = a[(p + i) * step];
    const float *r0 = row, *r1 = r0 + s.ldb, *r2 = r1 + s.ldb, *r3 = r2 + s.ldb, *r4 = r3 + s.ldb,
                *r5 = r4 + s.ldb, *r6 = r5 + s.ldb, *r7 = r6 + s.ldb;
    for (int64_t j = 0; j < n; ++j) {
      sum[j] += ((x[0] * r0[j] + x[1] * r1[j]) + (x[2] * r2[j] + x[3] * r3[j])) +
                ((x[4] * r4[j] + x[5] * r5[j]) + (x[6] * r6[j] + x[7] * r7[j]));
    }
  }
  for (; p < last; ++p, row += s.ldb) {
    const float x = a[p * step];
    for (int64_t j = 0; j < n; ++j) sum[j] += x * row[j];
  }
}

// One row times a matrix. oneDNN would pack B first, which takes longer than the product.
void RowProduct(const Sizes& s, float alpha, const float* a, const float* b, float beta, float* c) {
  constexpr int64_t kMostParts = 8, kWidth = 2048, kBlock = 1024;
  const auto put = [&](int64_t j, float sum) {
    c[j] = alpha * sum + (beta == 0 ? 0 : beta * c[j]);
  };
  if (s.n > kWidth) {
    const auto grain = static_cast<int64_t>(kParallelRow / static_cast<double>(s.k)) + 1;
    ParallelFor(s.n, grain, [&](int64_t begin, int64_t end) {
      float sum[kBlock];
      for (int64_t from = begin; from < end; from += kBlock) {
        const int64_t n = std::min(kBlock, end - from);
        SumRows(s, a, b, 0, s.k, from, n, sum);
        for (int64_t j = 0; j < n; ++j) put(from + j, sum[j]);
      }
    });
    return;
  }
  // Each thread takes whole rows of B: they lie together, so that its part can stay in its own
  // cache from one product to the next. Parts of columns would share the sets of half the cache.
  const auto work = static_cast<int64_t>(static_cast<double>(s.k) * s.n / kParallelRow);
  const int64_t parts = std::clamp<int64_t>(work, 1, std::min<int64_t>(NumThreads(), kMostParts));
  float sums[kMostParts][kWidth];
  ParallelFor(parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      SumRows(s, a, b, s.k * i / parts, s.k * (i + 1) / parts, 0, s.n, sums[i]);
    }
  });
  for (int64_t i = 1; i < parts; ++i) {
    for (int64_t j = 0; j < s.n; ++j) sums[0][j] += sums[i][j];
  }
  for (int64_t j = 0; j < s.n; ++j) put(j, sums[0][j]);
}

// Of a right operand that is packed on the stack.
constexpr int64_t kMostPacked = 1 << 14;

// Whether packing B first beats oneDNN's sgemm, which takes its time before small products and
// reads a transposed B slowly. On one Zen 4 core, GFLOP/s of sgemm and of packing with the product:
// [16,8] by [8,16] 13 and 41, [64,32] by [32,64] 92 and 107, [64,64] by [64,256] 109 and 106;
// [20,48] by [30,48] transposed 42 and 57, [32,128] by [64,128] 63 and 99, [8,64] by [64,64] the
// same.
bool Packs(const Sizes& s) {
  constexpr int64_t kLeast = 8, kTransposedRows = 12;
  constexpr double kSmall = 1 << 12;
  if (s.m < kLeast || s.n < kLeast) return false;
  return s.tb ? s.m >= kTransposedRows : static_cast<double>(s.k) * s.n <= kSmall;
}

void Product(const Sizes& s, float alpha, const float* a, const float* b, float beta, float* c) {
  if (s.m == 1 && !s.tb) return RowProduct(s, alpha, a, b, beta, c);
  const bool small = static_cast<double>(s.m) * s.n * s.k < kParallelWork;
  if (alpha == 1 && (beta == 0 || beta == 1) && Packs(s)) {
    const PackedGemm gemm(s.n, s.k, small ? 1 : NumThreads());
    if (gemm.packed_size() <= kMostPacked) {
      alignas(64) float packed[kMostPacked];
      gemm.Pack(b, s.tb, s.ldb, packed);
      return gemm.Run(s.m, {a, s.lda, s.ta}, packed, c, s.ldc, /*add=*/beta == 1);
    }
  }
  const ThreadScope one(small ? 1 : 0);
  if (!small) FlushDenormals::ChangeWorkers();
  const dnnl_status_t status = dnnl_sgemm(s.ta ? 'T' : 'N', s.tb ? 'T' : 'N', s.m, s.n, s.k, alpha,
                                          a, s.lda, b, s.ldb, beta, c, s.ldc);
  if (status == dnnl_out_of_memory) {
    throw Error(Code::kResourceExhausted, "no memory for the packed operands of a matrix product");
  }
  if (status != dnnl_success) ThrowInternal("oneDNN's sgemm returned " + std::to_string(status));
}

template <int kOrder>
using View = Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, kOrder>,
                        Eigen::Unaligned, Eigen::OuterStride<>>;

// A transposed row-major matrix is a column-major one.
template <typename Fn>
void WithView(bool transposed, const double* p, int64_t rows, int64_t cols, int64_t stride,
              Fn&& fn) {
  if (transposed) {
    fn(View<Eigen::ColMajor>(p, rows, cols, Eigen::OuterStride<>(stride)));
  } else {
    fn(View<Eigen::RowMajor>(p, rows, cols, Eigen::OuterStride<>(stride)));
  }
}

void Product(const Sizes& s, double alpha, const double* a, const double* b, double beta,
             double* c) {
  const int64_t grain = static_cast<int64_t>(kParallelWork / (static_cast<double>(s.n) * s.k)) + 1;
  ParallelFor(s.m, grain, [&](int64_t begin, int64_t end) {
    const int64_t rows = end - begin;
    Eigen::Map<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>,
               Eigen::Unaligned, Eigen::OuterStride<>>
        out(c + begin * s.ldc, rows, s.n, Eigen::OuterStride<>(s.ldc));
    if (beta == 0) {
      out.setZero();
    } else if (beta != 1) {
      out *= beta;
    }
    WithView(s.ta, a + begin * (s.ta ? 1 : s.lda), rows, s.k, s.lda, [&](const auto& x) {
      WithView(s.tb, b, s.k, s.n, s.ldb, [&](const auto& y) { out.noalias() += alpha * x * y; });
    });
  });
}

// Integers: rows of B are added to rows of C, in unsigned arithmetic, where overflow is defined.
template <typename T>
void Product(const Sizes& s, T alpha, const T* a, const T* b, T beta, T* c) {
  using U = std::make_unsigned_t<T>;
  const int64_t grain = static_cast<int64_t>(kParallelWork / (static_cast<double>(s.n) * s.k)) + 1;
  const int64_t b_row = s.tb ? 1 : s.ldb, b_col = s.tb ? s.ldb : 1;
  ParallelFor(s.m, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      T* const row = c + i * s.ldc;
      for (int64_t j = 0; j < s.n; ++j)
        row[j] = beta == 0 ? 0 : static_cast<T>(U(row[j]) * U(beta));
      for (int64_t p = 0; p < s.k; ++p) {
        const U x = U(alpha) * U(s.ta ? a[p * s.lda + i] : a[i * s.lda + p]);
        for (int64_t j = 0; j < s.n; ++j) {
          row[j] = static_cast<T>(U(row[j]) + x * U(b[p * b_row + j * b_col]));
        }
      }
    }
  });
}

}  // namespace gemm

template <typename T>
void Gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, T alpha, const T* a,
          int64_t lda, const T* b, int64_t ldb, T beta, T* c, int64_t ldc) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) c[i * ldc + j] = beta == 0 ? T{0} : beta * c[i * ldc + j];
    }
    return;
  }
  gemm::Product({transpose_a, transpose_b, m, n, k, lda, ldb, ldc}, alpha, a, b, beta, c);
}

template void Gemm(bool, bool, int64_t, int64_t, int64_t, float, const float*, int64_t,
                   const float*, int64_t, float, float*, int64_t);
template void Gemm(bool, bool, int64_t, int64_t, int64_t, double, const double*, int64_t,
                   const double*, int64_t, double, double*, int64_t);
template void Gemm(bool, bool, int64_t, int64_t, int64_t, int32_t, const int32_t*, int64_t,
                   const int32_t*, int64_t, int32_t, int32_t*, int64_t);
template void Gemm(bool, bool, int64_t, int64_t, int64_t, int64_t, const int64_t*, int64_t,
                   const int64_t*, int64_t, int64_t, int64_t*, int64_t);

}  // namespace graphrun::ops
