// Text data: the texts that --data names, split for training and evaluation; the vocabulary of a
// plan; batches of ids.
//
//   TextSource texts = LoadTexts("folder", plan.corpus());
//   Vocabulary vocabulary = VocabularyFor(plan.vocabulary(), plan.corpus(), texts);
//   EncodedText valid = Encode(texts.Of(pb::VALID), plan.corpus(), vocabulary, "the valid text");
//   std::unique_ptr<Batcher> batches = MakeBatcher(phase.batches(), valid.ids, "the valid text");
#ifndef GRAPHRUN_MODELS_TEXT_DATA_H_
#define GRAPHRUN_MODELS_TEXT_DATA_H_

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/text_vocabulary.h"
#include "proto/plan.pb.h"

namespace graphrun {

// "train", "valid", "test".
std::string SplitName(pb::Split split);

// The texts of all splits that there are.
struct TextSource {
  std::map<pb::Split, std::string> texts;
  std::string
      description;  // "the built-in corpus 'words'", "ptb.train.txt, ptb.valid.txt, ptb.test.txt"

  // NOT_FOUND when there is none of that split.
  const std::string& Of(pb::Split split) const;
};

// `data`: "" or "builtin" for the corpus's built-in text; a file, which is dealt among the splits
// by corpus.parts; or a folder with files of the usual names, where splits without a file of their
// own share the training text by parts. NOT_FOUND when there is no such file, or none of the usual
// names in the folder; INVALID_ARGUMENT when a text is empty.
TextSource LoadTexts(const std::string& data, const pb::Corpus& corpus);

// The plan's vocabulary, or one built from the training text when the plan has none.
// INVALID_ARGUMENT when the training text has more symbols than plan.rows (0: any number).
Vocabulary VocabularyFor(const pb::Vocabulary& plan, const pb::Corpus& corpus,
                         const TextSource& texts);

// The batches of one text, in the order of a plan.
class Batcher {
 public:
  virtual ~Batcher() = default;
  virtual int64_t batches_per_epoch() const = 0;
  // Writes batch i of an epoch, row by row. REQUIRES: i < batches_per_epoch(); both of batch *
  // steps elements.
  virtual void Fill(int64_t i, std::span<int32_t> inputs, std::span<int32_t> targets) const = 0;
};

// `ids` must outlive the batcher. INVALID_ARGUMENT when there are too few for one batch (the
// message says how many are needed), sizes that are not positive, or an order that is not known.
// `what` names the text in messages.
std::unique_ptr<Batcher> MakeBatcher(const pb::Batches& plan, std::span<const int32_t> ids,
                                     const std::string& what);

}  // namespace graphrun

#endif  // GRAPHRUN_MODELS_TEXT_DATA_H_
