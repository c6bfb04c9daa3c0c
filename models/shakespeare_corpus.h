// What the models of Shakespeare's plays share of their RunPlans.
#ifndef GRAPHRUN_MODELS_SHAKESPEARE_CORPUS_H_
#define GRAPHRUN_MODELS_SHAKESPEARE_CORPUS_H_

#include "proto/plan.pb.h"

namespace graphrun::models {

// Corpus and vocabulary of a plan: characters by falling frequency, ties by first appearance, from
// a file of one of the usual names or the built-in plays.
inline void FillShakespeareText(pb::Corpus::Newline newline, int64_t vocab, pb::RunPlan* plan) {
  pb::Corpus* corpus = plan->mutable_corpus();
  corpus->set_tokenizer(pb::CHARACTERS);
  corpus->set_newline(newline);
  corpus->set_cache_ids(true);
  corpus->set_builtin("play");
  corpus->mutable_unknown()->set_rule(pb::Unknown::DROP);
  pb::Corpus::Files* files = corpus->add_files();
  files->set_split(pb::TRAIN);
  for (const char* name : {"tinyshakespeare.txt", "input.txt", "shakespeare.txt"}) {
    files->add_names(name);
  }
  plan->mutable_vocabulary()->set_order(pb::Vocabulary::FREQUENCY_THEN_APPEARANCE);
  plan->mutable_vocabulary()->set_rows(vocab);
}

}  // namespace graphrun::models

#endif  // GRAPHRUN_MODELS_SHAKESPEARE_CORPUS_H_
