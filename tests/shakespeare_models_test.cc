// The models of Shakespeare's plays: against TensorFlow's graphs of the same programs, and their
// copies against one another.
#include <cmath>
#include <cstdlib>
#include <set>

#include "core/base/file.h"
#include "core/import/case_file.h"
#include "core/import/load.h"
#include "tests/shakespeare_fixture.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A case of the folder that GRAPHRUN_CASES names.
std::optional<Case> FindCase(const std::string& file) {
  const char* folder = std::getenv("GRAPHRUN_CASES");
  if (folder == nullptr) return std::nullopt;
  return ParseCase(ReadFile(std::string(folder) + "/" + file));
}

struct ModelCase {
  std::string name;
  Settings toy;  // the sizes of model.NAME.case.pb
  int64_t parameters;
};

class ShakespeareModelTest : public ShakespeareTest, public testing::WithParamInterface<ModelCase> {
 protected:
  ModelRunPtr Full() { return Build(GetParam().name, {}); }
  static std::string Name() { return GetParam().name; }
};

TEST_P(ShakespeareModelTest, HasItsAuthorsParameters) {
  int64_t parameters = 0;
  const ModelRunPtr model = Full();
  for (const VariableInfo& v : model->meta.variables) {
    if (v.trainable) parameters += v.shape.num_elements();
  }
  EXPECT_EQ(parameters, GetParam().parameters);
}

TEST_P(ShakespeareModelTest, VariablesAndPlanAreThoseOfTensorFlowsGraph) {
  const std::optional<Case> golden = FindCase("full/full." + Name() + ".case.pb");
  if (!golden) GTEST_SKIP() << "GRAPHRUN_CASES names no folder";
  MetaGraph theirs(&registry_);
  ParseMetaGraph(golden->meta_graph, &theirs);
  const ModelRunPtr ours = Full();
  const auto lines = [](const MetaGraph& meta) {
    std::vector<std::string> out;
    for (const VariableInfo& v : meta.variables) {
      out.push_back(v.name + " " + std::string(DTypeName(v.dtype)) + v.shape.ToString());
    }
    for (const char* list : {keys::kGlobalVariables, keys::kTrainableVariables}) {
      out.push_back(list);
      const std::vector<std::string>& names = meta.variable_lists.at(list);
      out.insert(out.end(), names.begin(), names.end());
    }
    return out;
  };
  EXPECT_EQ(lines(ours->meta), lines(theirs));
  CheckRunPlan(ours->plan, ours->meta.graph);
  // But for the loop that samples, which TensorFlow's graph does not have, the plan fits both.
  pb::RunPlan plan = ours->plan;
  plan.mutable_sampler()->clear_graph();
  CheckRunPlan(plan, theirs.graph);
}

// What TensorFlow got in training and sampling, from the initial values that it drew.
TEST_P(ShakespeareModelTest, TrainsAndSamplesAsInTensorFlow) {
  const std::optional<Case> golden = FindCase("model." + Name() + ".case.pb");
  if (!golden) GTEST_SKIP() << "GRAPHRUN_CASES names no folder";
  MetaGraph theirs(&registry_);
  ParseMetaGraph(golden->meta_graph, &theirs);
  Session reference(theirs.graph);
  reference.Run({}, {}, {"init"});
  for (const bool interpret : {true, false}) {
    const ModelRunPtr ours = Build(GetParam().name, GetParam().toy);
    ours->Start({.interpret = interpret});
    for (const VariableInfo& v : theirs.variables) {
      ours->session->SetVariable(v.name, reference.VariableValue(v.name));
    }
    for (size_t i = 1; i < golden->runs.size(); ++i) {  // the first is init
      const CaseRun& run = golden->runs[i];
      Feeds feeds;
      for (const NamedTensor& feed : run.feeds) feeds.emplace_back(feed.name, feed.value);
      std::vector<TensorName> fetches, targets(run.targets.begin(), run.targets.end());
      for (const NamedTensor& fetch : run.fetches) fetches.emplace_back(fetch.name);
      const std::vector<Tensor> out = ours->session->Run(feeds, fetches, targets);
      for (size_t k = 0; k < out.size(); ++k) {
        ExpectClose(out[k], run.fetches[k].value,
                    "run " + std::to_string(i) + ", " + run.fetches[k].name);
      }
    }
  }
}

TEST_P(ShakespeareModelTest, TrainsVariablesAsTensorFlowsGraphDoes) {
  const std::optional<Case> golden = FindCase("model." + Name() + ".case.pb");
  if (!golden) GTEST_SKIP() << "GRAPHRUN_CASES names no folder";
  const ModelRunPtr ours = Build(GetParam().name, GetParam().toy);
  ModelRun theirs(&registry_);
  ParseMetaGraph(golden->meta_graph, &theirs.meta);
  theirs.plan = ours->plan;
  ours->Start();
  theirs.Start();
  for (const VariableInfo& v : theirs.meta.variables) {
    theirs.session->SetVariable(v.name, ours->session->VariableValue(v.name));
  }
  std::vector<Tensor> our_state, their_state;
  for (int64_t i = 0; i < 3; ++i) {
    const double want = TrainStep(theirs, 17, i, &their_state);
    EXPECT_NEAR(TrainStep(*ours, 17, i, &our_state), want, 1e-4 * want) << "step " << i;
  }
  for (const VariableInfo& v : theirs.meta.variables) {
    ExpectClose(ours->session->VariableValue(v.name), theirs.session->VariableValue(v.name),
                v.name);
  }
}

// The copy that samples, and the loop in the graph, have the weights of the copy that was trained.
TEST_P(ShakespeareModelTest, ItsCopiesGiveTheSameNumbers) {
  const ModelRunPtr run = Build(GetParam().name, GetParam().toy);
  run->Start();
  for (const VariableInfo& v : run->meta.variables) {  // weights that make no character certain
    if (!v.trainable) continue;
    const Tensor drawn = run->session->VariableValue(v.name);
    Tensor greater(DType::kFloat, v.shape);
    for (int64_t i = 0; i < drawn.num_elements(); ++i) {
      greater.data<float>()[i] = 5 * drawn.data<float>()[i];
    }
    run->session->SetVariable(v.name, greater);
  }

  const std::string trained = Name() == "shakespeare_rnn" ? "rnnlm/probs:0" : "probs:0";
  const Tensor probs = run->session->Run(FeedsOf(run->plan.train(), 17, 0), {trained})[0];
  const int64_t steps = run->plan.train().batches().steps();
  StepWriter writer(*run);
  for (int64_t t = 0; t < steps; ++t) {
    const std::vector<float> step = writer.Read({SomeId(17, 0, t)});
    const int64_t classes = static_cast<int64_t>(step.size());
    for (int64_t j = 0; j < classes; ++j) {
      EXPECT_NEAR(step[j], probs.data<float>()[t * classes + j], 1e-6) << t << ", " << j;
    }
  }
  const std::vector<int32_t> prime = {2, 11, 5};
  const std::vector<int32_t> text = StepText(*run, prime, 14);
  EXPECT_EQ(LoopText(*run, prime, 14), text);
  EXPECT_GT(std::set<int32_t>(text.begin(), text.end()).size(), 3u) << "shows little";
}

INSTANTIATE_TEST_SUITE_P(
    Models, ShakespeareModelTest,
    testing::Values(ModelCase{"shakespeare_rnn", {"batch=3", "steps=5", "hidden=6"}, 49601},
                    ModelCase{"shakespeare_lstm", {"batch=4", "steps=6", "hidden=5"}, 873026}),
    [](const auto& test) { return test.param.name; });

TEST_F(ShakespeareTest, TheLayersOfTheRnnShareOneCell) {
  const ModelRunPtr run = Build("shakespeare_rnn", {});
  std::vector<std::string> trained;
  for (const VariableInfo& v : run->meta.variables) {
    if (v.trainable) trained.push_back(v.name + v.shape.ToString());
  }
  EXPECT_THAT(trained, ElementsAre("rnnlm/softmax_w[128,65]", "rnnlm/softmax_b[65]",
                                   "rnnlm/embedding[65,128]",
                                   "rnnlm/multi_rnn_cell/cell_0/basic_rnn_cell/kernel[256,128]",
                                   "rnnlm/multi_rnn_cell/cell_0/basic_rnn_cell/bias[128]"));
}

// The limits and moments of the initial values that TensorFlow draws; no seed is built in.
TEST_F(ShakespeareTest, WeightsStartFromTheDistributionsOfTheirAuthors) {
  struct Start {
    std::string variable;
    double limit, deviation;
  };
  const auto uniform = [](const std::string& variable, double inputs, double outputs) {
    const double limit = std::sqrt(6 / (inputs + outputs));
    return Start{variable, limit, limit / std::sqrt(3.0)};
  };
  const auto check = [&](const std::string& model, const std::vector<Start>& starts) {
    ModelRunPtr run = Build(model, {});
    run->Start({.seed = 3});
    for (const Start& start : starts) {
      const std::vector<float> w = Floats(run->session->VariableValue(start.variable));
      double squares = 0;
      for (const float x : w) {
        EXPECT_LE(std::abs(x), start.limit * 1.0001) << start.variable;
        squares += static_cast<double>(x) * x;
      }
      const double n = static_cast<double>(w.size());
      EXPECT_NEAR(std::sqrt(squares / n), start.deviation, start.deviation * 2 / std::sqrt(n));
    }
    Session other(run->meta.graph, {.seed = 4});
    other.Run({}, {}, {"init"});
    EXPECT_NE(Floats(other.VariableValue(starts[0].variable)),
              Floats(run->session->VariableValue(starts[0].variable)));
    return run;
  };
  check("shakespeare_rnn",
        {uniform("rnnlm/embedding", 65, 128), uniform("rnnlm/softmax_w", 128, 65),
         uniform("rnnlm/softmax_b", 65, 65),
         uniform("rnnlm/multi_rnn_cell/cell_0/basic_rnn_cell/kernel", 256, 128)});
  // Of a normal distribution cut at two standard deviations.
  const Start truncated = {"rnn/dense/kernel", 0.2, 0.1 * 0.87963};
  const ModelRunPtr lstm =
      check("shakespeare_lstm",
            {uniform("rnn/rnn/multi_rnn_cell/cell_0/lstm_cell/kernel", 322, 1024), truncated});
  EXPECT_THAT(Floats(lstm->session->VariableValue("rnn/dense/bias")), testing::Each(0.1f));
  EXPECT_THAT(Floats(lstm->session->VariableValue("rnn/rnn/multi_rnn_cell/cell_1/lstm_cell/bias")),
              testing::Each(0.0f));
}

TEST_F(ShakespeareTest, PlansSayTheSchedules) {
  const pb::RunPlan rnn = Build("shakespeare_rnn", {"sampling=2"})->plan;
  EXPECT_EQ(rnn.epochs(), 125);
  EXPECT_EQ(RateOfEpoch(rnn.learning_rate(), 0), 0.002);
  EXPECT_NEAR(RateOfEpoch(rnn.learning_rate(), 124), 0.002 * std::pow(0.97, 124), 1e-12);
  EXPECT_EQ(rnn.train().state_size(), 2);
  EXPECT_EQ(rnn.train().reset(), pb::EACH_EPOCH);
  EXPECT_TRUE(rnn.train().batches().contiguous_rows().wrap());
  EXPECT_FALSE(rnn.train().batches().contiguous_rows().has_permutation_seed());
  EXPECT_EQ(rnn.vocabulary().rows(), 65);
  EXPECT_EQ(rnn.corpus().newline(), pb::Corpus::LF);
  EXPECT_EQ(rnn.sampler().step().choice(), pb::StepSampler::DRAW_AFTER_SPACES);
  EXPECT_EQ(rnn.sampler().step().length(), 50);

  const pb::RunPlan lstm = Build("shakespeare_lstm", {})->plan;
  EXPECT_EQ(lstm.epochs(), 0);
  EXPECT_EQ(lstm.max_steps(), 1001);
  EXPECT_EQ(lstm.train().state_size(), 0);
  EXPECT_EQ(lstm.train().batches().contiguous_rows().permutation_seed(), 42u);
  EXPECT_EQ(lstm.train().summary(), "Merge/MergeSummary:0");
  EXPECT_EQ(lstm.vocabulary().rows(), 66);
  EXPECT_EQ(lstm.corpus().newline(), pb::Corpus::CRLF);
  EXPECT_EQ(lstm.sampler().step().state_size(), 4);
  EXPECT_EQ(lstm.evaluations_size(), 0);
  EXPECT_EQ(lstm.corpus().parts_size(), 0);
  EXPECT_THAT(lstm.report().step_line(), testing::Not(HasSubstr("accuracy")));
}

// A prime is read at once, or one character after the other.
TEST_F(ShakespeareTest, ThePrimeOfTheLstmHasAnyLength) {
  const ModelRunPtr run = Build("shakespeare_lstm", {"hidden=5", "vocab=17"});
  run->Start();
  StepWriter at_once(*run), one_by_one(*run);
  const std::vector<float> whole = at_once.Read({3, 16, 8, 0});
  std::vector<float> last;
  for (const int32_t id : {3, 16, 8, 0}) last = one_by_one.Read({id});
  const std::vector<float> end(whole.end() - 17, whole.end());
  EXPECT_THAT(end, testing::Pointwise(testing::FloatNear(1e-6f), last));
}

TEST_F(ShakespeareTest, ThePtbsLoopWritesWhatItsStepsWrite) {
  const ModelRunPtr run =
      Build("ptb", {"hidden=7", "vocab=19", "batch=3", "steps=4", "init=1.5", "keep=0.6"});
  run->Start();
  EXPECT_EQ(LoopText(*run, {4, 18, 9}, 15), StepText(*run, {4, 18, 9}, 15));
  EXPECT_TRUE(run->meta.signatures.contains("sample"));
}

}  // namespace
}  // namespace graphrun
