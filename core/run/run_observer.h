// RunObserver: is told what the runs of a session do, node by node; for profiles and traces.
#ifndef GRAPHRUN_CORE_RUN_RUN_OBSERVER_H_
#define GRAPHRUN_CORE_RUN_RUN_OBSERVER_H_

#include <span>

namespace graphrun {

struct Node;
class Graph;
class Tensor;

// A node that is to run.
struct StartingNode {
  const Node& node;
  const Graph& graph;  // one that knows the functions of the node
  // The same in each run, and another one for each place that has the node's function.
  const void* place;
  // Whether a kernel computes it; else what it runs comes in between.
  bool kernel;
  std::span<Tensor* const> inputs;  // the kernel may take some away
};

// Called by the thread that runs: runs that overlap in time call it at the same time. Begin and End
// come in pairs that lie within each other, as what a While, an If or a call runs lies within it.
// What fails has no end.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  // A whole run: from the call to its results, with the making of a plan when there was none.
  virtual void BeginRun() {}
  virtual void EndRun() {}
  // A node of it.
  virtual void Begin(const StartingNode& starting) = 0;
  virtual void End(std::span<Tensor* const> outputs) = 0;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_RUN_RUN_OBSERVER_H_
