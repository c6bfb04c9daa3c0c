// Specialise: from a graph to the function that computes one signature.
#ifndef GRAPHRUN_CORE_COMPILE_SPECIALISE_H_
#define GRAPHRUN_CORE_COMPILE_SPECIALISE_H_

#include <memory>

#include "core/compile/compile.h"

namespace graphrun {

// Copies what the signature needs into a function of its own, whose parameters are the feeds:
//  - types follow from the feeds' types, and every While, If and call gets functions of its own,
//  typed by its inputs;
//  - values that are known (shapes above all, and feeds that the signature gives) become constants,
//  an If on a known predicate its branch, a call the body;
//  - loop variables that no output and no effect needs are dropped: an evaluation saves nothing for
//  a gradient;
//  - control edges that no effect can reach are dropped.
//
//   before: x:[?,?] -> Shape -> StridedSlice -> Fill        after: x:[30,20]   Const
std::unique_ptr<Function> Specialise(const Graph& graph, const RunSignature& signature);

// The attribute that names a random node's stream in a specialised graph.
inline constexpr char kStreamAttr[] = "_stream";

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_SPECIALISE_H_
