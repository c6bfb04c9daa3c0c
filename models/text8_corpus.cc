#include "models/text8_corpus.h"

#include <string>

#include "models/plan_builder.h"

namespace graphrun::models {

void FillText8(Text8Space space, pb::RunPlan* plan) {
  pb::Corpus* corpus = plan->mutable_corpus();
  corpus->set_tokenizer(pb::CHARACTERS);
  AddFiles(pb::TRAIN, {"text8", "wiki8.txt"}, corpus);
  corpus->set_builtin("letters");
  corpus->mutable_unknown()->set_rule(pb::Unknown::REPLACE);
  corpus->mutable_unknown()->set_symbol(" ");

  pb::Vocabulary* vocabulary = plan->mutable_vocabulary();
  vocabulary->set_order(pb::Vocabulary::LISTED);
  vocabulary->set_rows(kText8Symbols);
  if (space == Text8Space::kFirst) vocabulary->add_symbols(" ");
  for (char letter = 'a'; letter <= 'z'; ++letter) vocabulary->add_symbols(std::string(1, letter));
  if (space == Text8Space::kLast) vocabulary->add_symbols(" ");
}

}  // namespace graphrun::models
