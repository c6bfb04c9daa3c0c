// The models of the registry, at toy size: they train, their copies share variables, their plans
// fit their graphs.
#include "core/train/run_plan.h"
#include "models/model_registry.h"
#include "tests/model_fixture.h"

namespace graphrun {
namespace {

using models::GetModel;
using models::Options;
using testing::HasSubstr;

class ModelsTest : public ModelTest {
 protected:
  pb::RunPlan Build(const std::string& model, const std::vector<std::string>& settings) {
    const models::ModelSpec& spec = GetModel(model);
    spec.Build(meta_, Options(spec, settings));
    const auto plan = FindRunPlan(meta_);
    return plan ? *plan : pb::RunPlan();
  }
  void StartPlan(const pb::RunPlan& plan, SessionOptions options = {.seed = 1}) {
    session_ = std::make_unique<Session>(meta_.graph, options);
    std::vector<TensorName> init(plan.init().begin(), plan.init().end());
    session_->Run({}, {}, init);
  }
  // One step of a phase on the text 0, 1, ..., period - 1, 0, 1, ...; carries *state on.
  double Step(const pb::Phase& phase, int64_t period, std::vector<Tensor>* state) {
    Feeds feeds;
    for (const pb::Feed& feed : phase.feeds()) {
      const Shape shape = {phase.batches().batch(), phase.batches().steps()};
      Tensor ids(DType::kInt32, shape);
      const int64_t shift = feed.source() == pb::Feed::TARGETS ? 1 : 0;
      for (int64_t k = 0; k < ids.num_elements(); ++k) {
        ids.data<int32_t>()[k] = static_cast<int32_t>((k + shift) % period);
      }
      feeds.emplace_back(feed.tensor(), ids);
    }
    std::vector<TensorName> fetches = {phase.loss()};
    for (int i = 0; i < phase.state_size(); ++i) {
      if (!state->empty()) feeds.emplace_back(phase.state(i).feed(), (*state)[i]);
      fetches.emplace_back(phase.state(i).fetch());
    }
    std::vector<TensorName> targets(phase.targets().begin(), phase.targets().end());
    std::vector<Tensor> fetched = session_->Run(feeds, fetches, targets);
    const double loss = fetched[0].number_at(0) / phase.loss_divisor();
    fetched.erase(fetched.begin());
    *state = std::move(fetched);
    return loss;
  }
};

const std::vector<std::string> kToy = {"hidden=8", "batch=4",      "steps=5",      "vocab=11",
                                       "init=0.3", "test_batch=2", "test_steps=3", "seed=1"};

TEST_F(ModelsTest, OptionsAreTypedAndChecked) {
  const models::ModelSpec& ptb = GetModel("ptb");
  const Options defaults(ptb);
  EXPECT_EQ(defaults.Int("hidden"), 200);
  EXPECT_EQ(defaults.Float("keep"), 1.0);
  EXPECT_FALSE(defaults.IsSet("vocab"));
  Options set(ptb, {"hidden=650", "keep=0.5", "lr=1"});
  EXPECT_EQ(set.Int("hidden"), 650);
  EXPECT_EQ(set.Float("lr"), 1.0);
  set.Set("vocab", "99");
  EXPECT_TRUE(set.IsSet("vocab"));
  EXPECT_THAT(ErrorOf(Code::kNotFound, [&] { Options(ptb, {"hiden=3"}); }), HasSubstr("'hidden'"));
  for (const char* bad : {"hidden=3.5", "hidden=x", "hidden=0", "keep=1.5", "keep=nan", "hidden"}) {
    ErrorOf(Code::kInvalidArgument, [&] { Options(ptb, {bad}); });
  }
  EXPECT_THAT(ErrorOf(Code::kNotFound, [] { GetModel("pbt"); }), HasSubstr("'ptb'"));
  EXPECT_EQ(models::FindModel("pbt"), nullptr);
}

TEST_F(ModelsTest, EveryModelTakesTheLeastThatItsOptionsAllow) {
  for (const models::ModelSpec& spec : models::AllModels()) {
    std::vector<std::string> settings;
    for (const models::OptionDef& option : spec.options) {
      if (option.minimum) settings.push_back(option.name + "=" + models::ToString(*option.minimum));
    }
    MetaGraph meta(&registry_);
    spec.Build(meta, Options(spec, settings));
    CheckRunPlan(FindRunPlan(meta).value(), meta.graph);
  }
  EXPECT_THAT(
      ErrorOf(Code::kInvalidArgument, [] { Options(GetModel("text8_bigram"), {"steps=2"}); }),
      HasSubstr("at least 3"));
}

TEST_F(ModelsTest, EveryModelHasDocsAndAPlanThatFitsItsGraph) {
  for (const models::ModelSpec& spec : models::AllModels()) {
    EXPECT_FALSE(spec.doc.empty());
    for (const models::OptionDef& option : spec.options) EXPECT_FALSE(option.doc.empty());
    MetaGraph meta(&registry_);
    spec.Build(meta, Options(spec));
    const auto plan = FindRunPlan(meta);
    ASSERT_TRUE(plan.has_value()) << spec.name;
    CheckRunPlan(*plan, meta.graph);
    EXPECT_EQ(plan->model(), spec.name);
  }
}

TEST_F(ModelsTest, PtbHasTensorFlowsVariables) {
  Build("ptb", {});
  EXPECT_THAT(VariableNames(),
              testing::ElementsAre("model/embedding",
                                   "model/rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel",
                                   "model/rnn/multi_rnn_cell/cell_0/basic_lstm_cell/bias",
                                   "model/rnn/multi_rnn_cell/cell_1/basic_lstm_cell/kernel",
                                   "model/rnn/multi_rnn_cell/cell_1/basic_lstm_cell/bias",
                                   "model/softmax_w", "model/softmax_b", "model/lr"));
  int64_t parameters = 0;
  for (const VariableInfo& v : meta_.variables) {
    if (v.trainable) parameters += v.shape.num_elements();
  }
  EXPECT_EQ(parameters, 2 * 10000 * 200 + 10000 + 2 * (400 * 800 + 800));
  EXPECT_EQ(meta_.node_lists[keys::kTrainOp], std::vector<std::string>{"model/train"});
  for (const char* node : {"model/x", "model/y", "model/cost", "model_1/valid_x", "model_1/cost",
                           "model_2/test_x", "model_3/sample_x", "model_3/probs", "init",
                           "model/MultiRNNCellZeroState/BasicLSTMCellZeroState/zeros"}) {
    EXPECT_NE(meta_.graph.Find(node), kNoNode) << node;
  }
}

TEST_F(ModelsTest, PtbsPlanSaysTheSchedule) {
  const pb::RunPlan plan = Build("ptb", {});
  EXPECT_EQ(plan.epochs(), 13);
  EXPECT_EQ(RateOfEpoch(plan.learning_rate(), 0), 1);
  for (int i = 0; i < 12; ++i) {
    EXPECT_NEAR(RateOfEpoch(plan.learning_rate(), i + 1), 0.5 * (13 - i) / 13, 1e-12);
  }
  EXPECT_EQ(plan.train().state_size(), 4);
  EXPECT_EQ(plan.train().loss_divisor(), 20);
  EXPECT_EQ(plan.vocabulary().rows(), 10000);
}

TEST_F(ModelsTest, PtbTrainsAndItsCopiesShareVariables) {
  const pb::RunPlan plan = Build("ptb", kToy);
  CheckRunPlan(plan, meta_.graph);
  StartPlan(plan);
  const pb::Phase& valid = plan.evaluations(0);
  const pb::Phase& test = plan.evaluations(1);
  EXPECT_EQ(test.batches().batch(), 2);
  EXPECT_EQ(test.loss_divisor(), 3);
  for (float b :
       Floats(session_->VariableValue("model/rnn/multi_rnn_cell/cell_0/basic_lstm_cell/bias"))) {
    EXPECT_EQ(b, 0);
  }
  for (float w : Floats(session_->VariableValue("model/softmax_b"))) EXPECT_LE(std::abs(w), 0.3f);

  std::vector<Tensor> none;
  const double before = Step(valid, 5, &none);
  EXPECT_NEAR(before, std::log(11.0), 0.5);
  std::vector<Tensor> state;
  double loss = Step(plan.train(), 5, &state);
  EXPECT_NEAR(loss, before, 1e-5) << "the first loss is that of the initial weights";
  for (int i = 0; i < 120; ++i) loss = Step(plan.train(), 5, &state);
  EXPECT_LT(loss, 0.2);
  std::vector<Tensor> at_valid, at_test;
  EXPECT_LT(Step(valid, 5, &at_valid), 1.2);  // from a zero state
  EXPECT_LT(Step(valid, 5, &at_valid), 0.5);
  Step(test, 3, &at_test);
}

// Losses and gradient norms of six steps, by TensorFlow 2.15.1 on the same graph, seed and ids, at
// rate 1.
TEST_F(ModelsTest, PtbTrainsAsInTensorFlow) {
  const pb::Phase train =
      Build("ptb", {"batch=4", "steps=5", "hidden=8", "vocab=50", "seed=1"}).train();
  const std::vector<std::pair<double, double>> golden = {
      {19.6077747, 0.8741711}, {20.0259724, 0.9234815}, {19.9227314, 0.9079884},
      {19.8416405, 0.9032758}, {20.1493702, 0.9329308}, {19.8282452, 0.8993301}};
  for (const bool interpret : {true, false}) {
    session_ = std::make_unique<Session>(meta_.graph, SessionOptions{.interpret = interpret});
    session_->Run({}, {}, {"init"});
    std::vector<Tensor> out;
    for (size_t i = 0; i < golden.size(); ++i) {
      Feeds feeds;
      for (const pb::Feed& feed : train.feeds()) {
        const int64_t shift =
            3 * static_cast<int64_t>(i) + (feed.source() == pb::Feed::TARGETS ? 7 : 0);
        Tensor ids(DType::kInt32, {4, 5});
        for (int64_t k = 0; k < 20; ++k) {
          ids.data<int32_t>()[k] = static_cast<int32_t>((7 * k + shift) % 50);
        }
        feeds.emplace_back(feed.tensor(), ids);
      }
      std::vector<TensorName> fetches = {train.loss(), "model/global_norm/global_norm:0"};
      for (int k = 0; k < train.state_size(); ++k) {
        fetches.emplace_back(train.state(k).fetch());
        if (i > 0) feeds.emplace_back(train.state(k).feed(), out[2 + k]);
      }
      out = session_->Run(feeds, fetches, {train.targets(0)});
      EXPECT_NEAR(out[0].number_at(0), golden[i].first, 2e-5) << "step " << i;
      EXPECT_NEAR(out[1].number_at(0), golden[i].second, 1e-6) << "step " << i;
    }
  }
}

TEST_F(ModelsTest, PtbSamples) {
  const pb::RunPlan plan = Build("ptb", kToy);
  StartPlan(plan);
  const pb::StepSampler& step = plan.sampler().step();
  const Tensor id = Tensor::Of<int32_t>({3}, {1, 1});
  std::vector<TensorName> fetches = {step.probabilities()};
  for (const pb::Carry& c : step.state()) fetches.emplace_back(c.fetch());
  const std::vector<Tensor> first = session_->Run({{step.feeds(0).tensor(), id}}, fetches);
  double sum = 0;
  for (float p : Floats(first[0])) sum += p;
  EXPECT_NEAR(sum, 1, 1e-5);
  Feeds next = {{step.feeds(0).tensor(), id}};
  for (int i = 0; i < step.state_size(); ++i) next.emplace_back(step.state(i).feed(), first[i + 1]);
  EXPECT_NE(Floats(session_->Run(next, fetches)[0]), Floats(first[0]));
}

TEST_F(ModelsTest, PtbDropsOutWhileTrainingOnly) {
  std::vector<std::string> settings = kToy;
  settings.push_back("keep=0.5");
  const pb::RunPlan plan = Build("ptb", settings);
  StartPlan(plan);
  EXPECT_NE(meta_.graph.Find("model/dropout/SelectV2"), kNoNode);
  EXPECT_EQ(meta_.graph.Find("model_1/dropout/SelectV2"), kNoNode);
  EXPECT_EQ(VariableNames()[1], "model/rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel");
  const std::string cost = plan.train().loss();
  std::vector<Tensor> once, twice;
  EXPECT_EQ(Step(plan.evaluations(0), 5, &once), Step(plan.evaluations(0), 5, &twice));
  pb::Phase only_loss = plan.train();
  only_loss.clear_targets();
  once.clear();
  twice.clear();
  EXPECT_NE(Step(only_loss, 5, &once), Step(only_loss, 5, &twice));
}

}  // namespace
}  // namespace graphrun
