#include "models/shakespeare_corpus.h"

#include "models/plan_builder.h"

namespace graphrun::models {

void FillShakespeare(pb::Corpus::Newline newline, int64_t vocab, pb::RunPlan* plan) {
  pb::Corpus* corpus = plan->mutable_corpus();
  corpus->set_tokenizer(pb::CHARACTERS);
  corpus->set_newline(newline);
  corpus->set_cache_ids(true);
  AddFiles(pb::TRAIN, {"tinyshakespeare.txt", "input.txt", "shakespeare.txt"}, corpus);
  corpus->set_builtin("play");
  corpus->mutable_unknown()->set_rule(pb::Unknown::DROP);

  plan->mutable_vocabulary()->set_order(pb::Vocabulary::FREQUENCY_THEN_APPEARANCE);
  plan->mutable_vocabulary()->set_rows(vocab);
}

}  // namespace graphrun::models
