// graphrun bench: how long a training step of a model, or a run of a case, takes.
#include <fmt/format.h>

#include "core/base/file.h"
#include "core/import/case_file.h"
#include "core/import/load.h"
#include "ops/register_all.h"
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

std::vector<TensorName> NamesOf(const std::vector<NamedTensor>& tensors) {
  std::vector<TensorName> names;
  for (const NamedTensor& t : tensors) names.emplace_back(t.name);
  return names;
}

// A run of a case, with names resolved.
class CaseStep {
 public:
  CaseStep(const CaseRun& run, Session& session)
      : callable_(session.Prepare(NamesOf(run.feeds), NamesOf(run.fetches),
                                  {run.targets.begin(), run.targets.end()})) {
    for (const NamedTensor& feed : run.feeds) feeds_.push_back(feed.value);
  }
  void operator()() { callable_(feeds_, &fetched_); }

 private:
  Session::Callable callable_;
  std::vector<Tensor> feeds_, fetched_;
};

void BenchCase(const MeasureFlags& flags) {
  if (!flags.data.empty() || !flags.plan.empty())
    ThrowInvalid("a case holds what its runs are fed: --data and --plan are for models");
  const OpRegistry ops = AllOps();
  const Case c = ReadGivenFile([&] { return ParseCase(ReadFile(flags.file)); });
  MetaGraph meta(&ops);
  ReadGivenFile([&] { ParseMetaGraph(c.meta_graph, &meta); });
  if (c.runs.empty()) ThrowInvalid(fmt::format("'{}' has no run to measure", flags.file));
  if (const std::string& error = c.runs.back().error; !error.empty()) {
    ThrowInvalid(fmt::format("the last run of '{}', which is measured, is one that fails with {}",
                             flags.file, error));
  }
  Session session(meta.graph, flags.Options(nullptr));
  for (size_t i = 0; i + 1 < c.runs.size(); ++i) {
    try {
      CaseStep(c.runs[i], session)();
    } catch (Error& e) {
      if (CodeName(e.code()) == c.runs[i].error && !e.broken()) continue;
      throw e.While(fmt::format("in run {} of {}", i + 1, c.runs.size()));
    }
  }
  CaseStep last(c.runs.back(), session);
  const std::vector<double> seconds =
      WithContext([&] { return fmt::format("in run {} of {}", c.runs.size(), c.runs.size()); },
                  [&] { return TimeSteps([&] { last(); }, flags.steps); });
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
