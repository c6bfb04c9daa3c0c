// Texts made by small generators of ours, so that models run without a download.
#ifndef GRAPHRUN_CORE_TEXT_BUILTIN_CORPUS_H_
#define GRAPHRUN_CORE_TEXT_BUILTIN_CORPUS_H_

#include <string>
#include <string_view>
#include <vector>

namespace graphrun {

struct BuiltinCorpus {
  std::string train, valid, test;
};

// The same bytes everywhere and always. NOT_FOUND, with the names there are, for an unknown name.
//   words    English-like sentences, one a line, words and punctuation apart by spaces, all in
//            lower case; a few hundred different words, with agreement in number, relative clauses,
//            reported speech and lists to learn. About 90,000 words for training, 8,000 each for
//            valid and test.
//   letters  such sentences as one running text of a to z and single spaces: about 450,000
//            characters for training, 25,000 each for valid and test.
//   play     scenes of a play in 62 characters: names of speakers in capitals, verse, empty lines;
//            as many characters as letters.
// train, valid and test of the last two go on one from the other, and can be joined.
BuiltinCorpus MakeBuiltinCorpus(std::string_view name);
std::vector<std::string> BuiltinCorpusNames();

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TEXT_BUILTIN_CORPUS_H_
