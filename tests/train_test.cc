// Training in the library: a model file is trained, watched and stopped without a process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/train/trainer.h"

// [README
#include "core/import/load.h"
#include "core/run/session.h"
#include "core/train/run_plan.h"
#include "core/train/saver.h"
#include "core/train/trainer.h"
#include "ops/register_all.h"

using namespace graphrun;

// Trains a model file by its plan on a text, and saves the weights. Returns the last loss.
double TrainFile(const std::string& file, const std::string& data, const std::string& saved) {
  const OpRegistry ops = AllOps();
  MetaGraph model(&ops);
  LoadMetaGraph(file, &model);
  pb::RunPlan plan = RunPlanOf(model);
  const PlanText text(data, &plan);
  Session session(model.graph, {.seed = 1});
  InitializeVariables(plan, session);
  Trainer trainer(plan, session, text);
  trainer.Run();
  train::Saver(model).Save(session, saved);
  return trainer.values().loss;
}
// README]

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/base/field_error.h"
#include "core/import/save.h"
#include "tests/model_run.h"
#include "tests/paths.h"
#include "tests/test_graph.h"

namespace graphrun {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const Settings kSizes = {"hidden=11", "batch=9", "steps=6", "lr=0.02"};

// A folder of its own for each test.
class TrainTest : public testing::Test {
 protected:
  TrainTest()
      : folder_(std::filesystem::temp_directory_path() /
                (std::string("graphrun_train_") +
                 testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directories(folder_);
  }
  ~TrainTest() override { std::filesystem::remove_all(folder_); }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_;
};

// Keeps what it is told.
struct Notes final : TrainObserver {
  void Result(const std::string& line) override { results.push_back(line); }
  void Line(const std::string& line) override { lines.push_back(line); }
  void Advance(const std::string&, double done, double, bool brief) override {
    (brief ? brief_progress : progress).push_back(done);
  }
  bool wants_brief_progress() const override { return true; }
  bool wants_logs() const override { return true; }
  void Log(int64_t step, const Scalars& scalars) override {
    for (const auto& [name, value] : scalars) {
      if (name == "train/cost") costs.emplace_back(step, value);
    }
  }
  void Save(int64_t step) override { saved.push_back(step); }

  std::vector<std::string> results, lines;
  std::vector<double> progress, brief_progress;
  std::vector<std::pair<int64_t, double>> costs;
  std::vector<int64_t> saved;
};

// A model of the registry, ready to be trained.
struct Training {
  explicit Training(const std::string& model = "shakespeare_rnn")
      : run(BuildModel(model, kSizes, &TestOps())), text("builtin", &run->plan) {
    run->Start();
  }
  ModelRunPtr run;
  PlanText text;
};

TEST_F(TrainTest, AModelFileIsTrainedAndSaved) {
  ModelRunPtr run = BuildModel("shakespeare_rnn", kSizes, &TestOps());
  run->plan.set_epochs(0);
  run->plan.set_max_steps(60);
  SetRunPlan(run->plan, &run->meta);
  SaveMetaGraph(run->meta, Path("model.pb"));
  const double loss = TrainFile(Path("model.pb"), "builtin", Path("weights"));
  EXPECT_LT(loss, 4.2);
  EXPECT_EQ(TrainFile(Path("model.pb"), "builtin", Path("again")), loss) << "the same seed";
  run->Start();
  train::Saver(run->meta).Restore(*run->session, Path("weights"));
  const PlanText text("builtin", &run->plan);
  SessionRuns runs(*run->session);
  PhaseRunner after(run->plan.train(), runs, text, {.targets = false});
  after.Begin(0);
  after.Step(false);
  EXPECT_LT(after.cost(), loss) << "the mean of all steps, from the first on";
}

TEST_F(TrainTest, AnObserverIsToldEachStepAndWhenToSave) {
  Training t;
  t.run->plan.mutable_saving()->set_every(4);
  t.run->plan.mutable_report()->set_every(2);
  Notes notes;
  Trainer trainer(t.run->plan, *t.run->session, t.text, &notes, {}, {.steps = 10});
  EXPECT_EQ(trainer.Run(), Trainer::End::kSteps);
  ASSERT_EQ(notes.costs.size(), 10u);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(notes.costs[i].first, i + 1);
    EXPECT_TRUE(std::isfinite(notes.costs[i].second));
  }
  EXPECT_THAT(notes.saved, ElementsAre(4, 8, 10));
  EXPECT_THAT(notes.results, Contains(HasSubstr("Stopped after 10 steps")));
  EXPECT_EQ(trainer.values().total_step, 10);
  EXPECT_EQ(notes.progress.size(), 5u) << "a line for every other step";
}

TEST_F(TrainTest, ProgressBetweenTwoReportsIsBrief) {
  ModelRunPtr run = BuildModel("text8_simple", {"nodes=11", "batch=9", "steps=6"}, &TestOps());
  run->Start();
  const PlanText text("builtin", &run->plan);
  Notes notes;
  Trainer(run->plan, *run->session, text, &notes, {}, {.steps = 8}).Run();
  EXPECT_GE(notes.brief_progress.size(), 7u);
  EXPECT_TRUE(std::is_sorted(notes.brief_progress.begin(), notes.brief_progress.begin() + 7));
}

TEST_F(TrainTest, NobodyNeedsToLookOn) {
  Training watched, alone;
  Notes notes;
  Trainer first(watched.run->plan, *watched.run->session, watched.text, &notes, {}, {.steps = 7});
  Trainer second(alone.run->plan, *alone.run->session, alone.text, nullptr, {}, {.steps = 7});
  first.Run();
  second.Run();
  EXPECT_EQ(first.values().loss, second.values().loss);
}

TEST_F(TrainTest, StopEndsItAfterTheStepInProgress) {
  Training t;
  Notes notes;
  int asked = 0;
  Trainer trainer(t.run->plan, *t.run->session, t.text, &notes, [&] { return ++asked == 3; });
  EXPECT_EQ(trainer.Run(), Trainer::End::kStopped);
  EXPECT_EQ(notes.costs.size(), 3u);
  EXPECT_THAT(notes.saved, ElementsAre(3));
  EXPECT_THAT(notes.results, Contains(HasSubstr("Interrupted after 3 steps")));
}

TEST_F(TrainTest, AnEvaluationIsOneRoundThatMayBeStopped) {
  Training t;
  SessionRuns runs(*t.run->session);
  PhaseRunner runner(t.run->plan.train(), runs, t.text, {.targets = false});
  Notes notes;
  LineValues values;
  int asked = 0;
  EXPECT_FALSE(runner.RunRound(
      notes, [&] { return ++asked == 2; }, &values));
  EXPECT_EQ(runner.step(), 2);
  EXPECT_TRUE(runner.RunRound(notes, {}, &values));
  EXPECT_EQ(values.step, static_cast<double>(runner.steps()));
  EXPECT_EQ(notes.brief_progress.back(), 1);
  EXPECT_NEAR(values.loss, std::log(65), 1) << "of weights that know nothing";
}

TEST_F(TrainTest, AnObserverThatThrowsEndsIt) {
  struct Full final : TrainObserver {
    void Save(int64_t) override { throw Error(Code::kResourceExhausted, "the disk is full"); }
  } full;
  Training t;
  t.run->plan.mutable_saving()->set_every(2);
  Trainer trainer(t.run->plan, *t.run->session, t.text, &full, {}, {.steps = 5});
  EXPECT_THROW(trainer.Run(), Error);
}

TEST_F(TrainTest, ErrorsNameFieldsAndNoFlags) {
  Training t;
  SessionRuns runs(*t.run->session);
  const auto field = [&](const SampleRequest& request) {
    try {
      MakeSampler(t.run->plan, runs, t.text.vocabulary(), request);
    } catch (const FieldError& e) {
      EXPECT_THAT(e.message(), HasSubstr(e.field() + ": " + e.problem()));
      EXPECT_THAT(e.message(), Not(HasSubstr("--")));
      return e.field();
    }
    return std::string("no error");
  };
  EXPECT_EQ(field({.temperature = 0}), "sample.temperature");
  EXPECT_EQ(field({.temperature = -2, .in_graph = true}), "sample.temperature");
  EXPECT_EQ(field({.choice = pb::StepSampler::DRAW, .in_graph = true}), "sample.choice");
  EXPECT_EQ(field({.temperature = 1.5}), "no error");
  t.run->plan.mutable_corpus()->clear_builtin();
  try {
    PlanText("", &t.run->plan);
    FAIL();
  } catch (const FieldError& e) {
    EXPECT_EQ(e.field(), "data");
  }
}

TEST_F(TrainTest, TheExampleStandsInTheReadme) {
  const auto read = [](const std::string& path) {
    std::stringstream text;
    text << std::ifstream(std::string(kSourceDir) + path).rdbuf();
    return text.str();
  };
  const std::string source = read("/tests/train_test.cc");
  const size_t begin = source.find("// [README\n") + 11, end = source.find("// README]");
  EXPECT_NE(read("/README.md").find(source.substr(begin, end - begin)), std::string::npos);
}

}  // namespace
}  // namespace graphrun
