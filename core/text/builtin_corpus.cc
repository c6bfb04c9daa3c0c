#include "core/text/builtin_corpus.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "core/base/error.h"
#include "core/text/builtin_play.h"
#include "core/text/builtin_words.h"

namespace graphrun {
namespace {

// Sentences without all but letters, and one space for each stretch of what is left out.
std::string OnlyLetters(std::string_view sentences) {
  std::string out;
  for (const char c : sentences) {
    if (c >= 'a' && c <= 'z') {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

std::vector<std::string> WriteWords() { return WriteSentences(1, 5, {90000, 8000, 8000}); }

std::vector<std::string> WriteLetters() {
  std::vector<std::string> texts = WriteSentences(2, kSentenceTopics, {100000, 5500, 5500});
  for (std::string& text : texts) text = OnlyLetters(text);
  return texts;
}

std::vector<std::string> WriteScenes() { return WritePlay(3, {450000, 25000, 25000}); }

struct Known {
  std::string_view name;
  std::vector<std::string> (*write)();  // train, valid, test
};
constexpr Known kKnown[] = {
    {"words", WriteWords}, {"letters", WriteLetters}, {"play", WriteScenes}};

}  // namespace

BuiltinCorpus MakeBuiltinCorpus(std::string_view name) {
  for (const Known& known : kKnown) {
    if (known.name != name) continue;
    std::vector<std::string> texts = known.write();
    return {
        .train = std::move(texts[0]), .valid = std::move(texts[1]), .test = std::move(texts[2])};
  }
  ThrowNotFound(fmt::format("there is no built-in corpus '{}'{}; there are {}", name,
                            DidYouMean(name, BuiltinCorpusNames()),
                            fmt::join(BuiltinCorpusNames(), ", ")));
}

std::vector<std::string> BuiltinCorpusNames() {
  std::vector<std::string> names;
  for (const Known& known : kKnown) names.emplace_back(known.name);
  return names;
}

}  // namespace graphrun
