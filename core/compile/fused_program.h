// FusedProgram: what a Function::fused does, as a short sequence of element loops that is carried
// out for one tile after the other. A tile is some columns of a row, or several rows; what the
// loops hand to each other stays in registers: memory that fits the first-level cache.
#ifndef GRAPHRUN_CORE_COMPILE_FUSED_PROGRAM_H_
#define GRAPHRUN_CORE_COMPILE_FUSED_PROGRAM_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/tensor.h"
#include "core/compile/tile_domain.h"
#include "core/graph/element.h"
#include "core/graph/tile_rule.h"

namespace graphrun {

// An operand or the result of a step.
struct TileArg {
  enum At : uint8_t { kRegister, kMemory, kOne, kPartial };
  At at = kRegister;
  // kRegister: its number. kMemory and kPartial: which of the program's. kOne: which of its splats.
  int index = 0;
  int size = 0;  // bytes of an element
  // kMemory and kPartial: its rows, the first column, and whether it has all rows. A partial sum
  // has one for each block, of whole blocks of elements.
  RowMap map;
  int64_t begin = 0;
  bool all_rows = false;
};

// A loop over blocks, or one that makes a row at once, or adds rows up.
struct TileStep {
  BlockLoop run = nullptr;
  RowLoop rows = nullptr;
  SumLoop sum = nullptr;  // adds the rows of in[0] to the partial sum out[0]
  int operands = 0, outputs = 1;
  std::array<TileArg, kMaxOperands> in;
  std::array<TileArg, kMaxOperands> out;
  int node = -1;         // rows: whose, of FusedProgram::names
  bool in_place = true;  // an output may be the memory of an operand
  bool dense = true;     // several rows are one run of blocks
  bool padded = true;    // nothing is kMemory, which may end within a block
};

// One element for all rows and columns.
struct TileSplat {
  int memory = 0;
  int size = 0;
};

// The sum of all rows: those of a block are added up in a row of the partial sums.
struct TileSum {
  int result = 0;
  SumLoop add = nullptr;
  int size = 0;
  int64_t stride = 0;  // of a row, in which each piece of columns has whole blocks
};

struct FusedProgram {
  // Memory 0..inputs-1 are the inputs, then constants, then results, then partial sums.
  int inputs = 0, results = 0;
  std::vector<Tensor> constants;
  std::vector<TileSplat> splats;
  std::vector<TileStep> steps;
  int64_t rows = 0, columns = 0;  // of all tiles
  bool whole_rows = false;        // a row is made at once
  int registers = 0;
  int register_bytes = 0;  // of one
  int64_t tile_rows = 1, tile_columns = 0;
  int64_t block_rows = 1;  // of what one thread does after the other; sums begin anew in each
  int64_t grain = 0;       // blocks that are worth a thread of their own
  std::vector<TileSum> sums;
  std::vector<std::string> names;
  // (input, result): may share memory.
  std::vector<std::pair<int, int>> in_place;

  int first_result() const { return inputs + static_cast<int>(constants.size()); }
  int first_sum() const { return first_result() + results; }
  // What a thread takes for registers and splats, and all partial sums together.
  size_t file_bytes() const;
  size_t partial_bytes() const;
  int64_t blocks() const { return (rows + block_rows - 1) / block_rows; }

  // Computes the results. No input may share memory with a result but as in_place says. `files` has
  // room for as many threads as there are; none is needed up to kRegisterFileBytes.
  void Run(std::span<const void* const> in, std::span<void* const> out, char* files, int threads,
           char* partials) const;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_FUSED_PROGRAM_H_
