// The parts of graphrun info that read protobuf messages.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_INFO_PARTS_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_INFO_PARTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/graph/meta_graph.h"

namespace graphrun {

// What the run plan says, if there is one.
void PrintPlan(const MetaGraph& meta);
// Compiles a step of training and of each evaluation, with feeds of the shapes that the graph
// declares, and prints what came of each. FAILED_PRECONDITION when the file has no run plan.
void PrintCompiledPlans(const MetaGraph& meta);
void PrintCollections(const MetaGraph& meta);

// The first few, with commas; their number when there are more.
std::string JoinFirst(const std::vector<std::string>& items, size_t most = 6);
// 4660000 -> "4,660,000".
std::string Thousands(int64_t n);
// 12345678 -> "11.8 MiB".
std::string BytesText(double bytes);

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_INFO_PARTS_H_
