// Trainer: carries out a RunPlan: rounds of training, evaluations, samples, checkpoints, event
// files; prints as the plan says.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_TRAINER_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_TRAINER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/run/session.h"
#include "tools/graphrun/phase_runner.h"
#include "tools/graphrun/plan_text.h"
#include "tools/graphrun/progress.h"
#include "tools/graphrun/run_output.h"
#include "tools/graphrun/text_sampler.h"

namespace graphrun {

struct TrainerOptions {
  std::optional<int> epochs;     // instead of the plan's
  std::optional<int64_t> steps;  // stops after that many training steps in all
  uint64_t sample_seed = 0;
};

class Trainer {
 public:
  // All but `options` must outlive it.
  Trainer(const pb::RunPlan& plan, Session& session, const PlanText& text, Progress& progress,
          RunOutput& output, TrainerOptions options);

  // Trains; the variables have their values already. Ctrl-C ends it after the step in progress.
  void Run();
  // Whether Ctrl-C ended it.
  bool interrupted() const { return end_ == End::kInterrupted; }

 private:
  enum class End { kNot, kDone, kSteps, kInterrupted };
  // An evaluation, with the line that ends it.
  struct Evaluation {
    PhaseRunner runner;
    LineFormat line;
  };

  void SetRate(int64_t round);
  // These stop early at Ctrl-C, and the first at the last step.
  void TrainRound(int64_t round);
  void Evaluate(pb::Phase::When when);
  bool stopped() const { return end_ == End::kSteps || end_ == End::kInterrupted; }
  // Whether a step_line is due after step `step` of the round, which is total_step_ of the run.
  bool ReportDue(int64_t step) const;
  void Report();
  void ShowProgress();
  void Save();
  void PrintEnd();
  void Sample();

  const pb::RunPlan& plan_;
  Session& session_;
  const PlanText& text_;
  Progress& progress_;
  RunOutput& output_;
  const TrainerOptions options_;
  PhaseRunner train_;
  std::vector<Evaluation> evaluations_;
  const LineFormat epoch_line_, step_line_, train_line_;
  const double epoch_part_;  // of a round
  int64_t last_step_ = 0;    // of the run; 0: no end
  int64_t total_step_ = 0, reports_ = 0, sampled_at_ = -1, saved_at_ = 0;
  std::chrono::steady_clock::time_point start_;
  LineValues values_;
  std::unique_ptr<TextSampler> sampler_;
  End end_ = End::kNot;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_TRAINER_H_
