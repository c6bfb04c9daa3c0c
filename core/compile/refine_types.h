// Types as special as what is known now allows: passes that make tensors of lists, or constants of
// values, tell more than Specialise knew.
#ifndef GRAPHRUN_CORE_COMPILE_REFINE_TYPES_H_
#define GRAPHRUN_CORE_COMPILE_REFINE_TYPES_H_

#include "core/graph/graph.h"

namespace graphrun {

// What both say of one value; where they contradict each other, which is an error of a run that may
// never get there, what `a` says. REQUIRES: same dtype.
ValueType MoreSpecial(const ValueType& a, const ValueType& b);

// Gives the outputs of a node what its inputs tell of them, but for a node that runs functions.
void RefineNode(Graph& g, NodeId id);
// The same for all nodes of a graph.
void RefineTypes(Graph& g);

// Gives the variables of a loop the types that they have at first, where the body gives these back,
// and its nodes and outputs what follows. REQUIRES: no other node runs its functions.
void RefineLoop(Graph& g, NodeId loop);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_REFINE_TYPES_H_
