// The op _CountedLoop, as those who build, run and divide it see it: a loop whose trips are counted
// before it begins, and whose lists are tensors with an element for each trip.
//
//   inputs      trips | carried ... | tensors that are sliced ... | invariants ...
//   body        (carried, slices, invariants) -> (next carried ..., elements that are stacked ...)
//   outputs     final carried ... | stacked tensors ...
//
// Only the compiler makes it: graphs that are loaded or built have none.
#ifndef GRAPHRUN_CORE_GRAPH_COUNTED_NODE_H_
#define GRAPHRUN_CORE_GRAPH_COUNTED_NODE_H_

#include <cstdint>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

inline constexpr char kCountedLoopOp[] = "_CountedLoop";

// Which element of a tensor's outermost dimension trip t reads or writes:
// start + step * t, plus the number of trips where it counts from the end.
struct Walk {
  int64_t start = 0, step = 1;
  bool from_end = false;
  bool operator==(const Walk&) const = default;
  // Every element in order, of a tensor with as many elements as there are trips.
  static Walk Forward() { return {}; }
  int64_t First(int64_t trips) const { return start + (from_end ? trips : 0); }
  int64_t At(int64_t trip, int64_t trips) const { return First(trips) + step * trip; }
};

// A tensor of which each trip writes an element. Those that no trip writes are zeros.
struct Stack {
  Walk walk;
  int64_t length = -1;  // elements; -1: as many as there are trips
  bool operator==(const Stack&) const = default;
};

// What the node's attributes say. The numbers of carried values, slices and stacks are those of the
// vectors, and what is left of the inputs is invariant.
struct CountedLoopAttrs {
  FuncRef body;
  int64_t carried = 0;
  std::vector<int64_t> slices;  // start, step, from_end of each
  std::vector<int64_t> stacks;  // start, step, from_end, length of each

  int num_slices() const { return static_cast<int>(slices.size() / 3); }
  int num_stacks() const { return static_cast<int>(stacks.size() / 4); }
  Walk SliceAt(int i) const { return WalkAt(slices, 3 * i); }
  Stack StackAt(int i) const { return {WalkAt(stacks, 4 * i), stacks[4 * i + 3]}; }
  // Inputs of the node.
  int first_slice() const { return 1 + static_cast<int>(carried); }
  int first_invariant() const { return first_slice() + num_slices(); }

 private:
  static Walk WalkAt(const std::vector<int64_t>& v, int i) {
    return {v[i], v[i + 1], v[i + 2] != 0};
  }
};

// REQUIRES: the node's op is _CountedLoop.
inline const CountedLoopAttrs& CountedAttrs(const Node& node) {
  return *static_cast<const CountedLoopAttrs*>(node.parsed.get());
}

// A _CountedLoop to be made.
struct CountedLoopParts {
  Output trips;  // int32 scalar
  std::vector<Output> carried;
  std::vector<std::pair<Output, Walk>> slices;
  std::vector<Output> invariants;
  std::vector<Stack> stacks;
};
// REQUIRES: parameters and results of `body` are as above.
NodeId AddCountedLoop(Graph& graph, std::string_view name, const Function& body,
                      const CountedLoopParts& parts, std::vector<NodeId> controls = {});

// INVALID_ARGUMENT unless the elements of all trips lie within [0, length).
void CheckWalk(const Walk& walk, int64_t trips, int64_t length);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_COUNTED_NODE_H_
