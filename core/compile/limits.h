// What a run may ask for at most.
#ifndef GRAPHRUN_CORE_COMPILE_LIMITS_H_
#define GRAPHRUN_CORE_COMPILE_LIMITS_H_

#include "core/compile/needs.h"

namespace graphrun {

// Functions within functions; each costs some stack.
inline constexpr int kMaxNesting = 400;
// Nodes of one run, those of a function counted wherever it is called.
inline constexpr int64_t kMaxRunNodes = int64_t{1} << 19;

// RESOURCE_EXHAUSTED when the functions that a graph reaches lie deeper in one another than
// kMaxNesting.
void CheckNesting(const Graph& graph);

// RESOURCE_EXHAUSTED when the run comes to more than kMaxRunNodes: thirty functions that each call
// the next twice come to 2^30. Equal calls without effects count once.
void CheckSize(const Graph& graph, const Needs& needs);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_LIMITS_H_
