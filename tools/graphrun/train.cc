// graphrun train: trains a model file by its plan.
#include <fmt/format.h>

#include "core/train/run_plan.h"
#include "core/train/trainer.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"
#include "tools/graphrun/compile_flags.h"
#include "tools/graphrun/interrupt.h"
#include "tools/graphrun/progress.h"
#include "tools/graphrun/run_output.h"
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
  CompileFlags compile;
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

// To the terminal and to files.
class CommandObserver final : public TrainObserver {
 public:
  CommandObserver(Progress& progress, RunOutput& output, Session& session)
      : progress_(progress), output_(output), session_(session) {}
  void Result(const std::string& line) override { progress_.Result(line); }
  void Line(const std::string& line) override { progress_.Line(line); }
  void Advance(const std::string& line, double done, double seconds, bool brief) override {
    progress_.Advance(line, done, seconds, brief);
  }
  bool wants_brief_progress() const override { return progress_.wants_brief_progress(); }
  bool wants_logs() const override { return output_.logs(); }
  void Log(int64_t step, const Scalars& scalars) override { output_.Log(step, scalars); }
  void LogSummary(int64_t step, const std::string& summary) override {
    output_.LogSummary(step, summary);
  }
  void Save(int64_t step) override {
    const std::string path = output_.Save(session_, step);
    if (!path.empty()) progress_.Line(fmt::format("saved {}", path));
  }

 private:
  Progress& progress_;
  RunOutput& output_;
  Session& session_;
};

std::string DescribePlan(const pb::RunPlan& plan, const std::string& file) {
  std::string line = fmt::format("{}: {}", file, plan.model());
  for (const pb::Setting& setting : plan.settings())
    line += fmt::format(" {}={}", setting.name(), setting.value());
  return line;
}

void Train(const Options& options) {
  const Model model = LoadModel(options.file);
  pb::RunPlan plan = PlanOf(model, options.file, options.plan);
  ApplySettings(options.settings, &plan);
  if (options.save_every) plan.mutable_saving()->set_every(*options.save_every);
  TakeVocabulary(options.restore, &plan);
  const PlanText text(options.data, &plan);
  Progress progress(options.quiet);
  progress.Line(DescribePlan(plan, options.file));
  progress.Line(text.Describe());
  fmt::print(stderr, "{}", text.DescribeUnknown());
  Session session(model.meta->graph, {.interpret = options.interpret,
                                      .seed = options.seed,
                                      .compile = options.compile.Options(),
                                      .threads = options.threads.value_or(0)});
  StartVariables(model, plan, options.restore, session);
  SetRunPlan(plan, model.meta.get());  // with its vocabulary, for the files beside checkpoints
  RunOutput output(options.output, *model.meta, plan);
  CommandObserver observer(progress, output, session);
  Trainer trainer(plan, session, text, &observer, Interrupted,
                  {.epochs = options.epochs,
                   .steps = options.steps,
                   .sample_seed = static_cast<uint64_t>(options.seed.value_or(0))});
  CatchInterrupt();
  // As a shell expects of a command that Ctrl-C ended.
  if (trainer.Run() == Trainer::End::kStopped) throw ExitWith{130};
}

}  // namespace

void AddTrainCommand(CommandLine& line) {
  auto options = std::make_shared<Options>();
  const Command command =
      line.Add("train", "Train a model by its plan; `graphrun FILE` is short for it");
  constexpr int64_t kMost = 1 << 30;
  command.Option("FILE", options->file, "Model, as graphrun export writes it")
      .Required()
      .TypeName("");
  command
      .Option("--data", options->data,
              "Text: a file, which is cut into training, validation and test text as the\n"
              "model needs them; a folder with files of the usual names (ptb.train.txt, text8,\n"
              "input.txt, ...); or 'builtin', the default: a text that graphrun makes")
      .TypeName("PATH");
  command.Option("--epochs", options->epochs, "End after N epochs, instead of the plan's number")
      .Between(0, kMost)
      .TypeName("N");
  command.Option("--steps", options->steps, "Stop after N training steps in all")
      .Between(1, kMost)
      .TypeName("N");
  command
      .Option("--set", options->settings,
              "lr=RATE: learning rate of the first epoch; those of the others keep their\n"
              "proportion to it. Sizes are set by graphrun export --set")
      .TypeName("NAME=VALUE");
  command
      .Option("--seed", options->seed,
              "Seed of initial values, dropout and samples: runs become repeatable")
      .TypeName("N");
  command
      .Option("--restore", options->restore,
              "Start from the weights of a checkpoint: its PREFIX, or the folder, of which the\n"
              "latest is taken")
      .TypeName("CHECKPOINT");
  const Flag save_dir =
      command
          .Option(
              "--save-dir", options->output.save_dir,
              "Folder for checkpoints, model.ckpt-STEP, of which the newest are kept; each has\n"
              "the model with its vocabulary beside it, model.ckpt-STEP.meta")
          .TypeName("FOLDER");
  command
      .Option("--save-every", options->save_every,
              "Steps from one checkpoint to the next, instead of the plan's")
      .Between(1, int64_t{1} << 40)
      .Needs(save_dir)
      .TypeName("N");
  command
      .Option("--logdir", options->output.logdir,
              "Folder for an event file: graph, losses and metrics for TensorBoard")
      .TypeName("FOLDER");
  command
      .Option("--plan", options->plan,
              "Run plan in text form, instead of the file's own; graphrun plan prints examples")
      .TypeName("FILE");
  command
      .Option("--threads", options->threads,
              "Threads of the kernels; by default one for each processor")
      .Between(1, 1024)
      .TypeName("N");
  command.Switch("--interpret", options->interpret,
                 "Run the graph as it is written, without compiling it: slow");
  command.Switch("--quiet", options->quiet, "Print results only: no progress, no samples");
  options->compile.Add(command);
  command.Footer(
      "Ctrl-C ends training after the step in progress, and still saves.\n\n"
      "Example:\n"
      "  graphrun train ptb.pb --data folder-with-ptb.train.txt --save-dir saved\n"
      "  graphrun train ptb.pb --restore saved --epochs 1 --set lr=0.1");
  command.Does([options] { Train(*options); });
}

}  // namespace graphrun
