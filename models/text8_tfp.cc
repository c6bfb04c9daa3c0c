// The character model of text8 among the examples of Edward, which went into TensorFlow Probability
// (Tran et al., "Deep probabilistic programming", 2017): an LSTM written from scratch, unrolled
// over 64 characters, as one distribution over whole texts; and a second copy of it, with the same
// variables, that samples.
//
// Its authors report 78.4 nats for a test sequence of 64 characters after 50 epochs of text8, 76.14
// after 200. On 2,178,606 characters of wiki8.txt, all of them to train, the mean loss of steps 281
// to 300 is about 16,150 nats a batch of 128.
#include "core/train/run_plan.h"
#include "models/model_registry.h"
#include "models/nn/initializers.h"
#include "models/nn/layers.h"
#include "models/nn/naming.h"
#include "models/nn/optimizers.h"
#include "models/plan_builder.h"
#include "models/text8_corpus.h"

namespace graphrun::models {
namespace {

struct LstmState {
  Expr h, c;  // [n, hidden] each
};

//   i, f, o, u = x·kernel/input + h·kernel/hidden + bias
//   c' = σ(f + 1)·c + σ(i)·tanh(u);  h' = σ(o)·tanh(c')
LstmState LstmCell(const Scope& scope, Expr x, const LstmState& state, Reuse reuse) {
  const int64_t inputs = x.shape()[1], hidden = state.h.shape()[1];
  const Scope s = scope.VariableScope("lstm", {.reuse = reuse});
  const Variable input_kernel =
      s.GetVariable("kernel/input", {inputs, 4 * hidden}, {.initializer = init::Orthogonal()});
  const Variable hidden_kernel =
      s.GetVariable("kernel/hidden", {hidden, 4 * hidden}, {.initializer = init::Orthogonal()});
  const Variable bias = s.GetVariable("bias", {4 * hidden}, {.initializer = init::Zeros()});
  const Expr sums = op::MatMul(s, x, input_kernel) + op::MatMul(s, state.h, hidden_kernel) + bias;
  const Scope split = Named(s, "split");
  const Expr axis = split.WithName("split_dim").Const(Tensor::Scalar<int32_t>(1));
  const std::vector<Expr> gates = op::Split(split, axis, sums, 4);
  const Expr i = op::Sigmoid(s, gates[0]), f = op::Sigmoid(s, gates[1] + 1.0);
  const Expr o = op::Sigmoid(s, gates[2]), u = op::Tanh(s, gates[3]);
  const Expr c = f * state.c + i * u;
  return {o * op::Tanh(s, c), c};
}

// Logits of the next character; the variables are dense/kernel and dense/bias.
Expr Classify(const Scope& s, Expr h, Reuse reuse) {
  return nn::Dense(s, h, kText8Symbols,
                   {.kernel_initializer = init::GlorotUniform(), .name = "dense", .reuse = reuse});
}

// -ln p of the texts x, int32 [n, steps], summed over all of them; n may be unknown.
Expr NegativeLogLikelihood(const Scope& s, Expr x, int64_t hidden) {
  // Each character is predicted from those before it, the first from id 0.
  const Expr padded = op::Pad(s, x, op::Const<int32_t>(s, {0, 0, 1, 0}, {2, 2}));
  const Expr inputs = nn::OneHot(s, padded[{all, Range{0, -1}}], kText8Symbols);
  const Expr rows = ElementAt(s, op::Shape(s, x), 0);
  const Expr zeros = nn::BatchZeros(s, rows, {hidden}, DType::kFloat);
  LstmState state = {zeros, zeros};
  std::vector<Expr> hs;
  for (int64_t t = 0; t < x.shape()[1]; ++t) {
    state = LstmCell(s, inputs[{all, t, all}], state, t == 0 ? Reuse::kFalse : Reuse::kTrue);
    hs.push_back(state.h);
  }
  const Expr logits = Classify(s, op::Pack(s.WithName("stack"), hs, 1), Reuse::kFalse);
  const Expr losses = nn::SparseSoftmaxCrossEntropy(s, x, logits);
  return op::Sum(s.WithName("nll"), losses, {0, 1});
}

// Texts of the model, int32 [count, steps]. A random character, which is not part of the text,
// comes before the first.
Expr Sample(const Scope& s, int64_t count, int64_t steps, int64_t hidden) {
  const auto number = [&](int64_t n) {
    return ScalarConst(s, DType::kInt32, static_cast<double>(n));
  };
  const Expr zeros = init::Zeros()(s, {count, hidden}, DType::kFloat);
  LstmState state = {zeros, zeros};
  Expr character = op::RandomUniformInt(s, op::Ints(s, {static_cast<int32_t>(count)}), number(0),
                                        number(kText8Symbols));
  std::vector<Expr> text;
  for (int64_t t = 0; t < steps; ++t) {
    state = LstmCell(s, nn::OneHot(s, character, kText8Symbols), state, Reuse::kTrue);
    const Expr drawn =
        op::Multinomial(s.NameScope("categorical"), Classify(s, state.h, Reuse::kTrue), number(1));
    character = op::Cast(s, drawn[{all, 0}], DType::kInt32);
    text.push_back(character);
  }
  return op::Pack(s.WithName("sample"), text, 1);
}

void FillTexts(Expr x, Expr nll, const Options& options, const char* name, pb::Split split,
               pb::Phase* phase) {
  const int64_t batch = options.Int("batch"), steps = options.Int("steps");
  FillPhase(name, split, batch, steps, phase);
  AddFeed(x, pb::Feed::INPUTS, phase->mutable_feeds());
  phase->set_loss(nll.name());
  phase->set_loss_divisor(static_cast<double>(batch * steps));
  phase->set_loss_is_sum(true);
}

void Build(MetaGraph& meta, const Options& options) {
  const int64_t steps = options.Int("steps"), hidden = options.Int("hidden");
  const Scope root = Scope::Root(meta);
  const Expr x = op::Placeholder(root.WithName("x"), DType::kInt32, {kUnknownDim, steps});
  const Expr nll = NegativeLogLikelihood(root.VariableScope("language_model"), x, hidden);
  const Expr sample = Sample(root.VariableScope("language_model", {.reuse = Reuse::kTrue}),
                             options.Int("samples"), steps, hidden);
  train::AdamOptimizer optimizer(options.Float("lr"));
  const Expr train_op = optimizer.Minimize(root, nll, {.name = "train"});
  const Expr init = root.GlobalVariablesInitializer();

  root.AddToCollection(keys::kLosses, nll);
  AddSignature(meta, "evaluate", {{"x", x}}, {{"nll", nll}});
  AddSignature(meta, "sample", {}, {{"samples", sample}});

  pb::RunPlan plan = NewPlan("text8_tfp", options);
  FillText8(Text8Space::kLast, &plan);
  AddFraction(pb::TRAIN, 0.9, plan.mutable_corpus());
  AddFraction(pb::VALID, 0.05, plan.mutable_corpus());
  AddFraction(pb::TEST, 0.05, plan.mutable_corpus());
  plan.add_init(init.node_name());
  plan.set_epochs(static_cast<int32_t>(options.Int("epochs")));
  pb::Phase* phase = plan.mutable_train();
  FillTexts(x, nll, options, "train", pb::TRAIN, phase);
  phase->mutable_batches()->mutable_random_windows()->set_seed(0);
  phase->mutable_batches()->set_epoch_part(0.5);
  phase->add_targets(train_op.node_name());
  phase->set_summary_line("Train average bits/char: {bits:.8}");
  phase = plan.add_evaluations();
  FillTexts(x, nll, options, "test", pb::TEST, phase);
  phase->mutable_batches()->mutable_windows();
  phase->set_summary_line("Test average NLL: {sequence:.8}");
  plan.mutable_report()->set_epoch_line("Epoch: {epoch}");
  plan.mutable_report()->set_step_line("{step}/{steps}    {bits:.4} bits/char");
  plan.mutable_report()->set_every(10);
  pb::Sampler* sampler = plan.mutable_sampler();
  sampler->mutable_graph()->set_samples(sample.name());
  sampler->set_title("Samples:");
  sampler->set_when(pb::Sampler::AFTER_EPOCH);
  SetRunPlan(plan, &meta);
}

}  // namespace

ModelSpec Text8TfpModel() {
  constexpr double kMost = 1 << 20;
  return {"text8_tfp",
          "Character-level LSTM as one distribution over texts: unrolled, one-hot, orthogonal "
          "weights.\n"
          "Trained by Adam on random windows; a copy with the same variables draws texts.",
          {
              {"batch", "texts in a batch", int64_t{128}, 1, kMost},
              {"steps", "characters of a text", int64_t{64}, 1, 10000},
              {"hidden", "units of the cell", int64_t{512}, 1, kMost},
              {"samples", "texts that are sampled at once", int64_t{5}, 1, kMost},
              {"lr", "learning rate", 5e-3, 0, {}},
              {"epochs", "epochs of training", int64_t{200}, 1, kMost},
          },
          Build};
}

}  // namespace graphrun::models
