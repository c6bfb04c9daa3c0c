// PlanMemory: offsets in one arena for values whose lifetimes are known.
#ifndef GRAPHRUN_CORE_COMPILE_MEMORY_PLAN_H_
#define GRAPHRUN_CORE_COMPILE_MEMORY_PLAN_H_

#include <cstddef>
#include <vector>

namespace graphrun {

struct MemoryRequest {
  size_t bytes = 0;
  int first = 0, last = 0;  // the times at which it is written first and read last, both included
  int shares = -1;          // an earlier request whose memory this one takes over
  int views = 0;            // other values that show this memory
};

struct MemoryPlan {
  std::vector<size_t> offsets;  // multiples of kAlignment
  size_t bytes = 0;
};

// Requests that live at the same time do not overlap, but for those that share. Large ones are
// placed first, each at the lowest offset that is free during its life.
MemoryPlan PlanMemory(const std::vector<MemoryRequest>& requests);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_MEMORY_PLAN_H_
