// The RunPlan (proto/plan.proto) of a model file: kept in its MetaGraph, checked against its graph.
#ifndef GRAPHRUN_CORE_TRAIN_RUN_PLAN_H_
#define GRAPHRUN_CORE_TRAIN_RUN_PLAN_H_

#include <optional>
#include <string>

#include "core/base/tensor.h"
#include "core/graph/meta_graph.h"
#include "core/run/session.h"
#include "proto/plan.pb.h"

namespace graphrun {

// Puts `plan` into meta's collection kRunPlanCollection, in place of one that is there.
void SetRunPlan(const pb::RunPlan& plan, MetaGraph* meta);
// nullopt when there is none; DATA_LOSS when its bytes are no plan.
std::optional<pb::RunPlan> FindRunPlan(const MetaGraph& meta);

// INVALID_ARGUMENT or NOT_FOUND when the plan asks for what this version does not know, lacks what
// every plan has, or names tensors and operations that the graph has not.
void CheckRunPlan(const pb::RunPlan& plan, const Graph& graph);

// The plan of a model, checked; FAILED_PRECONDITION when it has none.
pb::RunPlan RunPlanOf(const MetaGraph& meta);
// Gives all variables their initial values.
void InitializeVariables(const pb::RunPlan& plan, Session& session);

// The rate of an epoch, counted from 0. REQUIRES: rate.pieces is not empty.
double RateOfEpoch(const pb::LearningRate& rate, int epoch);
// The same in the dtype of the variable that it is written to.
Tensor RateTensor(const pb::LearningRate& rate, int epoch, const Graph& graph);

// The part of an epoch that a round over the batches is.
double EpochPart(const pb::Batches& batches);
// The tensor that a step's loss is, or follows from.
const std::string& CostTensor(const pb::Phase& phase);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TRAIN_RUN_PLAN_H_
