// LoopStages: how a loop's body is cut into parts that run one after the other, each for all trips.
//
//   stage 0   all trips at once: what needs nothing that is carried
//   stage 1   a loop: the first recurrences, and what is cheap beside them
//   stage 2   all trips at once: what needs those, and nothing that is carried otherwise
//   ...
//
// As loop distribution with typed fusion does it: K. Kennedy, K. S. McKinley, "Typed Fusion with
// Applications to Parallel and Sequential Code Generation", 1993; but for dataflow.
#ifndef GRAPHRUN_CORE_COMPILE_LOOP_STAGES_H_
#define GRAPHRUN_CORE_COMPILE_LOOP_STAGES_H_

#include <set>
#include <vector>

#include "core/graph/unit.h"

namespace graphrun {

// A body as it is cut. Even stages are computed for all trips at once, odd ones are loops.
struct LoopStages {
  static constexpr int kInvariant = -1;  // the same in all trips
  static constexpr int kUnused = -2;
  std::vector<int> of;          // by node
  std::vector<int> of_carried;  // the loop of each carried value; kUnused: a sum over all trips
  int count = 0;
  bool worth = false;  // something leaves the loop
};

// `trips`: -1 when their number is not known. `pinned`: nodes that cannot be computed for all trips
// at once. REQUIRES: `loop` is a _CountedLoop, which runs `body`; body's nodes are needed.
LoopStages CutLoop(Unit& unit, const Node& loop, const Function& body, int64_t trips,
                   const std::set<NodeId>& pinned);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_LOOP_STAGES_H_
