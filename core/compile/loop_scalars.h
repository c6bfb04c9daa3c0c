// LoopScalars: what the integers and lists around a loop are, as far as it can be told before the
// run.
#ifndef GRAPHRUN_CORE_COMPILE_LOOP_SCALARS_H_
#define GRAPHRUN_CORE_COMPILE_LOOP_SCALARS_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/tensor.h"
#include "core/graph/unit.h"

namespace graphrun {

// An integer: constant + factor * symbol, an output of the graph.
struct LoopScalar {
  int64_t constant = 0;
  Output symbol = {};
  int64_t factor = 0;
  bool operator==(const LoopScalar&) const = default;
};

// Sums and products of few such fit int64.
inline bool IsSmall(int64_t value) {
  constexpr int64_t kMost = int64_t{1} << 24;
  return -kMost < value && value < kMost;
}

class LoopScalars {
 public:
  LoopScalars(Unit& unit, Function& f) : unit_(unit), f_(f), g_(f.graph) {}

  // REQUIRES: an integer scalar.
  LoopScalar Of(Output o) const;
  // a + factor * b; nothing when it has two symbols or does not fit int64.
  static std::optional<LoopScalar> Add(const LoopScalar& a, const LoopScalar& b, int64_t factor);
  // A node that computes it.
  Output ToOutput(const LoopScalar& scalar, DType dtype, const std::string& name);

  // A counter goes from `start` by `step` for as long as it has not reached `limit`.
  struct Bound {
    LoopScalar start, limit;
    int64_t step;
    bool inclusive;
  };
  // Notes that the list was made: its length is not negative.
  void NoteMade(Output list);
  // How many trips all bounds allow; nothing when it is not known before the run and not easily
  // computed either.
  std::optional<LoopScalar> Trips(const std::vector<Bound>& bounds, const std::string& name);

  // The values of a counter in all trips, as a vector. REQUIRES: trips that are known are few.
  Output CounterValues(const LoopScalar& start, int64_t step, const LoopScalar& trips, DType dtype,
                       const std::string& name);

  // A list's elements as a tensor [length, ...]; invalid when they cannot be had.
  Output TensorOf(Output list, const ValueType& element);
  // Scalars that grow by the same amount from each to the next.
  struct Sequence {
    LoopScalar first;
    int64_t step;
    LoopScalar length;
  };
  // The elements of a list of such; nothing for others.
  std::optional<Sequence> SequenceOf(Output list) const;
  // A list of the tensor's rows, `length` of them, which may hold others of shape `element` too.
  Output ListOf(Output tensor, const LoopScalar& length, const Shape& element,
                const std::string& name);
  // The rows of a tensor.
  std::optional<LoopScalar> LengthOf(Output tensor, int depth = 0) const;
  // How many elements, none of them set, a list has that is just made; nothing for others.
  std::optional<LoopScalar> ReservedLength(Output list) const;
  // Whether it is a list just made, without elements and with room for `trips`.
  bool IsEmptyList(Output list, const LoopScalar& trips) const;
  // How many elements a list has.
  std::optional<LoopScalar> LengthOfList(Output list) const;
  // The shape that a list asks of its elements, where it is the one that the run will find.
  std::optional<Shape> ElementShapeOf(Output list) const;
  bool IsZeros(Output tensor) const { return zeros_.contains(tensor); }
  // Notes that all rows of a tensor, if it has any, are `row`.
  void NoteRows(Output tensor, Output row) { rows_.insert_or_assign(tensor, row); }
  // That row, of a tensor or of the tensor of a list; invalid when there is none.
  Output RowOf(Output tensor) const;
  Output RowOfList(Output list) const;

  // Takes away lists that are made of a tensor and made a tensor again.
  void CancelLists();

 private:
  Output Origin(Output list) const;
  std::optional<LoopScalar> RowsOf(Output list) const;
  Output ZerosOf(const LoopScalar& length, const ValueType& element, const std::string& name);
  bool ScattersAll(const Node& node) const;

  Unit& unit_;
  Function& f_;
  Graph& g_;
  std::set<Output> not_negative_;   // symbols that are counts of trips
  std::map<Output, int64_t> most_;  // of such, what they do not exceed
  std::set<Output> zeros_;
  std::map<Output, Output> tensors_;      // of lists
  std::map<Output, LoopScalar> lengths_;  // of tensors
  std::map<Output, Sequence> sequences_;  // vectors
  std::map<Output, Output> rows_;         // of tensors whose rows are all the same
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_LOOP_SCALARS_H_
