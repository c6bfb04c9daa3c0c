// The word-level language model of Zaremba, Sutskever and Vinyals, "Recurrent neural network
// regularization", 2014, as in TensorFlow's PTB tutorial, with the options of the small
// configuration at hidden size 200.
//
// On the Penn Treebank (929,589 training words) with the defaults, train and valid perplexity after
// epoch 1 are about 312 and 191, valid perplexity after epoch 2 is 146 and after epoch 13 is 138.
#include <cmath>

#include "models/clipping.h"
#include "models/initializers.h"
#include "models/layers.h"
#include "models/model_registry.h"
#include "models/naming.h"
#include "models/optimizers.h"
#include "models/rnn.h"
#include "models/run_plan.h"

namespace graphrun::models {
namespace {

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

enum class Use { kTrain, kEvaluate, kSample };

PtbNetwork BuildNetwork(const Scope& s, const std::string& prefix, const Sizes& sizes, Use use,
                        int64_t batch, int64_t steps) {
  const bool dropout = use == Use::kTrain && sizes.keep < 1;
  PtbNetwork net;
  net.x = op::Placeholder(s.WithName(prefix + "x"), DType::kInt32, {batch, steps});
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
  nn::MultiRNNCell cell(std::move(cells));
  net.initial = cell.ZeroState(s, batch, DType::kFloat);

  const Variable embedding = s.GetVariable("embedding", {sizes.vocab, sizes.hidden});
  Expr inputs = nn::EmbeddingLookup(s, embedding, net.x);
  if (dropout) inputs = nn::Dropout(s, inputs, 1 - sizes.keep);
  const nn::RnnResult rnn = nn::DynamicRnn(s, cell, inputs, {.initial_state = net.initial});
  net.final = rnn.state;

  const Scope flatten = Named(s, "Reshape");
  const Expr flat =
      op::Reshape(flatten, rnn.outputs, DimsConst(flatten.WithName("shape"), {-1, sizes.hidden}));
  const Variable softmax_w = s.GetVariable("softmax_w", {sizes.hidden, sizes.vocab});
  const Variable softmax_b = s.GetVariable("softmax_b", {sizes.vocab});
  const Expr logits = op::AddV2(s.WithName("logits"), op::MatMul(s, flat, softmax_w), softmax_b);
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

void AddCarries(const PtbNetwork& net, google::protobuf::RepeatedPtrField<pb::Carry>* state) {
  for (size_t i = 0; i < net.final.size(); ++i) {
    pb::Carry* carry = state->Add();
    carry->set_fetch(net.final[i].name());
    carry->set_feed(net.initial[i].name());
  }
}

void AddFeed(Expr tensor, pb::Feed::Source source,
             google::protobuf::RepeatedPtrField<pb::Feed>* feeds) {
  pb::Feed* feed = feeds->Add();
  feed->set_tensor(tensor.name());
  feed->set_source(source);
}

void FillPhase(const PtbNetwork& net, const char* name, pb::Split split, pb::Phase* phase) {
  phase->set_name(name);
  phase->set_split(split);
  phase->mutable_batches()->set_batch(static_cast<int32_t>(net.x.shape()[0]));
  phase->mutable_batches()->set_steps(static_cast<int32_t>(net.x.shape()[1]));
  phase->mutable_batches()->mutable_contiguous_rows();
  AddFeed(net.x, pb::Feed::INPUTS, phase->mutable_feeds());
  AddFeed(net.y, pb::Feed::TARGETS, phase->mutable_feeds());
  AddCarries(net, phase->mutable_state());
  phase->set_loss(net.cost.name());
  phase->set_loss_divisor(static_cast<double>(net.x.shape()[1]));
}

void FillCorpus(pb::Corpus* corpus) {
  corpus->set_tokenizer(pb::WORDS);
  corpus->set_line_end("<eos>");
  struct Part {
    pb::Split split;
    const char* name;
    double fraction;
  };
  for (const Part& p : {Part{pb::TRAIN, "train", 0.9}, Part{pb::VALID, "valid", 0.05},
                        Part{pb::TEST, "test", 0.05}}) {
    pb::Corpus::Files* files = corpus->add_files();
    files->set_split(p.split);
    for (const char* pattern : {"ptb.", ""})
      files->add_names(std::string(pattern) + p.name + ".txt");
    pb::Corpus::Part* part = corpus->add_parts();
    part->set_split(p.split);
    part->set_fraction(p.fraction);
  }
  corpus->set_builtin("words");
  corpus->mutable_unknown()->set_rule(pb::Unknown::DROP);
}

// lr in the first epoch, then lr·0.5·(n - i)/n after epoch i of n.
void FillLearningRate(const Variable& variable, double lr, int64_t epochs, pb::LearningRate* rate) {
  rate->set_variable(variable.name);
  pb::LearningRate::Piece* first = rate->add_pieces();
  first->set_start(lr);
  pb::LearningRate::Piece* rest = rate->add_pieces();
  rest->set_from(1);
  rest->set_start(0.5 * lr);
  rest->set_slope(-0.5 * lr / static_cast<double>(epochs));
}

void FillSampler(const PtbNetwork& net, const Options& options, pb::Sampler* sampler) {
  pb::StepSampler* step = sampler->mutable_step();
  AddFeed(net.x, pb::Feed::INPUTS, step->mutable_feeds());
  step->set_probabilities(net.probs.name());
  AddCarries(net, step->mutable_state());
  step->set_prime("<eos>");
  step->set_length(static_cast<int32_t>(options.Int("sample_length")));
  sampler->set_title("Sample:");
  sampler->set_joiner(" ");
  sampler->set_line_end("<eos>");
}

void AddSignature(MetaGraph& meta, const std::string& name,
                  const std::vector<std::pair<std::string, Expr>>& inputs,
                  const std::vector<std::pair<std::string, Expr>>& outputs) {
  const auto entry = [](Expr e) { return SignatureTensor{e.name(), e.dtype(), e.shape()}; };
  Signature& signature = meta.signatures[name];
  for (const auto& [key, e] : inputs) signature.inputs[key] = entry(e);
  for (const auto& [key, e] : outputs) signature.outputs[key] = entry(e);
}

void BuildPtb(MetaGraph& meta, const Options& options) {
  const int64_t batch = options.Int("batch"), steps = options.Int("steps");
  const auto or_train = [](int64_t own, int64_t train) { return own > 0 ? own : train; };
  const int64_t test_batch = or_train(options.Int("test_batch"), batch);
  const int64_t test_steps = or_train(options.Int("test_steps"), steps);
  const int64_t seed = options.Int("seed");
  const double range = options.Float("init"), lr = options.Float("lr");
  const Sizes sizes = {options.Int("hidden"), options.Int("layers"), options.Int("vocab"),
                       options.Float("keep"),
                       init::RandomUniform(-range, range, seed < 0 ? init::Seed() : seed)};

  const Scope root = Scope::Root(meta);
  const Scope s = root.VariableScope("model", {.initializer = sizes.initializer});
  const PtbNetwork train = BuildNetwork(s, "", sizes, Use::kTrain, batch, steps);
  const Variable rate = s.NewVariable(ScalarConst(s.WithName("initial_value"), DType::kFloat, lr),
                                      "lr", /*trainable=*/false);
  const std::vector<Variable> variables = s.Variables(keys::kTrainableVariables);
  std::vector<Expr> xs;
  for (const Variable& v : variables) xs.push_back(v.value);
  const train::Clipped clipped =
      train::ClipByGlobalNorm(s, Gradients(s, {train.cost}, xs), options.Float("clip"));
  std::vector<train::GradAndVar> updates;
  for (size_t i = 0; i < xs.size(); ++i) updates.push_back({clipped.grads[i], variables[i]});
  train::GradientDescentOptimizer optimizer(rate);
  const Expr train_op = optimizer.ApplyGradients(s, updates, {.name = "train"});

  const auto copy = [&](const std::string& prefix, Use use, int64_t b, int64_t t) {
    return BuildNetwork(root.VariableScope("model", {.reuse = Reuse::kTrue}), prefix, sizes, use, b,
                        t);
  };
  const PtbNetwork valid = copy("valid_", Use::kEvaluate, batch, steps);
  const PtbNetwork test = copy("test_", Use::kEvaluate, test_batch, test_steps);
  const PtbNetwork sample = copy("sample_", Use::kSample, 1, 1);
  const Expr init = root.GlobalVariablesInitializer();

  root.AddToCollection(keys::kLosses, train.cost);
  AddSignature(meta, "evaluate", {{"x", valid.x}, {"y", valid.y}}, {{"cost", valid.cost}});
  AddSignature(meta, "step", {{"x", sample.x}}, {{"probs", sample.probs}});

  pb::RunPlan plan;
  plan.set_model("ptb");
  for (const OptionDef& def : options.defs()) {
    pb::Setting* setting = plan.add_settings();
    setting->set_name(def.name);
    setting->set_value(ToString(options.Value(def.name)));
  }
  FillCorpus(plan.mutable_corpus());
  plan.mutable_vocabulary()->set_order(pb::Vocabulary::FREQUENCY_THEN_SYMBOL);
  plan.mutable_vocabulary()->set_rows(sizes.vocab);
  plan.add_init(init.node_name());
  FillLearningRate(rate, lr, options.Int("epochs"), plan.mutable_learning_rate());
  plan.set_epochs(static_cast<int32_t>(options.Int("epochs")));
  FillPhase(train, "train", pb::TRAIN, plan.mutable_train());
  plan.mutable_train()->add_targets(train_op.node_name());
  plan.mutable_train()->set_summary_line("Epoch {epoch} : Train Perplexity: {perplexity:.3}");
  pb::Phase* phase = plan.add_evaluations();
  FillPhase(valid, "valid", pb::VALID, phase);
  phase->set_summary_line("Epoch {epoch} : Valid Perplexity: {perplexity:.3}");
  phase = plan.add_evaluations();
  FillPhase(test, "test", pb::TEST, phase);
  phase->set_when(pb::Phase::AT_END);
  phase->set_summary_line("Test Perplexity: {perplexity:.3}");
  plan.mutable_report()->set_epoch_line("Epoch {epoch} : Learning rate: {rate:.3}");
  plan.mutable_report()->set_step_line(
      "({percent:.2}%)    Perplexity={perplexity:.3}    Speed={speed:.0} wps");
  plan.mutable_report()->set_every(10);
  FillSampler(sample, options, plan.mutable_sampler());
  SetRunPlan(plan, &meta);
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
          {"lr", "learning rate of the first epoch; then half, falling to 0", 1.0, 0, {}},
          {"epochs", "epochs of training, over which the rate falls", int64_t{13}, 1, kMost},
          {"test_batch", "rows of a batch of the test text; 0: as batch", int64_t{0}, 0, kMost},
          {"test_steps", "words of a row of the test text; 0: as steps", int64_t{0}, 0, kMost},
          {"sample_length", "words to write after training", int64_t{100}, 0, kMost},
      },
      BuildPtb};
}

}  // namespace graphrun::models
