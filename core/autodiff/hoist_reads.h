// HoistReads: variables that loops and branches read become values that are passed to them, so that
// there is something to differentiate with respect to.
#ifndef GRAPHRUN_CORE_AUTODIFF_HOIST_READS_H_
#define GRAPHRUN_CORE_AUTODIFF_HOIST_READS_H_

#include <set>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

// Reads of `handles` in the functions that the nodes of `needed` call, however deep, become one
// read before the call, handed down as a further input. Functions are replaced by changed copies.
// UNIMPLEMENTED when a function also writes such a variable, or does with the handle anything but
// reading and passing it on.
void HoistReads(Graph& graph, const std::set<Output>& handles, const std::vector<bool>& needed);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_AUTODIFF_HOIST_READS_H_
