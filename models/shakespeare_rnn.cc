// The character-level language model of the char-rnn programs (Karpathy, "The unreasonable
// effectiveness of recurrent neural networks", 2015) in its plainest form: two layers of tanh that
// share one cell, unrolled over 50 steps.
//
// On the tiny Shakespeare (1,115,394 characters, 65 different) with the defaults, the loss of the
// last batch is about 1.94 after epoch 1 and 1.42 after epoch 125.
#include <string>
#include <utility>

#include "core/train/run_plan.h"
#include "models/model_registry.h"
#include "models/nn/initializers.h"
#include "models/nn/layers.h"
#include "models/nn/naming.h"
#include "models/nn/optimizers.h"
#include "models/plan_builder.h"
#include "models/sample_loop.h"
#include "models/shakespeare_corpus.h"

namespace graphrun::models {
namespace {

struct Sizes {
  int64_t hidden, layers, vocab;
};

// All layers are one cell, so that they share kernel [2·hidden, hidden] and bias [hidden].
nn::MultiRNNCell SharedCell(const Sizes& sizes) {
  const nn::CellPtr one = std::make_shared<nn::BasicRNNCell>(sizes.hidden);
  return nn::MultiRNNCell(std::vector<nn::CellPtr>(static_cast<size_t>(sizes.layers), one));
}

struct Weights {
  Variable softmax_w, softmax_b, embedding;
};

Weights MakeWeights(const Scope& s, const Sizes& sizes) {
  Weights w;
  w.softmax_w = s.GetVariable("softmax_w", {sizes.hidden, sizes.vocab});
  w.softmax_b = s.GetVariable("softmax_b", {sizes.vocab});
  w.embedding = s.GetVariable("embedding", {sizes.vocab, sizes.hidden});
  return w;
}

Expr Logits(const Scope& s, Expr flat, const Weights& w) {
  return op::AddV2(s.WithName("add"), op::MatMul(s, flat, w.softmax_w), w.softmax_b);
}

// One copy of the network, for one shape of batches.
struct Network {
  Expr x, y;   // int32 [batch, steps]
  Expr probs;  // [batch·steps, vocab]
  Expr cost;   // mean over batch and time
  nn::State initial, final;
};

Network BuildNetwork(const Scope& s, const std::string& suffix, const Sizes& sizes, int64_t batch,
                     int64_t steps) {
  Network net;
  nn::MultiRNNCell cell = SharedCell(sizes);
  net.x = op::Placeholder(s.WithName("input_data" + suffix), DType::kInt32, {batch, steps});
  net.y = op::Placeholder(s.WithName("targets" + suffix), DType::kInt32, {batch, steps});
  net.initial = cell.ZeroState(s, batch, DType::kFloat);
  const Weights w = MakeWeights(s, sizes);

  const Scope split = Named(s, "split");
  const Expr time = ScalarConst(split.WithName("split_dim"), DType::kInt32, 1);
  const Expr embedded = nn::EmbeddingLookup(s, w.embedding, net.x);
  std::vector<Expr> inputs;
  for (const Expr& column : op::Split(split, time, embedded, steps)) {
    inputs.push_back(op::Squeeze(s, column, {1}));
  }
  net.final = net.initial;
  std::vector<Expr> outputs;
  for (const Expr& input : inputs) {
    nn::CellResult step = cell(s, input, net.final);
    outputs.push_back(step.output);
    net.final = std::move(step.state);
  }
  const Expr joined = steps > 1 ? op::Concat(Named(s, "concat"), outputs, 1) : outputs[0];
  const Scope flatten = Named(s, "Reshape");
  const Expr flat =
      op::Reshape(flatten, joined, DimsConst(flatten.WithName("shape"), {-1, sizes.hidden}));
  const Expr logits = Logits(s, flat, w);
  const Expr labels = op::Reshape(s, net.y, op::Ints(s, {-1}));
  const Expr total = op::Sum(s, nn::SparseSoftmaxCrossEntropy(s, labels, logits), {0});
  const Expr per_row = WithNumber(s, "truediv", "RealDiv", total, static_cast<double>(batch));
  const Expr mean = WithNumber(s, "truediv", "RealDiv", per_row, static_cast<double>(steps));
  net.cost = op::Identity(s.WithName("cost" + suffix), mean);
  net.probs = op::Softmax(s.WithName("probs" + suffix), logits);
  return net;
}

// One character of a text that the graph writes by itself.
SampleLoopResult BuildSampleLoop(const Scope& s, const Sizes& sizes, int64_t length) {
  nn::MultiRNNCell cell = SharedCell(sizes);
  const auto step = [&](const Scope& b, Expr window, const nn::State& state) {
    const Weights w = MakeWeights(b, sizes);
    nn::CellResult result = cell(b, nn::EmbeddingLookup(b, w.embedding, window), state);
    result.output = Logits(b, result.output, w);
    return result;
  };
  return SampleLoop(s, step, cell.ZeroState(s, 1, DType::kFloat), {.length = length});
}

void FillSampler(const Network& net, const SampleLoopResult& loop, const Options& options,
                 pb::Sampler* sampler) {
  pb::StepSampler* step = sampler->mutable_step();
  AddFeed(net.x, pb::Feed::INPUTS, step->mutable_feeds());
  step->set_probabilities(net.probs.name());
  AddCarries(net.final, net.initial, step->mutable_state());
  step->set_prime("The ");
  step->set_length(static_cast<int32_t>(options.Int("sample_length")));
  constexpr pb::StepSampler::Choice kChoices[] = {pb::StepSampler::HIGHEST, pb::StepSampler::DRAW,
                                                  pb::StepSampler::DRAW_AFTER_SPACES};
  step->set_choice(kChoices[options.Int("sampling")]);
  FillGraphSampler(loop, sampler->mutable_graph());
  sampler->set_when(pb::Sampler::AFTER_EPOCH);
}

// lr·decay^epoch.
void FillLearningRate(const Variable& variable, const Options& options, pb::LearningRate* rate) {
  rate->set_variable(variable.name);
  pb::LearningRate::Piece* piece = rate->add_pieces();
  piece->set_start(options.Float("lr"));
  piece->set_factor(options.Float("decay"));
}

void FillTraining(const Network& net, Expr train_op, const std::string& line, pb::Phase* phase) {
  FillPhase("train", pb::TRAIN, net.x.shape()[0], net.x.shape()[1], phase);
  phase->mutable_batches()->mutable_contiguous_rows()->set_wrap(true);
  AddFeed(net.x, pb::Feed::INPUTS, phase->mutable_feeds());
  AddFeed(net.y, pb::Feed::TARGETS, phase->mutable_feeds());
  AddCarries(net.final, net.initial, phase->mutable_state());
  phase->add_targets(train_op.node_name());
  phase->set_loss(net.cost.name());
  phase->set_loss_divisor(1);
  phase->set_summary_line(line);
}

void BuildShakespeareRnn(MetaGraph& meta, const Options& options) {
  const Sizes sizes = {options.Int("hidden"), options.Int("layers"), options.Int("vocab")};
  const Scope root = Scope::Root(meta);
  const Scope s = root.VariableScope("rnnlm", {.initializer = init::GlorotUniform()});
  const Network train = BuildNetwork(s, "", sizes, options.Int("batch"), options.Int("steps"));
  const Expr start = ScalarConst(s.WithName("initial_value"), DType::kFloat, options.Float("lr"));
  const Variable rate = s.NewVariable(start, "lr", /*trainable=*/false);
  train::AdamOptimizer optimizer(rate);
  const std::vector<train::GradAndVar> grads = optimizer.ComputeGradients(s, train.cost);
  const Expr train_op = optimizer.ApplyGradients(
      s, train::ClipByGlobalNorm(s, grads, options.Float("clip")), {.name = "train"});

  const auto again = [&] { return root.VariableScope("rnnlm", {.reuse = Reuse::kTrue}); };
  const Network sample = BuildNetwork(again(), "_sample", sizes, 1, 1);
  const SampleLoopResult loop = BuildSampleLoop(again(), sizes, options.Int("sample_length"));
  const Expr init = root.GlobalVariablesInitializer();

  root.AddToCollection(keys::kLosses, train.cost);
  AddSignature(meta, "evaluate", {{"x", train.x}, {"y", train.y}}, {{"cost", train.cost}});
  AddSignature(meta, "step", {{"x", sample.x}}, {{"probs", sample.probs}});

  pb::RunPlan plan = NewPlan("shakespeare_rnn", options);
  FillShakespeare(pb::Corpus::LF, sizes.vocab, &plan);
  plan.add_init(init.node_name());
  FillLearningRate(rate, options, plan.mutable_learning_rate());
  plan.set_epochs(static_cast<int32_t>(options.Int("epochs")));
  const std::string line =
      "{total_step}/{total_steps} (epoch {epoch_index}), train_loss = {cost:.3}, "
      "time/batch = {step_seconds:.3}";
  FillTraining(train, train_op, line, plan.mutable_train());
  plan.mutable_report()->set_step_line(line);
  plan.mutable_report()->set_every(50);
  FillSampler(sample, loop, options, plan.mutable_sampler());
  SetRunPlan(plan, &meta);
}

}  // namespace

ModelSpec ShakespeareRnnModel() {
  constexpr double kMost = 1 << 20;
  return {
      "shakespeare_rnn",
      "Character-level language model of tanh layers that share one cell (char-rnn).\n"
      "Unrolled over time, trained by Adam with clipped gradients; the state is carried from batch "
      "to batch.",
      {
          {"hidden", "units of each layer, and width of the embedding", int64_t{128}, 1, kMost},
          {"layers", "layers, which share one cell's weights", int64_t{2}, 1, 1000},
          {"batch", "rows of text in a batch", int64_t{60}, 1, kMost},
          {"steps", "characters of a row in a batch", int64_t{50}, 1, 10000},
          {"vocab", "rows of the embedding; at least the characters of the vocabulary", int64_t{65},
           1, 1e9},
          {"clip", "global norm to which gradients are clipped", 5.0, 1e-30, {}},
          {"lr", "learning rate of the first epoch", 0.002, 0, {}},
          {"decay", "factor of the learning rate from one epoch to the next", 0.97, 0, 1},
          {"epochs", "epochs of training", int64_t{125}, 1, kMost},
          {"sample_length", "characters to write after each epoch", int64_t{50}, 0, kMost},
          {"sampling", "0: the most probable character, 1: one drawn, 2: drawn after white space",
           int64_t{1}, 0, 2},
      },
      BuildShakespeareRnn};
}

}  // namespace graphrun::models
