// What model files share to fill in their RunPlan (proto/plan.proto) and signatures.
#ifndef GRAPHRUN_MODELS_PLAN_BUILDER_H_
#define GRAPHRUN_MODELS_PLAN_BUILDER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/build/scope.h"
#include "models/model_registry.h"
#include "models/nn/rnn_cells.h"
#include "proto/plan.pb.h"

namespace graphrun::models {

using PlanFeeds = google::protobuf::RepeatedPtrField<pb::Feed>;
using PlanState = google::protobuf::RepeatedPtrField<pb::Carry>;

// A plan with the model's name and its options' values.
pb::RunPlan NewPlan(const std::string& model, const Options& options);

void AddFeed(Expr tensor, pb::Feed::Source source, PlanFeeds* feeds);
// Column `column` of the window, one-hot.
void AddOneHotColumn(Expr tensor, int column, PlanFeeds* feeds);
// final[i] is fed to initial[i] in the next step. REQUIRES: as many of both.
void AddCarries(const nn::State& final, const nn::State& initial, PlanState* state);

// Usual file names of a split.
void AddFiles(pb::Split split, const std::vector<std::string>& names, pb::Corpus* corpus);
// A share of a text that has no files for its splits.
void AddFraction(pb::Split split, double fraction, pb::Corpus* corpus);
void AddCount(pb::Split split, int64_t count, pb::Corpus* corpus);

// Name, split and size of the batches.
void FillPhase(const std::string& name, pb::Split split, int64_t batch, int64_t steps,
               pb::Phase* phase);

using NamedExprs = std::vector<std::pair<std::string, Expr>>;
void AddSignature(MetaGraph& meta, const std::string& name, const NamedExprs& inputs,
                  const NamedExprs& outputs);

}  // namespace graphrun::models

#endif  // GRAPHRUN_MODELS_PLAN_BUILDER_H_
