// Vocabularies, splits, batches and the built-in corpus, as plans ask for them.
#include "models/text_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "models/builtin_corpus.h"

namespace graphrun {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

pb::Corpus WordCorpus() {
  pb::Corpus corpus;
  corpus.set_tokenizer(pb::WORDS);
  corpus.set_line_end("<eos>");
  corpus.set_builtin("words");
  const auto add = [&corpus](pb::Split split, const char* name, double part) {
    pb::Corpus::Files* files = corpus.add_files();
    files->set_split(split);
    files->add_names(name);
    corpus.add_parts()->set_split(split);
    corpus.mutable_parts()->rbegin()->set_fraction(part);
  };
  add(pb::TRAIN, "ptb.train.txt", 0.8);
  add(pb::VALID, "ptb.valid.txt", 0.1);
  add(pb::TEST, "ptb.test.txt", 0.1);
  return corpus;
}

pb::Corpus CharacterCorpus() {
  pb::Corpus corpus = WordCorpus();
  corpus.set_tokenizer(pb::CHARACTERS);
  return corpus;
}

std::vector<std::string> Symbols(const Vocabulary& vocabulary) {
  std::vector<std::string> symbols;
  for (int64_t i = 0; i < vocabulary.size(); ++i) symbols.push_back(vocabulary.symbol(i));
  return symbols;
}

std::string MessageOf(const std::function<void()>& fn) {
  try {
    fn();
  } catch (const Error& e) {
    return e.message();
  }
  return "no error";
}

class Folder {
 public:
  explicit Folder(const std::string& name) : path_(::testing::TempDir() + "graphrun_" + name) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name, std::ios::binary) << text;
    return path_ + "/" + name;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(Vocabulary, OrdersByFrequencyThenSymbol) {
  const Vocabulary v =
      Vocabulary::Build("b a \n c a b \r\n d", WordCorpus(), pb::Vocabulary::FREQUENCY_THEN_SYMBOL);
  EXPECT_THAT(Symbols(v), ElementsAre("<eos>", "a", "b", "c", "d"));
  EXPECT_EQ(v.Find("c"), 3);
  EXPECT_EQ(v.Find("e"), std::nullopt);
}

TEST(Vocabulary, OrdersByFrequencyThenAppearance) {
  const Vocabulary v = Vocabulary::Build("zayya\xc3\xa9z\xff", CharacterCorpus(),
                                         pb::Vocabulary::FREQUENCY_THEN_APPEARANCE);
  EXPECT_THAT(Symbols(v), ElementsAre("z", "a", "y", "\xc3\xa9", "\xff"));
}

TEST(Vocabulary, TravelsInAPlan) {
  pb::Vocabulary plan;
  Vocabulary::Build("x y x", WordCorpus(), pb::Vocabulary::FREQUENCY_THEN_SYMBOL).ToPlan(&plan);
  EXPECT_THAT(Symbols(Vocabulary::FromPlan(plan)), ElementsAre("x", "y"));
  plan.set_rows(1);
  EXPECT_THROW(Vocabulary::FromPlan(plan), Error);
  plan.set_rows(3);
  plan.add_symbols("x");
  EXPECT_THAT(MessageOf([&] { Vocabulary::FromPlan(plan); }), HasSubstr("twice the symbol 'x'"));
}

TEST(Vocabulary, MoreSymbolsThanRowsIsAnErrorThatSaysSo) {
  pb::Vocabulary plan;
  plan.set_order(pb::Vocabulary::FREQUENCY_THEN_SYMBOL);
  plan.set_rows(100);
  const pb::Corpus corpus = WordCorpus();
  EXPECT_THAT(MessageOf([&] { VocabularyFor(plan, corpus, LoadTexts("builtin", corpus)); }),
              HasSubstr("different symbols, but the graph has rows for 100 only"));
}

TEST(Encode, FollowsTheRuleForUnknownSymbols) {
  pb::Corpus corpus = WordCorpus();
  const Vocabulary v =
      Vocabulary::Build("a b <unk> a a b", corpus, pb::Vocabulary::FREQUENCY_THEN_SYMBOL);
  EncodedText dropped = Encode("a x\nb", corpus, v, "it");
  EXPECT_THAT(dropped.ids, ElementsAre(0, 1));
  EXPECT_EQ(dropped.unknown, 2);
  EXPECT_EQ(dropped.first_unknown, "x");
  corpus.mutable_unknown()->set_rule(pb::Unknown::REPLACE);
  corpus.mutable_unknown()->set_symbol("<unk>");
  EXPECT_THAT(Encode("a x b", corpus, v, "it").ids, ElementsAre(0, 2, 1));
  corpus.clear_line_end();
  corpus.mutable_unknown()->set_rule(pb::Unknown::REFUSE);
  EXPECT_THAT(MessageOf([&] { Encode("a\nb x", corpus, v, "the test text"); }),
              HasSubstr("line 2 of the test text has 'x'"));
}

TEST(LoadTexts, DealsWholeLinesOfAFile) {
  const Folder folder("file");
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "line of text\n";
  const TextSource texts = LoadTexts(folder.Write("any.txt", lines), WordCorpus());
  EXPECT_EQ(texts.Of(pb::TRAIN) + texts.Of(pb::VALID) + texts.Of(pb::TEST), lines);
  EXPECT_EQ(texts.Of(pb::TRAIN).size(), 80 * 13u);
  EXPECT_EQ(texts.Of(pb::VALID).size(), 10 * 13u);
}

TEST(LoadTexts, TakesUsualNamesAndDealsTheRest) {
  const Folder folder("folder");
  folder.Write("ptb.train.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\n");
  EXPECT_EQ(LoadTexts(folder.path(), WordCorpus()).texts.size(), 3u);
  folder.Write("ptb.valid.txt", "v\n");
  const TextSource texts = LoadTexts(folder.path(), WordCorpus());
  EXPECT_EQ(texts.Of(pb::VALID), "v\n");
  EXPECT_EQ(texts.Of(pb::TRAIN) + texts.Of(pb::TEST), "a\nb\nc\nd\ne\nf\ng\nh\ni\n");
  EXPECT_EQ(texts.Of(pb::TEST), "i\n");
}

TEST(LoadTexts, ErrorsNameWhatIsMissing) {
  const Folder folder("errors");
  EXPECT_THAT(MessageOf([&] { LoadTexts(folder.path(), WordCorpus()); }),
              HasSubstr("ptb.train.txt"));
  EXPECT_THAT(MessageOf([&] { LoadTexts(folder.Write("e.txt", ""), WordCorpus()); }),
              HasSubstr("is empty"));
  EXPECT_THAT(MessageOf([&] { LoadTexts(folder.path() + "/none", WordCorpus()); }),
              HasSubstr("none"));
  pb::Corpus corpus = WordCorpus();
  corpus.set_builtin("word");
  EXPECT_THAT(MessageOf([&] { LoadTexts("", corpus); }), HasSubstr("did you mean 'words'"));
}

pb::Batches Rows(int batch, int steps) {
  pb::Batches plan;
  plan.set_batch(batch);
  plan.set_steps(steps);
  plan.mutable_contiguous_rows();
  return plan;
}

TEST(Batcher, CutsContiguousRows) {
  std::vector<int32_t> ids(17);
  for (int i = 0; i < 17; ++i) ids[i] = i;
  const auto batcher = MakeBatcher(Rows(2, 3), ids, "it");  // rows 0..7 and 8..15
  ASSERT_EQ(batcher->batches_per_epoch(), 2);
  std::vector<int32_t> inputs(6), targets(6);
  batcher->Fill(1, inputs, targets);
  EXPECT_THAT(inputs, ElementsAre(3, 4, 5, 11, 12, 13));
  EXPECT_THAT(targets, ElementsAre(4, 5, 6, 12, 13, 14));
}

TEST(Batcher, SaysHowMuchTextIsNeeded) {
  const std::vector<int32_t> ids(7);
  EXPECT_EQ(MakeBatcher(Rows(1, 6), ids, "it")->batches_per_epoch(), 1);
  EXPECT_THAT(MessageOf([&] { MakeBatcher(Rows(2, 3), ids, "the valid text"); }),
              HasSubstr("not enough data: the valid text has 7 symbols"));
  EXPECT_THAT(MessageOf([&] { MakeBatcher(Rows(2, 3), ids, "it"); }), HasSubstr("needs 8"));
  EXPECT_THROW(MakeBatcher(Rows(0, 3), ids, "it"), Error);
  EXPECT_THROW(MakeBatcher(pb::Batches(), ids, "it"), Error);
}

TEST(BuiltinCorpus, IsTheSameAlways) {
  const BuiltinCorpus a = MakeBuiltinCorpus("words"), b = MakeBuiltinCorpus("words");
  EXPECT_EQ(a.train, b.train);
  EXPECT_EQ(a.test, b.test);
  EXPECT_NE(a.valid, a.test);
  // FNV-1a of the bytes: a change of the corpus changes every number that was published for it.
  uint64_t hash = 14695981039346656037u;
  for (const char c : a.train + a.valid + a.test)
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  EXPECT_EQ(hash, 18362153200462527263u);
}

TEST(BuiltinCorpus, HasAFewHundredWordsAllOfThemInTraining) {
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

TEST(PtbSlow, HasTheCountsOfItsAuthors) {
  const char* folder = std::getenv("GRAPHRUN_DATA");
  if (folder == nullptr) GTEST_SKIP() << "GRAPHRUN_DATA names no folder with ptb.train.txt";
  const pb::Corpus corpus = WordCorpus();
  const TextSource texts = LoadTexts(folder, corpus);
  pb::Vocabulary plan;
  plan.set_order(pb::Vocabulary::FREQUENCY_THEN_SYMBOL);
  plan.set_rows(10000);
  const Vocabulary v = VocabularyFor(plan, corpus, texts);
  EXPECT_EQ(v.size(), 10000);
  EXPECT_EQ(v.symbol(0), "the");
  EXPECT_EQ(v.symbol(1), "<unk>");
  const EncodedText train = Encode(texts.Of(pb::TRAIN), corpus, v, "train");
  EXPECT_EQ(train.ids.size(), 929589u);
  EXPECT_EQ(train.unknown, 0);
  EXPECT_EQ(MakeBatcher(Rows(30, 20), train.ids, "train")->batches_per_epoch(), 1549);
}

}  // namespace
}  // namespace graphrun
