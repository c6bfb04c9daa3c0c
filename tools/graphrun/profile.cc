// graphrun profile: where the time of a training step, or of a case's last run, goes.
#include "core/run/profile.h"

#include <fmt/format.h>

#include <chrono>
#include <functional>

#include "core/base/file.h"
#include "core/base/parallel.h"
#include "core/io/chrome_trace.h"
#include "tools/graphrun/case_steps.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"
#include "tools/graphrun/profile_table.h"
#include "tools/graphrun/training_steps.h"

namespace graphrun {
namespace {

struct Options {
  MeasureFlags measure;
  std::string trace;
  std::string by = "shape";
  int64_t rows = 30;
};

ProfileTableOptions::By ByOf(const std::string& name) {
  using By = ProfileTableOptions::By;
  return name == "op" ? By::kOp : name == "node" ? By::kNode : By::kShape;
}

void WriteTrace(const Profile& profile, const std::string& name, const std::string& path) {
  ChromeTrace trace("graphrun " + name);
  for (const Profile::Call& call : profile.calls()) {
    if (call.entry == Profile::kRun) {
      trace.Add("run", "run", 1, call.begin, call.end);
      continue;
    }
    const Profile::Entry& e = profile.entries()[call.entry];
    ChromeTrace::Args args = {{"node", e.node}, {"inputs", ShapesText(e)}};
    trace.Add(e.op, e.kernel ? "op" : "control", 1, call.begin, call.end, args);
  }
  WriteFile(path, trace.Finish());
}

// REQUIRES: `profile` observes what step() runs.
void ProfileSteps(const Options& options, const std::function<void()>& step, Profile& profile) {
  using Clock = std::chrono::steady_clock;
  const MeasureFlags& flags = options.measure;
  const MachineRates machine;
  constexpr int kWarmUp = 5;
  constexpr int64_t kDefaultSteps = 20;
  constexpr size_t kMostCalls = 200000;  // a trace of more is slow to look at
  for (int i = 0; i < kWarmUp; ++i) step();
  profile.Clear(options.trace.empty() ? 0 : kMostCalls);
  const int64_t n = flags.steps.value_or(kDefaultSteps);
  const Clock::time_point begin = Clock::now();
  for (int64_t i = 0; i < n; ++i) step();
  const double seconds =
      std::chrono::duration<double>(Clock::now() - begin).count() - profile.own_seconds();
  const double flops = ProductFlops(profile, machine) / static_cast<double>(n);
  fmt::print(
      "{}: {} a step, mean of {}; threads: {}\n"
      "roof: {:.0f} GFLOP/s in products, {:.0f} GB/s copied in caches and {:.0f} in memory\n"
      "bound: {} a step, by {:.3g} GFLOP in products\n\n",
      ShortName(flags.file), Milliseconds(seconds / static_cast<double>(n)), n, NumThreads(),
      machine.flops() / 1e9, machine.cache_bandwidth() / 1e9, machine.memory_bandwidth() / 1e9,
      Milliseconds(flops / machine.flops()), flops / 1e9);
  fmt::print("{}",
             ProfileTable(profile, n, seconds, machine,
                          {.by = ByOf(options.by), .rows = static_cast<size_t>(options.rows)}));
  if (options.trace.empty()) return;
  WriteTrace(profile, ShortName(flags.file), options.trace);
  fmt::print("\n{}: {} events\n", options.trace, profile.calls().size());
}

void ProfileFile(const Options& options) {
  const MeasureFlags& flags = options.measure;
  const ThreadScope threads(flags.threads.value_or(0));
  Profile profile;
  if (IsCaseFile(flags.file)) {
    CaseSteps steps(flags, &profile);
    return ProfileSteps(
        options, [&] { steps.Step(); }, profile);
  }
  TrainingSteps steps(flags, &profile);
  ProfileSteps(
      options, [&] { steps.Step(); }, profile);
}

}  // namespace

void AddProfileCommand(CommandLine& line) {
  auto options = std::make_shared<Options>();
  const Command command =
      line.Add("profile", "Show where the time of a training step, or of a case's last run, goes");
  options->measure.Add(command, "Model with a run plan; or a case, NAME.case.pb");
  command
      .Option("--by", options->by,
              "What a row stands for: an op with inputs of one shape, an op, or a node")
      .OneOf({"shape", "op", "node"})
      .ShowDefault();
  command.Option("--rows", options->rows, "Rows to print; what is left is one more")
      .Between(1, 1 << 20)
      .ShowDefault()
      .TypeName("N");
  command
      .Option("--trace", options->trace,
              "File for a trace of the first 200,000 calls, which Perfetto and other viewers of\n"
              "Chrome's trace events show")
      .TypeName("FILE.json");
  command.Footer(
      "A rate is that of the operations where they bound the op, else of the bytes that go in and\n"
      "out. 'of roof' is the time that this machine would need at its best, measured before the\n"
      "steps, by the time that was taken; what stays in a cache that the copies did not fit may\n"
      "be above 100%. 'bound' is the time of the products alone, at that best. 'executor' is what\n"
      "runs ops; 'outside' is what the command does beside runs. The observing itself counts\n"
      "nowhere, but makes a step a little slower.\n\n"
      "Example:\n"
      "  graphrun profile ptb.pb --threads 1\n"
      "  graphrun profile ptb.pb --by node --steps 5 --trace ptb.json\n"
      "  graphrun profile step.case.pb");
  command.Does([options] { ProfileFile(*options); });
}

}  // namespace graphrun
