// graphrun bench: how long a training step of a model, or a run of a case, takes.
#include <fmt/format.h>

#include "tools/graphrun/case_steps.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"
#include "tools/graphrun/training_steps.h"

namespace graphrun {
namespace {

void BenchModel(const MeasureFlags& flags) {
  TrainingSteps steps(flags);
  double symbols = 0, made = 0;
  const std::vector<double> seconds = TimeSteps(
      [&] {
        steps.Step();
        symbols += steps.symbols();
        ++made;
      },
      flags.steps);
  const double median = Median(seconds);
  fmt::print("{}: median {}/step, {:.0f} units/s\n", ShortName(flags.file), Milliseconds(median),
             symbols / made / median);
}

void BenchCase(const MeasureFlags& flags) {
  CaseSteps steps(flags);
  const std::vector<double> seconds = TimeSteps([&] { steps.Step(); }, flags.steps);
  fmt::print("{}: median {}/run\n", ShortName(flags.file), Milliseconds(Median(seconds)));
}

}  // namespace

void AddBenchCommand(CommandLine& line) {
  auto flags = std::make_shared<MeasureFlags>();
  const Command command =
      line.Add("bench", "Measure how long a training step, or the last run of a case, takes");
  flags->Add(command, "Model with a run plan; or a case, NAME.case.pb");
  command.Footer(
      "The median of all steps is printed; without --steps there are at least 20, and two\n"
      "seconds of them. Units are what the model has to predict: words or characters. Of a case\n"
      "the runs before the last one are made once, in order; what they give is not looked at,\n"
      "which graphrun check does.\n\n"
      "Example:\n"
      "  graphrun bench ptb.pb --threads 2\n"
      "  graphrun bench step.case.pb --steps 100");
  command.Does([flags] { IsCaseFile(flags->file) ? BenchCase(*flags) : BenchModel(*flags); });
}

}  // namespace graphrun
