// PackedGemm and BlockedGemm against sums in double, for every kernel that this processor can run.
#include "ops/linear/packed_gemm.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "ops/linear/blocked_gemm.h"
#include "ops/linear/gemm.h"
#include "tests/test_graph.h"

namespace graphrun {
namespace {

using ops::BlockedGemm;
using ops::GemmKernels;
using ops::PackedGemm;

std::vector<const GemmKernels*> KernelsHere() {
  std::vector<const GemmKernels*> kernels = {&ops::GemmKernelsBase()};
#if defined(__x86_64__)
  if (&ops::GemmKernelsHere() != kernels[0]) kernels.push_back(&ops::GemmKernelsV3());
  // Even to ask for them takes a processor that has them.
  if (ops::GemmKernelsHere().lanes == 16) kernels.push_back(&ops::GemmKernelsV4());
#endif
  return kernels;
}

std::vector<float> Numbers(int64_t n, int seed) {
  std::vector<float> v(n);
  for (int64_t i = 0; i < n; ++i)
    v[i] = static_cast<float>((i * 7919 + seed * 31) % 2003 - 1001) / 512;
  return v;
}

struct Product {
  int64_t m, n, k;
  bool ta, tb, add;
  int parts = 1;
};

// With gaps between the rows of all matrices; the gaps of C stay as they are.
std::vector<float> Multiply(const Product& p, const GemmKernels& kernels, double* worst = nullptr) {
  const int64_t lda = (p.ta ? p.m : p.k) + 3, ldb = (p.tb ? p.k : p.n) + 2, ldc = p.n + 5;
  const std::vector<float> a = Numbers((p.ta ? p.k : p.m) * lda, 1);
  const std::vector<float> b = Numbers((p.tb ? p.n : p.k) * ldb, 2);
  std::vector<float> c = Numbers(p.m * ldc, 3);
  const std::vector<float> before = c;
  const PackedGemm gemm(p.n, p.k, p.parts, kernels);
  std::vector<float> packed(gemm.packed_size() + 1);
  packed.back() = 77;
  gemm.Pack(b.data(), p.tb, ldb, packed.data());
  EXPECT_EQ(packed.back(), 77);
  gemm.Run(p.m, {a.data(), lda, p.ta}, packed.data(), c.data(), ldc, p.add);
  for (int64_t i = 0; i < p.m; ++i) {
    for (int64_t j = 0; j < ldc; ++j) {
      if (j >= p.n) {
        EXPECT_EQ(c[i * ldc + j], before[i * ldc + j]) << "between rows, at " << i << "," << j;
        continue;
      }
      double sum = p.add ? before[i * ldc + j] : 0, size = 1;
      for (int64_t q = 0; worst && q < p.k; ++q) {
        const double x = a[p.ta ? q * lda + i : i * lda + q],
                     y = b[p.tb ? j * ldb + q : q * ldb + j];
        sum += x * y;
        size += std::abs(x * y);
      }
      if (worst) *worst = std::max(*worst, std::abs(c[i * ldc + j] - sum) / size);
    }
  }
  return c;
}

TEST(PackedGemmTest, EveryShapeOfTilesAndPanelsIsRight) {
  for (const GemmKernels* kernels : KernelsHere()) {
    const int64_t lanes = kernels->lanes;
    std::vector<Product> products;
    // Every width in panels, with and without a part of a vector; every height of a tile.
    for (int64_t n : {int64_t{1}, lanes - 1, lanes, lanes + 1, 2 * lanes, 3 * lanes + 2, 4 * lanes,
                      5 * lanes, 5 * lanes + 3, 9 * lanes + 1}) {
      for (int64_t m : {1, 2, 5, 7, 13, 29}) products.push_back({m, n, 11, false, false, false});
    }
    for (int flags = 0; flags < 8; ++flags) {
      const bool ta = flags & 1, tb = flags & 2, add = flags & 4;
      products.push_back({17, 6 * lanes + 5, 23, ta, tb, add, 2});
      products.push_back({211, 37, 801, ta, tb, add, 3});  // several blocks and chunks
    }
    for (const Product& p : products) {
      double worst = 0;
      Multiply(p, *kernels, &worst);
      EXPECT_LT(worst, 4e-6) << lanes << " lanes: " << p.m << "," << p.n << "," << p.k << " "
                             << p.ta << p.tb << p.add;
    }
  }
}

TEST(PackedGemmTest, EmptyProductsAreZerosOrNothing) {
  const PackedGemm gemm(5, 0, 2);
  std::vector<float> c(10, 3), packed(1);
  gemm.Pack(nullptr, false, 5, packed.data());
  gemm.Run(2, {nullptr, 0}, packed.data(), c.data(), 5, /*add=*/true);
  EXPECT_EQ(c, std::vector<float>(10, 3));
  gemm.Run(2, {nullptr, 0}, packed.data(), c.data(), 5, /*add=*/false);
  EXPECT_EQ(c, std::vector<float>(10, 0));
  const PackedGemm none(0, 4, 2);
  EXPECT_EQ(none.packed_size(), 0);
  none.Run(3, {c.data(), 4}, packed.data(), nullptr, 0, false);
  PackedGemm(3, 4, 1).Run(0, {nullptr, 4}, packed.data(), nullptr, 3, false);
}

TEST(PackedGemmTest, TheBitsDependOnNeitherPartsNorThreads) {
  for (const GemmKernels* kernels : KernelsHere()) {
    Product p{61, 330, 517, false, true, true};
    const std::vector<float> one = Multiply(p, *kernels);
    for (int threads : {1, 2, 3}) {
      const ThreadScope scope(threads);
      for (int parts : {1, 2, 5, 100}) {
        p.parts = parts;
        const std::vector<float> c = Multiply(p, *kernels);
        EXPECT_EQ(std::memcmp(c.data(), one.data(), c.size() * sizeof(float)), 0)
            << threads << " threads, " << parts << " parts";
      }
    }
  }
}

TEST(PackedGemmTest, PartsCoverAllColumnsOnce) {
  for (int64_t n : {1, 15, 16, 17, 200, 800, 1000}) {
    for (int parts : {1, 2, 3, 7}) {
      const PackedGemm gemm(n, 3, parts);
      ASSERT_LE(gemm.parts(), parts);
      int64_t at = 0;
      for (int i = 0; i < gemm.parts(); ++i) {
        EXPECT_EQ(gemm.first_column(i), at);
        EXPECT_GT(gemm.last_column(i), at);
        at = gemm.last_column(i);
      }
      EXPECT_EQ(at, n);
    }
  }
}

// Gemm and MatMul on both sides of each bound from which on they pack.
TEST(PackedGemmTest, ProductsAreRightWhetherTheyPackOrNot) {
  for (const auto& [m, n, k] : std::vector<std::array<int64_t, 3>>{{7, 9, 11},
                                                                   {8, 8, 5},
                                                                   {11, 33, 40},
                                                                   {12, 34, 41},
                                                                   {40, 61, 67},
                                                                   {40, 60, 69},
                                                                   {47, 130, 129},
                                                                   {48, 131, 127},
                                                                   {150, 90, 190}}) {
    for (int flags = 0; flags < 8; ++flags) {
      const bool ta = flags & 1, tb = flags & 2;
      const float alpha = flags & 4 ? 1 : 0.5f, beta = flags & 4 ? 1 : 0;
      const std::vector<float> a = Numbers(m * k, 4), b = Numbers(k * n, 5),
                               before = Numbers(m * n, 6);
      std::vector<float> c = before;
      ops::Gemm<float>(ta, tb, m, n, k, alpha, a.data(), ta ? m : k, b.data(), tb ? k : n, beta,
                       c.data(), n);
      TestGraph t;
      const Expr x = op::Placeholder(t.root, DType::kFloat, {ta ? k : m, ta ? m : k}),
                 y = op::Placeholder(t.root, DType::kFloat, {tb ? n : k, tb ? k : n});
      Tensor fed_a(DType::kFloat, x.shape()), fed_b(DType::kFloat, y.shape());
      std::copy(a.begin(), a.end(), fed_a.data<float>());
      std::copy(b.begin(), b.end(), fed_b.data<float>());
      const Tensor product = t.Run({{x, fed_a}, {y, fed_b}}, {op::MatMul(t.root, x, y, ta, tb)})[0];
      double worst = 0;
      for (int64_t i = 0; i < m; ++i) {
        for (int64_t j = 0; j < n; ++j) {
          double sum = 0, size = 1;
          for (int64_t p = 0; p < k; ++p) {
            const double z = double{a[ta ? p * m + i : i * k + p]} * b[tb ? j * k + p : p * n + j];
            sum += z;
            size += std::abs(z);
          }
          const double want = alpha * sum + double{beta} * before[i * n + j];
          worst = std::max({worst, std::abs(c[i * n + j] - want) / size,
                            std::abs(product.data<float>()[i * n + j] - sum) / size});
        }
      }
      EXPECT_LT(worst, 4e-6) << m << "," << n << "," << k << " " << ta << tb << alpha;
    }
  }
}

// C and the scratch memory end with a number that must stay.
std::vector<float> MultiplyBlocked(const Product& p, const GemmKernels& kernels) {
  const std::vector<float> a = Numbers(p.m * p.k, 1), b = Numbers(p.k * p.n, 2);
  const BlockedGemm gemm({p.m, p.n, p.k, p.ta, p.tb}, p.parts, kernels);
  std::vector<float> c(p.m * p.n + 1, 55), scratch(gemm.scratch_size() + 1, 77);
  gemm.Run(a.data(), b.data(), c.data(), scratch.data());
  EXPECT_EQ(scratch.back(), 77);
  EXPECT_EQ(c.back(), 55);
  return c;
}

double ErrorOfBlocked(const Product& p, const std::vector<float>& c) {
  const std::vector<float> a = Numbers(p.m * p.k, 1), b = Numbers(p.k * p.n, 2);
  double worst = 0;
  for (int64_t i = 0; i < p.m; ++i) {
    for (int64_t j = 0; j < p.n; ++j) {
      double sum = 0, size = 1;
      for (int64_t q = 0; q < p.k; ++q) {
        const double x = a[p.ta ? q * p.m + i : i * p.k + q],
                     y = b[p.tb ? j * p.k + q : q * p.n + j];
        sum += x * y;
        size += std::abs(x * y);
      }
      worst = std::max(worst, std::abs(c[i * p.n + j] - sum) / size);
    }
  }
  return worst;
}

// Sizes within a piece, of one and of several pieces, with and without parts of vectors and tiles.
TEST(BlockedGemmTest, EveryShapeOfPiecesIsRight) {
  for (const GemmKernels* kernels : KernelsHere()) {
    for (int flags = 0; flags < 4; ++flags) {
      const bool ta = flags & 1, tb = flags & 2;
      for (const Product& p : {Product{3, 5, 7, ta, tb, false, 2},
                               {16, 16, 32, ta, tb, false},
                               {50, 62, 300, ta, tb, false, 2},
                               {27, 600, 41, ta, tb, false, 3},
                               {401, 33, 70, ta, tb, false, 3},
                               {195, 259, 519, ta, tb, false, 2}}) {
        EXPECT_LT(ErrorOfBlocked(p, MultiplyBlocked(p, *kernels)), 4e-6)
            << kernels->lanes << " lanes: " << p.m << "," << p.n << "," << p.k << " " << ta << tb;
      }
    }
  }
}

TEST(BlockedGemmTest, TheBitsDependOnNoNumberOfThreads) {
  for (const auto& [m, n] : {std::pair{90, 210}, {210, 90}}) {
    const Product one{m, n, 700, true, false, false, 1};
    const std::vector<float> want = MultiplyBlocked(one, ops::GemmKernelsHere());
    for (int parts : {2, 3, 8}) {
      Product p = one;
      p.parts = parts;
      EXPECT_EQ(MultiplyBlocked(p, ops::GemmKernelsHere()), want) << m << ' ' << parts;
    }
  }
}

}  // namespace
}  // namespace graphrun
