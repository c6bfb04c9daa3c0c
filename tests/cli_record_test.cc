// graphrun record, plan, train --plan, and what info says of collections.
#include <algorithm>

#include "core/build/ops.h"
#include "core/import/case_file.h"
#include "core/import/load.h"
#include "core/import/save.h"
#include "core/train/run_plan.h"
#include "tests/cli_fixture.h"
#include "tests/test_graph.h"

namespace graphrun {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CliRecordTest : public CliFolder {
 protected:
  // Exports the toy, without a seed unless `options` has one.
  static void Export(const std::string& file, const std::string& options = "") {
    const Result r =
        Run("export ptb --data builtin " + std::string(kToy) + " " + options + " -o " + file);
    ASSERT_EQ(r.code, 0) << r.err;
  }
  static std::string ToyPlan() {
    const Result r = Run("plan ptb " + std::string(kToy));
    EXPECT_EQ(r.code, 0) << r.err;
    return r.out;
  }
};

TEST_F(CliRecordTest, ARecordedRunPassesAlthoughItsGraphHasNoSeeds) {
  Export("toy.pb");
  const Result r = Run("record toy.pb --steps 3 -o toy.case.pb");
  ASSERT_EQ(r.code, 0) << r.err;
  EXPECT_EQ(r.out, "toy.case.pb: 6 runs of toy.pb\n");
  EXPECT_THAT(r.err, IsEmpty());
  EXPECT_EQ(Run("check toy.case.pb").out, "1 passed, 0 failed\n");
  EXPECT_EQ(Run("check toy.case.pb --interpret").out, "1 passed, 0 failed\n");

  const Case c = ParseCase(Read("toy.case.pb"));
  EXPECT_EQ(c.name, "toy");
  ASSERT_EQ(c.runs.size(), 6u);  // init, learning rate, the first state, steps
  EXPECT_THAT(c.runs[0].targets, ElementsAre("init"));
  EXPECT_FALSE(c.runs[0].feeds.empty()) << "what the initialisers drew";
  EXPECT_EQ(c.runs[1].feeds.at(0).value.scalar<float>(), 1.0f);
  const CaseRun& state = c.runs[2];
  const CaseRun& first = c.runs[3];
  const CaseRun& second = c.runs[4];
  EXPECT_EQ(first.fetches.size(), second.fetches.size());
  EXPECT_EQ(first.feeds.size(), second.feeds.size());
  EXPECT_EQ(first.feeds.size(), state.feeds.size() + state.fetches.size()) << "carried state";
  EXPECT_EQ(first.tolerance.relative, 1e-4f);
  EXPECT_NE(first.fetches[0].value.scalar<float>(), second.fetches[0].value.scalar<float>());
}

TEST_F(CliRecordTest, StepsGoOnInTheNextEpoch) {
  std::string text;
  for (int i = 0; i < 150; ++i) text += "a b c\n";  // 4 symbols a line, 12 batches an epoch
  Write("short.txt", text);
  Export("toy.pb");
  const Result r =
      Run("record toy.pb --data short.txt --steps 15 --rtol 0.5 --atol 0.25 -o e.case.pb");
  ASSERT_EQ(r.code, 0) << r.err;
  const Case c = ParseCase(Read("e.case.pb"));
  const auto rates = std::count_if(c.runs.begin(), c.runs.end(),
                                   [](const CaseRun& run) { return run.fetches.empty(); });
  EXPECT_GE(rates, 3) << "the initialisation, and a rate for each of two epochs or more";
  EXPECT_EQ(c.runs[0].tolerance.relative, 0.5);
  EXPECT_EQ(c.runs[0].tolerance.absolute, 0.25);
  EXPECT_EQ(Run("check e.case.pb").code, 0);
}

TEST_F(CliRecordTest, UnseededDropoutInALoopIsRefused) {
  Export("drop.pb", "--set keep=0.5");
  Result r = Run("record drop.pb -o drop.case.pb");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, ContainsRegex("without seeds draw in a loop or branch: '.*RandomUniform'"));
  Export("seeded.pb", "--set keep=0.5 --seed 7");
  r = Run("record seeded.pb -o seeded.case.pb");
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.err, HasSubstr("draw in no fixed order"));
  EXPECT_EQ(Run("check seeded.case.pb").out, "1 passed, 0 failed\n");
}

TEST_F(CliRecordTest, APlanAsTextTrainsAsTheOneInTheFile) {
  Export("toy.pb", "--seed 3");
  Write("plan.textproto", ToyPlan());
  const auto losses = [](const std::string& options) {
    const Result r = Run("record toy.pb --steps 2 -o p.case.pb " + options);
    EXPECT_EQ(r.code, 0) << r.err;
    const Case c = ParseCase(Read("p.case.pb"));
    return std::vector<float>{c.runs.end()[-2].fetches[0].value.scalar<float>(),
                              c.runs.end()[-1].fetches[0].value.scalar<float>()};
  };
  EXPECT_EQ(losses(""), losses("--plan plan.textproto"));
  const Result r = Run("train toy.pb --plan plan.textproto --steps 20 --quiet");
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, HasSubstr("Stopped after 20 steps"));
  EXPECT_EQ(Run("plan toy.pb").code, 0);
  EXPECT_EQ(Run("plan nothing.pb").code, 1);
}

TEST_F(CliRecordTest, AFileWithoutAPlanTakesOne) {
  Export("toy.pb", "--seed 3");
  MetaGraph meta(&TestOps());
  LoadMetaGraph(Path("toy.pb"), &meta);
  meta.byte_lists.erase(kRunPlanCollection);
  SaveMetaGraph(meta, Path("foreign.pb"));
  Result r = Run("train foreign.pb --steps 1");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, HasSubstr("has no run plan"));
  EXPECT_THAT(r.err, HasSubstr("--plan"));
  EXPECT_THAT(Run("info foreign.pb").out, HasSubstr("No run plan"));
  const std::string plan = ToyPlan();
  Write("plan.textproto", ReplacedOnce(plan, "targets: \"model/train\"", "targets: \"@train_op\""));
  r = Run("train foreign.pb --plan plan.textproto --steps 2 --quiet");
  EXPECT_EQ(r.code, 0) << r.err;
  Write("bad.textproto", ReplacedOnce(plan, "targets: \"model/train\"", "targets: \"@trainop\""));
  r = Run("train foreign.pb --plan bad.textproto");
  EXPECT_EQ(r.code, 2);
  EXPECT_THAT(r.err, ContainsRegex("no collection 'trainop'.*it has .*train_op"));
  Write("bad.textproto", ReplacedOnce(plan, "targets: \"model/train\"", "targets: \"@variables\""));
  r = Run("train foreign.pb --plan bad.textproto");
  EXPECT_EQ(r.code, 2);
  EXPECT_THAT(r.err, ContainsRegex("'@variables' stands for the only member.*which has [0-9]+: "));
  Write("bad.textproto", "modle: 'ptb'");
  r = Run("train foreign.pb --plan bad.textproto");
  EXPECT_EQ(r.code, 2);
  EXPECT_THAT(r.err, HasSubstr("line 1, column "));
  EXPECT_THAT(Run("train foreign.pb --plan absent.textproto").err, HasSubstr("absent.textproto"));
}

TEST_F(CliRecordTest, InfoShowsCollections) {
  TestGraph g;
  const Scope& s = g.root;
  const Expr x = s.WithName("x").Const(Tensor::Scalar(1.0f));
  for (const char* name : {"a", "b", "c", "d"}) {
    g.root.AddToCollection("several", op::Identity(s.WithName(name), x));
  }
  s.NewVariable(x, "w");
  s.AddToCollection(keys::kTrainOp, s.WithName("step").Group({x}));
  g.meta.byte_lists["notes"] = {"12345", "67"};
  SaveMetaGraph(g.meta, Path("lists.pb"));
  const std::string out = Run("info lists.pb").out;
  EXPECT_THAT(out, ContainsRegex("several +4 tensors +a:0, b:0, c:0, \\.\\.\\.\n"));
  EXPECT_THAT(out, ContainsRegex("train_op +1 operations +step\n"));
  EXPECT_THAT(out, ContainsRegex("trainable_variables +1 variables +w\n"));
  EXPECT_THAT(out, ContainsRegex("notes +2 messages +7 bytes\n"));
}

}  // namespace
}  // namespace graphrun
