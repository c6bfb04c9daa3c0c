#include "ops/linear/packed_gemm.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/base/size.h"

namespace graphrun::ops {
namespace {

// Of k: what a tile adds up before it writes, so that its part of a panel stays in the cache.
constexpr int64_t kDepth = 384;
// Rows of A whose numbers of that depth stay in the cache from panel to panel.
constexpr int64_t kHeight = 192;
constexpr int64_t kParallelPack = 1 << 16;

// Copies k rows of so many numbers side by side. Of a length that the compiler knows, each is a few
// instructions.
template <int64_t kWidth>
void CopyRows(int64_t k, const float* from, int64_t ld, float* to) {
  for (int64_t p = 0; p < k; ++p, from += ld, to += kWidth) std::copy_n(from, kWidth, to);
}
bool CopyWholeRows(int64_t k, const float* from, int64_t ld, int64_t width, float* to) {
  switch (width) {
    case 8:
      return CopyRows<8>(k, from, ld, to), true;
    case 16:
      return CopyRows<16>(k, from, ld, to), true;
    case 32:
      return CopyRows<32>(k, from, ld, to), true;
    case 48:
      return CopyRows<48>(k, from, ld, to), true;
    case 64:
      return CopyRows<64>(k, from, ld, to), true;
    default:
      return false;
  }
}

}  // namespace

PackedGemm::PackedGemm(int64_t n, int64_t k, int64_t parts, const GemmKernels& kernels)
    : n_(n),
      k_(k),
      kernels_(&kernels),
      units_((n + kernels.lanes - 1) / kernels.lanes),
      packed_size_(CheckedMul(units_, kernels.lanes, k)),
      parts_(static_cast<int>(
          std::clamp<int64_t>(parts, 1, std::max<int64_t>(1, units_ / kernels.vectors)))) {}

// Panels are as wide as they can be; but none is of one vector, whose tiles do too little for a
// number that they load, where two others can share it.
template <typename Fn>
void PackedGemm::ForPanels(int part, Fn&& fn) const {
  const int64_t lanes = kernels_->lanes, end = FirstUnit(part + 1);
  for (int64_t unit = FirstUnit(part); unit < end;) {
    const int64_t left = end - unit;
    int64_t vectors = std::min<int64_t>(left, kernels_->vectors);
    if (left == vectors + 1 && vectors > 2) --vectors;
    const int64_t column = unit * lanes;
    fn(Panel{column, std::min(n_ - column, vectors * lanes), static_cast<int>(vectors),
             column * k_});
    unit += vectors;
  }
}

void PackedGemm::PackPart(int part, const float* b, bool transposed, int64_t ldb,
                          float* packed) const {
  ForPanels(part, [&](const Panel& panel) {
    const int64_t width = panel.vectors * kernels_->lanes;
    float* out = packed + panel.offset;
    if (!transposed) {
      const float* row = b + panel.column;
      if (panel.columns == width && CopyWholeRows(k_, row, ldb, width, out)) return;
      for (int64_t p = 0; p < k_; ++p, row += ldb, out += width) {
        std::copy_n(row, panel.columns, out);
        std::fill_n(out + panel.columns, width - panel.columns, 0.0f);
      }
      return;
    }
    // Square blocks; what is left beside and below them number by number.
    const float* const rows = b + panel.column * ldb;
    const int64_t lanes = kernels_->lanes, blocks = k_ / lanes;
    for (int64_t x = 0; x < width; x += lanes) {
      const bool whole = x + lanes <= panel.columns;
      if (whole) kernels_->transpose(blocks, rows + x * ldb, ldb, out + x, width);
      for (int64_t p = whole ? blocks * lanes : 0; p < k_; ++p) {
        for (int64_t y = x; y < x + lanes; ++y)
          out[p * width + y] = y < panel.columns ? rows[y * ldb + p] : 0.0f;
      }
    }
  });
}

void PackedGemm::Pack(const float* b, bool transposed, int64_t ldb, float* packed) const {
  const int64_t grain = packed_size_ < kParallelPack ? parts() : 1;
  ParallelFor(parts(), grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) PackPart(static_cast<int>(i), b, transposed, ldb, packed);
  });
}

void PackedGemm::RunPanel(const Panel& panel, int64_t m, int64_t k, const float* a, int64_t a_row,
                          int64_t a_step, const float* numbers, float* c, int64_t ldc,
                          bool add) const {
  // Tiles of nearly equal height: the first ones have a row more.
  const int most = kernels_->rows[panel.vectors];
  const int64_t tiles = (m + most - 1) / most, rows = m / tiles, taller = m % tiles;
  const PanelProduct* const products = kernels_->products[panel.vectors];
  c += panel.column;
  if (panel.columns == int64_t{panel.vectors} * kernels_->lanes) {
    if (taller > 0) products[rows + 1](taller, k, a, a_row, a_step, numbers, c, ldc, add);
    const int64_t done = taller * (rows + 1);
    products[rows](tiles - taller, k, a + done * a_row, a_row, a_step, numbers, c + done * ldc, ldc,
                   add);
    return;
  }
  // Vectors go beyond the last column: by way of a buffer.
  constexpr int64_t kMostLanes = 16;
  float buffer[GemmKernels::kMostRows * GemmKernels::kMostVectors * kMostLanes];
  const int64_t width = panel.vectors * kernels_->lanes;
  for (int64_t i = 0, row = 0; i < tiles; ++i) {
    const int64_t height = rows + (i < taller);
    products[height](1, k, a + row * a_row, a_row, a_step, numbers, buffer, width, false);
    for (int64_t r = 0; r < height; ++r, ++row) {
      float* const out = c + row * ldc;
      const float* const sums = buffer + r * width;
      for (int64_t j = 0; j < panel.columns; ++j) out[j] = add ? out[j] + sums[j] : sums[j];
    }
  }
}

void PackedGemm::RunPart(int part, int64_t m, const Left& a, const float* packed, float* c,
                         int64_t ldc, bool add) const {
  if (m <= 0) return;
  if (k_ == 0) {
    const int64_t first = first_column(part), last = last_column(part);
    for (int64_t i = 0; !add && i < m; ++i)
      std::fill(c + i * ldc + first, c + i * ldc + last, 0.0f);
    return;
  }
  const int64_t a_row = a.transposed ? 1 : a.ld, a_step = a.transposed ? a.ld : 1;
  const int64_t blocks = (m + kHeight - 1) / kHeight, chunks = (k_ + kDepth - 1) / kDepth;
  for (int64_t block = 0; block < blocks; ++block) {
    const int64_t row = m * block / blocks, end = m * (block + 1) / blocks;
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      const int64_t p = k_ * chunk / chunks, depth = k_ * (chunk + 1) / chunks - p;
      ForPanels(part, [&](const Panel& panel) {
        RunPanel(panel, end - row, depth, a.data + row * a_row + p * a_step, a_row, a_step,
                 packed + panel.offset + p * panel.vectors * kernels_->lanes, c + row * ldc, ldc,
                 add || chunk > 0);
      });
    }
  }
}

void PackedGemm::Run(int64_t m, const Left& a, const float* packed, float* c, int64_t ldc,
                     bool add) const {
  const bool small =
      static_cast<double>(m) * static_cast<double>(n_) * static_cast<double>(k_) < kParallelWork;
  ParallelFor(parts(), small ? parts() : 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) RunPart(static_cast<int>(i), m, a, packed, c, ldc, add);
  });
}

}  // namespace graphrun::ops
