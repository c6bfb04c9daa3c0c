#include "models/text8_lstm.h"

#include "core/train/run_plan.h"
#include "models/nn/initializers.h"
#include "models/nn/layers.h"
#include "models/nn/naming.h"
#include "models/nn/optimizers.h"
#include "models/plan_builder.h"
#include "models/sample_loop.h"

namespace graphrun::models {
namespace {

// Probabilities below are taken for it in perplexities.
constexpr double kFloor = 1e-10;

Expr Weights(const Scope& s, const Shape& shape) {
  return init::TruncatedNormal(-0.1, 0.1)(s, shape, DType::kFloat);
}

Expr Zeros(const Scope& s, const Shape& shape, DType dtype = DType::kFloat) {
  return init::Zeros()(s, shape, dtype);
}

// x·w + b
Expr XwPlusB(const Scope& s, Expr x, Expr w, Expr b) {
  const Scope own = Named(s, "xw_plus_b");
  return op::BiasAdd(own, op::MatMul(own.WithName("MatMul"), x, w), b);
}

// Row of a table of 27^k rows, int64 [n].
Expr Row(const Scope& s, const Text8Characters& characters) {
  Expr row;
  int64_t weight = 1;
  for (const Expr character : characters) {
    const Scope own = Named(s, "ArgMax");
    const Expr axis = own.WithName("dimension").Const(Tensor::Scalar<int32_t>(1));
    const Expr id = op::ArgMax(own, character, axis);
    row = row.valid() ? row + id * weight : id;
    weight *= kText8Symbols;
  }
  return row;
}

// What is made of the variant's parts: its graph, as far as the plan names it.
struct Network {
  Text8Characters data;
  Expr loss, prediction, rate, train_op;
  Text8Characters sample_inputs;
  Expr sample_prediction, reset_sample_state;
  SampleLoopResult sample_loop;
  Expr init;
};

class Builder {
 public:
  Builder(const Scope& s, const Options& options, const Text8Variant& variant)
      : s_(s),
        options_(options),
        variant_(variant),
        batch_(options.Int("batch")),
        nodes_(options.Int("nodes")),
        w_(s.NewVariable(Weights(s, {nodes_, kText8Symbols}), "w")),
        b_(s.NewVariable(Zeros(s, {kText8Symbols}), "b")) {}

  Network Build(const Text8Characters& data) {
    Network net;
    net.data = data;
    BuildTraining(&net);
    BuildSampling(&net);
    BuildSampleLoop(&net);
    net.init = s_.GlobalVariablesInitializer();
    return net;
  }

 private:
  // One step of the cell: state {output, memory}, [n, nodes] both.
  nn::State Cell(const Scope& s, Expr x, const nn::State& state) const {
    const Text8Sums sums = variant_.gates(s, x, state[0]);
    const Expr memory =
        op::Sigmoid(s, sums[1]) * state[1] + op::Sigmoid(s, sums[0]) * op::Tanh(s, sums[2]);
    return {op::Sigmoid(s, sums[3]) * op::Tanh(s, memory), memory};
  }

  static Expr ReadAgain(const Scope& s, const Variable& variable) {
    return op::ReadVariable(s.WithName(variable.name + "/read_after"), variable.handle);
  }

  // Nodes from `first` on whose input is what the first step read of the variable get `value`.
  void Redirect(NodeId first, const Variable& variable, Expr value) const {
    Graph& graph = s_.graph();
    for (NodeId id = first; id < graph.num_ids(); ++id) {
      for (int i = 0; i < static_cast<int>(graph.node(id).inputs.size()); ++i) {
        if (graph.node(id).inputs[i] == variable.value.output()) {
          graph.SetInput(id, i, value.output());
        }
      }
    }
  }

  void BuildTraining(Network* net) const {
    const Variable saved_output =
        s_.NewVariable(Zeros(s_, {batch_, nodes_}), "saved_output", /*trainable=*/false);
    const Variable saved_state =
        s_.NewVariable(Zeros(s_, {batch_, nodes_}), "saved_state", /*trainable=*/false);
    const auto window = static_cast<std::ptrdiff_t>(variant_.window);
    nn::State state = {saved_output, saved_state};
    std::vector<Expr> outputs;
    for (auto at = net->data.begin(); at + window < net->data.end(); ++at) {
      const Scope step = s_.NameScope("step");
      Expr x = variant_.read(step, {at, at + window});
      if (variant_.regularize) x = variant_.regularize(step, x);
      state = Cell(step, x, state);
      outputs.push_back(state[0]);
    }
    const Scope after =
        s_.WithControlDependencies({op::AssignVariable(s_, saved_output.handle, state[0]),
                                    op::AssignVariable(s_, saved_state.handle, state[1])});
    const Expr logits = XwPlusB(after, op::Concat(Named(after, "concat"), outputs, 0), w_, b_);
    const Expr labels =
        op::Concat(Named(after, "concat"), {net->data.begin() + window, net->data.end()}, 0);
    net->loss =
        op::Mean(after.WithName("loss"), nn::SoftmaxCrossEntropy(after, labels, logits), {0});

    // Its authors left the step trainable; it has no gradient.
    const Variable step = s_.NewVariable(Zeros(s_, {}, DType::kInt32), "global_step");
    net->rate = train::ExponentialDecay(s_, options_.Float("lr"), step,
                                        static_cast<double>(options_.Int("decay_steps")), 0.1,
                                        /*staircase=*/true);
    train::GradientDescentOptimizer optimizer(net->rate);
    // In the authors' TensorFlow, reading a variable gave its memory, not a copy. The gradients,
    // computed after the loss and its assignments, thus meet the new state where the first step
    // read the old one. What they report follows from that; by the true gradients losses are 1 %
    // lower.
    const Expr new_output = ReadAgain(after, saved_output);
    const Expr new_state = ReadAgain(after, saved_state);
    const NodeId first_gradient = s_.graph().num_ids();
    const std::vector<train::GradAndVar> grads = optimizer.ComputeGradients(s_, net->loss);
    Redirect(first_gradient, saved_output, new_output);
    Redirect(first_gradient, saved_state, new_state);
    net->train_op =
        optimizer.ApplyGradients(s_, train::ClipByGlobalNorm(s_, grads, options_.Float("clip")),
                                 {.global_step = step, .name = "train"});
    net->prediction = op::Softmax(s_.WithName("train_prediction"), logits);
  }

  // The cell once more, for one row, with a state of its own; trainable, as its authors left it.
  void BuildSampling(Network* net) const {
    for (size_t i = 0; i < variant_.window; ++i) {
      net->sample_inputs.push_back(op::Placeholder(s_.WithName("sample_input" + std::to_string(i)),
                                                   DType::kFloat, {1, kText8Symbols}));
    }
    const Shape shape = {1, nodes_};
    const Variable saved_output = s_.NewVariable(Zeros(s_, shape), "saved_sample_output");
    const Variable saved_state = s_.NewVariable(Zeros(s_, shape), "saved_sample_state");
    net->reset_sample_state =
        s_.WithName("reset_sample_state")
            .Group({op::AssignVariable(s_, saved_output.handle, Zeros(s_, shape)),
                    op::AssignVariable(s_, saved_state.handle, Zeros(s_, shape))});
    const Scope step = s_.NameScope("sample_step");
    const nn::State state =
        Cell(step, variant_.read(step, net->sample_inputs), {saved_output, saved_state});
    const Scope after =
        s_.WithControlDependencies({op::AssignVariable(s_, saved_output.handle, state[0]),
                                    op::AssignVariable(s_, saved_state.handle, state[1])});
    net->sample_prediction =
        op::Softmax(after.WithName("sample_prediction"), XwPlusB(after, state[0], w_, b_));
  }

  // All of a text in one run, from a state of zeros and characters drawn evenly.
  void BuildSampleLoop(Network* net) const {
    const auto window = static_cast<int64_t>(variant_.window);
    const SampleStep step = [&](const Scope& s, Expr ids, const nn::State& state) {
      const Expr rows = nn::OneHot(s, ids, kText8Symbols);
      const Expr axis = s.WithName("axis").Const(Tensor::Scalar<int32_t>(0));
      const nn::State next = Cell(s, variant_.read(s, op::Split(s, axis, rows, window)), state);
      return nn::CellResult{XwPlusB(s, next[0], w_, b_), next};
    };
    const Scope start = s_.NameScope("sample_start");
    const auto number = [&](int64_t n) {
      return ScalarConst(start, DType::kInt32, static_cast<double>(n));
    };
    const Expr prime = op::RandomUniformInt(start, op::Ints(start, {static_cast<int32_t>(window)}),
                                            number(0), number(kText8Symbols));
    const Shape shape = {1, nodes_};
    net->sample_loop =
        SampleLoop(s_, step, {Zeros(start, shape), Zeros(start, shape)},
                   {.prime = prime, .length = options_.Int("sample_length"), .window = window});
  }

  const Scope s_;
  const Options& options_;
  const Text8Variant& variant_;
  const int64_t batch_, nodes_;
  const Variable w_, b_;
};

void FillPredictions(Expr tensor, size_t from, size_t to, pb::Predictions* predictions) {
  predictions->set_tensor(tensor.name());
  for (size_t column = from; column <= to; ++column) {
    predictions->add_columns(static_cast<int32_t>(column));
  }
  predictions->set_floor(kFloor);
}

void FillFeeds(const Text8Characters& characters, PlanFeeds* feeds) {
  for (size_t i = 0; i < characters.size(); ++i) {
    AddOneHotColumn(characters[i], static_cast<int>(i), feeds);
  }
}

void FillTraining(const Network& net, const Options& options, size_t window, pb::Phase* phase) {
  FillPhase("train", pb::TRAIN, options.Int("batch"), options.Int("steps"), phase);
  phase->mutable_batches()->mutable_cursors();
  FillFeeds(net.data, phase->mutable_feeds());
  phase->add_targets(net.train_op.node_name());
  phase->set_loss(net.loss.name());
  phase->set_loss_divisor(1);
  pb::Metric* metric = phase->add_metrics();
  metric->set_name("learning_rate");
  metric->set_tensor(net.rate.name());
  metric = phase->add_metrics();
  metric->set_name("minibatch_perplexity");
  FillPredictions(net.prediction, window, net.data.size() - 1, metric->mutable_perplexity());
}

// One character after the other; the window's last is what is predicted.
void FillValidation(const Network& net, const Options& options, size_t window, pb::Phase* phase) {
  FillPhase("valid", pb::VALID, 1, static_cast<int64_t>(window), phase);
  phase->mutable_batches()->mutable_cursors()->set_batches(options.Int("valid_size"));
  FillFeeds(net.sample_inputs, phase->mutable_feeds());
  phase->add_reset_targets(net.reset_sample_state.node_name());
  FillPredictions(net.sample_prediction, window, window, phase->mutable_predictions());
  phase->set_loss_divisor(1);
  phase->set_when(pb::Phase::AT_REPORT);
  phase->set_summary_line("Validation set perplexity: {perplexity:.2}");
}

void FillSampler(const Network& net, const Options& options, size_t window, pb::Sampler* sampler) {
  pb::StepSampler* step = sampler->mutable_step();
  FillFeeds(net.sample_inputs, step->mutable_feeds());
  step->set_probabilities(net.sample_prediction.name());
  step->add_reset_targets(net.reset_sample_state.node_name());
  step->set_window(static_cast<int32_t>(window));
  step->set_random_start(true);
  step->set_length(static_cast<int32_t>(options.Int("sample_length")));
  FillGraphSampler(net.sample_loop, sampler->mutable_graph());
  sampler->set_title(std::string(80, '='));
  sampler->set_closing(std::string(80, '='));
  sampler->set_count(5);
  sampler->set_when(pb::Sampler::AT_REPORT);
  sampler->set_each(10);
}

pb::RunPlan MakePlan(const Network& net, const Options& options, const Text8Variant& variant) {
  pb::RunPlan plan = NewPlan(variant.name, options);
  FillText8(Text8Space::kFirst, &plan);
  AddCount(pb::VALID, options.Int("valid_size"), plan.mutable_corpus());
  AddFraction(pb::TRAIN, 1, plan.mutable_corpus());
  plan.add_init(net.init.node_name());
  plan.set_max_steps(options.Int("max_steps"));
  FillTraining(net, options, variant.window, plan.mutable_train());
  FillValidation(net, options, variant.window, plan.add_evaluations());
  pb::Report* report = plan.mutable_report();
  report->set_step_line(
      "Average loss at step {total_index}: {recent:.6} learning rate: {learning_rate:.6}\n"
      "Minibatch perplexity: {minibatch_perplexity:.2}");
  report->set_first(1);
  report->set_every(static_cast<int32_t>(options.Int("every")));
  report->set_whole_run(true);
  report->set_stays(true);
  FillSampler(net, options, variant.window, plan.mutable_sampler());
  plan.mutable_saving()->set_every(1000);
  return plan;
}

}  // namespace

std::vector<OptionDef> Text8Options(int64_t max_steps, int64_t decay_steps, int64_t window) {
  constexpr double kMost = 1 << 20;
  return {
      {"batch", "rows of text in a batch", int64_t{64}, 1, kMost},
      {"steps", "characters of a row in a batch, over which the cell is unrolled", int64_t{10},
       static_cast<double>(window) + 1, 10000},
      {"nodes", "units of the cell", int64_t{64}, 1, kMost},
      {"lr", "learning rate of the first step", 10.0, 0, {}},
      {"decay_steps", "steps after which the learning rate falls to a tenth, again and again",
       decay_steps, 1, 1e9},
      {"clip", "global norm to which gradients are clipped", 1.25, 1e-30, {}},
      {"max_steps", "steps of training; 0: no end", max_steps, 0, 1e15},
      {"every", "steps from one report to the next", int64_t{100}, 1, 1e9},
      {"valid_size", "characters at the beginning of the text that are kept for validation",
       int64_t{1000}, 1, 1e9},
      {"sample_length", "characters of a sample", int64_t{80}, 0, kMost},
  };
}

Text8Characters Text8Data(const Scope& s, const Options& options) {
  Text8Characters data;
  for (int64_t i = 0; i <= options.Int("steps"); ++i) {
    data.push_back(op::Placeholder(s.WithName("data" + std::to_string(i)), DType::kFloat,
                                   {options.Int("batch"), kText8Symbols}));
  }
  return data;
}

Variable Text8Embeddings(const Scope& s, int64_t rows, const Options& options) {
  const Shape shape = {rows, options.Int("embedding")};
  return s.NewVariable(init::RandomUniform(-1, 1)(s, shape, DType::kFloat), "embeddings");
}

Text8Weights Text8LstmWeights(const Scope& s, int64_t width, const Options& options) {
  const int64_t nodes = options.Int("nodes");
  const auto make = [&](const std::string& gate) {
    const Variable x = s.NewVariable(Weights(s, {width, nodes}), gate + "x");
    const Variable m = s.NewVariable(Weights(s, {nodes, nodes}), gate + "m");
    const Variable b = s.NewVariable(Zeros(s, {1, nodes}), gate + "b");
    return Text8Gate{x, m, b};
  };
  return {make("i"), make("f"), make("c"), make("o")};
}

void BuildText8Lstm(const Scope& s, const Options& options, const Text8Characters& data,
                    const Text8Variant& variant) {
  const Network net = Builder(s, options, variant).Build(data);
  s.AddToCollection(keys::kLosses, net.loss);
  NamedExprs inputs;
  for (size_t i = 0; i < net.sample_inputs.size(); ++i) {
    inputs.emplace_back("x" + std::to_string(i), net.sample_inputs[i]);
  }
  AddSignature(s.meta(), "step", inputs, {{"probs", net.sample_prediction}});
  SetRunPlan(MakePlan(net, options, variant), &s.meta());
}

Text8Read ReadOneHot() {
  return [](const Scope&, const Text8Characters& characters) { return characters[0]; };
}

Text8Read ReadEmbedding(const Variable& embeddings) {
  return [embeddings](const Scope& s, const Text8Characters& characters) {
    return nn::EmbeddingLookup(s, embeddings, Row(s, characters));
  };
}

Text8Gating SeparateGates(const Text8Weights& weights) {
  return [weights](const Scope& s, Expr x, Expr output) {
    Text8Sums sums;
    for (size_t i = 0; i < kText8Gates; ++i) {
      const Text8Gate& gate = weights[i];
      sums[i] = op::MatMul(s, x, gate.x) + op::MatMul(s, output, gate.m) + gate.b;
    }
    return sums;
  };
}

}  // namespace graphrun::models
