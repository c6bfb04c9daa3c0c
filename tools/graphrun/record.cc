// graphrun record: some steps of training as a case file, for TensorFlow to replay.
#include <fmt/format.h>

#include <filesystem>

#include "core/base/file.h"
#include "core/import/save.h"
#include "core/train/plan_text.h"
#include "core/train/run_plan.h"
#include "core/train/trainer.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"
#include "tools/graphrun/recorder.h"

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

void Record(const Options& options) {
  const Model model = LoadModel(options.file);
  pb::RunPlan plan = PlanOf(model, options.file, options.plan);
  // Steps of training and nothing beside them.
  plan.clear_evaluations();
  plan.clear_sampler();
  plan.clear_epochs();
  plan.clear_max_steps();
  const PlanText text(options.data, &plan);
  Session session(model.meta->graph, {.seed = options.seed});
  auto made = std::make_unique<Recorder>(session, options.tolerance);
  Recorder& recorder = *made;
  recorder.Run({}, {}, {plan.init().begin(), plan.init().end()});
  Trainer trainer(plan, std::move(made), text, nullptr, {}, {.steps = options.steps});
  trainer.Run();
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

void AddRecordCommand(CommandLine& line) {
  auto options = std::make_shared<Options>();
  const Command command =
      line.Add("record", "Write a case: steps of training with all that was fed and fetched");
  command.Option("FILE", options->file, "Model, as graphrun export writes it").Required();
  command.Option("--steps", options->steps, "Training steps to record; 3 by default")
      .Between(1, 1 << 20);
  command.Option("-o,--output", options->output, "File to write, NAME.case.pb").Required();
  command.Option("--data", options->data, "Text, as for graphrun train");
  command.Option("--plan", options->plan, "Run plan in text form, instead of the file's own");
  command.Option("--seed", options->seed, "Seed of this run, for operations without seeds");
  command
      .Option("--rtol", options->tolerance.relative,
              "Difference that a replay may have, relative to a value; 1e-4 by default")
      .NotNegative();
  command
      .Option("--atol", options->tolerance.absolute,
              "The same on top of that, absolute; 1e-5 by default")
      .NotNegative();
  command.Footer(
      "The case holds the graph, the run that initialises it, and for each step the feeds, the\n"
      "loss and the carried state. graphrun check replays it, and so does TensorFlow. What random\n"
      "operations without seeds drew is fed in the replay.\n\n"
      "Example:\n"
      "  graphrun record ptb.pb --steps 3 -o ptb.case.pb");
  command.Does([options] { Record(*options); });
}

}  // namespace graphrun
