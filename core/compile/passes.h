// The passes that Compile runs after specialisation. Each edits a function and all that it calls.
#ifndef GRAPHRUN_CORE_COMPILE_PASSES_H_
#define GRAPHRUN_CORE_COMPILE_PASSES_H_

#include "core/graph/unit.h"

namespace graphrun {

// Merges pure nodes of the same op, attributes and inputs.
//
//   before: a = Tanh(x), b = Tanh(x), c = Add(a, b)        after: a = Tanh(x), c = Add(a, a)
void MergeCommonSubexpressions(Unit& unit);

// Removes nodes that neither results nor effects need.
void RemoveDeadNodes(Unit& unit);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_PASSES_H_
