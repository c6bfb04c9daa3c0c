#include "core/compile/fused_program.h"

#include <algorithm>
#include <cstring>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/compile/fused_limits.h"

namespace graphrun {
namespace {

using Byte = char;

template <typename T>
void FillAs(void* to, const void* from, int64_t n) {
  std::fill_n(static_cast<T*>(to), n, *static_cast<const T*>(from));
}
// One element n times.
void Fill(int size, void* to, const void* from, int64_t n) {
  if (size == 4) return FillAs<uint32_t>(to, from, n);
  if (size == 8) return FillAs<uint64_t>(to, from, n);
  if (size == 2) return FillAs<uint16_t>(to, from, n);
  FillAs<uint8_t>(to, from, n);
}

int64_t Blocks(int64_t elements) { return (elements + kBlock - 1) / kBlock; }

// The tiles of one thread.
class TileRunner {
 public:
  // `file` is the thread's memory for registers and splats.
  TileRunner(const FusedProgram& program, Byte* const* memory, Byte* file)
      : program_(program), memory_(memory), registers_(file) {
    for (size_t i = 0; i < program.splats.size(); ++i) {
      const TileSplat& splat = program.splats[i];
      Fill(splat.size, Splat(static_cast<int>(i)), memory[splat.memory], kBlock);
    }
  }

  void Begin(int64_t block) { block_ = block; }
  // Of the block that was begun: rows [row, row + rows) and columns [column, column + columns).
  void Run(int64_t row, int64_t rows, int64_t column, int64_t columns) {
    row_ = row;
    column_ = column;
    columns_ = columns;
    for (const TileStep& step : program_.steps) {
      if (step.rows != nullptr) {
        CallRow(step);
      } else if (step.sum != nullptr) {
        const TileArg& in = step.in[0];
        step.sum(rows, columns, At(in, 0), in.at == TileArg::kRegister ? columns : in.map.stride,
                 At(step.out[0], 0));
      } else {
        SetCursors(step);
        if (rows == 1 || step.dense) {
          RunRow(step, 0, rows * columns, rows * columns);
        } else {
          for (int64_t r = 0; r < rows; ++r) RunRow(step, r, columns, (rows - r) * columns);
        }
      }
    }
  }

 private:
  Byte* Splat(int i) {
    return registers_ + program_.registers * program_.register_bytes + i * kSplatBytes;
  }
  // Where row `r` of the tile begins.
  Byte* At(const TileArg& arg, int64_t r) {
    if (arg.at == TileArg::kRegister)
      return registers_ + arg.index * program_.register_bytes + r * columns_ * arg.size;
    if (arg.at == TileArg::kOne) return Splat(arg.index);
    const RowMap& map = arg.map;
    int64_t row = row_ + r;
    if (arg.at == TileArg::kPartial) {
      row = block_;
    } else if (!arg.all_rows) {
      row = map.rows == 1 ? 0 : row / map.every % map.rows;
    }
    const int64_t at = row * map.stride + arg.begin + (map.columns ? column_ : 0);
    return memory_[arg.index] + at * arg.size;
  }
  // Where the rows of an argument lie in this tile.
  struct Cursor {
    Byte* first = nullptr;
    int64_t step = 0;  // bytes from row to row
    bool even = true;  // else rows are found one by one
  };
  Cursor CursorOf(const TileArg& arg) {
    Cursor c{At(arg, 0)};
    if (arg.at == TileArg::kRegister) {
      c.step = columns_ * arg.size;
    } else if (arg.at == TileArg::kMemory && (arg.all_rows || arg.map.rows > 1)) {
      c.step = arg.map.stride * arg.size;
      c.even = arg.all_rows;
    }
    return c;
  }
  Byte* RowAt(const Cursor& c, const TileArg& arg, int64_t r) {
    return c.even ? c.first + r * c.step : At(arg, r);
  }
  void SetCursors(const TileStep& step) {
    for (int k = 0; k < step.operands; ++k) {
      const TileArg& arg = step.in[k];
      cursors_[k] = CursorOf(arg);
      fills_[k] = arg.at == TileArg::kMemory && !arg.map.columns;
      by_[k] = fills_[k] || arg.at == TileArg::kOne ? 0 : kBlock;
    }
    to_ = CursorOf(step.out[0]);
  }

  // Sets the operands of `step` for row `r`.
  void SetOperands(const TileStep& step, int64_t r) {
    for (int k = 0; k < step.operands; ++k) {
      const TileArg& arg = step.in[k];
      Byte* at = RowAt(cursors_[k], arg, r);
      if (fills_[k]) {
        Fill(arg.size, staged_[k], at, kBlock);
        at = staged_[k];
      }
      from_[k] = at;
    }
  }
  void RunBlocks(const TileStep& step, int64_t r, int64_t blocks) {
    SetOperands(step, r);
    step.run(blocks, from_.data(), by_.data(), RowAt(to_, step.out[0], r));
  }
  // `count` elements from row `r` on, of `left` to the end of the tile. The last that are no whole
  // block are computed beside the result, unless it has room behind them: the last row of a
  // register has. Operands that end within the block are padded with what the loop must take
  // anyway.
  void RunRow(const TileStep& step, int64_t r, int64_t count, int64_t left) {
    const int64_t rest = count % kBlock, whole = count - rest;
    if (rest == 0 || step.padded) return RunBlocks(step, r, Blocks(count));
    SetOperands(step, r);
    const TileArg& to = step.out[0];
    Byte* const out = RowAt(to_, to, r);
    if (whole > 0) step.run(whole / kBlock, from_.data(), by_.data(), out);
    for (int k = 0; k < step.operands; ++k) {
      const TileArg& arg = step.in[k];
      if (by_[k] == 0) continue;
      const Byte* tail = static_cast<const Byte*>(from_[k]) + whole * arg.size;
      from_[k] = tail;
      const bool goes_on = arg.at == TileArg::kRegister || arg.all_rows;
      if (goes_on && left - whole >= kBlock) continue;
      std::memcpy(staged_[k], tail, rest * arg.size);
      Fill(arg.size, staged_[k] + rest * arg.size, tail, kBlock - rest);
      from_[k] = staged_[k];
    }
    Byte* const end = out + whole * to.size;
    if (to.at == TileArg::kRegister && left == count)
      return step.run(1, from_.data(), by_.data(), end);
    alignas(kAlignment) Byte result[kSplatBytes];
    step.run(1, from_.data(), by_.data(), result);
    std::memcpy(end, result, rest * to.size);
  }
  void CallRow(const TileStep& step) {
    std::array<void*, kMaxOperands> out{};
    for (int k = 0; k < step.operands; ++k) from_[k] = At(step.in[k], 0);
    for (int k = 0; k < step.outputs; ++k) out[k] = At(step.out[k], 0);
    try {
      step.rows({.row = row_, .columns = columns_, .in = from_.data(), .out = out.data()});
    } catch (Error& e) {
      e.While("while running " + program_.names[step.node]);
      throw;
    }
  }

  const FusedProgram& program_;
  Byte* const* memory_;
  Byte* const registers_;
  int64_t block_ = 0, row_ = 0, column_ = 0, columns_ = 0;
  // Of the step at hand.
  std::array<const void*, kMaxOperands> from_{};
  std::array<int64_t, kMaxOperands> by_{};
  std::array<Cursor, kMaxOperands> cursors_;
  std::array<bool, kMaxOperands> fills_{};
  Cursor to_;
  alignas(kAlignment) Byte staged_[kMaxOperands][kSplatBytes];
};

// The sums of all blocks in one, in their order.
void AddPartials(const TileSum& sum, int64_t columns, int64_t blocks, Byte* partials,
                 Byte* result) {
  const int64_t row = sum.stride * sum.size;
  ParallelFor(sum.stride / kBlock, std::max<int64_t>(1, (1 << 11) / blocks),
              [&](int64_t begin, int64_t end) {
                Byte* const all = partials + begin * kBlock * sum.size;
                sum.add(blocks - 1, (end - begin) * kBlock, all + row, sum.stride, all);
              });
  const int64_t bytes = columns * sum.size, step = Blocks(columns) * kBlock * sum.size;
  for (int64_t at = 0; at < row; at += step, result += bytes)
    std::memcpy(result, partials + at, bytes);
}

}  // namespace

size_t FusedProgram::file_bytes() const {
  return Aligned(static_cast<size_t>(registers) * static_cast<size_t>(register_bytes) +
                 splats.size() * kSplatBytes);
}
size_t FusedProgram::partial_bytes() const {
  size_t bytes = 0;
  for (const TileSum& sum : sums) bytes += static_cast<size_t>(sum.stride * sum.size * blocks());
  return bytes;
}

void FusedProgram::Run(std::span<const void* const> in, std::span<void* const> out, char* files,
                       int threads, char* partials) const {
  std::array<Byte*, kMostMemories> memory;
  size_t n = 0;
  // Only results and partial sums are written to.
  for (const void* p : in) memory[n++] = static_cast<Byte*>(const_cast<void*>(p));
  for (const Tensor& t : constants) memory[n++] = static_cast<Byte*>(const_cast<void*>(t.raw()));
  for (void* p : out) memory[n++] = static_cast<Byte*>(p);
  const size_t first_sum = n;
  for (const TileSum& sum : sums) {
    memory[n++] = partials;
    partials += sum.stride * sum.size * blocks();
  }
  const int64_t across = (columns + tile_columns - 1) / tile_columns;
  const auto run_units = [&](Byte* file, int64_t begin, int64_t end) {
    TileRunner runner(*this, memory.data(), file);
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t block = unit / across, column = unit % across * tile_columns;
      const int64_t width = std::min(tile_columns, columns - column);
      runner.Begin(block);
      for (size_t s = 0; s < sums.size(); ++s) {
        Byte* const row = memory[first_sum + s] + block * sums[s].stride * sums[s].size;
        for (int64_t at = column; at < sums[s].stride; at += Blocks(columns) * kBlock)
          std::memset(row + at * sums[s].size, 0, Blocks(width) * kBlock * sums[s].size);
      }
      const int64_t stop = std::min(rows, (block + 1) * block_rows);
      for (int64_t row = block * block_rows; row < stop; row += tile_rows)
        runner.Run(row, std::min(tile_rows, stop - row), column, width);
    }
  };
  const int64_t units = across * blocks();
  if (file_bytes() <= kRegisterFileBytes) {
    ParallelFor(units, grain, [&](int64_t begin, int64_t end) {
      alignas(kAlignment) Byte file[kRegisterFileBytes];
      run_units(file, begin, end);
    });
  } else {
    // Each thread's share is known before, and with it its file.
    const int64_t shares = std::clamp<int64_t>(units / grain, 1, threads);
    ParallelFor(shares, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        run_units(files + i * file_bytes(), units * i / shares, units * (i + 1) / shares);
    });
  }
  for (size_t s = 0; s < sums.size(); ++s)
    AddPartials(sums[s], columns, blocks(), memory[first_sum + s],
                static_cast<Byte*>(out[sums[s].result]));
}

}  // namespace graphrun
