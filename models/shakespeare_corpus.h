// What the models of Shakespeare's plays share of their RunPlans.
#ifndef GRAPHRUN_MODELS_SHAKESPEARE_CORPUS_H_
#define GRAPHRUN_MODELS_SHAKESPEARE_CORPUS_H_

#include <cstdint>

#include "proto/plan.pb.h"

namespace graphrun::models {

// Fills in corpus and vocabulary, but for the parts that the splits get: up to `vocab` characters
// by falling frequency, ties by first appearance, from a file of one of the usual names or the
// built-in plays.
void FillShakespeare(pb::Corpus::Newline newline, int64_t vocab, pb::RunPlan* plan);

}  // namespace graphrun::models

#endif  // GRAPHRUN_MODELS_SHAKESPEARE_CORPUS_H_
