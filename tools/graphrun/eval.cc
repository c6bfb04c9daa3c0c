// graphrun eval: the loss of trained weights on a text.
#include <fmt/format.h>

#include <algorithm>

#include "core/train/phase_runner.h"
#include "core/train/plan_text.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"
#include "tools/graphrun/interrupt.h"
#include "tools/graphrun/progress.h"
#include "tools/graphrun/weights.h"

namespace graphrun {
namespace {

struct Options {
  std::string file, restore, data, plan;
  std::string split;
  std::optional<int> threads;
  std::optional<int64_t> seed;
  bool interpret = false;
};

// Whether some text can be of a split.
bool HasText(const pb::Corpus& corpus, pb::Split split) {
  const auto is_of_split = [split](const auto& part) { return part.split() == split; };
  return std::any_of(corpus.files().begin(), corpus.files().end(), is_of_split) ||
         std::any_of(corpus.parts().begin(), corpus.parts().end(), is_of_split);
}

// What there is to evaluate, in the order of preference: the plan's evaluations; the way of the
// first of them on other texts; the training text, as in training when there is no other way.
std::vector<pb::Phase> Phases(const pb::RunPlan& plan) {
  std::vector<pb::Phase> phases(plan.evaluations().begin(), plan.evaluations().end());
  const auto has = [&phases](pb::Split split) {
    return std::any_of(phases.begin(), phases.end(),
                       [split](const pb::Phase& phase) { return phase.split() == split; });
  };
  for (const pb::Split split : {pb::VALID, pb::TEST}) {
    if (plan.evaluations().empty() || has(split) || !HasText(plan.corpus(), split)) continue;
    phases.push_back(plan.evaluations(0));
    phases.back().set_split(split);
    phases.back().set_name(SplitName(split));
  }
  if (!has(plan.train().split())) phases.push_back(plan.train());
  return phases;
}

// Of several phases for a split the first; without a split, the validation's, else the first of
// all.
pb::Phase PhaseOf(const pb::RunPlan& plan, const std::string& split) {
  const std::vector<pb::Phase> phases = Phases(plan);
  const std::string wanted = split.empty() ? SplitName(pb::VALID) : split;
  std::vector<std::string> names;
  for (const pb::Phase& phase : phases) {
    if (SplitName(phase.split()) == wanted) return phase;
    names.push_back(SplitName(phase.split()));
  }
  if (split.empty()) return phases.front();
  ThrowNotFound(fmt::format("--split {}: the plan of this model evaluates {}{}", split,
                            fmt::join(names, ", "), DidYouMean(split, names)));
}

void Print(const pb::Phase& phase, const LineValues& values) {
  fmt::print("{}: loss {:.6f} nats a symbol, perplexity {:.3f}, {:.4f} bits, {:.3f} nats a row\n",
             SplitName(phase.split()), values.loss, values.perplexity, values.bits,
             values.sequence);
  for (int i = 0; i < phase.metrics_size(); ++i) {
    fmt::print("{}: {} {:.6f}\n", SplitName(phase.split()), phase.metrics(i).name(),
               values.metrics[i]);
  }
}

void Evaluate(const Options& options) {
  const Model model = LoadModel(options.file);
  pb::RunPlan plan = PlanOf(model, options.file, options.plan);
  pb::Phase phase = PhaseOf(plan, options.split);
  // The last batch's alone would say little of a text.
  for (pb::Metric& metric : *phase.mutable_metrics()) metric.set_mean(true);
  TakeVocabulary(options.restore, &plan);
  const PlanText text(options.data, {phase.split()}, &plan);
  fmt::print("{}\n", text.Describe());
  fmt::print(stderr, "{}", text.DescribeUnknown());
  Session session(model.meta->graph, {.interpret = options.interpret,
                                      .seed = options.seed,
                                      .threads = options.threads.value_or(0)});
  StartVariables(model, plan, options.restore, session);
  NoteInitialWeights(options.restore);
  CatchInterrupt();
  // Weights stay as they are: an evaluation has no targets, and training's are left out.
  SessionRuns runs(session);
  PhaseRunner runner(phase, runs, text, {.targets = false});
  Progress progress(/*quiet=*/false);
  LineValues values;
  if (!runner.RunRound(progress, Interrupted, &values)) throw ExitWith{130};
  progress.EndLine();
  Print(phase, values);
}

}  // namespace

void AddEvalCommand(CommandLine& line) {
  auto options = std::make_shared<Options>();
  const Command command =
      line.Add("eval", "Measure the loss of trained weights on a text of the plan");
  AddTrainedModel(command, &options->file, &options->restore);
  command
      .Option("--split", options->split,
              "Text to evaluate: valid, test or train; by default valid, or what there is")
      .TypeName("SPLIT");
  command.Option("--data", options->data, "Text, as for graphrun train").TypeName("PATH");
  command.Option("--plan", options->plan, "Run plan in text form, instead of the file's own")
      .TypeName("FILE");
  command.Option("--threads", options->threads, "Threads of the kernels")
      .Between(1, 1024)
      .TypeName("N");
  command.Option("--seed", options->seed, "Seed of what is random in the graph").TypeName("N");
  command.Switch("--interpret", options->interpret,
                 "Run the graph as it is written, without compiling it: slow");
  command.Footer(
      "Example:\n"
      "  graphrun ptb.pb --epochs 1 --save-dir saved\n"
      "  graphrun eval ptb.pb --restore saved --split test");
  command.Does([options] { Evaluate(*options); });
}

}  // namespace graphrun
