// Orders of batches: against arrays that NumPy printed, against the definitions of plan.proto
// written out id by id, and out of order.
#include "core/text/text_batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <numeric>

#include "core/text/numpy_random.h"
#include "core/text/text_data.h"
#include "tests/error_of.h"
#include "tests/text_fixture.h"

namespace graphrun {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// first, first + 1, ...
std::vector<int32_t> Counting(int64_t n, int32_t first = 100) {
  std::vector<int32_t> ids(n);
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

pb::Batches Sizes(int batch, int steps) {
  pb::Batches plan;
  plan.set_batch(batch);
  plan.set_steps(steps);
  return plan;
}

pb::Batches Rows(int batch, int steps, bool wrap = false) {
  pb::Batches plan = Sizes(batch, steps);
  plan.mutable_contiguous_rows()->set_wrap(wrap);
  return plan;
}

pb::Batches PermutedRows(int batch, int steps, bool wrap, uint32_t seed) {
  pb::Batches plan = Rows(batch, steps, wrap);
  plan.mutable_contiguous_rows()->set_permutation_seed(seed);
  return plan;
}

pb::Batches CursorRows(int batch, int steps, int64_t batches = 0) {
  pb::Batches plan = Sizes(batch, steps);
  plan.mutable_cursors()->set_batches(batches);
  return plan;
}

pb::Batches Random(int batch, int steps, uint32_t seed, double part = 0) {
  pb::Batches plan = Sizes(batch, steps);
  plan.mutable_random_windows()->set_seed(seed);
  plan.set_epoch_part(part);
  return plan;
}

pb::Batches InOrder(int batch, int steps) {
  pb::Batches plan = Sizes(batch, steps);
  plan.mutable_windows();
  return plan;
}

std::vector<int32_t> IdsOf(Batcher& batcher, int64_t round, int64_t i) {
  std::vector<int32_t> window(batcher.rows(i) * (batcher.steps() + 1), -1);
  batcher.Fill(round, i, window);
  return window;
}

TEST(ContiguousRows, StayInTheirRows) {
  const auto ids = Counting(29);
  const auto batcher = MakeBatcher(Rows(2, 3), ids, "it");  // rows 100..113 and 114..127
  ASSERT_EQ(batcher->batches_per_round(), 4);
  EXPECT_EQ(batcher->steps(), 3);
  EXPECT_EQ(batcher->rows(3), 2);
  EXPECT_THAT(IdsOf(*batcher, 0, 0), ElementsAre(100, 101, 102, 103, 114, 115, 116, 117));
  EXPECT_THAT(IdsOf(*batcher, 5, 3), ElementsAre(109, 110, 111, 112, 123, 124, 125, 126));
}

TEST(ContiguousRows, WrapIntoTheNextRowAndTheFirst) {
  const auto ids = Counting(29);
  const auto batcher = MakeBatcher(Rows(2, 3, /*wrap=*/true), ids, "it");  // 5 are left out
  ASSERT_EQ(batcher->batches_per_round(), 4);
  EXPECT_THAT(IdsOf(*batcher, 0, 2), ElementsAre(106, 107, 108, 109, 118, 119, 120, 121));
  EXPECT_THAT(IdsOf(*batcher, 0, 3), ElementsAre(109, 110, 111, 112, 121, 122, 123, 100));
}

TEST(ContiguousRows, PermuteThePermutedOrder) {
  const auto ids = Counting(29);
  const auto batcher = MakeBatcher(PermutedRows(2, 3, true, 42), ids, "it");
  const auto order = [&](int64_t round) {
    std::vector<int32_t> places;
    for (int64_t i = 0; i < 4; ++i) places.push_back((IdsOf(*batcher, round, i)[0] - 100) / 3);
    return places;
  };
  EXPECT_THAT(order(3), ElementsAre(0, 3, 2, 1));
  EXPECT_THAT(order(0), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(order(1), ElementsAre(1, 3, 0, 2));
  EXPECT_THAT(order(2), ElementsAre(3, 2, 1, 0));
}

TEST(Cursors, GoRoundTheTextFromEpochToEpoch) {
  const auto ids = Counting(23);
  const auto batcher = MakeBatcher(CursorRows(3, 4), ids, "it");
  ASSERT_EQ(batcher->batches_per_round(), 1);
  EXPECT_THAT(IdsOf(*batcher, 0, 0), ElementsAre(100, 101, 102, 103, 104,  //
                                                 107, 108, 109, 110, 111,  //
                                                 114, 115, 116, 117, 118));
  EXPECT_THAT(IdsOf(*batcher, 2, 0), ElementsAre(108, 109, 110, 111, 112,  //
                                                 115, 116, 117, 118, 119,  //
                                                 122, 100, 101, 102, 103));
  EXPECT_THAT(IdsOf(*batcher, 3, 0), ElementsAre(112, 113, 114, 115, 116,  //
                                                 119, 120, 121, 122, 100,  //
                                                 103, 104, 105, 106, 107));
}

TEST(Cursors, TakeTheBatchesOfAnEpochFromThePlan) {
  const auto ids = Counting(7);
  const auto batcher = MakeBatcher(CursorRows(1, 2, 5), ids, "it");
  ASSERT_EQ(batcher->batches_per_round(), 5);
  EXPECT_THAT(IdsOf(*batcher, 0, 3), ElementsAre(106, 100, 101));
  EXPECT_THAT(IdsOf(*batcher, 1, 0), ElementsAre(103, 104, 105));
}

TEST(RandomWindows, BeginWhereNumpySays) {
  const auto ids = Counting(90);
  const auto batcher = MakeBatcher(Random(3, 5, 0, 0.5), ids, "it");
  ASSERT_EQ(batcher->batches_per_round(), 3);
  const auto begins = [&](int64_t round, int64_t i) {
    const std::vector<int32_t> w = IdsOf(*batcher, round, i);
    for (size_t k = 0; k < w.size(); ++k) EXPECT_EQ(w[k], w[k - k % 6] + static_cast<int>(k % 6));
    return std::vector<int32_t>{w[0] - 100, w[6] - 100, w[12] - 100};
  };
  EXPECT_THAT(begins(0, 0), ElementsAre(44, 47, 64));
  EXPECT_THAT(begins(2, 0), ElementsAre(77, 72, 9));
  EXPECT_THAT(begins(1, 0), ElementsAre(70, 12, 58));
  EXPECT_THAT(begins(1, 0), ElementsAre(70, 12, 58));
  EXPECT_THAT(begins(0, 1), ElementsAre(67, 67, 9));
}

TEST(Windows, LeaveRowsForTheLastBatch) {
  const auto ids = Counting(17);  // windows at 0, 3, 6, 9, 12
  const auto batcher = MakeBatcher(InOrder(2, 3), ids, "it");
  ASSERT_EQ(batcher->batches_per_round(), 3);
  EXPECT_EQ(batcher->rows(1), 2);
  EXPECT_EQ(batcher->rows(2), 1);
  EXPECT_THAT(IdsOf(*batcher, 4, 1), ElementsAre(106, 107, 108, 109, 109, 110, 111, 112));
  EXPECT_THAT(IdsOf(*batcher, 0, 2), ElementsAre(112, 113, 114, 115));
  const auto whole = MakeBatcher(InOrder(4, 5), std::span(ids).first(15), "it");
  ASSERT_EQ(whole->batches_per_round(), 1);
  EXPECT_EQ(whole->rows(0), 3);
  EXPECT_THAT(IdsOf(*whole, 0, 0), ElementsAre(100, 101, 102, 103, 104, 105,  //
                                               105, 106, 107, 108, 109, 110,  //
                                               110, 111, 112, 113, 114, 100));
}

// Where window (round, i) of row r begins, and where the text goes round, by the definition.
struct Reference {
  std::function<int64_t(int64_t round, int64_t i, int64_t r)> begin;
  int64_t batches, length;
};

void ExpectAsDefined(const pb::Batches& plan, const std::vector<int32_t>& ids,
                     const Reference& reference) {
  SCOPED_TRACE(plan.ShortDebugString() + " of " + std::to_string(ids.size()));
  const auto batcher = MakeBatcher(plan, ids, "it");
  ASSERT_EQ(batcher->batches_per_round(), reference.batches);
  std::vector<std::pair<int64_t, int64_t>> places;
  for (int64_t round = 0; round < 3; ++round) {
    for (int64_t i = 0; i < reference.batches; ++i) places.emplace_back(round, i);
  }
  const std::vector<int64_t> shuffled =
      NumpyRandomState(9).Permutation(static_cast<int64_t>(places.size()));
  std::vector<std::pair<int64_t, int64_t>> visits = places;  // in order, then in any
  for (const int64_t k : shuffled) visits.push_back(places[k]);
  for (const auto& visit : visits) {
    const int64_t round = visit.first, i = visit.second;
    std::vector<int32_t> expected;
    for (int64_t r = 0; r < batcher->rows(i); ++r) {
      const int64_t begin = reference.begin(round, i, r);
      for (int64_t c = 0; c <= plan.steps(); ++c)
        expected.push_back(ids[(begin + c) % reference.length]);
    }
    ASSERT_EQ(IdsOf(*batcher, round, i), expected) << "round " << round << ", batch " << i;
  }
}

TEST(Batcher, FollowsTheDefinitionsInAndOutOfOrder) {
  for (const auto& [n, b, t] : std::vector<std::array<int64_t, 3>>{
           {61, 4, 7}, {60, 3, 5}, {24, 2, 3}, {97, 5, 2}, {14, 1, 6}, {143, 7, 1}}) {
    const int64_t size = n, batch = b, steps = t, wrapped = n / (b * t);
    const auto ids = Counting(size);
    const int ib = static_cast<int>(batch), it = static_cast<int>(steps);
    ExpectAsDefined(Rows(ib, it), ids,
                    {[=](int64_t, int64_t i, int64_t r) { return r * (size / batch) + i * steps; },
                     (size / batch - 1) / steps, size});
    ExpectAsDefined(Rows(ib, it, true), ids,
                    {[=](int64_t, int64_t i, int64_t r) { return r * wrapped * steps + i * steps; },
                     wrapped, wrapped * batch * steps});
    for (const bool wrap : {false, true}) {
      const int64_t count = wrap ? wrapped : (size / batch - 1) / steps;
      const int64_t row = wrap ? wrapped * steps : size / batch;
      NumpyRandomState random(42);
      std::vector<std::vector<int64_t>> orders(3, std::vector<int64_t>(count));
      std::iota(orders[0].begin(), orders[0].end(), 0);
      for (int e = 1; e < 3; ++e) {
        const std::vector<int64_t> p = random.Permutation(count);
        for (int64_t i = 0; i < count; ++i) orders[e][i] = orders[e - 1][p[i]];
      }
      ExpectAsDefined(
          PermutedRows(ib, it, wrap, 42), ids,
          {[=](int64_t round, int64_t i, int64_t r) { return r * row + orders[round][i] * steps; },
           count, wrap ? row * batch : size});
    }
    for (const int64_t batches : {int64_t{0}, int64_t{11}}) {
      const int64_t count = batches > 0 ? batches : wrapped;
      ExpectAsDefined(CursorRows(ib, it, batches), ids,
                      {[=](int64_t round, int64_t i, int64_t r) {
                         return r * (size / batch) + (round * count + i) * steps;
                       },
                       count, size});
    }
    for (const double part : {0.0, 1.0, 0.5, 1.0 / 3}) {
      const auto count =
          static_cast<int64_t>(static_cast<double>(wrapped) * (part == 0 ? 1.0 : part) + 1e-9);
      if (count == 0) continue;
      NumpyRandomState random(3);
      std::vector<int64_t> begins;
      for (int64_t k = 0; k < 3 * count * batch; ++k)
        begins.push_back(random.RandInt(0, size - steps));
      ExpectAsDefined(Random(ib, it, 3, part), ids,
                      {[=](int64_t round, int64_t i, int64_t r) {
                         return begins[(round * count + i) * batch + r];
                       },
                       count, size});
    }
    ExpectAsDefined(InOrder(ib, it), ids,
                    {[=](int64_t, int64_t i, int64_t r) { return (i * batch + r) * steps; },
                     (size / steps + batch - 1) / batch, size});
  }
}

// The message for a text of n symbols, too few.
std::string ShortMessage(const pb::Batches& plan, int64_t n) {
  const auto ids = Counting(n);
  return MessageOf(Code::kInvalidArgument, [&] { MakeBatcher(plan, ids, "the valid text"); });
}

TEST(NotEnoughData, SaysHowSmall) {
  EXPECT_EQ(ShortMessage(Rows(2, 3), 7),
            "Not enough data. Make seq_length and batch_size small. There are 7 symbols in the "
            "valid text, and one batch of 2 rows of 3 symbols needs 8: export the model with sizes "
            "that they are enough for, at most batch_size 2 with seq_length 2, or batch_size 1 "
            "with seq_length 3, or take a longer text");
  EXPECT_THAT(ShortMessage(Rows(30, 20), 19),
              HasSubstr("at most batch_size 1 with seq_length 18,"));
  EXPECT_THAT(ShortMessage(Rows(30, 20), 1), HasSubstr("take a text of 2 at least"));
  EXPECT_THAT(ShortMessage(InOrder(9, 64), 0),
              AllOf(HasSubstr("There are 0 symbols in the valid text"),
                    HasSubstr("take a text of 1 at least")));
}

// Each order works with as many symbols as its message asks for, and with none fewer.
TEST(NotEnoughData, IsSaidBelowTheNumberItAsksFor) {
  struct Case {
    pb::Batches plan;
    int64_t needed;
  };
  for (const Case& c :
       {Case{Rows(4, 5), 24}, Case{Rows(4, 5, true), 20}, Case{CursorRows(4, 5), 20},
        Case{CursorRows(4, 5, 3), 4}, Case{Random(4, 5, 1), 20}, Case{Random(4, 5, 1, 0.5), 40},
        Case{Random(4, 5, 1, 0.3), 80}, Case{Random(1, 5, 1), 6}, Case{InOrder(4, 5), 5}}) {
    SCOPED_TRACE(c.plan.ShortDebugString());
    EXPECT_THAT(ShortMessage(c.plan, c.needed - 1),
                AllOf(HasSubstr("Not enough data. Make seq_length and batch_size small."),
                      HasSubstr("needs " + std::to_string(c.needed))));
    const auto ids = Counting(c.needed);
    const auto batcher = MakeBatcher(c.plan, ids, "it");
    ASSERT_GE(batcher->batches_per_round(), 1);
    for (const int32_t id : IdsOf(*batcher, 1, 0)) EXPECT_GE(id, 100);
  }
}

TEST(Batcher, RefusesPlansThatMakeNoSense) {
  const auto refusal = [](const pb::Batches& plan) { return ShortMessage(plan, 100); };
  EXPECT_THAT(refusal(Rows(0, 3)), HasSubstr("0 rows of 3 symbols are empty"));
  EXPECT_THAT(refusal(Rows(3, -1)), HasSubstr("are empty"));
  EXPECT_THAT(refusal(Sizes(2, 3)), HasSubstr("does not know"));
  EXPECT_THAT(refusal(CursorRows(2, 3, -4)), HasSubstr("-4 batches"));
  for (const double part : {-0.5, 1.5, std::nan("")})
    EXPECT_THAT(refusal(Random(2, 3, 1, part)), HasSubstr("is no part of an epoch"));
  EXPECT_THAT(refusal(Random(2147483647, 2147483647, 1, 1e-300)), HasSubstr("Not enough data"));
  for (pb::Batches plan : {Rows(2, 3), CursorRows(2, 3), InOrder(2, 3)}) {
    plan.set_epoch_part(0.5);
    EXPECT_THAT(refusal(plan), HasSubstr("epoch_part 0.5 is for random windows"));
  }
}

// The same batches as ../shared/reference/tf1_models.py feeds, by sums that it printed.
class ReferenceSlow : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("GRAPHRUN_DATA");
    if (folder == nullptr) GTEST_SKIP() << "GRAPHRUN_DATA names no folder with texts";
    folder_ = folder;
  }
  std::vector<int32_t> Ids(const std::string& file, const pb::Corpus& corpus,
                           const pb::Vocabulary& plan) const {
    const TextSource texts = LoadTexts(folder_ + "/" + file, corpus);
    const Vocabulary vocabulary = VocabularyFor(plan, corpus, texts);
    symbols_ = vocabulary.size();
    return Encode(texts.Of(pb::TRAIN), corpus, vocabulary, "it").ids;
  }
  static int64_t Digest(Batcher& batcher, int64_t round, int64_t i) {
    int64_t sum = 0, place = 0;
    for (const int32_t id : IdsOf(batcher, round, i)) sum += ++place * id;
    return sum % 1000000007;
  }
  // a..z and space, as `first` says, which is 0.
  static pb::Vocabulary Alphabet(bool space_first) {
    pb::Vocabulary plan;
    plan.set_order(pb::Vocabulary::LISTED);
    if (space_first) plan.add_symbols(" ");
    for (char c = 'a'; c <= 'z'; ++c) plan.add_symbols(std::string(1, c));
    if (!space_first) plan.add_symbols(" ");
    return plan;
  }

  std::string folder_;
  mutable int64_t symbols_ = 0;
};

TEST_F(ReferenceSlow, ShakespeareRows) {
  pb::Corpus corpus = CharacterCorpus();
  pb::Vocabulary plan;
  plan.set_order(pb::Vocabulary::FREQUENCY_THEN_APPEARANCE);
  std::vector<int32_t> ids = Ids("tinyshakespeare.txt", corpus, plan);
  EXPECT_EQ(symbols_, 65);
  auto batcher = MakeBatcher(Rows(60, 50, true), ids, "it");
  EXPECT_EQ(batcher->batches_per_round(), 371);
  EXPECT_EQ(Digest(*batcher, 0, 0), 47392178);
  EXPECT_EQ(Digest(*batcher, 1, 370), 47278889);

  corpus.set_newline(pb::Corpus::CRLF);
  ids = Ids("tinyshakespeare.txt", corpus, plan);
  EXPECT_EQ(symbols_, 66);
  batcher = MakeBatcher(PermutedRows(128, 50, true, 42), ids, "it");
  EXPECT_EQ(batcher->batches_per_round(), 180);
  EXPECT_EQ(Digest(*batcher, 0, 0), 224529188);
  EXPECT_EQ(Digest(*batcher, 0, 179), 212834214);
  EXPECT_EQ(Digest(*batcher, 3, 17), 217640821);
}

TEST_F(ReferenceSlow, Text8CursorsAfterTheFirstThousand) {
  pb::Corpus corpus = CharacterCorpus();
  AddCount(pb::VALID, 1000, &corpus);
  AddFraction(pb::TRAIN, 1, &corpus);
  const std::vector<int32_t> ids = Ids("wiki8.txt", corpus, Alphabet(/*space_first=*/true));
  EXPECT_EQ(ids.size(), 2177606u);
  const auto batcher = MakeBatcher(CursorRows(64, 10), ids, "it");
  ASSERT_EQ(batcher->batches_per_round(), 3402);
  EXPECT_EQ(Digest(*batcher, 0, 0), 2352259);
  EXPECT_EQ(Digest(*batcher, 2, 7000 - 2 * 3402), 2421152);
}

TEST_F(ReferenceSlow, Text8RandomWindows) {
  const std::vector<int32_t> ids =
      Ids("wiki8.txt", CharacterCorpus(), Alphabet(/*space_first=*/false));
  const auto batcher = MakeBatcher(Random(128, 64, 0, 0.5), ids, "it");
  ASSERT_EQ(batcher->batches_per_round(), 132);
  EXPECT_EQ(Digest(*batcher, 0, 0), 466059443);
  EXPECT_EQ(Digest(*batcher, 5, 699 - 5 * 132), 465636658);
}

}  // namespace
}  // namespace graphrun
