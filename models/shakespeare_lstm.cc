// A character-level language model of two LSTM layers (Hochreiter and Schmidhuber, "Long short-term
// memory", 1997) over batches of any size and length, each row with a length of its own.
//
// On the tiny Shakespeare with CR LF (1,155,394 characters, 66 different) with the defaults, the
// training loss is about 3.44 at step 20, 2.42 at 200 and 2.06 at 460.
#include <optional>
#include <string>
#include <utility>

#include "core/train/run_plan.h"
#include "models/model_registry.h"
#include "models/nn/dense_decoder_cell.h"
#include "models/nn/initializers.h"
#include "models/nn/layers.h"
#include "models/nn/naming.h"
#include "models/nn/optimizers.h"
#include "models/nn/rnn.h"
#include "models/plan_builder.h"
#include "models/sample_loop.h"
#include "models/shakespeare_corpus.h"

namespace graphrun::models {
namespace {

enum class Kind { kLstm, kGru, kRnn, kCustom };

struct Sizes {
  Kind kind;
  int64_t hidden, layers, vocab;
  double keep;
  bool bidirectional, accuracy;
};

Kind KindOf(const std::string& name) {
  if (name == "lstm") return Kind::kLstm;
  if (name == "gru") return Kind::kGru;
  if (name == "rnn") return Kind::kRnn;
  if (name == "custom") return Kind::kCustom;
  ThrowInvalid("option 'cell' of the model 'shakespeare_lstm' is lstm, gru, rnn or custom, not '" +
               name + "'");
}

Initializer KernelInitializer() { return init::TruncatedNormal(0, 0.1); }
Initializer BiasInitializer() { return init::Constant(0.1); }

nn::CellPtr MakeLayer(const Sizes& sizes) {
  if (sizes.kind == Kind::kGru) return std::make_shared<nn::GRUCell>(sizes.hidden);
  if (sizes.kind == Kind::kRnn) return std::make_shared<nn::BasicRNNCell>(sizes.hidden);
  return std::make_shared<nn::LSTMCell>(sizes.hidden);
}

nn::CellPtr MakeCell(const Sizes& sizes, bool dropout) {
  std::vector<nn::CellPtr> layers;
  for (int64_t i = 0; i < sizes.layers; ++i) {
    nn::CellPtr layer = MakeLayer(sizes);
    if (dropout) {
      layer = std::make_shared<nn::DropoutWrapper>(
          layer, nn::DropoutWrapper::Options{.output_keep_prob = sizes.keep});
    }
    layers.push_back(std::move(layer));
  }
  const nn::CellPtr cell = std::make_shared<nn::MultiRNNCell>(std::move(layers));
  if (sizes.kind != Kind::kCustom) return cell;
  return std::make_shared<nn::DenseDecoderCell>(
      cell, sizes.vocab,
      nn::DenseDecoderCell::Options{.kernel_initializer = KernelInitializer(),
                                    .bias_initializer = BiasInitializer()});
}

// What the cells put out [..., width] as logits [..., vocab]; a custom cell's outputs are logits.
Expr Decode(const Scope& s, Expr outputs, const Sizes& sizes) {
  if (sizes.kind == Kind::kCustom) return outputs;
  const int64_t width = outputs.shape()[outputs.shape().rank() - 1];
  const Variable kernel =
      s.GetVariable("dense/kernel", {width, sizes.vocab}, {.initializer = KernelInitializer()});
  const Variable bias =
      s.GetVariable("dense/bias", {sizes.vocab}, {.initializer = BiasInitializer()});
  const Expr product = outputs.shape().rank() == 2 ? op::MatMul(s, outputs, kernel)
                                                   : nn::Tensordot(s, outputs, kernel);
  return op::AddV2(s.WithName("add"), product, bias);
}

// One copy of the network. Batch and time are unknown.
struct Network {
  Expr x, y;     // int32 [batch, time]; a bidirectional network has no y
  Expr lengths;  // int32 [batch]
  Expr probs;    // [batch, time, vocab]
  Expr loss;     // mean over all characters within the lengths
  Expr accuracy;
  nn::State initial, final;  // none of a bidirectional network
};

// The loop's results under the names that the exits of TensorFlow 1's loops have, so that one plan
// fits both graphs. There the states come after a counter, the time, and the outputs.
nn::State NameExits(const Scope& root, const nn::State& final) {
  nn::State exits;
  for (const Expr& part : final) {
    const std::string name = part.node_name() + "/Exit_" + std::to_string(exits.size() + 3);
    exits.push_back(op::Identity(root.WithName(name + "/"), part));
  }
  return exits;
}

// Logits [batch, time, vocab] of what follows each character.
Expr Forward(const Scope& s, const Scope& root, Expr inputs, const Sizes& sizes, bool dropout,
             Network* net) {
  const nn::CellPtr cell = MakeCell(sizes, dropout);
  net->initial = cell->ZeroState(s, ElementAt(s, op::Shape(s, net->x), 0), DType::kFloat);
  const nn::RnnResult rnn = nn::DynamicRnn(
      s, *cell, inputs, {.sequence_length = net->lengths, .initial_state = net->initial});
  net->final = NameExits(root, rnn.state);
  return Decode(s, rnn.outputs, sizes);
}

// x one step later (by 1) or earlier (by -1), with zeros where nothing is.
Expr Shift(const Scope& s, Expr x, int by) {
  const bool later = by > 0;
  const Expr padded = op::Pad(
      s, x, op::Const(s, std::vector<int32_t>{0, 0, later ? 1 : 0, later ? 0 : 1, 0, 0}, {3, 2}));
  return padded[{all, later ? Range{0, -1} : Range{1, {}}, all}];
}

// Logits [batch, time, vocab] of the characters themselves, each from those before and after it.
// After Schuster and Paliwal, "Bidirectional recurrent neural networks", 1997.
Expr BothWays(const Scope& s, Expr inputs, const Sizes& sizes, bool dropout, const Network& net) {
  const nn::CellPtr forward = MakeCell(sizes, dropout), backward = MakeCell(sizes, dropout);
  const nn::BidirectionalResult rnn = nn::BidirectionalDynamicRnn(
      s, *forward, *backward, inputs, {.sequence_length = net.lengths, .dtype = DType::kFloat});
  const Expr before = Shift(s, rnn.fw.outputs, 1), after = Shift(s, rnn.bw.outputs, -1);
  if (sizes.kind == Kind::kCustom) return op::AddV2(s.WithName("add"), before, after);
  return Decode(s, op::Concat(Named(s, "concat"), {before, after}, 2), sizes);
}

Network BuildNetwork(const Scope& root, const std::string& prefix, const Sizes& sizes,
                     bool dropout) {
  const Shape batch_time = {kUnknownDim, kUnknownDim};
  const auto ids = [&](const char* name, const Shape& shape) {
    return op::Placeholder(root.WithName(prefix + name), DType::kInt32, shape);
  };
  Network net;
  net.x = ids("x", batch_time);
  if (!sizes.bidirectional) net.y = ids("y", batch_time);
  net.lengths = ids("sequence_length", {kUnknownDim});
  const Scope s =
      root.VariableScope("rnn", {.reuse = Reuse::kAuto, .initializer = init::GlorotUniform()});
  const Expr inputs = nn::OneHot(s, net.x, sizes.vocab);
  const Expr logits = sizes.bidirectional ? BothWays(s, inputs, sizes, dropout, net)
                                          : Forward(s, root, inputs, sizes, dropout, &net);
  net.probs = op::Softmax(root.WithName(prefix + "probs"), logits);
  const Expr targets = sizes.bidirectional ? net.x : net.y;
  const Expr columns = ElementAt(root, op::Shape(root, net.x), 1);
  const Expr weights = nn::SequenceMask(root, net.lengths, columns, DType::kFloat);
  net.loss = op::Identity(root.WithName(prefix + "loss"),
                          nn::SequenceLoss(root, logits, targets, weights));
  if (sizes.accuracy) {
    const Scope a = root.NameScope(prefix + "right");
    const Expr best = op::ArgMax(a, logits, op::Const(a, 2), DType::kInt32);
    const Expr right = op::Cast(a, op::Equal(a, best, targets), DType::kFloat);
    net.accuracy =
        op::DivNoNan(root.WithName(prefix + "accuracy"),
                     op::ReduceSum(a, op::Mul(a, right, weights)), op::ReduceSum(a, weights));
  }
  return net;
}

SampleLoopResult BuildSampleLoop(const Scope& root, const Sizes& sizes, int64_t length) {
  const Scope s = root.VariableScope("rnn", {.reuse = Reuse::kTrue});
  const nn::CellPtr cell = MakeCell(sizes, /*dropout=*/false);
  const auto step = [&](const Scope& b, Expr window, const nn::State& state) {
    nn::CellResult result =
        (*cell)(b.VariableScope("rnn"), nn::OneHot(b, window, sizes.vocab), state);
    result.output = Decode(b, result.output, sizes);
    return result;
  };
  return SampleLoop(s, step, cell->ZeroState(s, 1, DType::kFloat), {.length = length});
}

// loss, and l2 times half the sum of the squares of all weights that are no biases.
Expr Regularized(const Scope& root, Expr loss, double l2) {
  const Regularizer regularizer = nn::L2Regularizer(l2);
  const Scope s = root.NameScope("regularized");
  std::vector<Expr> terms = {loss};
  for (const Variable& v : root.Variables(keys::kTrainableVariables)) {
    if (v.shape.rank() > 1) terms.push_back(regularizer(s, v.value));
  }
  return op::AddN(s, terms);
}

Expr BuildTraining(const Scope& root, Expr loss, const Options& options) {
  const Variable global_step =
      root.NewVariable(ScalarConst(root.WithName("initial_value"), DType::kInt32, 1), "global_step",
                       /*trainable=*/false);
  train::AdamOptimizer optimizer(options.Float("lr"));
  const double l2 = options.Float("l2"), clip = options.Float("clip");
  std::vector<train::GradAndVar> grads =
      optimizer.ComputeGradients(root, l2 > 0 ? Regularized(root, loss, l2) : loss);
  if (clip > 0) grads = train::ClipByGlobalNorm(root, std::move(grads), clip);
  return optimizer.ApplyGradients(root, grads, {.global_step = global_step, .name = "train"});
}

// All scalar summaries, merged.
Expr BuildSummary(const Scope& root, Expr loss) {
  const Scope own = Named(root, "cross_entropy_loss");
  const Expr scalar =
      own.Add("ScalarSummary", {op::Const(own.WithName("tags"), "cross_entropy_loss"), loss});
  root.AddToCollection(keys::kSummaries, scalar);
  return root.NameScope("Merge").Add("MergeSummary", {scalar});
}

void FillLstmPhase(const Network& net, const std::string& name, pb::Split split,
                   const Options& options, pb::Phase* phase) {
  FillPhase(name, split, options.Int("batch"), options.Int("steps"), phase);
  phase->mutable_batches()->mutable_contiguous_rows()->set_wrap(true);
  AddFeed(net.x, pb::Feed::INPUTS, phase->mutable_feeds());
  if (net.y.valid()) AddFeed(net.y, pb::Feed::TARGETS, phase->mutable_feeds());
  AddFeed(net.lengths, pb::Feed::LENGTHS, phase->mutable_feeds());
  phase->set_loss(net.loss.name());
  phase->set_loss_divisor(1);
  if (net.accuracy.valid()) {
    pb::Metric* metric = phase->add_metrics();
    metric->set_name("accuracy");
    metric->set_tensor(net.accuracy.name());
    metric->set_mean(split != pb::TRAIN);
  }
}

void FillSampler(const Network& net, const SampleLoopResult& loop, const Options& options,
                 pb::Sampler* sampler) {
  pb::StepSampler* step = sampler->mutable_step();
  AddFeed(net.x, pb::Feed::INPUTS, step->mutable_feeds());
  AddFeed(net.lengths, pb::Feed::LENGTHS, step->mutable_feeds());
  step->set_probabilities(net.probs.name());
  AddCarries(net.final, net.initial, step->mutable_state());
  step->set_prime("The ");
  step->set_length(static_cast<int32_t>(options.Int("sample_length")));
  FillGraphSampler(loop, sampler->mutable_graph());
}

void FillPlan(const Network& train, const Network& eval, const Options& options,
              pb::RunPlan* plan) {
  const double validation = options.Float("validation");
  const std::string accuracy = options.Int("accuracy") != 0 ? "  Accuracy [{accuracy:.3}]" : "";
  FillShakespeare(pb::Corpus::CRLF, options.Int("vocab"), plan);
  plan->set_max_steps(options.Int("max_steps"));
  FillLstmPhase(train, "train", pb::TRAIN, options, plan->mutable_train());
  plan->mutable_train()->mutable_batches()->mutable_contiguous_rows()->set_permutation_seed(42);
  if (validation > 0) {
    AddFraction(pb::TRAIN, 1 - validation, plan->mutable_corpus());
    AddFraction(pb::VALID, validation, plan->mutable_corpus());
    pb::Phase* phase = plan->add_evaluations();
    FillLstmPhase(eval, "valid", pb::VALID, options, phase);
    phase->set_summary_line("[{epoch}] Cross-Entropy Loss Validation [{loss:.3}]" + accuracy);
  }
  pb::Report* report = plan->mutable_report();
  report->set_step_line("[{total_step}] Cross-Entropy Loss Training [{cost:.3}]" + accuracy);
  report->set_every(20);
  report->set_whole_run(true);
  report->set_stays(true);
  plan->mutable_saving()->set_every(100);
}

void BuildShakespeareLstm(MetaGraph& meta, const Options& options) {
  const Sizes sizes = {.kind = KindOf(options.String("cell")),
                       .hidden = options.Int("hidden"),
                       .layers = options.Int("layers"),
                       .vocab = options.Int("vocab"),
                       .keep = options.Float("keep"),
                       .bidirectional = options.Int("bidirectional") != 0,
                       .accuracy = options.Int("accuracy") != 0};
  const bool dropout = sizes.keep < 1;

  const Scope root = Scope::Root(meta);
  const Network train = BuildNetwork(root, "", sizes, dropout);
  const Expr train_op = BuildTraining(root, train.loss, options);
  const Expr summary = BuildSummary(root, train.loss);
  const Network eval = dropout ? BuildNetwork(root, "eval_", sizes, false) : train;
  std::optional<SampleLoopResult> loop;
  if (!sizes.bidirectional) loop = BuildSampleLoop(root, sizes, options.Int("sample_length"));
  const Expr init = root.GlobalVariablesInitializer();

  root.AddToCollection(keys::kLosses, train.loss);
  NamedExprs inputs = {{"x", eval.x}, {"sequence_length", eval.lengths}};
  AddSignature(meta, "step", inputs, {{"probs", eval.probs}});
  if (eval.y.valid()) inputs.emplace_back("y", eval.y);
  AddSignature(meta, "evaluate", inputs, {{"loss", eval.loss}});

  pb::RunPlan plan = NewPlan("shakespeare_lstm", options);
  FillPlan(train, eval, options, &plan);
  plan.add_init(init.node_name());
  plan.mutable_train()->add_targets(train_op.node_name());
  plan.mutable_train()->set_summary(summary.name());
  if (loop) FillSampler(eval, *loop, options, plan.mutable_sampler());
  SetRunPlan(plan, &meta);
}

}  // namespace

ModelSpec ShakespeareLstmModel() {
  constexpr double kMost = 1 << 20;
  return {
      "shakespeare_lstm",
      "Character-level language model of LSTM layers in a loop over sequences of any length.\n"
      "Trained by Adam with clipped gradients, from a zero state in every batch.",
      {
          {"hidden", "units of each layer", int64_t{256}, 1, kMost},
          {"layers", "layers", int64_t{2}, 1, 1000},
          {"batch", "rows of text in a batch", int64_t{128}, 1, kMost},
          {"steps", "characters of a row in a batch", int64_t{50}, 1, kMost},
          {"vocab", "characters that the graph has room for", int64_t{66}, 1, 1e9},
          {"cell", "lstm, gru, rnn, or custom: an lstm with the dense layer in the cell", "lstm"},
          {"bidirectional", "1: predict each character from those before and after it", int64_t{0},
           0, 1},
          {"keep", "probability to keep a layer's output in dropout while training", 1.0, 1e-6, 1},
          {"l2", "weight of the L2 regularisation of all kernels; 0: none", 0.0, 0, {}},
          {"clip", "global norm to which gradients are clipped; 0: not at all", 5.0, 0, {}},
          {"lr", "learning rate", 1e-3, 0, {}},
          {"max_steps", "steps of training", int64_t{1001}, 1, {}},
          {"validation", "part of the text that is kept to evaluate after each epoch", 0.0, 0, 0.9},
          {"accuracy", "1: also report how many characters are predicted", int64_t{0}, 0, 1},
          {"sample_length", "characters to write after training", int64_t{200}, 0, kMost},
      },
      BuildShakespeareLstm};
}

}  // namespace graphrun::models
