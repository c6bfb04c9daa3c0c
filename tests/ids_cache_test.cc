// Ids kept beside the text: what they follow from, and what is done with files that are wrong.
#include "core/text/ids_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/io/npy.h"
#include "core/text/text_data.h"
#include "tests/text_fixture.h"

namespace graphrun {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

class IdsCacheTest : public testing::Test {
 protected:
  IdsCacheTest() : corpus_(CharacterCorpus()) { corpus_.set_cache_ids(true); }

  // The ids of the text in input.txt, as a run makes them.
  std::vector<int32_t> Encode(bool* from_cache) {
    const TextSource texts = LoadTexts(file_, corpus_);
    const Vocabulary vocabulary = VocabularyFor(plan_, corpus_, texts);
    return EncodeSplit(texts, pb::TRAIN, corpus_, vocabulary, from_cache).ids;
  }
  // Whether the ids of this run came from a cache.
  bool Cached() {
    bool from_cache = false;
    Encode(&from_cache);
    return from_cache;
  }
  std::string CacheFile() const {
    std::string path;
    for (const std::string& name : folder_.Names()) {
      if (name.find(".ids.") != name.npos) path = folder_.path() + "/" + name;
    }
    return path;
  }
  void ListAlphabet() {
    plan_.set_order(pb::Vocabulary::LISTED);
    for (const char* c : {"a", "b", "c"}) plan_.add_symbols(c);
  }

  Folder folder_{"ids_cache"};
  std::string file_ = folder_.Write("input.txt", "abcab\na");
  pb::Corpus corpus_;
  pb::Vocabulary plan_ = [] {
    pb::Vocabulary plan;
    plan.set_order(pb::Vocabulary::FREQUENCY_THEN_APPEARANCE);
    return plan;
  }();
};

TEST_F(IdsCacheTest, IsReadByTheNextRun) {
  bool from_cache = true;
  EXPECT_THAT(Encode(&from_cache), ElementsAre(0, 1, 2, 0, 1, 3, 0));
  EXPECT_FALSE(from_cache);
  EXPECT_THAT(CacheFile(), MatchesRegex(".*/input\\.txt\\.ids\\.[0-9a-f]{16}\\.npy"));
  EXPECT_THAT(folder_.Names(), SizeIs(2));  // no temporary file stays
  const Tensor kept = ReadNpy(CacheFile());
  EXPECT_EQ(kept.dtype(), DType::kInt32);
  EXPECT_EQ(kept.shape(), Shape({7}));
  EXPECT_THAT(Encode(&from_cache), ElementsAre(0, 1, 2, 0, 1, 3, 0));
  EXPECT_TRUE(from_cache);
}

TEST_F(IdsCacheTest, IsNotKeptUnlessAskedFor) {
  corpus_.set_cache_ids(false);
  EXPECT_FALSE(Cached());
  EXPECT_FALSE(Cached());
  EXPECT_EQ(CacheFile(), "");
}

TEST_F(IdsCacheTest, IsForTheSameTextVocabularyAndRulesOnly) {
  ListAlphabet();
  plan_.add_symbols("\n");
  plan_.add_symbols("?");
  EXPECT_FALSE(Cached());
  EXPECT_TRUE(Cached());
  const pb::Corpus corpus = corpus_;
  const pb::Vocabulary plan = plan_;
  const auto expect_another = [&](const char* what) {
    SCOPED_TRACE(what);
    EXPECT_FALSE(Cached());
    EXPECT_TRUE(Cached());
    corpus_ = corpus;
    plan_ = plan;
    EXPECT_TRUE(Cached());
  };
  plan_.mutable_symbols()->SwapElements(0, 1);
  expect_another("vocabulary");
  corpus_.mutable_unknown()->set_rule(pb::Unknown::REPLACE);
  corpus_.mutable_unknown()->set_symbol("?");
  expect_another("unknown rule");
  corpus_.set_line_end("a");
  expect_another("line end");
  AddFraction(pb::TRAIN, 2, &corpus_);
  AddFraction(pb::VALID, 1, &corpus_);
  expect_another("part of the text");
  folder_.Write("input.txt", "abcab\nb");
  EXPECT_FALSE(Cached());
  EXPECT_TRUE(Cached());
}

TEST_F(IdsCacheTest, HashTellsWhereStringsEnd) {
  const auto path = [&](std::vector<std::string> symbols, pb::Tokenizer tokenizer) {
    pb::Vocabulary plan;
    plan.mutable_symbols()->Assign(symbols.begin(), symbols.end());
    corpus_.set_tokenizer(tokenizer);
    return IdsCachePath("f", "text", corpus_, Vocabulary::FromPlan(plan));
  };
  EXPECT_EQ(path({"ab", "c"}, pb::WORDS), path({"ab", "c"}, pb::WORDS));
  EXPECT_NE(path({"ab", "c"}, pb::WORDS), path({"a", "bc"}, pb::WORDS));
  EXPECT_NE(path({"ab", "c"}, pb::WORDS), path({"ab", "c"}, pb::CHARACTERS));
}

TEST_F(IdsCacheTest, WorksForWords) {
  corpus_ = WordCorpus();
  corpus_.clear_parts();
  corpus_.set_cache_ids(true);
  folder_.Write("input.txt", "to be\r\nor  not to\nbe");
  bool from_cache = true;
  const std::vector<int32_t> ids = Encode(&from_cache);
  EXPECT_FALSE(from_cache);
  EXPECT_EQ(Encode(&from_cache), ids);
  EXPECT_TRUE(from_cache);
}

TEST_F(IdsCacheTest, DamagedFilesAreIgnoredAndWrittenAgain) {
  EXPECT_FALSE(Cached());
  const std::string path = CacheFile(), good = ReadFile(path);
  std::string other_id = good, no_id = good, other_type = good;
  other_id[good.size() - 4] = 1;  // of the last of the ids
  no_id[good.size() - 1] = 1;
  other_type[good.find("<i4") + 1] = 'f';
  const std::string longer = FormatNpy(Tensor::Vector<int32_t>({0, 1, 2, 0, 1, 3, 0, 0}));
  const std::string shorter = FormatNpy(Tensor::Vector<int32_t>({0, 1, 2, 0, 1, 3}));
  const std::string negative = FormatNpy(Tensor::Vector<int32_t>({-1, 1, 2, 0, 1, 3, 0}));
  const std::string table = FormatNpy(Tensor::Of<int32_t>({0, 1, 2, 0, 1, 3, 0}, {7, 1}));
  for (const std::string& bytes :
       {std::string(), std::string("rubbish"), good.substr(0, good.size() - 3), good + "x",
        other_id, no_id, other_type, longer, shorter, negative, table}) {
    WriteFile(path, bytes);
    bool from_cache = true;
    EXPECT_THAT(Encode(&from_cache), ElementsAre(0, 1, 2, 0, 1, 3, 0));
    EXPECT_FALSE(from_cache);
    EXPECT_EQ(ReadFile(path), good);
  }
}

TEST_F(IdsCacheTest, TextsWithUnknownSymbolsAreCountedEachTime) {
  ListAlphabet();  // without '\n'
  for (int run = 0; run < 2; ++run) {
    const TextSource texts = LoadTexts(file_, corpus_);
    bool from_cache = true;
    const EncodedText encoded =
        EncodeSplit(texts, pb::TRAIN, corpus_, VocabularyFor(plan_, corpus_, texts), &from_cache);
    EXPECT_FALSE(from_cache);
    EXPECT_EQ(encoded.unknown, 1);
    EXPECT_EQ(encoded.first_unknown, "\n");
    EXPECT_THAT(encoded.ids, ElementsAre(0, 1, 2, 0, 1, 0));
  }
  EXPECT_EQ(CacheFile(), "");
}

TEST_F(IdsCacheTest, LeavesAFolderAloneThatNobodyMayWriteTo) {
  folder_.Allow(fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_FALSE(Cached());
  EXPECT_FALSE(Cached());
  EXPECT_THAT(folder_.Names(), ElementsAre("input.txt"));
  folder_.Allow(fs::perms::owner_all);
  EXPECT_FALSE(Cached());
  folder_.Allow(fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_TRUE(Cached());  // what is there may be read
}

TEST_F(IdsCacheTest, AFailedWriteIsNoError) {
  EXPECT_FALSE(Cached());
  const std::string path = CacheFile();
  fs::remove(path);
  fs::create_directory(path);  // a file cannot take its place
  EXPECT_FALSE(Cached());
  EXPECT_THAT(folder_.Names(), SizeIs(2));
  WriteIdsCache(folder_.path() + "/none/f.npy", {});
}

TEST_F(IdsCacheTest, BuiltinTextsHaveNone) {
  file_ = "builtin";
  EXPECT_FALSE(Cached());
  EXPECT_FALSE(Cached());
  EXPECT_THAT(folder_.Names(), ElementsAre("input.txt"));
}

}  // namespace
}  // namespace graphrun
