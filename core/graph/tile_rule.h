// TileRule: how a node runs tile by tile with its neighbours, so that what they hand to each other
// stays in the cache.
//
// A tensor is seen as rows; its last dimension is the columns of a row. A node that has a rule
// makes each row of its outputs from the same row of its inputs.
#ifndef GRAPHRUN_CORE_GRAPH_TILE_RULE_H_
#define GRAPHRUN_CORE_GRAPH_TILE_RULE_H_

#include <vector>

#include "core/base/shape.h"
#include "core/graph/element.h"
#include "core/graph/kernel.h"

namespace graphrun {

// An input, and as which shape of as many elements it is broadcast to the output's.
struct TileOperand {
  int input = 0;
  Shape shape;
};

// Columns [begin, begin + count) of an input that has as many rows as the output.
struct ColumnRun {
  int input = 0;
  int64_t begin = 0, count = 0;
};

// Makes one row of the outputs of the same row of the inputs. A row of an input or output has
// `columns` elements, or one where it has no more.
struct RowCall {
  int64_t row = 0, columns = 0;
  const void* const* in = nullptr;
  void* const* out = nullptr;
};
using RowLoop = void (*)(const RowCall& call);

// Adds `rows` rows of `columns` elements, `stride` apart, to `sum`, one after the other.
using SumLoop = void (*)(int64_t rows, int64_t columns, const void* in, int64_t stride, void* sum);
// A sum over rows adds so many one after the other, and then what each of these parts came to: so
// everybody who adds rows up gets the same bits.
inline constexpr int64_t kSummedRows = 16;

// At most one of these is there; without any the node has no rule.
struct TileRule {
  // Output 0 is computed element by element: loop(operands). Of more operands than the loop has
  // (two), the next is taken in with the result so far.
  ElementLoop loop;
  std::vector<TileOperand> operands;
  // The outputs are columns of inputs: of each output the runs that lie side by side in it.
  std::vector<std::vector<ColumnRun>> columns;

  // All outputs are made row by row, from whole rows.
  RowLoop rows = nullptr;
  int64_t rows_grain = 0;      // elements that are worth a thread of their own
  bool rows_in_place = false;  // an output may be the memory of an input of the same size
  // Output 0 is the sum of all rows of input 0.
  SumLoop sum = nullptr;
  int64_t sum_grain = 0;

  bool elements() const { return loop.run != nullptr; }
  bool any() const { return elements() || !columns.empty() || rows != nullptr || sum != nullptr; }
};

// Of a node whose output 0 is input 0 under another shape.
TileRule ViewRule(const KernelRequest& request);

// The rule of a node of which all types are known; none when it has no rule, or might fail.
TileRule TileRuleOf(const KernelRequest& request);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_TILE_RULE_H_
