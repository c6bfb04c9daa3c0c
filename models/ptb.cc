// The word-level language model of Zaremba, Sutskever and Vinyals, "Recurrent neural network
// regularization", 2014, as in TensorFlow's PTB tutorial, in three sizes.
//
// On the Penn Treebank (929,589 training words) with the small size, train and valid perplexity
// after epoch 1 are about 312 and 191, valid perplexity after epoch 2 is 146 and after epoch 13 is
// 138.
#include <string>
#include <utility>
#include <vector>

#include "core/train/run_plan.h"
#include "models/model_registry.h"
#include "models/nn/initializers.h"
#include "models/nn/layers.h"
#include "models/nn/naming.h"
#include "models/nn/optimizers.h"
#include "models/nn/rnn.h"
#include "models/plan_builder.h"
#include "models/sample_loop.h"

namespace graphrun::models {
namespace {

// The configurations of the paper: options that are not set get these values.
struct Preset {
  const char* size;
  std::vector<std::pair<const char*, const char*>> settings;  // that are not the defaults
  int32_t decay_after;  // so many epochs have the first one's rate; 0: the small size's way
  double decay;         // factor of the rate in each later epoch
};

const Preset& PresetOf(const Options& options) {
  static const Preset presets[] = {
      {"small", {}, 0, 1},
      {"medium",
       {{"hidden", "650"},
        {"keep", "0.5"},
        {"batch", "20"},
        {"steps", "35"},
        {"init", "0.05"},
        {"epochs", "39"}},
       6,
       1 / 1.2},
      {"large",
       {{"hidden", "1500"},
        {"keep", "0.35"},
        {"batch", "20"},
        {"steps", "35"},
        {"init", "0.04"},
        {"clip", "10"},
        {"epochs", "55"}},
       14,
       1 / 1.15},
  };
  for (const Preset& preset : presets) {
    if (options.String("size") == preset.size) return preset;
  }
  ThrowInvalid("option 'size' of the model 'ptb' is small, medium or large, not '" +
               options.String("size") + "'");
}

Options WithPreset(const Options& given) {
  Options options = given;
  for (const auto& [name, value] : PresetOf(given).settings) {
    if (!given.IsSet(name)) options.Set(name, value);
  }
  return options;
}

struct Sizes {
  int64_t hidden, layers, vocab;
  double keep;
  Initializer initializer;
};

// One copy of the network, for one shape of batches.
struct PtbNetwork {
  Expr x, y;   // int32 [batch, steps]
  Expr probs;  // [batch·steps, vocab]
  Expr cost;   // summed over time, averaged over the batch
  nn::State initial, final;
};

nn::MultiRNNCell MakeCell(const Sizes& sizes, bool dropout) {
  std::vector<nn::CellPtr> cells;
  for (int64_t i = 0; i < sizes.layers; ++i) {
    nn::CellPtr cell = std::make_shared<nn::BasicLSTMCell>(
        sizes.hidden, nn::BasicLSTMCell::Options{.forget_bias = 0});
    if (dropout) {
      cell = std::make_shared<nn::DropoutWrapper>(
          cell, nn::DropoutWrapper::Options{.output_keep_prob = sizes.keep});
    }
    cells.push_back(std::move(cell));
  }
  return nn::MultiRNNCell(std::move(cells));
}

Variable Embedding(const Scope& s, const Sizes& sizes) {
  return s.GetVariable("embedding", {sizes.vocab, sizes.hidden});
}

Expr Logits(const Scope& s, Expr flat, const Sizes& sizes) {
  const Variable softmax_w = s.GetVariable("softmax_w", {sizes.hidden, sizes.vocab});
  const Variable softmax_b = s.GetVariable("softmax_b", {sizes.vocab});
  return op::AddV2(s.WithName("logits"), op::MatMul(s, flat, softmax_w), softmax_b);
}

enum class Use { kTrain, kEvaluate, kSample };

PtbNetwork BuildNetwork(const Scope& s, const std::string& prefix, const Sizes& sizes, Use use,
                        int64_t batch, int64_t steps) {
  const bool dropout = use == Use::kTrain && sizes.keep < 1;
  PtbNetwork net;
  net.x = op::Placeholder(s.WithName(prefix + "x"), DType::kInt32, {batch, steps});
  nn::MultiRNNCell cell = MakeCell(sizes, dropout);
  net.initial = cell.ZeroState(s, batch, DType::kFloat);

  Expr inputs = nn::EmbeddingLookup(s, Embedding(s, sizes), net.x);
  if (dropout) inputs = nn::Dropout(s, inputs, 1 - sizes.keep);
  const nn::RnnResult rnn = nn::DynamicRnn(s, cell, inputs, {.initial_state = net.initial});
  net.final = rnn.state;

  const Scope flatten = Named(s, "Reshape");
  const Expr flat =
      op::Reshape(flatten, rnn.outputs, DimsConst(flatten.WithName("shape"), {-1, sizes.hidden}));
  const Expr logits = Logits(s, flat, sizes);
  if (use == Use::kSample) {
    net.probs = op::Softmax(s.WithName("probs"), logits);
    return net;
  }
  net.y = op::Placeholder(s.WithName(prefix + "y"), DType::kInt32, {batch, steps});
  const Expr labels = op::Reshape(s, net.y, op::Ints(s, {-1}));
  const Expr total = op::Sum(s, nn::SparseSoftmaxCrossEntropy(s, labels, logits), {0});
  const Expr mean = WithNumber(s, "truediv", "RealDiv", total, static_cast<double>(batch));
  net.cost = op::Identity(s.WithName("cost"), mean);
  return net;
}

// One While that writes words.
SampleLoopResult BuildSampleLoop(const Scope& s, const Sizes& sizes, int64_t length) {
  nn::MultiRNNCell cell = MakeCell(sizes, /*dropout=*/false);
  const auto step = [&](const Scope& b, Expr window, const nn::State& state) {
    const Expr input = nn::EmbeddingLookup(b, Embedding(b, sizes), window);
    nn::CellResult result = cell(b.VariableScope("rnn"), input, state);
    result.output = Logits(b, result.output, sizes);
    return result;
  };
  return SampleLoop(s, step, cell.ZeroState(s, 1, DType::kFloat), {.length = length});
}

void FillPtbPhase(const PtbNetwork& net, const char* name, pb::Split split, pb::Phase* phase) {
  FillPhase(name, split, net.x.shape()[0], net.x.shape()[1], phase);
  phase->mutable_batches()->mutable_contiguous_rows();
  AddFeed(net.x, pb::Feed::INPUTS, phase->mutable_feeds());
  AddFeed(net.y, pb::Feed::TARGETS, phase->mutable_feeds());
  AddCarries(net.final, net.initial, phase->mutable_state());
  phase->set_loss(net.cost.name());
  phase->set_loss_divisor(static_cast<double>(net.x.shape()[1]));
}

void FillCorpus(pb::Corpus* corpus) {
  corpus->set_tokenizer(pb::WORDS);
  corpus->set_line_end("<eos>");
  struct Part {
    pb::Split split;
    std::string name;
    double fraction;
  };
  for (const Part& p : {Part{pb::TRAIN, "train", 0.9}, Part{pb::VALID, "valid", 0.05},
                        Part{pb::TEST, "test", 0.05}}) {
    AddFiles(p.split, {"ptb." + p.name + ".txt", p.name + ".txt"}, corpus);
    AddFraction(p.split, p.fraction, corpus);
  }
  corpus->set_builtin("words");
  corpus->mutable_unknown()->set_rule(pb::Unknown::DROP);
}

// Of epoch e of n, counted from 0. The small size: lr in epoch 0, then lr·0.5·(n - (e - 1))/n. The
// others: lr·decay^max(e + 1 - decay_after, 0).
void FillLearningRate(const Variable& variable, const Options& options, pb::LearningRate* rate) {
  const double lr = options.Float("lr");
  rate->set_variable(variable.name);
  rate->add_pieces()->set_start(lr);
  const Preset& preset = PresetOf(options);
  pb::LearningRate::Piece* rest = rate->add_pieces();
  if (preset.decay_after == 0) {
    rest->set_from(1);
    rest->set_start(0.5 * lr);
    rest->set_slope(-0.5 * lr / static_cast<double>(options.Int("epochs")));
  } else {
    rest->set_from(preset.decay_after - 1);
    rest->set_start(lr);
    rest->set_factor(preset.decay);
  }
}

void FillSampler(const PtbNetwork& net, const SampleLoopResult& loop, const Options& options,
                 pb::Sampler* sampler) {
  pb::StepSampler* step = sampler->mutable_step();
  AddFeed(net.x, pb::Feed::INPUTS, step->mutable_feeds());
  step->set_probabilities(net.probs.name());
  AddCarries(net.final, net.initial, step->mutable_state());
  step->set_prime("<eos>");
  step->set_length(static_cast<int32_t>(options.Int("sample_length")));
  FillGraphSampler(loop, sampler->mutable_graph());
  sampler->set_title("Sample:");
  sampler->set_joiner(" ");
  sampler->set_line_end("<eos>");
}

// All copies of the network, and what the plan names besides.
struct PtbGraph {
  PtbNetwork train, valid, test, sample;
  SampleLoopResult loop;
  Variable rate;
  Expr train_op, init;
};

PtbGraph BuildGraph(const Scope& root, const Options& options) {
  const int64_t batch = options.Int("batch"), steps = options.Int("steps");
  const auto or_train = [](int64_t own, int64_t train) { return own > 0 ? own : train; };
  const int64_t test_batch = or_train(options.Int("test_batch"), batch);
  const int64_t test_steps = or_train(options.Int("test_steps"), steps);
  const int64_t seed = options.Int("seed");
  const double range = options.Float("init"), lr = options.Float("lr");
  const Sizes sizes = {options.Int("hidden"), options.Int("layers"), options.Int("vocab"),
                       options.Float("keep"),
                       init::RandomUniform(-range, range, seed < 0 ? init::Seed() : seed)};

  PtbGraph graph;
  const Scope s = root.VariableScope("model", {.initializer = sizes.initializer});
  graph.train = BuildNetwork(s, "", sizes, Use::kTrain, batch, steps);
  graph.rate = s.NewVariable(ScalarConst(s.WithName("initial_value"), DType::kFloat, lr), "lr",
                             /*trainable=*/false);
  train::GradientDescentOptimizer optimizer(graph.rate);
  const std::vector<train::GradAndVar> grads = optimizer.ComputeGradients(s, graph.train.cost);
  graph.train_op = optimizer.ApplyGradients(
      s, train::ClipByGlobalNorm(s, grads, options.Float("clip")), {.name = "train"});

  const auto again = [&] { return root.VariableScope("model", {.reuse = Reuse::kTrue}); };
  graph.valid = BuildNetwork(again(), "valid_", sizes, Use::kEvaluate, batch, steps);
  graph.test = BuildNetwork(again(), "test_", sizes, Use::kEvaluate, test_batch, test_steps);
  graph.sample = BuildNetwork(again(), "sample_", sizes, Use::kSample, 1, 1);
  graph.loop = BuildSampleLoop(again(), sizes, options.Int("sample_length"));
  graph.init = root.GlobalVariablesInitializer();
  return graph;
}

pb::RunPlan MakePlan(const PtbGraph& graph, const Options& options) {
  pb::RunPlan plan = NewPlan("ptb", options);
  FillCorpus(plan.mutable_corpus());
  plan.mutable_vocabulary()->set_order(pb::Vocabulary::FREQUENCY_THEN_SYMBOL);
  plan.mutable_vocabulary()->set_rows(options.Int("vocab"));
  plan.add_init(graph.init.node_name());
  FillLearningRate(graph.rate, options, plan.mutable_learning_rate());
  plan.set_epochs(static_cast<int32_t>(options.Int("epochs")));
  FillPtbPhase(graph.train, "train", pb::TRAIN, plan.mutable_train());
  plan.mutable_train()->add_targets(graph.train_op.node_name());
  plan.mutable_train()->set_summary_line("Epoch {epoch} : Train Perplexity: {perplexity:.3}");
  pb::Phase* phase = plan.add_evaluations();
  FillPtbPhase(graph.valid, "valid", pb::VALID, phase);
  phase->set_summary_line("Epoch {epoch} : Valid Perplexity: {perplexity:.3}");
  phase = plan.add_evaluations();
  FillPtbPhase(graph.test, "test", pb::TEST, phase);
  phase->set_when(pb::Phase::AT_END);
  phase->set_summary_line("Test Perplexity: {perplexity:.3}");
  plan.mutable_report()->set_epoch_line("Epoch {epoch} : Learning rate: {rate:.3}");
  plan.mutable_report()->set_step_line(
      "({percent:.2}%)    Perplexity={perplexity:.3}    Speed={speed:.0} wps");
  plan.mutable_report()->set_every(10);
  FillSampler(graph.sample, graph.loop, options, plan.mutable_sampler());
  return plan;
}

void BuildPtb(MetaGraph& meta, const Options& given) {
  const Options options = WithPreset(given);
  const Scope root = Scope::Root(meta);
  const PtbGraph graph = BuildGraph(root, options);
  root.AddToCollection(keys::kLosses, graph.train.cost);
  AddSignature(meta, "evaluate", {{"x", graph.valid.x}, {"y", graph.valid.y}},
               {{"cost", graph.valid.cost}});
  AddSignature(meta, "step", {{"x", graph.sample.x}}, {{"probs", graph.sample.probs}});
  SetRunPlan(MakePlan(graph, options), &meta);
}

}  // namespace

ModelSpec PtbModel() {
  constexpr double kMost = 1 << 20;
  return {
      "ptb",
      "Word-level LSTM language model (Zaremba et al. 2014): embedding, LSTM layers, softmax.\n"
      "Trained by SGD with clipped gradients on rows of text; the state is carried from batch to "
      "batch.",
      {
          {"size",
           "small, medium or large: values of hidden, keep, batch, steps, clip, init and epochs "
           "where they are not set, and how the learning rate falls",
           "small"},
          {"hidden", "units of each layer, and width of the embedding", int64_t{200}, 1, kMost},
          {"layers", "LSTM layers", int64_t{2}, 1, 1000},
          {"batch", "rows of text in a batch", int64_t{30}, 1, kMost},
          {"steps", "words of a row in a batch", int64_t{20}, 1, kMost},
          {"vocab", "rows of the embedding; at least the words of the vocabulary", int64_t{10000},
           1, 1e9},
          {"keep", "probability to keep a unit in dropout while training; 1: no dropout", 1.0, 1e-6,
           1},
          {"clip", "global norm to which gradients are clipped", 5.0, 1e-30, {}},
          {"init", "weights start uniform in +-init", 0.1, 0, {}},
          {"seed", "seed of all initial weights; -1: new ones in each run", int64_t{-1}, -1, {}},
          {"lr",
           "learning rate of the first epoch; then half, falling evenly (small), or of the first 6 "
           "or 14, then each 1/1.2 or 1/1.15 of the one before (medium, large)",
           1.0,
           0,
           {}},
          {"epochs", "epochs of training", int64_t{13}, 1, kMost},
          {"test_batch", "rows of a batch of the test text; 0: as batch", int64_t{0}, 0, kMost},
          {"test_steps", "words of a row of the test text; 0: as steps", int64_t{0}, 0, kMost},
          {"sample_length", "words to write after training", int64_t{100}, 0, kMost},
      },
      BuildPtb};
}

}  // namespace graphrun::models
