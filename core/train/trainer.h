// Trainer: carries out a RunPlan: rounds of training, evaluations, samples; tells an observer the
// lines, the numbers and the places to save that the plan asks for.
#ifndef GRAPHRUN_CORE_TRAIN_TRAINER_H_
#define GRAPHRUN_CORE_TRAIN_TRAINER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/train/phase_runner.h"
#include "core/train/plan_text.h"
#include "core/train/runs.h"
#include "core/train/text_sampler.h"
#include "core/train/train_observer.h"

namespace graphrun {

struct TrainOptions {
  std::optional<int> epochs;     // instead of the plan's
  std::optional<int64_t> steps;  // stops after that many training steps in all
  uint64_t sample_seed = 0;
};

//   pb::RunPlan plan = RunPlanOf(model);
//   const PlanText text("builtin", &plan);
//   Session session(model.graph);
//   InitializeVariables(plan, session);
//   Trainer(plan, session, text).Run();
class Trainer {
 public:
  enum class End {
    kNot,      // it did not run yet
    kDone,     // the plan is carried out
    kSteps,    // TrainOptions::steps are made
    kStopped,  // `stop` said so
  };

  // `stop` is asked after every step; without an observer nobody looks on. All but `options` must
  // outlive it. INVALID_ARGUMENT for lines of the plan that cannot be (line_format.h), or too short
  // a text.
  Trainer(const pb::RunPlan& plan, Session& session, const PlanText& text,
          TrainObserver* observer = nullptr, std::function<bool()> stop = {},
          TrainOptions options = {});
  // The same by runs that somebody else carries out.
  Trainer(const pb::RunPlan& plan, std::unique_ptr<Runs> runs, const PlanText& text,
          TrainObserver* observer, std::function<bool()> stop, TrainOptions options);

  // REQUIRES: the variables have their values; called once.
  End Run();
  // Of training, as of the last measurement: step, loss, perplexity and the others.
  const LineValues& values() const { return values_; }

 private:
  // An evaluation, with the line that ends it.
  struct Evaluation {
    PhaseRunner runner;
    LineFormat line;
  };

  void SetRate(int64_t round);
  // These stop early when `stop` says so, and the first at the last step.
  void TrainRound(int64_t round);
  void Evaluate(pb::Phase::When when);
  bool stopped() const { return end_ == End::kSteps || end_ == End::kStopped; }
  bool StopAsked() const { return stop_ && stop_(); }
  // Whether a step_line is due after step `step` of the round, which is total_step_ of the run.
  bool ReportDue(int64_t step) const;
  void Report();
  void ShowProgress();
  void Save();
  void TellEnd();
  void Sample();

  const pb::RunPlan& plan_;
  const std::unique_ptr<Runs> runs_;
  const PlanText& text_;
  TrainObserver nobody_;
  TrainObserver& observer_;
  const std::function<bool()> stop_;
  const TrainOptions options_;
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

#endif  // GRAPHRUN_CORE_TRAIN_TRAINER_H_
