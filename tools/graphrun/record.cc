// graphrun record: some steps of training as a case file, for TensorFlow to replay.
#include <fmt/format.h>

#include <filesystem>

#include "core/base/file.h"
#include "core/import/save.h"
#include "core/train/run_plan.h"
#include "tools/graphrun/commands.h"
#include "tools/graphrun/plan_text.h"
#include "tools/graphrun/recorder.h"
#include "tools/graphrun/step_feeds.h"

namespace graphrun {
namespace {

struct Options {
  std::string file, output, data, plan;
  int64_t steps = 3;
  std::optional<int64_t> seed;
  Tolerance tolerance{.relative = 1e-4, .absolute = 1e-5};
};

// "folder/ptb.case.pb" -> "ptb".
std::string CaseName(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  for (const char* end : {".pb", ".case"}) {
    if (name.ends_with(end)) name.resize(name.size() - std::string_view(end).size());
  }
  return name;
}

// One step. `state` is what the one before fetched: none in the first of an epoch that begins anew,
// where the graph's own initial state holds.
std::vector<Tensor> Step(const pb::Phase& phase, const std::vector<Tensor>& feeds,
                         const std::vector<Tensor>& state, Recorder* recorder) {
  std::vector<NamedTensor> given;
  for (int i = 0; i < phase.feeds_size(); ++i) {
    given.push_back({phase.feeds(i).tensor(), feeds[i].Copy()});
  }
  std::vector<std::string> fetches{CostTensor(phase)};
  for (int i = 0; i < phase.state_size(); ++i) {
    if (!state.empty()) given.push_back({phase.state(i).feed(), state[i]});
    fetches.push_back(phase.state(i).fetch());
  }
  std::vector<Tensor> values =
      recorder->Run(std::move(given), fetches, {phase.targets().begin(), phase.targets().end()});
  values.erase(values.begin());
  for (Tensor& t : values) t = t.Copy();
  return values;
}

void RecordSteps(const pb::RunPlan& plan, const PlanText& text, const Graph& graph, int64_t steps,
                 Recorder* recorder) {
  const pb::Phase& phase = plan.train();
  const std::unique_ptr<Batcher> batcher = text.MakeBatcher(phase);
  const StepFeeds step_feeds(phase.feeds(), graph, text.vocabulary().size());
  const double part = EpochPart(phase.batches());
  std::vector<Tensor> feeds(phase.feeds_size()), state;
  std::vector<int32_t> ids;
  for (int64_t round = 0; steps > 0; ++round) {
    if (const pb::LearningRate& rate = plan.learning_rate(); !rate.variable().empty()) {
      const int epoch = static_cast<int>(static_cast<double>(round) * part);
      recorder->SetVariable(rate.variable(), RateTensor(rate, epoch, graph));
    }
    if (round == 0 || phase.reset() == pb::EACH_EPOCH) {
      state.clear();
      if (!phase.reset_targets().empty()) {
        recorder->Run({}, {}, {phase.reset_targets().begin(), phase.reset_targets().end()});
      }
    }
    for (int64_t i = 0; i < batcher->batches_per_round() && steps > 0; ++i, --steps) {
      step_feeds.Fill(ReadBatch(*batcher, round, i, &ids), &feeds);
      state = Step(phase, feeds, state, recorder);
    }
  }
}

void Record(const Options& options) {
  const Model model = LoadModel(options.file);
  pb::RunPlan plan = PlanOf(model, options.file, options.plan);
  const PlanText text(options.data, {plan.train().split()}, &plan);
  Session session(model.meta->graph, {.seed = options.seed});
  Recorder recorder(session, options.tolerance);
  recorder.Run({}, {}, {plan.init().begin(), plan.init().end()});
  RecordSteps(plan, text, model.meta->graph, options.steps, &recorder);
  if (!recorder.unordered().empty()) {
    fmt::print(
        stderr,
        "graphrun: in TensorFlow the trips of a loop draw in no fixed order, so that a replay "
        "there may differ: {}\n",
        fmt::join(recorder.unordered(), ", "));
  }
  const std::string name = CaseName(options.output);
  WriteFile(options.output, SerializeCase({.name = name,
                                           .meta_graph = SerializeMetaGraph(*model.meta),
                                           .runs = recorder.runs(),
                                           .gradients = {}}));
  fmt::print("{}: {} runs of {}\n", options.output, recorder.runs().size(), options.file);
}

}  // namespace

void AddRecordCommand(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "record", "Write a case: steps of training with all that was fed and fetched");
  command->add_option("FILE", options->file, "Model, as graphrun export writes it")->required();
  command->add_option("--steps", options->steps, "Training steps to record; 3 by default")
      ->check(CLI::Range(1, 1 << 20));
  command->add_option("-o,--output", options->output, "File to write, NAME.case.pb")->required();
  command->add_option("--data", options->data, "Text, as for graphrun train");
  command->add_option("--plan", options->plan, "Run plan in text form, instead of the file's own");
  command->add_option("--seed", options->seed, "Seed of this run, for operations without seeds");
  command
      ->add_option("--rtol", options->tolerance.relative,
                   "Difference that a replay may have, relative to a value; 1e-4 by default")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--atol", options->tolerance.absolute,
                   "The same on top of that, absolute; 1e-5 by default")
      ->check(CLI::NonNegativeNumber);
  command->footer(
      "The case holds the graph, the run that initialises it, and for each step the feeds, the\n"
      "loss and the carried state. graphrun check replays it, and so does TensorFlow. What random\n"
      "operations without seeds drew is fed in the replay.\n\n"
      "Example:\n"
      "  graphrun record ptb.pb --steps 3 -o ptb.case.pb");
  command->callback([options] { Record(*options); });
}

}  // namespace graphrun
