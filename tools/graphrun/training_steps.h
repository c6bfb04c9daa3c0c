// The steps that profile and bench measure: training steps of a model, or runs of a case.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_TRAINING_STEPS_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_TRAINING_STEPS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/train/phase_runner.h"
#include "core/train/plan_text.h"
#include "core/train/runs.h"
#include "tools/graphrun/commands.h"
#include "tools/graphrun/compile_flags.h"

namespace graphrun {

class RunObserver;

struct MeasureFlags {
  std::string file, data, plan;
  std::optional<int64_t> steps;
  std::optional<int> threads;
  bool interpret = false;
  CompileFlags compile;

  // Adds FILE and the options; this must live as long as the command.
  void Add(const Command& command, const std::string& file_help);
  SessionOptions Options(RunObserver* observer) const;
};

// Training of a model file, step by step, without reports, evaluations and samples.
class TrainingSteps {
 public:
  // The variables get their initial values. The errors of graphrun train.
  explicit TrainingSteps(const MeasureFlags& flags, RunObserver* observer = nullptr);
  TrainingSteps(const TrainingSteps&) = delete;
  TrainingSteps& operator=(const TrainingSteps&) = delete;

  void Step();
  // That the last step had to predict.
  double symbols() const { return symbols_; }

 private:
  void BeginRound();

  const Model model_;
  pb::RunPlan plan_;
  const PlanText text_;
  Session session_;
  SessionRuns runs_;
  PhaseRunner runner_;
  int64_t round_ = 0;
  double symbols_ = 0;
};

// Calls step() a few times and then, timing each call, `calls` times or, without a number, at least
// 20 times and two seconds long. Seconds of each.
std::vector<double> TimeSteps(const std::function<void()>& step, std::optional<int64_t> calls);

double Median(std::vector<double> numbers);  // REQUIRES: not empty

std::string Milliseconds(double seconds);  // "12.34 ms", "0.00123 ms"

// Whether a file is named as a case is, and what a report calls a file: "folder/ptb.case.pb" ->
// "ptb".
bool IsCaseFile(const std::string& path);
std::string ShortName(const std::string& path);

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_TRAINING_STEPS_H_
