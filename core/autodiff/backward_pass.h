// BackwardPass: one reverse sweep over one graph. Gradients runs it on the main graph, control-flow
// gradients on bodies.
#ifndef GRAPHRUN_CORE_AUTODIFF_BACKWARD_PASS_H_
#define GRAPHRUN_CORE_AUTODIFF_BACKWARD_PASS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/autodiff/gradients.h"
#include "core/build/build_context.h"

namespace graphrun {

struct BackwardRequest {
  FunctionBuilder*
      forward;  // the graph that is differentiated; its control-flow nodes may be extended
  Scope scope;  // where gradient nodes go: the same graph, or one whose builder resolves it
  std::vector<Output> ys;
  std::vector<Grad> dys;  // none entries are skipped
  std::vector<Output> xs;
  std::map<Output, Grad> initial = {};  // what gradients of xs start from, instead of nothing
  bool overrides = true;                // whether nodes may say whose gradient is theirs
  std::set<Output>* reached = nullptr;  // gets the tensors that have gradients
};

// The gradient with respect to each x. UNIMPLEMENTED, with the path from the loss, when one flows
// into a node whose gradient nobody here knows.
std::vector<Grad> BackwardPass(const BackwardRequest& request);

// For each output of the graph's nodes whether it depends on one of xs by nodes that are not known
// to stop gradients. Indexed by node, then output.
std::vector<std::vector<bool>> DependsOn(const Graph& graph, const std::vector<Output>& xs,
                                         bool overrides);
// Why no gradient came to x, when BackwardPass of ys reached only `reached`: no path, or where it
// is cut.
std::string WhyNoGradient(const BackwardRequest& request, const std::set<Output>& reached,
                          Output x);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_AUTODIFF_BACKWARD_PASS_H_
