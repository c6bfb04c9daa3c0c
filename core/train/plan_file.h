// Run plans as text files, which stand beside a model that has none of its own.
#ifndef GRAPHRUN_CORE_TRAIN_PLAN_FILE_H_
#define GRAPHRUN_CORE_TRAIN_PLAN_FILE_H_

#include <string>

#include "core/graph/meta_graph.h"
#include "proto/plan.pb.h"

namespace graphrun {

std::string PlanToText(const pb::RunPlan& plan);
// The reverse; INVALID_ARGUMENT with line and column when the text is no plan.
pb::RunPlan PlanFromText(const std::string& text);

// What '@COLLECTION' stands for: the name of its only member; any other name is returned as it is.
// INVALID_ARGUMENT when the collection has several members or none, NOT_FOUND when there is none of
// that name; both say what there is instead.
std::string ResolveCollection(const MetaGraph& meta, const std::string& name);

// Puts names in place of all '@COLLECTION' where the plan names a tensor, an operation or a
// variable.
void ResolveCollections(const MetaGraph& meta, pb::RunPlan* plan);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TRAIN_PLAN_FILE_H_
