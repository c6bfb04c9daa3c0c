// BackwardPass: one reverse sweep over one graph. Gradients runs it on the main graph, control-flow
// gradients on bodies.
#ifndef GRAPHRUN_CORE_GRAPH_BACKWARD_PASS_H_
#define GRAPHRUN_CORE_GRAPH_BACKWARD_PASS_H_

#include <map>
#include <vector>

#include "core/graph/build_context.h"
#include "core/graph/gradients.h"

namespace graphrun {

struct BackwardRequest {
  FunctionBuilder*
      forward;  // the graph that is differentiated; its control-flow nodes may be extended
  Scope scope;  // where gradient nodes go: the same graph, or one whose builder resolves it
  std::vector<Output> ys;
  std::vector<Grad> dys;  // none entries are skipped
  std::vector<Output> xs;
  std::map<Output, Grad> initial = {};  // what gradients of xs start from, instead of nothing
};

// The gradient with respect to each x.
std::vector<Grad> BackwardPass(const BackwardRequest& request);

// Whether gradients flow through values of this type: floating ones, and lists of them.
bool Differentiable(const ValueType& type);
// For each output of the graph's nodes whether it depends differentiably on one of xs. Indexed by
// node, then output.
std::vector<std::vector<bool>> DependsOn(const Graph& graph, const std::vector<Output>& xs);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_BACKWARD_PASS_H_
