// Sentences of a small grammar: the built-in corpus "words", and the running text of "letters".
#ifndef GRAPHRUN_CORE_TEXT_BUILTIN_WORDS_H_
#define GRAPHRUN_CORE_TEXT_BUILTIN_WORDS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace graphrun {

inline constexpr int kSentenceTopics = 6;

// One text after the other, each with about so many words; a line's end counts as one. Lines are
// sentences in lower case, their words and punctuation apart by spaces; each paragraph is about one
// of the first `topics` topics. The same for the same arguments always. REQUIRES: topics is 1 to
// kSentenceTopics.
std::vector<std::string> WriteSentences(uint64_t seed, int topics,
                                        const std::vector<int64_t>& words);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TEXT_BUILTIN_WORDS_H_
