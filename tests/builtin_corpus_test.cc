// The built-in corpora: the same bytes always, and what models need of them.
#include "core/text/builtin_corpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "core/text/text_data.h"
#include "tests/text_fixture.h"

namespace graphrun {
namespace {

using ::testing::ElementsAre;
using ::testing::MatchesRegex;

uint64_t Fnv1a(const std::string& bytes) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

std::string Whole(const BuiltinCorpus& corpus) { return corpus.train + corpus.valid + corpus.test; }

std::set<char> Alphabet(const std::string& text) { return {text.begin(), text.end()}; }

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// A change of a corpus changes every number that was published for it.
TEST(BuiltinCorpus, IsTheSameAlways) {
  EXPECT_THAT(BuiltinCorpusNames(), ElementsAre("words", "letters", "play"));
  EXPECT_EQ(Fnv1a(Whole(MakeBuiltinCorpus("words"))), 18362153200462527263u);
  EXPECT_EQ(Fnv1a(Whole(MakeBuiltinCorpus("letters"))), 15705369238697638600u);
  EXPECT_EQ(Fnv1a(Whole(MakeBuiltinCorpus("play"))), 7423703475340430417u);
}

TEST(BuiltinCorpus, HasThreeTextsOfItsOwn) {
  for (const std::string& name : BuiltinCorpusNames()) {
    SCOPED_TRACE(name);
    const BuiltinCorpus a = MakeBuiltinCorpus(name), b = MakeBuiltinCorpus(name);
    EXPECT_EQ(Whole(a), Whole(b));
    EXPECT_GT(a.train.size(), 400000u);
    for (const std::string& text : {a.valid, a.test}) {
      EXPECT_GT(text.size(), 20000u);
      EXPECT_LT(text.size(), 40000u);
      EXPECT_EQ(a.train.find(text.substr(0, 500)), std::string::npos);
    }
    EXPECT_NE(a.valid, a.test);
    const std::set<char> known = Alphabet(a.train);
    for (const char c : a.valid + a.test) ASSERT_TRUE(known.count(c)) << "'" << c << "'";
  }
}

TEST(BuiltinCorpus, WordsAreAFewHundredAllOfThemInTraining) {
  const pb::Corpus corpus = WordCorpus();
  const TextSource texts = LoadTexts("builtin", corpus);
  pb::Vocabulary plan;
  plan.set_order(pb::Vocabulary::FREQUENCY_THEN_SYMBOL);
  const Vocabulary v = VocabularyFor(plan, corpus, texts);
  EXPECT_GT(v.size(), 300);
  EXPECT_LT(v.size(), 600);
  EXPECT_NEAR(Encode(texts.Of(pb::TRAIN), corpus, v, "train").ids.size(), 90000, 50);
  EXPECT_EQ(Encode(texts.Of(pb::VALID), corpus, v, "valid").unknown, 0);
  EXPECT_EQ(Encode(texts.Of(pb::TEST), corpus, v, "test").unknown, 0);
}

TEST(BuiltinCorpus, LettersAreRunningTextOfTheAlphabet) {
  const std::string text = Whole(MakeBuiltinCorpus("letters"));
  EXPECT_EQ(Alphabet(text).size(), 27u);
  EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz "), std::string::npos);
  EXPECT_EQ(text.find("  "), std::string::npos);
  EXPECT_NE(text[0], ' ');
  // About one character in five or six of English is a space.
  const auto spaces = static_cast<double>(std::count(text.begin(), text.end(), ' '));
  EXPECT_NEAR(static_cast<double>(text.size()) / spaces, 5.5, 0.7);
}

TEST(BuiltinCorpus, PlayIsSpeechesInVerse) {
  const BuiltinCorpus corpus = MakeBuiltinCorpus("play");
  const std::set<char> alphabet = Alphabet(corpus.train);
  EXPECT_EQ(alphabet.size(), 62u);
  for (char c = 'a'; c <= 'z'; ++c) {
    EXPECT_TRUE(alphabet.count(c)) << c;
    EXPECT_TRUE(alphabet.count(static_cast<char>(c - 'a' + 'A'))) << c;
  }
  EXPECT_FALSE(alphabet.count('\r'));
  std::map<std::string, int> speakers;
  std::vector<std::string> verse;
  bool speech = false;
  for (const std::string& line : Lines(Whole(corpus))) {
    if (line.empty()) {
      EXPECT_TRUE(speech);
      speech = false;
    } else if (!speech) {
      ++speakers[line];
      speech = true;
    } else {
      verse.push_back(line);
    }
  }
  EXPECT_EQ(speakers.size(), 26u);
  for (const auto& [speaker, speeches] : speakers) {
    EXPECT_THAT(speaker, MatchesRegex("[A-Z]+:"));
    EXPECT_GT(speeches, 50);
  }
  EXPECT_GT(verse.size(), 10000u);
  size_t longest = 0;
  for (const std::string& line : verse) {
    longest = std::max(longest, line.size());
    const char first = line[0] == '\'' ? line[1] : line[0];
    ASSERT_TRUE(first >= 'A' && first <= 'Z') << line;
    ASSERT_NE(line.back(), ' ') << line;
  }
  EXPECT_LE(longest, 44u);
}

// Batches of 128 rows of 50 characters, as the largest of the models reads them.
TEST(BuiltinCorpus, PlayHasDozensOfBatches) {
  pb::Corpus corpus = CharacterCorpus("play");
  corpus.set_newline(pb::Corpus::CRLF);
  AddFraction(pb::TRAIN, 9, &corpus);
  AddFraction(pb::VALID, 1, &corpus);
  EXPECT_GT(LoadTexts("", corpus).Of(pb::TRAIN).size() / (128 * 50), 60u);
}

}  // namespace
}  // namespace graphrun
