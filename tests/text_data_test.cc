// Vocabularies, texts and their splits, as plans ask for them.
#include "core/text/text_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "core/text/builtin_corpus.h"
#include "tests/error_of.h"
#include "tests/text_fixture.h"

namespace graphrun {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
  EXPECT_THAT(MessageOf(Code::kDataLoss, [&] { Vocabulary::FromPlan(plan); }),
              HasSubstr("twice the symbol 'x'"));
}

TEST(Vocabulary, MoreSymbolsThanRowsIsAnErrorThatSaysSo) {
  pb::Vocabulary plan;
  plan.set_order(pb::Vocabulary::FREQUENCY_THEN_SYMBOL);
  plan.set_rows(100);
  const pb::Corpus corpus = WordCorpus();
  EXPECT_THAT(MessageOf(Code::kInvalidArgument,
                        [&] { VocabularyFor(plan, corpus, LoadTexts("builtin", corpus)); }),
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
  EXPECT_THAT(
      MessageOf(Code::kInvalidArgument, [&] { Encode("a\nb x", corpus, v, "the test text"); }),
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
  pb::Corpus corpus = WordCorpus();
  const auto message = [&corpus](Code code, const std::string& data) {
    return MessageOf(code, [&] { LoadTexts(data, corpus); });
  };
  EXPECT_THAT(message(Code::kNotFound, folder.path()),
              HasSubstr("no training text by a usual name (ptb.train.txt)"));
  EXPECT_THAT(message(Code::kNotFound, std::string(300, 'a')), HasSubstr("no file or folder"));
  EXPECT_THAT(message(Code::kNotFound, folder.path() + "/none"),
              HasSubstr("no file or folder '" + folder.path() + "/none'"));
  const std::string empty = folder.Write("ptb.train.txt", "");
  EXPECT_EQ(message(Code::kInvalidArgument, empty), "the text '" + empty + "' is empty");
  EXPECT_EQ(message(Code::kInvalidArgument, folder.path()), "the text '" + empty + "' is empty");
  corpus.clear_files();
  EXPECT_THAT(message(Code::kNotFound, folder.path()), HasSubstr("this model knows none"));
  corpus.set_builtin("word");
  EXPECT_THAT(message(Code::kNotFound, ""), HasSubstr("did you mean 'words'"));
  corpus.clear_builtin();
  EXPECT_THAT(message(Code::kInvalidArgument, "builtin"), HasSubstr("no built-in corpus"));
}

TEST(LoadTexts, DealsCountsFirstAndFractionsOfTheRest) {
  const Folder folder("counts");
  const std::string file = folder.Write("any.txt", "abcdefghijklmnopqrstuvwxyz0123456789");
  pb::Corpus corpus = CharacterCorpus();
  AddCount(pb::VALID, 6, &corpus);
  AddFraction(pb::TRAIN, 2, &corpus);
  AddFraction(pb::TEST, 1, &corpus);
  const TextSource texts = LoadTexts(file, corpus);
  EXPECT_EQ(texts.Of(pb::VALID), "abcdef");
  EXPECT_EQ(texts.Of(pb::TRAIN), "ghijklmnopqrstuvwxyz");
  EXPECT_EQ(texts.Of(pb::TEST), "0123456789");
  EXPECT_EQ(texts.files.at(pb::VALID), file);
  // In the order of the list, counts too.
  corpus.clear_parts();
  AddFraction(pb::TEST, 1, &corpus);
  AddCount(pb::VALID, 11, &corpus);
  AddFraction(pb::TRAIN, 4, &corpus);
  const TextSource between = LoadTexts(file, corpus);
  EXPECT_EQ(between.Of(pb::TEST), "abcde");
  EXPECT_EQ(between.Of(pb::VALID), "fghijklmnop");
  EXPECT_EQ(between.Of(pb::TRAIN), "qrstuvwxyz0123456789");
}

TEST(LoadTexts, CountsLinesOfWordsAndWholeCharacters) {
  const Folder folder("units");
  pb::Corpus corpus = WordCorpus();
  corpus.clear_parts();
  AddCount(pb::VALID, 2, &corpus);
  AddFraction(pb::TRAIN, 1, &corpus);
  const TextSource lines = LoadTexts(folder.Write("a.txt", "a b\n\nc\nd e f"), corpus);
  EXPECT_EQ(lines.Of(pb::VALID), "a b\n\n");
  EXPECT_EQ(lines.Of(pb::TRAIN), "c\nd e f");
  corpus.set_tokenizer(pb::CHARACTERS);
  const TextSource characters =
      LoadTexts(folder.Write("b.txt", "\xc3\xa9\xffxy\xe2\x82\xac"), corpus);
  EXPECT_EQ(characters.Of(pb::VALID), "\xc3\xa9\xff");
  EXPECT_EQ(characters.Of(pb::TRAIN), "xy\xe2\x82\xac");
}

TEST(LoadTexts, TooShortATextLeavesASplitEmpty) {
  const Folder folder("short");
  pb::Corpus corpus = CharacterCorpus();
  AddCount(pb::VALID, 1000, &corpus);
  AddFraction(pb::TRAIN, 1, &corpus);
  const TextSource texts = LoadTexts(folder.Write("a.txt", "not much"), corpus);
  EXPECT_EQ(texts.Of(pb::VALID), "not much");
  EXPECT_THAT(MessageOf(Code::kInvalidArgument, [&] { texts.Of(pb::TRAIN); }),
              AllOf(HasSubstr("Not enough data. Make seq_length and batch_size small."),
                    HasSubstr("its train part is empty")));
  EXPECT_THAT(MessageOf(Code::kNotFound, [&] { texts.Of(pb::TEST); }),
              HasSubstr("there is no test text in " + folder.path()));
}

TEST(LoadTexts, RefusesPartsThatItDoesNotKnow) {
  const auto message = [](const pb::Corpus& corpus) {
    return MessageOf(Code::kInvalidArgument, [&] { LoadTexts("builtin", corpus); });
  };
  pb::Corpus corpus = CharacterCorpus();
  corpus.add_parts()->set_split(pb::VALID);
  EXPECT_THAT(message(corpus), HasSubstr("gives the valid split a part of a text in a way"));
  corpus.mutable_parts(0)->set_fraction(-0.5);
  EXPECT_THAT(message(corpus), HasSubstr("a fraction of -0.5"));
  corpus.mutable_parts(0)->set_count(-3);
  EXPECT_THAT(message(corpus), HasSubstr("-3 lines or characters"));
  corpus.clear_parts();
  corpus.set_newline(static_cast<pb::Corpus::Newline>(7));
  EXPECT_THAT(message(corpus), HasSubstr("line ends that this version does not know"));
}

TEST(LoadTexts, ReadsLineEndsAsThePlanSays) {
  const Folder folder("newline");
  const std::string file = folder.Write("a.txt", "a\r\nb\nc\rd\r\r\n\n");
  pb::Corpus corpus = CharacterCorpus();
  const auto read = [&](pb::Corpus::Newline newline) {
    corpus.set_newline(newline);
    return LoadTexts(file, corpus).Of(pb::TRAIN);
  };
  EXPECT_EQ(read(pb::Corpus::AS_IS), "a\r\nb\nc\rd\r\r\n\n");
  EXPECT_EQ(read(pb::Corpus::LF), "a\nb\nc\rd\r\n\n");
  EXPECT_EQ(read(pb::Corpus::CRLF), "a\r\nb\r\nc\rd\r\r\n\r\n");
  EXPECT_THAT(LoadTexts("builtin", corpus).Of(pb::TRAIN), HasSubstr(":\r\n"));
  // Counts are of the text as it is read.
  AddCount(pb::VALID, 4, &corpus);
  AddFraction(pb::TRAIN, 1, &corpus);
  EXPECT_EQ(LoadTexts(file, corpus).Of(pb::VALID), "a\r\nb");
  // Words are apart by either.
  pb::Corpus words = WordCorpus();
  const Vocabulary v =
      Vocabulary::Build("a a b\n", words, pb::Vocabulary::FREQUENCY_THEN_SYMBOL);  // a <eos> b
  EXPECT_THAT(Encode("a\r\nb\n", words, v, "it").ids,
              ElementsAre(v.Find("a"), v.Find("<eos>"), v.Find("b"), v.Find("<eos>")));
}

TEST(LoadTexts, KnowsTheFileOfEachSplit) {
  const Folder folder("files");
  const std::string train = folder.Write("ptb.train.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\n");
  const std::string valid = folder.Write("ptb.valid.txt", "v\n");
  const TextSource texts = LoadTexts(folder.path(), WordCorpus());
  EXPECT_EQ(texts.files.at(pb::TRAIN), train);
  EXPECT_EQ(texts.files.at(pb::VALID), valid);
  EXPECT_EQ(texts.files.at(pb::TEST), train);
  EXPECT_EQ(texts.description, "ptb.train.txt, ptb.valid.txt of " + folder.path());
  EXPECT_TRUE(LoadTexts("builtin", WordCorpus()).files.empty());
}

TEST(LoadTexts, DealsABuiltinTextOfCharactersAsAFile) {
  const BuiltinCorpus made = MakeBuiltinCorpus("letters");
  pb::Corpus corpus = CharacterCorpus("letters");
  EXPECT_EQ(LoadTexts("", corpus).Of(pb::VALID), made.valid);
  AddCount(pb::VALID, 1000, &corpus);
  AddFraction(pb::TRAIN, 1, &corpus);
  const TextSource texts = LoadTexts("builtin", corpus);
  EXPECT_EQ(texts.Of(pb::VALID), made.train.substr(0, 1000));
  EXPECT_EQ(texts.Of(pb::TRAIN), made.train.substr(1000) + made.valid + made.test);
  EXPECT_EQ(texts.texts.count(pb::TEST), 0u);
  EXPECT_EQ(LoadTexts("", WordCorpus()).Of(pb::VALID), MakeBuiltinCorpus("words").valid);
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
  pb::Batches batches;
  batches.set_batch(30);
  batches.set_steps(20);
  batches.mutable_contiguous_rows();
  EXPECT_EQ(MakeBatcher(batches, train.ids, "train")->batches_per_round(), 1549);
}

}  // namespace
}  // namespace graphrun
