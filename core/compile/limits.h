// What a run may ask for at most.
#ifndef GRAPHRUN_CORE_COMPILE_LIMITS_H_
#define GRAPHRUN_CORE_COMPILE_LIMITS_H_

#include <cstdint>
#include <unordered_map>

#include "core/compile/needs.h"

namespace graphrun {

// Functions within functions; each costs some stack.
inline constexpr int kMaxNesting = 400;
// Nodes of one run, those of a function counted wherever it is called.
inline constexpr int64_t kMaxRunNodes = int64_t{1} << 25;
// A run of more is no more inlined as a whole: functions of kCalledFrom nodes are called.
inline constexpr int64_t kMaxInlined = int64_t{1} << 17;
inline constexpr int64_t kCalledFrom = int64_t{1} << 10;

// RESOURCE_EXHAUSTED when the functions that a graph reaches lie deeper in one another than
// kMaxNesting.
void CheckNesting(const Graph& graph);

// How many nodes run in one activation of a graph, those of functions that it calls included; an If
// runs its larger branch, a loop counts one trip, and equal calls without effects are one.
// REQUIRES: CheckNesting.
class RunSizes {
 public:
  double Of(const Graph& graph, const Needs& needs);

 private:
  std::unordered_map<const Needs*, double> known_;
};

// Whether the function, or one that it calls, draws random numbers: each place of call has streams
// of its own, so that it must be inlined.
bool Draws(const Function& function);

// RESOURCE_EXHAUSTED when the run comes to more than kMaxRunNodes (thirty functions that each call
// the next twice come to 2^30), or what must be inlined of it to more than kMaxInlined.
void CheckSize(const Graph& graph, const Needs& needs);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_LIMITS_H_
