// graphrun eval: the loss of trained weights on a text.
#include <fmt/format.h>

#include "core/base/parallel.h"
#include "tools/graphrun/commands.h"
#include "tools/graphrun/interrupt.h"
#include "tools/graphrun/phase_runner.h"
#include "tools/graphrun/plan_text.h"
#include "tools/graphrun/progress.h"
#include "tools/graphrun/weights.h"

namespace graphrun {
namespace {

struct Options {
  std::string file, restore, data, plan;
  std::string split = "valid";
  std::optional<int> threads;
  std::optional<int64_t> seed;
  bool interpret = false;
};

// The evaluation of a split; for the training text, which may have none, the training phase.
const pb::Phase& PhaseOf(const pb::RunPlan& plan, const std::string& split) {
  std::vector<std::string> names;
  for (const pb::Phase& phase : plan.evaluations()) {
    if (SplitName(phase.split()) == split) return phase;
    names.push_back(SplitName(phase.split()));
  }
  names.push_back(SplitName(plan.train().split()));
  if (names.back() == split) return plan.train();
  ThrowNotFound(fmt::format("--split {}: the plan of this model evaluates {}", split,
                            fmt::join(names, ", ")));
}

void Print(const PhaseRunner& runner) {
  LineValues values;
  runner.Measure(&values);
  const pb::Phase& phase = runner.phase();
  fmt::print("{}: loss {:.6f} nats a symbol, perplexity {:.3f}, {:.4f} bits, {:.3f} nats a row\n",
             SplitName(phase.split()), values.loss, values.perplexity, values.bits,
             values.sequence);
  for (int i = 0; i < phase.metrics_size(); ++i) {
    fmt::print("{}: {} {:.6f}\n", SplitName(phase.split()), phase.metrics(i).name(),
               values.metrics[i]);
  }
}

void Evaluate(const Options& options) {
  if (options.threads) SetNumThreads(*options.threads);
  const Model model = LoadModel(options.file);
  pb::RunPlan plan = PlanOf(model, options.file, options.plan);
  const pb::Phase phase = PhaseOf(plan, options.split);
  TakeVocabulary(options.restore, &plan);
  const PlanText text(options.data, {phase.split()}, &plan);
  fmt::print("{}\n", text.Describe());
  fmt::print(stderr, "{}", text.DescribeUnknown());
  Session session(model.meta->graph, {.interpret = options.interpret, .seed = options.seed});
  StartVariables(model, plan, options.restore, session);
  if (options.restore.empty()) {
    fmt::print(stderr, "graphrun: without --restore, these are the initial weights\n");
  }
  CatchInterrupt();
  // Weights stay as they are: an evaluation has no targets, and training's are left out.
  PhaseRunner runner(phase, session, text, {.targets = false});
  Progress progress(/*quiet=*/false);
  runner.Begin(0);
  LineValues values;
  while (runner.step() < runner.steps()) {
    runner.Step(/*report=*/true);
    if (Interrupted()) throw ExitWith{130};
    runner.Measure(&values);
    progress.UpdateInPlace(phase.name(), values.percent / 100, values.seconds);
  }
  progress.EndLine();
  Print(runner);
}

}  // namespace

void AddEvalCommand(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("eval", "Measure the loss of trained weights on a text of the plan");
  command->add_option("FILE", options->file, "Model, as graphrun export writes it")->required();
  command->add_option("--restore", options->restore,
                      "Checkpoint: PREFIX, or a folder, whose latest one is taken");
  command->add_option("--split", options->split, "valid, test or train")->capture_default_str();
  command->add_option("--data", options->data, "Text, as for graphrun train");
  command->add_option("--plan", options->plan, "Run plan in text form, instead of the file's own");
  command->add_option("--threads", options->threads, "Threads of the kernels")
      ->check(CLI::Range(1, 1024));
  command->add_option("--seed", options->seed, "Seed of what is random in the graph");
  command->add_flag("--interpret", options->interpret,
                    "Run the graph as it is written, without compiling it: slow");
  command->footer(
      "Example:\n"
      "  graphrun ptb.pb --epochs 1 --save-dir saved\n"
      "  graphrun eval ptb.pb --restore saved --split test");
  command->callback([options] { Evaluate(*options); });
}

}  // namespace graphrun
