// The passes that Compile runs after specialisation. Each rewrites one function's graph in place.
#ifndef GRAPHRUN_CORE_COMPILE_PASSES_H_
#define GRAPHRUN_CORE_COMPILE_PASSES_H_

#include "core/graph/graph.h"

namespace graphrun {

// Merges pure nodes of the same op, attributes and inputs.
//
//   before: a = Tanh(x), b = Tanh(x), c = Add(a, b)        after: a = Tanh(x), c = Add(a, a)
void MergeCommonSubexpressions(Function& f);

// Removes nodes that neither results nor effects need.
void RemoveDeadNodes(Function& f);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_PASSES_H_
