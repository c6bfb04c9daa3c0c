// Runs that feed constants.
#ifndef GRAPHRUN_CORE_RUN_FED_CONSTANTS_H_
#define GRAPHRUN_CORE_RUN_FED_CONSTANTS_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

// A graph in whose functions the copies of some constants (kCopyOfAttr) became parameters, so that
// what is fed in their place is seen everywhere. The rest is as in the graph that it was made of,
// node ids and names included. It adds functions to that graph's library, for as long as it lives.
class WithoutCopies {
 public:
  // Null when no function has a copy of the constants among `fed`.
  static std::unique_ptr<WithoutCopies> Make(const Graph& graph, const std::set<Output>& fed);
  ~WithoutCopies();
  WithoutCopies(const WithoutCopies&) = delete;
  const Graph& graph() const { return graph_; }

 private:
  explicit WithoutCopies(Graph graph) : graph_(std::move(graph)) {}

  Graph graph_;
  std::vector<std::string> added_;  // functions
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_RUN_FED_CONSTANTS_H_
