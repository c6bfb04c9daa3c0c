// graphrun train: trains a model file by its plan.
#include <fmt/format.h>

#include "core/base/parallel.h"
#include "models/run_plan.h"
#include "tools/graphrun/commands.h"
#include "tools/graphrun/interrupt.h"
#include "tools/graphrun/run_output.h"
#include "tools/graphrun/trainer.h"
#include "tools/graphrun/weights.h"

namespace graphrun {
namespace {

struct Options {
  std::string file;
  std::string data;
  std::string plan;
  std::string restore;
  RunOutputOptions output;
  std::optional<int64_t> save_every;
  std::optional<int> epochs;
  std::optional<int64_t> steps;
  std::optional<int> threads;
  std::optional<int64_t> seed;
  std::vector<std::string> settings;
  bool interpret = false;
  bool quiet = false;
};

// lr=RATE: the first epoch's rate; the others keep their proportion to it.
void SetLearningRate(const std::string& text, pb::RunPlan* plan) {
  const double rate = ParseNumber(text, "--set lr");
  pb::LearningRate* schedule = plan->mutable_learning_rate();
  if (schedule->variable().empty()) {
    ThrowInvalid("--set lr: the plan of this model leaves the learning rate to the graph");
  }
  const double first = RateOfEpoch(*schedule, 0);
  if (!(rate >= 0) || !(first > 0))
    ThrowInvalid(fmt::format("--set lr={}: no learning rate", text));
  for (pb::LearningRate::Piece& piece : *schedule->mutable_pieces()) {
    piece.set_start(piece.start() * rate / first);
    piece.set_slope(piece.slope() * rate / first);
  }
}

void ApplySettings(const std::vector<std::string>& settings, pb::RunPlan* plan) {
  for (const std::string& setting : settings) {
    const auto [name, value] = SplitAssignment(setting, "--set");
    if (name == "lr") {
      SetLearningRate(value, plan);
      continue;
    }
    for (const pb::Setting& baked : plan->settings()) {
      if (baked.name() != name) continue;
      ThrowInvalid(fmt::format(
          "--set {}: the file has {}={} built in, which only another graphrun export {} --set {} "
          "changes; here lr can be set",
          setting, name, baked.value(), plan->model(), setting));
    }
    ThrowInvalid(fmt::format("--set {}: there is no setting '{}'{}; here lr can be set", setting,
                             name, DidYouMean(name, {"lr"})));
  }
}

std::string DescribePlan(const pb::RunPlan& plan, const std::string& file) {
  std::string line = fmt::format("{}: {}", file, plan.model());
  for (const pb::Setting& setting : plan.settings())
    line += fmt::format(" {}={}", setting.name(), setting.value());
  return line;
}

void Train(const Options& options) {
  if (options.threads) SetNumThreads(*options.threads);
  const Model model = LoadModel(options.file);
  pb::RunPlan plan = PlanOf(model, options.file, options.plan);
  ApplySettings(options.settings, &plan);
  if (options.save_every) plan.mutable_saving()->set_every(*options.save_every);
  TakeVocabulary(options.restore, &plan);
  const PlanText text(options.data, SplitsOf(plan), &plan);
  Progress progress(options.quiet);
  progress.Line(DescribePlan(plan, options.file));
  progress.Line(text.Describe());
  if (const std::string unknown = text.DescribeUnknown(); !unknown.empty()) {
    fmt::print(stderr, "graphrun: {}", unknown);
  }
  Session session(model.meta->graph, {.interpret = options.interpret, .seed = options.seed});
  StartVariables(model, plan, options.restore, session);
  SetRunPlan(plan, model.meta.get());  // with its vocabulary, for the files beside checkpoints
  RunOutput output(options.output, *model.meta, plan);
  Trainer trainer(plan, session, text, progress, output,
                  {.epochs = options.epochs,
                   .steps = options.steps,
                   .sample_seed = static_cast<uint64_t>(options.seed.value_or(0))});
  CatchInterrupt();
  trainer.Run();
  // As a shell expects of a command that Ctrl-C ended.
  if (trainer.interrupted()) throw ExitWith{130};
}

}  // namespace

void AddTrainCommand(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("train", "Train a model file; `graphrun FILE` is short for it");
  command->add_option("FILE", options->file, "Model, as graphrun export writes it")->required();
  command->add_option(
      "--data", options->data,
      "Text: a folder with the model's usual file names, a file (cut into training, validation and "
      "test text), or 'builtin', which is the default");
  command->add_option("--plan", options->plan,
                      "Run plan in text form, instead of the file's own; graphrun plan prints "
                      "examples");
  command->add_option("--epochs", options->epochs, "Epochs, instead of the plan's")
      ->check(CLI::Range(0, 1 << 30));
  command->add_option("--steps", options->steps, "Stop after N training steps in all")
      ->check(CLI::Range(1, 1 << 30));
  command->add_option("--restore", options->restore,
                      "Start from the weights of a checkpoint: PREFIX, or a folder, whose latest "
                      "one is taken");
  command->add_option("--save-dir", options->output.save_dir,
                      "Folder for checkpoints of the weights, as the plan says when");
  command->add_option("--save-every", options->save_every, "Steps from one checkpoint to the next")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40));
  command->add_option("--logdir", options->output.logdir,
                      "Folder for an event file, which TensorBoard shows");
  command
      ->add_option("--threads", options->threads,
                   "Threads of the kernels; by default one for each processor")
      ->check(CLI::Range(1, 1024));
  command->add_option("--seed", options->seed,
                      "Seed of initial values, dropout and the sample: runs become repeatable");
  command
      ->add_option("--set", options->settings,
                   "NAME=VALUE, repeatable: lr=RATE scales the schedule so that the first epoch "
                   "has this rate")
      ->allow_extra_args(false);
  command->add_flag("--interpret", options->interpret,
                    "Run the graph as it is written, without compiling it: slow");
  command->add_flag("--quiet", options->quiet, "Print results of epochs only");
  command->footer(
      "Ctrl-C ends training after the step in progress.\n\n"
      "Example:\n"
      "  graphrun train ptb.pb --data folder-with-ptb.train.txt --epochs 1 --seed 1");
  command->callback([options] { Train(*options); });
}

}  // namespace graphrun
