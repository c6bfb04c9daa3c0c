// The six models of text8: against TensorFlow's graphs of the same programs, against each other,
// and their copies against one another.
#include <algorithm>
#include <cmath>
#include <set>

#include "core/import/save.h"
#include "tests/text8_fixture.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::Pointwise;

constexpr int64_t kSymbols = models::kText8Symbols;

// Within 1e-5 or 1e-4 of the value.
void ExpectClose(const Tensor& actual, const Tensor& expected, const std::string& what) {
  ASSERT_EQ(actual.shape(), expected.shape()) << what;
  for (int64_t i = 0; i < actual.num_elements(); ++i) {
    const double want = expected.number_at(i);
    ASSERT_NEAR(actual.number_at(i), want, 1e-5 + 1e-4 * std::abs(want)) << what << "[" << i << "]";
  }
}

// Uniform draws for the dropout of each step, which both graphs then have in common.
void AddMasks(const ModelRun& run, const std::string& before, const std::string& after,
              Feeds* feeds) {
  for (int64_t t = 0;; ++t) {
    const std::string count = t == 0 ? "" : "_" + std::to_string(t);
    const std::string node = before + count + after + "random_uniform/RandomUniform";
    if (run.meta.graph.Find(node) == kNoNode) return;
    const Shape shape = run.meta.graph.shape(run.meta.graph.FindOutput(node + ":0"));
    Tensor draws = Wave(shape, 0.5, 2.1, static_cast<double>(t));
    for (int64_t i = 0; i < draws.num_elements(); ++i) draws.data<float>()[i] += 0.499f;
    feeds->emplace_back(node + ":0", draws);
  }
}

TEST_F(Text8Test, TfpHasItsAuthorsParameters) {
  const ModelRunPtr run = Build(TfpCase(), {});
  int64_t tensors = 0, parameters = 0;
  for (const VariableInfo& v : run->meta.variables) {
    if (!v.trainable) continue;
    ++tensors;
    parameters += v.shape.num_elements();
  }
  EXPECT_EQ(tensors, 5);
  EXPECT_EQ(parameters, 1119771);
  EXPECT_EQ(run->meta.FindVariable("language_model/lstm/kernel/input")->shape, Shape({27, 2048}));
}

TEST_F(Text8Test, SimpleHasItsAuthorsVariables) {
  const ModelRunPtr run = Build(UdacityCases()[0], {});
  std::vector<std::string> names;
  for (const VariableInfo& v : run->meta.variables) {
    names.push_back(v.name + " " + v.shape.ToString() + (v.trainable ? "" : " fixed"));
  }
  EXPECT_THAT(
      names,
      ElementsAre("ix [27,64]", "im [64,64]", "ib [1,64]", "fx [27,64]", "fm [64,64]", "fb [1,64]",
                  "cx [27,64]", "cm [64,64]", "cb [1,64]", "ox [27,64]", "om [64,64]", "ob [1,64]",
                  "w [64,27]", "b [27]", "saved_output [64,64] fixed", "saved_state [64,64] fixed",
                  "global_step []", "saved_sample_output [1,64]", "saved_sample_state [1,64]"));
  EXPECT_EQ(run->meta.node_lists[keys::kTrainOp], std::vector<std::string>{"train"});
  EXPECT_EQ(run->meta.node_lists[keys::kLosses], std::vector<std::string>{"loss:0"});
}

TEST_F(Text8Test, VariablesAreThoseOfTensorFlowsGraphs) {
  for (const Text8Case& c : AllText8Cases()) {
    const ModelRunPtr ours = Build(c, c.full), theirs = Reference(c, /*full=*/true);
    if (!theirs) GTEST_SKIP() << "GRAPHRUN_CASES names no folder";
    const auto lines = [](const ModelRun& run) {
      std::vector<std::string> out;
      for (const VariableInfo& v : run.meta.variables) {
        out.push_back(v.name + " " + std::string(DTypeName(v.dtype)) + v.shape.ToString());
      }
      for (const char* list : {keys::kGlobalVariables, keys::kTrainableVariables}) {
        out.push_back(list);
        const auto& names = run.meta.variable_lists.at(list);
        out.insert(out.end(), names.begin(), names.end());
      }
      return out;
    };
    EXPECT_EQ(lines(*ours), lines(*theirs)) << c.name;
    // But for the loop that samples, which TensorFlow's graphs do not have, the plan fits both.
    CheckRunPlan(ours->plan, ours->meta.graph);
    pb::RunPlan plan = ours->plan;
    if (plan.sampler().has_step()) plan.mutable_sampler()->clear_graph();
    CheckRunPlan(plan, theirs->meta.graph);
  }
}

TEST_F(Text8Test, TrainAsTensorFlowsGraphs) {
  for (const Text8Case& c : AllText8Cases()) {
    const ModelRunPtr ours = Build(c, c.toy), theirs = Reference(c, /*full=*/false);
    if (!theirs) GTEST_SKIP() << "GRAPHRUN_CASES names no folder";
    theirs->plan = ours->plan;
    ours->Start();
    theirs->Start();
    Equate(*ours, *theirs);
    const std::string name = c.name;
    for (int64_t i = 0; i < 3; ++i) {
      Feeds feeds = FeedsOf(ours->plan.train().feeds(), TrainingWindow(ours->plan, i));
      Feeds same = feeds;
      AddMasks(*ours, "step", "/dropout/", &feeds);
      AddMasks(*theirs, "dropout", "/", &same);
      EXPECT_EQ(feeds.size(), same.size()) << name;
      const double want = TrainStep(*theirs, same);
      EXPECT_NEAR(TrainStep(*ours, feeds), want, 1e-5 + 1e-4 * want) << name << ", step " << i;
    }
    for (const VariableInfo& v : ours->meta.variables) {
      ExpectClose(ours->session->VariableValue(v.name), theirs->session->VariableValue(v.name),
                  name + ": " + v.name);
    }
    for (const pb::Metric& metric : ours->plan.train().metrics()) {
      const std::string tensor =
          metric.has_tensor() ? metric.tensor() : metric.perplexity().tensor();
      const Feeds feeds = FeedsOf(ours->plan.train().feeds(), TrainingWindow(ours->plan, 4));
      Feeds mine = feeds, same = feeds;
      AddMasks(*ours, "step", "/dropout/", &mine);
      AddMasks(*theirs, "dropout", "/", &same);
      ExpectClose(ours->session->Run(mine, {tensor})[0], theirs->session->Run(same, {tensor})[0],
                  name + ": " + tensor);
    }
  }
}

TEST_F(Text8Test, StepsAsTensorFlowsGraphs) {
  for (const Text8Case& c : UdacityCases()) {
    const ModelRunPtr ours = Build(c, c.toy), theirs = Reference(c, /*full=*/false);
    if (!theirs) GTEST_SKIP() << "GRAPHRUN_CASES names no folder";
    ours->Start();
    theirs->Start();
    Equate(*ours, *theirs);
    const pb::StepSampler& step = ours->plan.sampler().step();
    for (const ModelRunPtr& run : {std::cref(ours), std::cref(theirs)}) {
      run->session->Run({}, {}, {step.reset_targets(0)});
    }
    for (int64_t i = 0; i < 3; ++i) {
      const Feeds feeds = FeedsOf(step.feeds(), SomeWindow(1, step.window(), i));
      const std::string probabilities = step.probabilities();
      ExpectClose(ours->session->Run(feeds, {probabilities})[0],
                  theirs->session->Run(feeds, {probabilities})[0], c.name);
    }
  }
}

TEST_F(Text8Test, FusedEqualsSimple) {
  const std::vector<Text8Case> cases = UdacityCases();
  const ModelRunPtr simple = Build(cases[0], cases[0].toy), fused = Build(cases[1], cases[0].toy);
  simple->Start();
  fused->Start();
  Equate(*simple, *fused);
  for (int64_t i = 0; i < 3; ++i) {
    const Feeds feeds = FeedsOf(simple->plan.train().feeds(), TrainingWindow(simple->plan, i));
    EXPECT_NEAR(TrainStep(*simple, feeds), TrainStep(*fused, feeds), 1e-5);
  }
  for (const VariableInfo& v : simple->meta.variables) {
    ExpectClose(fused->session->VariableValue(v.name), simple->session->VariableValue(v.name),
                v.name);
  }
}

// The text a, b, ..., f, a, b, ... from every letter of it.
TEST_F(Text8Test, TrainingLowersTheLoss) {
  for (const Text8Case& c : AllText8Cases()) {
    Settings settings = c.toy;
    settings.push_back(c.name == "text8_tfp" ? "lr=0.05" : "lr=5");
    const ModelRunPtr run = Build(c, settings);
    run->Start();
    const pb::Phase& phase = run->plan.train();
    Window window = TrainingWindow(run->plan, 0);
    double loss = 0;
    for (int32_t i = 0; i < 150; ++i) {
      for (size_t r = 0; r < window.size(); ++r) {
        for (size_t k = 0; k < window[r].size(); ++k) {
          window[r][k] = static_cast<int32_t>((5 * r + i * phase.batches().steps() + k) % 6);
        }
      }
      loss = TrainStep(*run, FeedsOf(phase.feeds(), window)) / phase.loss_divisor();
      if (i == 0) {
        EXPECT_NEAR(loss, std::log(27.0), 0.6) << c.name;
      }
    }
    // A row of tfp begins anew, so that the first of its six characters is one of four. With
    // dropout the last loss is that of one draw.
    const double bound = c.name == "text8_tfp"              ? std::log(4.0) / 6 + 0.1
                         : c.name == "text8_bigram_dropout" ? 1.0
                                                            : 0.3;
    EXPECT_LT(loss, bound) << c.name;
  }
}

// What one character at a time gives from a state of zeros is what the unrolled copy gives.
TEST_F(Text8Test, BothCopiesOfTheCellGiveTheSameNumbers) {
  for (const Text8Case& c : UdacityCases()) {
    Settings settings = c.toy;
    if (c.name == "text8_bigram_dropout") settings.push_back("keep=1");
    const ModelRunPtr run = Build(c, settings);
    run->Start();
    const pb::StepSampler& step = run->plan.sampler().step();
    const pb::Phase& train = run->plan.train();
    const Window window = TrainingWindow(run->plan, 2);
    const int64_t rows = train.batches().batch();
    const std::string unrolled = train.metrics(1).perplexity().tensor();
    const Tensor all = run->session->Run(FeedsOf(train.feeds(), window), {unrolled})[0];
    run->session->Run({}, {}, {step.reset_targets(0)});
    const int64_t times = all.shape()[0] / rows;
    EXPECT_EQ(times, train.batches().steps() + 1 - step.window());
    EXPECT_EQ(train.metrics(1).perplexity().columns_size(), times);
    for (int64_t t = 0; t < times; ++t) {
      const std::vector<int32_t>& row = window[2];
      const Window now = {{row.begin() + t, row.begin() + t + step.window()}};
      const Tensor one = run->session->Run(FeedsOf(step.feeds(), now), {step.probabilities()})[0];
      const float* want = all.data<float>() + (t * rows + 2) * kSymbols;
      EXPECT_THAT(Floats(one), Pointwise(FloatNear(1e-6f), std::vector(want, want + kSymbols)))
          << c.name << ", time " << t;
    }
  }
}

// The likelihood of texts that the sampling copy drew, from its own logits, is what the training
// copy finds.
TEST_F(Text8Test, TfpsCopiesGiveTheSameNumbers) {
  const ModelRunPtr run = Build(TfpCase(), TfpCase().toy);
  run->Start();
  const Graph& graph = run->meta.graph;
  std::vector<TensorName> fetches = {run->plan.sampler().graph().samples()};
  for (int t = 0; t < 6; ++t) {
    const std::string count = t == 0 ? "" : "_" + std::to_string(t);
    const Node& draw =
        graph.node(graph.Find("language_model_1/categorical" + count + "/Multinomial"));
    fetches.emplace_back(graph.OutputName(draw.inputs[0]));
  }
  const Tensor zeros = Tensor::Zeros(DType::kInt32, {5});  // the training copy begins with id 0
  const std::vector<Tensor> out =
      run->session->Run({{"language_model_1/RandomUniformInt:0", zeros}}, fetches);
  ASSERT_EQ(out[0].shape(), Shape({5, 6}));
  double nll = 0;
  std::set<int32_t> seen;
  for (int64_t r = 0; r < 5; ++r) {
    for (int64_t t = 0; t < 6; ++t) {
      const float* logits = out[1 + t].data<float>() + r * kSymbols;
      double sum = 0;
      for (int64_t k = 0; k < kSymbols; ++k) sum += std::exp(logits[k]);
      const int32_t id = out[0].data<int32_t>()[r * 6 + t];
      nll += std::log(sum) - logits[id];
      seen.insert(id);
    }
  }
  EXPECT_GT(seen.size(), 8u) << "30 characters are drawn";
  const std::string x = run->plan.train().feeds(0).tensor();
  EXPECT_NEAR(run->session->Run({{x, out[0]}}, {run->plan.train().loss()})[0].number_at(0), nll,
              1e-4);
}

// At a temperature of almost zero the loop writes the most probable characters, which can be found
// one at a time.
TEST_F(Text8Test, SampleLoopsWriteWhatStepsGive) {
  for (const Text8Case& c : UdacityCases()) {
    const ModelRunPtr run = Build(c, c.toy);
    run->Start();
    Equate(*run, *run);
    const auto& loop = run->meta.signatures.at("sample");
    const std::string samples = loop.outputs.at("samples").name;
    EXPECT_EQ(samples, run->plan.sampler().graph().samples());
    const pb::StepSampler& step = run->plan.sampler().step();
    std::vector<int32_t> text = {4, 9, 20};
    const Feeds feeds = {{loop.inputs.at("prime").name, Tensor::Vector(text)},
                         {loop.inputs.at("length").name, Tensor::Scalar<int32_t>(11)},
                         {loop.inputs.at("temperature").name, Tensor::Scalar(0.0f)}};
    const Tensor written = run->session->Run(feeds, {samples})[0];
    ASSERT_EQ(written.shape(), Shape({11})) << c.name;
    run->session->Run({}, {}, {step.reset_targets(0)});
    for (auto end = static_cast<size_t>(step.window()); text.size() < 14; ++end) {
      const Window now = {{text.begin() + static_cast<std::ptrdiff_t>(end - step.window()),
                           text.begin() + static_cast<std::ptrdiff_t>(end)}};
      const std::vector<float> probabilities =
          Floats(run->session->Run(FeedsOf(step.feeds(), now), {step.probabilities()})[0]);
      if (end < text.size()) continue;
      text.push_back(static_cast<int32_t>(
          std::max_element(probabilities.begin(), probabilities.end()) - probabilities.begin()));
    }
    EXPECT_EQ(std::vector(written.data<int32_t>(), written.data<int32_t>() + 11),
              std::vector(text.begin() + 3, text.end()))
        << c.name;

    // With nothing fed: 80 characters, others in each run.
    const Tensor first = run->session->Run({}, {samples})[0];
    const Tensor second = run->session->Run({}, {samples})[0];
    ASSERT_EQ(first.shape(), Shape({80}));
    EXPECT_FALSE(
        std::equal(first.data<int32_t>(), first.data<int32_t>() + 80, second.data<int32_t>()))
        << c.name;
  }
}

TEST_F(Text8Test, DropoutIsForTrainingOnly) {
  const Text8Case c = UdacityCases()[4];
  const ModelRunPtr run = Build(c, c.toy), whole = Build(c, {"keep=1"});
  EXPECT_EQ(whole->meta.graph.Find("step/dropout/SelectV2"), kNoNode);
  EXPECT_NE(run->meta.graph.Find("step/dropout/SelectV2"), kNoNode);
  EXPECT_EQ(run->meta.graph.Find("sample_step/dropout/SelectV2"), kNoNode);
  run->Start();
  const std::string loss = run->plan.train().loss();
  const Feeds feeds = FeedsOf(run->plan.train().feeds(), TrainingWindow(run->plan, 0));
  const double once = run->session->Run(feeds, {loss})[0].number_at(0);
  run->session->Run({}, {}, {"saved_output/Assign", "saved_state/Assign"});
  EXPECT_NE(run->session->Run(feeds, {loss})[0].number_at(0), once);
}

TEST_F(Text8Test, UdacitysPlansSayHowToRunThem) {
  for (const Text8Case& c : UdacityCases()) {
    const pb::RunPlan plan = Build(c, {})->plan;
    const bool pairs = c.toy.size() > 3 && c.name != "text8_embedding";
    const int window = pairs ? 2 : 1;
    EXPECT_EQ(plan.model(), c.name);
    EXPECT_EQ(plan.max_steps(), c.name == "text8_bigram_dropout" ? 21001 : 7001);
    EXPECT_EQ(plan.vocabulary().symbols(0), " ");
    EXPECT_EQ(plan.vocabulary().symbols(26), "z");
    EXPECT_EQ(plan.corpus().parts(0).split(), pb::VALID);
    EXPECT_EQ(plan.corpus().parts(0).count(), 1000);
    EXPECT_EQ(plan.train().feeds_size(), 11);
    EXPECT_EQ(plan.train().batches().cursors().batches(), 0);
    const pb::Phase& valid = plan.evaluations(0);
    EXPECT_EQ(valid.batches().steps(), window);
    EXPECT_EQ(valid.batches().cursors().batches(), 1000);
    EXPECT_THAT(valid.predictions().columns(), ElementsAre(window));
    EXPECT_THAT(valid.reset_targets(), ElementsAre("reset_sample_state"));
    EXPECT_EQ(plan.sampler().step().window(), window);
    EXPECT_EQ(plan.sampler().step().length(), 80);
    EXPECT_EQ(plan.train().metrics(1).perplexity().columns(0), window);
    EXPECT_EQ(plan.train().metrics(0).tensor(), "ExponentialDecay:0");
  }
}

TEST_F(Text8Test, TfpsPlanSaysHowToRunIt) {
  const pb::RunPlan plan = Build(TfpCase(), {})->plan;
  EXPECT_EQ(plan.epochs(), 200);
  EXPECT_EQ(plan.train().batches().epoch_part(), 0.5);
  EXPECT_EQ(plan.train().batches().random_windows().seed(), 0u);
  EXPECT_TRUE(plan.train().loss_is_sum());
  EXPECT_EQ(plan.train().loss_divisor(), 128 * 64);
  EXPECT_EQ(plan.train().loss(), "language_model/nll:0");
  EXPECT_TRUE(plan.evaluations(0).batches().has_windows());
  EXPECT_EQ(plan.evaluations(0).split(), pb::TEST);
  EXPECT_EQ(plan.sampler().graph().samples(), "language_model_1/sample:0");
  EXPECT_EQ(plan.vocabulary().symbols(0), "a");
  EXPECT_EQ(plan.vocabulary().symbols(26), " ");
}

// The number of texts in a batch is not fixed, and two runs with one seed give the same bytes.
TEST_F(Text8Test, TfpTakesSmallerBatches) {
  const ModelRunPtr run = Build(TfpCase(), TfpCase().toy);
  run->Start();
  const pb::Phase& phase = run->plan.evaluations(0);
  const Window three = SomeWindow(3, 7, 1);
  double sum = 0;
  for (const std::vector<int32_t>& row : three) {
    sum += run->session->Run(FeedsOf(phase.feeds(), {row}), {phase.loss()})[0].number_at(0);
  }
  EXPECT_NEAR(run->session->Run(FeedsOf(phase.feeds(), three), {phase.loss()})[0].number_at(0), sum,
              1e-4);
}

TEST_F(Text8Test, SavedModelsAreEqualAndComeBack) {
  for (const Text8Case& c : AllText8Cases()) {
    const std::string bytes = SerializeMetaGraph(Build(c, c.toy)->meta);
    EXPECT_EQ(bytes, SerializeMetaGraph(Build(c, c.toy)->meta)) << c.name;
    MetaGraph back(&registry_);
    ParseMetaGraph(bytes, &back);
    CheckRunPlan(FindRunPlan(back).value(), back.graph);
  }
}

}  // namespace
}  // namespace graphrun
