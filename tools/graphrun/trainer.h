// Trainer: carries out a RunPlan: epochs of training, evaluations, a sample; prints as the plan
// says.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_TRAINER_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_TRAINER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "core/run/session.h"
#include "tools/graphrun/phase_runner.h"
#include "tools/graphrun/plan_text.h"
#include "tools/graphrun/progress.h"

namespace graphrun {

struct TrainerOptions {
  int epochs = 0;
  std::optional<int64_t> steps;  // stops after that many training steps in all
  uint64_t sample_seed = 0;
};

class Trainer {
 public:
  // All but `options` must outlive it.
  Trainer(const pb::RunPlan& plan, Session& session, const PlanText& text, Progress& progress,
          TrainerOptions options);

  // Initialises the variables and trains. Ctrl-C ends it after the step in progress.
  void Run();
  // Whether Ctrl-C ended it.
  bool interrupted() const { return end_ == End::kInterrupted; }

 private:
  enum class End { kNot, kSteps, kInterrupted };

  void SetRate(int epoch);
  // These two stop early when end_ says so.
  void TrainEpoch();
  void Evaluate(pb::Phase::When when);
  void PrintEnd();
  void Sample();

  const pb::RunPlan& plan_;
  Session& session_;
  const PlanText& text_;
  Progress& progress_;
  const TrainerOptions options_;
  const LineFormat epoch_line_, step_line_;
  PhaseRunner train_;
  std::vector<PhaseRunner> evaluations_;
  std::vector<LineFormat> evaluation_lines_;
  const LineFormat train_line_;
  LineValues values_;
  End end_ = End::kNot;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_TRAINER_H_
