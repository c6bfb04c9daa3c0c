// The options of shakespeare_lstm and the sizes of ptb: what each adds, and that it trains.
#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/shakespeare_fixture.h"

namespace graphrun {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;

constexpr int64_t kVocab = 11;
const Settings kToy = {"batch=4", "steps=6", "hidden=9", "vocab=11", "lr=0.03"};

class ShakespeareOptionsTest : public ShakespeareTest {
 protected:
  ModelRunPtr Lstm(const Settings& more) {
    Settings settings = kToy;
    settings.insert(settings.end(), more.begin(), more.end());
    ModelRunPtr run = Build("shakespeare_lstm", settings);
    CheckRunPlan(run->plan, run->meta.graph);
    return run;
  }
  static std::vector<std::string> Trained(const ModelRun& run) {
    std::vector<std::string> lines;
    for (const VariableInfo& v : run.meta.variables) {
      if (v.trainable) lines.push_back(v.name + v.shape.ToString());
    }
    return lines;
  }
};

TEST_F(ShakespeareOptionsTest, EachOptionTrains) {
  for (const Settings& more :
       std::vector<Settings>{{},
                             {"cell=gru"},
                             {"cell=rnn", "layers=3"},
                             {"cell=custom"},
                             {"bidirectional=1"},
                             {"bidirectional=1", "cell=custom"},
                             {"bidirectional=1", "cell=gru", "keep=0.9"},
                             {"keep=0.8", "hidden=20", "validation=0.1", "accuracy=1"},
                             {"l2=0.0001"},
                             {"clip=0"}}) {
    const ModelRunPtr run = Lstm(more);
    run->Start();
    std::vector<Tensor> none;
    const double first = TrainStep(*run, 5, 0, &none);
    EXPECT_NEAR(first, std::log(static_cast<double>(kVocab)), 0.7);
    for (int64_t i = 1; i < 150; ++i) TrainStep(*run, 5, i, &none);
    const pb::RunPlan& plan = run->plan;
    const pb::Phase& phase = plan.evaluations_size() > 0 ? plan.evaluations(0) : plan.train();
    const double last = run->session->Run(FeedsOf(phase, 5, 150), {phase.loss()})[0].number_at(0);
    EXPECT_LT(last, 0.25) << testing::PrintToString(more);
  }
}

TEST_F(ShakespeareOptionsTest, CellsHaveTheirVariables) {
  EXPECT_THAT(Trained(*Lstm({"cell=gru", "layers=1"})),
              testing::ElementsAre("rnn/rnn/multi_rnn_cell/cell_0/gru_cell/gates/kernel[20,18]",
                                   "rnn/rnn/multi_rnn_cell/cell_0/gru_cell/gates/bias[18]",
                                   "rnn/rnn/multi_rnn_cell/cell_0/gru_cell/candidate/kernel[20,9]",
                                   "rnn/rnn/multi_rnn_cell/cell_0/gru_cell/candidate/bias[9]",
                                   "rnn/dense/kernel[9,11]", "rnn/dense/bias[11]"));
  const std::vector<std::string> custom = Trained(*Lstm({"cell=custom"}));
  EXPECT_EQ(custom.back(), "rnn/rnn/dense_decoder_cell/dense/bias[11]");
  EXPECT_EQ(custom.size(), Trained(*Lstm({})).size());
  EXPECT_THAT(Trained(*Lstm({"bidirectional=1"})), testing::Contains("rnn/dense/kernel[18,11]"));
  EXPECT_THAT(ErrorOf(Code::kInvalidArgument, [&] { Lstm({"cell=dense"}); }),
              HasSubstr("lstm, gru, rnn or custom"));
}

TEST_F(ShakespeareOptionsTest, TheCustomCellGivesTheSameNumbers) {
  const ModelRunPtr plain = Lstm({}), custom = Lstm({"cell=custom"});
  plain->Start();
  custom->Start();
  const auto weights = [](const ModelRun& run) {
    std::vector<std::string> names;
    for (const VariableInfo& v : run.meta.variables) {
      if (v.trainable) names.push_back(v.name);
    }
    return names;
  };
  const std::vector<std::string> from = weights(*plain), to = weights(*custom);
  ASSERT_EQ(from.size(), to.size());
  for (size_t i = 0; i < from.size(); ++i) {
    custom->session->SetVariable(to[i], plain->session->VariableValue(from[i]));
  }
  std::vector<Tensor> none;
  for (int64_t i = 0; i < 5; ++i) {
    const double want = TrainStep(*plain, kVocab, i, &none);
    EXPECT_NEAR(TrainStep(*custom, kVocab, i, &none), want, 1e-5) << "step " << i;
  }
  EXPECT_EQ(LoopText(*custom, {3, 1}, 7), LoopText(*plain, {3, 1}, 7));
}

// Character t is told from those before and after it, never from itself.
TEST_F(ShakespeareOptionsTest, BothWaysSeesAllButTheCharacterItself) {
  for (const char* cell : {"cell=lstm", "cell=custom"}) {
    const ModelRunPtr run = Lstm({"bidirectional=1", cell});
    EXPECT_FALSE(run->plan.has_sampler());
    EXPECT_FALSE(run->meta.signatures.contains("sample"));
    EXPECT_EQ(run->meta.graph.Find("y"), kNoNode);
    run->Start();
    constexpr int64_t kTime = 5, kAt = 2;
    const auto probs = [&](int32_t id) {
      const Tensor x = Tensor::Of<int32_t>({4, 9, id, 3, 7}, {1, kTime});
      return Floats(run->session->Run(
          {{"x:0", x}, {"sequence_length:0", Tensor::Vector<int32_t>({kTime})}}, {"probs:0"})[0]);
    };
    const std::vector<float> one = probs(0), other = probs(8);
    for (int64_t t = 0; t < kTime; ++t) {
      const auto row = [&](const std::vector<float>& p) {
        return std::vector<float>(p.begin() + t * kVocab, p.begin() + (t + 1) * kVocab);
      };
      EXPECT_EQ(row(one) == row(other), t == kAt) << cell << " at " << t;
    }
  }
}

// Rows are independent, and what lies beyond a row's length is not seen.
TEST_F(ShakespeareOptionsTest, BothWaysEndsWhereTheRowDoes) {
  const ModelRunPtr run = Lstm({"bidirectional=1"});
  run->Start();
  const auto probs = [&](const std::vector<int32_t>& ids, int64_t time) {
    return Floats(run->session->Run(
        {{"x:0", Tensor::Of(ids, {1, time})}, {"sequence_length:0", Tensor::Vector<int32_t>({3})}},
        {"probs:0"})[0]);
  };
  const std::vector<float> padded = probs({4, 9, 2, 6, 1}, 5), whole = probs({4, 9, 2}, 3);
  const std::vector<float> begin(padded.begin(), padded.begin() + 3 * kVocab);
  EXPECT_THAT(begin, testing::Pointwise(testing::FloatNear(1e-6f), whole));
}

TEST_F(ShakespeareOptionsTest, DropsOutWhileTrainingOnly) {
  const ModelRunPtr run = Lstm({"keep=0.5", "validation=0.2"});
  run->Start();
  const pb::Phase& valid = run->plan.evaluations(0);
  EXPECT_EQ(valid.loss(), "eval_loss:0");
  const auto loss = [&](const pb::Phase& phase) {
    return run->session->Run(FeedsOf(phase, kVocab, 0), {phase.loss()})[0].number_at(0);
  };
  EXPECT_EQ(loss(valid), loss(valid));
  EXPECT_NE(loss(run->plan.train()), loss(run->plan.train()));
  EXPECT_EQ(LoopText(*run, {3, 1}, 7), StepText(*run, {3, 1}, 7));
}

TEST_F(ShakespeareOptionsTest, ValidationTakesItsPartOfTheText) {
  const pb::RunPlan plan = Lstm({"validation=0.2"})->plan;
  ASSERT_EQ(plan.corpus().parts_size(), 2);
  EXPECT_EQ(plan.corpus().parts(0).split(), pb::TRAIN);
  EXPECT_DOUBLE_EQ(plan.corpus().parts(0).fraction(), 0.8);
  EXPECT_EQ(plan.corpus().parts(1).split(), pb::VALID);
  EXPECT_DOUBLE_EQ(plan.corpus().parts(1).fraction(), 0.2);
  ASSERT_EQ(plan.evaluations_size(), 1);
  EXPECT_EQ(plan.evaluations(0).loss(), "loss:0") << "without dropout one copy is enough";
  EXPECT_EQ(plan.evaluations(0).targets_size(), 0);
  EXPECT_FALSE(plan.evaluations(0).batches().contiguous_rows().has_permutation_seed());
}

TEST_F(ShakespeareOptionsTest, AccuracyCountsWhatIsMostProbable) {
  const ModelRunPtr run = Lstm({"accuracy=1", "validation=0.2"});
  run->Start();
  std::vector<Tensor> none;
  for (int64_t i = 0; i < 12; ++i) TrainStep(*run, kVocab, i, &none);
  const pb::Phase& phase = run->plan.train();
  ASSERT_EQ(phase.metrics_size(), 1);
  EXPECT_EQ(phase.metrics(0).name(), "accuracy");
  EXPECT_FALSE(phase.metrics(0).mean());
  EXPECT_TRUE(run->plan.evaluations(0).metrics(0).mean());
  EXPECT_THAT(run->plan.report().step_line(), HasSubstr("{accuracy:.3}"));
  Feeds feeds = FeedsOf(phase, kVocab, 40);
  feeds[2].second = Tensor::Vector<int32_t>({6, 2, 5, 3});
  const std::vector<Tensor> out = run->session->Run(feeds, {"probs:0", phase.metrics(0).tensor()});
  const std::vector<float> probs = Floats(out[0]);
  int right = 0;
  for (int64_t r = 0; r < 4; ++r) {
    for (int64_t t = 0; t < feeds[2].second.data<int32_t>()[r]; ++t) {
      const auto row = probs.begin() + (r * 6 + t) * kVocab;
      const auto best = std::max_element(row, row + kVocab) - row;
      right += best == SomeId(kVocab, r, 40 * 6 + t + 1) ? 1 : 0;
    }
  }
  EXPECT_GT(right, 0);
  EXPECT_NEAR(out[1].number_at(0), right / 16.0, 1e-6);
}

// One step of Adam moves every weight against the sign of its gradient: with a great l2, towards 0.
TEST_F(ShakespeareOptionsTest, L2PullsKernelsToZero) {
  const ModelRunPtr plain = Lstm({}), decayed = Lstm({"l2=1000"});
  plain->Start();
  decayed->Start();
  for (const VariableInfo& v : plain->meta.variables) {
    decayed->session->SetVariable(v.name, plain->session->VariableValue(v.name));
  }
  const std::string kernel = "rnn/rnn/multi_rnn_cell/cell_1/lstm_cell/kernel";
  const std::vector<float> before = Floats(plain->session->VariableValue(kernel));
  std::vector<Tensor> none;
  EXPECT_EQ(TrainStep(*decayed, kVocab, 0, &none), TrainStep(*plain, kVocab, 0, &none))
      << "what is reported is the cross-entropy alone";
  const std::vector<float> after = Floats(decayed->session->VariableValue(kernel));
  for (size_t i = 0; i < before.size(); ++i) {
    if (std::abs(before[i]) < 0.05f) continue;
    EXPECT_LT(std::abs(after[i]), std::abs(before[i])) << i;
  }
}

TEST_F(ShakespeareOptionsTest, WhatIsNotAskedForIsNotThere) {
  const auto names = [](const ModelRun& run) { return run.meta.graph.NodeNames(); };
  EXPECT_THAT(names(*Lstm({"clip=0"})), Each(Not(HasSubstr("clip_by_global_norm"))));
  const ModelRunPtr plain = Lstm({});
  for (const char* part : {"eval_", "dropout", "accuracy", "regularized", "rnn_2"}) {
    EXPECT_THAT(names(*plain), Each(Not(HasSubstr(part))));
  }
}

TEST_F(ShakespeareOptionsTest, PtbHasThePapersSizes) {
  const auto build = [&](const Settings& settings) { return Build("ptb", settings)->plan; };
  const auto value = [](const pb::RunPlan& plan, const std::string& name) -> std::string {
    for (const pb::Setting& setting : plan.settings()) {
      if (setting.name() == name) return setting.value();
    }
    return "";
  };
  const pb::RunPlan medium = build({"size=medium"});
  EXPECT_EQ(value(medium, "hidden"), "650");
  EXPECT_EQ(value(medium, "keep"), "0.5");
  EXPECT_EQ(value(medium, "init"), "0.05");
  EXPECT_EQ(value(medium, "clip"), "5");
  EXPECT_EQ(medium.epochs(), 39);
  EXPECT_EQ(medium.train().batches().batch(), 20);
  EXPECT_EQ(medium.train().batches().steps(), 35);
  EXPECT_EQ(RateOfEpoch(medium.learning_rate(), 5), 1);
  EXPECT_NEAR(RateOfEpoch(medium.learning_rate(), 6), 1 / 1.2, 1e-12);
  EXPECT_NEAR(RateOfEpoch(medium.learning_rate(), 38), std::pow(1.2, -33), 1e-12);

  const pb::RunPlan large = build({"size=large", "hidden=13", "vocab=17", "lr=2", "epochs=3"});
  EXPECT_EQ(value(large, "hidden"), "13") << "what is set wins";
  EXPECT_EQ(large.epochs(), 3);
  EXPECT_EQ(value(large, "keep"), "0.35");
  EXPECT_EQ(value(large, "clip"), "10");
  EXPECT_EQ(value(large, "init"), "0.04");
  EXPECT_EQ(RateOfEpoch(large.learning_rate(), 13), 2);
  EXPECT_NEAR(RateOfEpoch(large.learning_rate(), 14), 2 / 1.15, 1e-12);
  EXPECT_EQ(build({"size=large", "hidden=13", "vocab=17", "keep=1"}).epochs(), 55);
  EXPECT_EQ(build({}).epochs(), 13);
  EXPECT_THAT(ErrorOf(Code::kInvalidArgument, [&] { build({"size=huge"}); }),
              HasSubstr("small, medium or large"));
}

}  // namespace
}  // namespace graphrun
