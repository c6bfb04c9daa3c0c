// Gradients of While, If and calls: each builds another While, If or call.
#ifndef GRAPHRUN_CORE_AUTODIFF_CONTROL_FLOW_GRADIENTS_H_
#define GRAPHRUN_CORE_AUTODIFF_CONTROL_FLOW_GRADIENTS_H_

#include <vector>

#include "core/autodiff/gradients.h"

namespace graphrun {

// The gradient loop runs as many trips as the loop did, backwards over what the forward body saved.
// The forward node gets one more loop variable for each saved value: a list to which every trip
// pushes. Values that are the same in every trip are captured, and counters recomputed, instead.
std::vector<Grad> WhileGradient(GradContext& g);
// Of an If or a call, which is as an If with one branch. The gradient takes the same branch.
// Intermediate values that it needs become further outputs of the forward node; the branch that
// does not compute them returns zeros in their place, which nobody reads.
std::vector<Grad> BranchGradient(GradContext& g);
// Notes in a copy of a function which types the variables have that its parameters are handles of,
// which a file need not say, by what a node of `outer` passes from its input `first` on.
void LearnHandles(const Graph& outer, const Node& node, int first, Function* function);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_AUTODIFF_CONTROL_FLOW_GRADIENTS_H_
