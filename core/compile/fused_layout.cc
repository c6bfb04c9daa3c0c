#include "core/compile/fused_layout.h"

#include <algorithm>
#include <vector>

#include "core/compile/fused_limits.h"

namespace graphrun {
namespace {

int64_t Whole(int64_t n) { return (n + kBlock - 1) / kBlock * kBlock; }

class Layout {
 public:
  Layout(FusedProgram* program, double work) : program_(*program), work_(work) {}

  bool Run() {
    if (program_.whole_rows) ShareResults();
    return Lay();
  }

 private:
  // Gives values that are not needed at the same time the same registers, and chooses the tiles.
  bool Lay() {
    std::vector<int> last(program_.registers, -1), place(program_.registers, -1);
    for (size_t s = 0; s < program_.steps.size(); ++s) {
      for (const TileArg& arg : program_.steps[s].in) {
        if (arg.size > 0 && arg.at == TileArg::kRegister) last[arg.index] = static_cast<int>(s);
      }
    }
    std::vector<int> idle;
    int used = 0, size = 1;
    for (size_t s = 0; s < program_.steps.size(); ++s) {
      TileStep& step = program_.steps[s];
      // A loop may write over an operand whose elements have the same size.
      std::vector<int> before, after;
      for (int k = 0; k < step.operands; ++k) {
        TileArg& arg = step.in[k];
        if (arg.at != TileArg::kRegister) continue;
        const int value = arg.index;
        arg.index = place[value];
        if (last[value] != static_cast<int>(s)) continue;
        last[value] = -1;
        (arg.size == step.out[0].size && step.rows == nullptr ? before : after)
            .push_back(place[value]);
      }
      idle.insert(idle.end(), before.begin(), before.end());
      for (int k = 0; k < step.outputs; ++k) {
        TileArg& out = step.out[k];
        if (out.at != TileArg::kRegister) continue;
        size = std::max(size, out.size);
        if (idle.empty()) idle.push_back(used++);
        const int value = out.index;
        out.index = place[value] = idle.back();
        idle.pop_back();
        if (last[value] < static_cast<int>(s)) after.push_back(out.index);  // nothing reads it
      }
      idle.insert(idle.end(), after.begin(), after.end());
    }
    program_.registers = used;
    return ChooseTiles(size);
  }

  bool ChooseTiles(int size) {
    if (program_.whole_rows) {
      program_.tile_columns = program_.columns;
      program_.register_bytes = static_cast<int>(Whole(program_.columns) * size);
      if (program_.file_bytes() > kMostFileBytes) return false;
      return ChooseBlocks();
    }
    const int64_t bytes =
        kRegisterFileBytes - kSplatBytes * static_cast<int64_t>(program_.splats.size());
    // The last row of a tile may end with a whole block.
    const int64_t fit =
        bytes / (std::max(1, program_.registers) * int64_t{size}) / kBlock * kBlock - kBlock;
    if (fit < kBlock) return false;
    const int64_t most = std::min(fit, kMostTileElements), columns = program_.columns;
    const int64_t across = (columns + most - 1) / most;
    // As even as whole blocks allow.
    program_.tile_columns = across == 1 ? columns : Whole((columns + across - 1) / across);
    // Several rows at once are one run of blocks; some tiles are left for every thread.
    constexpr int64_t kTilesDown = 4;
    if (across == 1)
      program_.tile_rows = std::clamp<int64_t>(program_.rows / kTilesDown, 1, most / columns);
    program_.register_bytes =
        static_cast<int>((Whole(program_.tile_rows * program_.tile_columns) + kBlock) * size);
    return ChooseBlocks();
  }

  bool ChooseBlocks() {
    const int64_t columns = program_.columns;
    program_.block_rows = program_.tile_rows;
    if (!program_.sums.empty()) {
      program_.block_rows = kSummedRows;
      program_.tile_rows = std::min(program_.tile_rows, program_.block_rows);
    }
    program_.grain = std::max<int64_t>(
        1, static_cast<int64_t>(1 / work_) / (program_.block_rows * program_.tile_columns));
    for (TileStep& step : program_.steps) {
      const auto look = [&](const TileArg& arg) {
        if (arg.at != TileArg::kMemory) return;
        step.padded = false;
        step.dense = step.dense && arg.all_rows && arg.map.stride == columns;
      };
      for (int k = 0; k < step.operands; ++k) look(step.in[k]);
      look(step.out[0]);
    }
    return true;
  }

  // Values that become a result, and are not needed otherwise, are computed where it will be.
  void ShareResults() {
    std::vector<int> reads(program_.registers, 0);
    for (const TileStep& step : program_.steps) {
      for (int k = 0; k < step.operands; ++k) {
        if (step.in[k].at == TileArg::kRegister) ++reads[step.in[k].index];
      }
    }
    for (size_t s = program_.steps.size(); s-- > 0;) {
      TileStep& step = program_.steps[s];
      for (int k = 0; k < step.outputs; ++k) {
        const TileArg out = step.out[k];
        if (!step.in_place || !IsWholeResult(out)) continue;
        const auto end = step.in.begin() + step.operands;
        const auto in = std::find_if(step.in.begin(), end, [&](const TileArg& arg) {
          return arg.at == TileArg::kRegister && arg.size == out.size && reads[arg.index] == 1;
        });
        if (in == end) continue;
        const int value = in->index;
        *in = out;
        for (size_t d = 0; d < s; ++d) {
          for (int o = 0; o < program_.steps[d].outputs; ++o) {
            TileArg& made = program_.steps[d].out[o];
            if (made.at == TileArg::kRegister && made.index == value) made = out;
          }
        }
      }
    }
  }
  bool IsWholeResult(const TileArg& arg) const {
    return arg.at == TileArg::kMemory && arg.index >= program_.first_result() &&
           arg.index < program_.first_sum() && arg.map.columns && arg.all_rows &&
           arg.map.stride == program_.columns;
  }

  FusedProgram& program_;
  const double work_;
};

}  // namespace

bool LayOut(FusedProgram* program, double work) { return Layout(program, work).Run(); }

}  // namespace graphrun
