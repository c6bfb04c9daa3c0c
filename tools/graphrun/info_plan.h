// info --plan: what the compiler makes of the phases of a model's run plan.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_INFO_PLAN_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_INFO_PLAN_H_

#include <string>

#include "core/graph/meta_graph.h"

namespace graphrun {

// Compiles a step of training and of each evaluation, with feeds of the shapes that the graph
// declares, and prints what came of each. FAILED_PRECONDITION when the file has no run plan.
void PrintCompiledPlans(const MetaGraph& meta);

// 12345678 -> "11.8 MiB".
std::string BytesText(double bytes);

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_INFO_PLAN_H_
