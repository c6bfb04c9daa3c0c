// MatchSteps: the steps of an unrolled loop, found in a graph.
#ifndef GRAPHRUN_CORE_COMPILE_STEP_MATCHER_H_
#define GRAPHRUN_CORE_COMPILE_STEP_MATCHER_H_

#include <set>
#include <utility>
#include <vector>

#include "core/graph/unit.h"

namespace graphrun {

// Nodes that are the same in every step but for their inputs: one row for each node of a step, its
// nodes by step. In topological order of any one step.
struct MatchedSteps {
  int steps = 0;
  std::vector<std::vector<NodeId>> rows;
  // What an input of a row is in each step.
  enum class Source : uint8_t {
    kInvariant,  // the same value
    kInner,      // an output of a row, of the same step
    kCarried,    // an output of a row, of the step before; in the first step another value
    kSliced,     // other values
  };
  struct Input {
    Source source = Source::kInvariant;
    int row = -1;                 // kInner, kCarried
    int index = 0;                // output of that row's nodes
    std::vector<Output> outside;  // kInvariant, kCarried: one; kSliced: by step
  };
  std::vector<std::vector<Input>> inputs;  // by row

  // Rows and outputs that are carried.
  std::set<std::pair<int, int>> carried_values() const;
  int carried() const { return static_cast<int>(carried_values().size()); }
};

// The longest unrolled loops of a function, each of at least `least` steps, that share no nodes.
// Steps begin where a recurrence multiplies by a weight.
std::vector<MatchedSteps> MatchSteps(Unit& unit, Function& f, int least);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_STEP_MATCHER_H_
