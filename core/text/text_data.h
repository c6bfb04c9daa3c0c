// Text data: the texts of a file, a folder or a built-in corpus, split for training and evaluation;
// the vocabulary of a plan; texts as ids. Their batches are in text_batches.h.
//
//   TextSource texts = LoadTexts("folder", plan.corpus());
//   Vocabulary vocabulary = VocabularyFor(plan.vocabulary(), plan.corpus(), texts);
//   EncodedText valid = EncodeSplit(texts, pb::VALID, plan.corpus(), vocabulary, &from_cache);
//   std::unique_ptr<Batcher> batches = MakeBatcher(phase.batches(), valid.ids, "the valid text");
#ifndef GRAPHRUN_CORE_TEXT_TEXT_DATA_H_
#define GRAPHRUN_CORE_TEXT_TEXT_DATA_H_

#include <map>
#include <string>

#include "core/text/text_batches.h"
#include "core/text/text_vocabulary.h"
#include "proto/plan.pb.h"

namespace graphrun {

// "train", "valid", "test".
std::string SplitName(pb::Split split);

// The texts of all splits that there are.
struct TextSource {
  std::map<pb::Split, std::string> texts;
  // The plain file that a split's text is from, or part of; none for built-in corpora and pipes.
  std::map<pb::Split, std::string> files;
  // "the built-in corpus 'words'", "ptb.train.txt, ptb.valid.txt, ptb.test.txt of FOLDER"
  std::string description;

  // NOT_FOUND when there is none of that split; INVALID_ARGUMENT when it is empty because the text
  // that was dealt has too little for it.
  const std::string& Of(pb::Split split) const;
};

// `data`: "" or "builtin" for the corpus's built-in text; a file, which is dealt among the splits
// by corpus.parts; or a folder with files of the usual names, where splits without a file of their
// own share the training text by parts. A built-in text of characters is dealt as one file is, when
// there are parts; one of words has its splits as a folder has. NOT_FOUND when there is no such
// file, or none of the usual names in the folder; INVALID_ARGUMENT when a text is empty, or for
// parts that this version does not know.
TextSource LoadTexts(const std::string& data, const pb::Corpus& corpus);

// The plan's vocabulary, or one built from the training text when the plan has none.
// INVALID_ARGUMENT when the training text has more symbols than plan.rows (0: any number).
Vocabulary VocabularyFor(const pb::Vocabulary& plan, const pb::Corpus& corpus,
                         const TextSource& texts);

// As Encode of text_vocabulary.h for one of the texts. With corpus.cache_ids, the ids come from a
// file beside the text's that an earlier call wrote, if there is one for the same text and
// vocabulary; `from_cache` says so. Ids of a text with unknown symbols are not kept: a file has no
// room for their number.
EncodedText EncodeSplit(const TextSource& texts, pb::Split split, const pb::Corpus& corpus,
                        const Vocabulary& vocabulary, bool* from_cache);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TEXT_TEXT_DATA_H_
