// PhaseRunner: the one loop over batches; what is fed, carried and measured comes from a Phase of
// the plan.
#ifndef GRAPHRUN_CORE_TRAIN_PHASE_RUNNER_H_
#define GRAPHRUN_CORE_TRAIN_PHASE_RUNNER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/text/text_data.h"
#include "core/train/line_format.h"
#include "core/train/step_feeds.h"
#include "core/train/train_observer.h"

namespace graphrun {

class PlanText;

struct PhaseOptions {
  bool targets = true;   // run the phase's targets, as the training op
  bool summary = false;  // fetch the phase's summary in every step
};

class PhaseRunner {
 public:
  // `phase`, `runs` and `text` must outlive it.
  PhaseRunner(const pb::Phase& phase, Runs& runs, const PlanText& text, PhaseOptions options = {});

  int64_t steps() const { return batcher_->batches_per_round(); }
  const pb::Phase& phase() const { return phase_; }
  // Begins round `round`, counted from 0, of its batches: sums and clock start again.
  void Begin(int64_t round);
  // Runs the next step of the round; with `report`, the metrics of single steps are measured too.
  // REQUIRES: Begin() was called; step() < steps().
  void Step(bool report);
  int64_t step() const { return step_; }
  // A round from its beginning, as evaluations are done: each step measures all, `observer` is told
  // how far it is, and *values gets the numbers of the round. False when `stop`, which is asked
  // after each step, ended it before.
  bool RunRound(TrainObserver& observer, const std::function<bool()>& stop, LineValues* values);
  // Sets the numbers of the round so far: step, steps, percent, cost, loss, sequence, perplexity,
  // bits, speed, seconds, step_seconds and the metrics.
  void Measure(LineValues* values) const;
  // Mean loss of a symbol in the steps since the last call of this.
  double TakeRecent();
  double cost() const { return cost_; }
  // That the steps of the round had to predict.
  double symbols() const { return symbols_; }
  // Of the last step; "" when it was not asked for.
  const std::string& summary() const { return summary_; }

 private:
  // A fetched tensor that a number is taken from.
  struct Measured {
    const pb::Predictions* predictions = nullptr;  // none: the tensor is the number
    double Value(const Tensor& tensor, const Window& window) const;
  };
  struct MetricState {
    Measured measured;
    bool mean = false;
    double last = 0, sum = 0;
  };

  double Divisor() const;

  const pb::Phase& phase_;
  const bool fetches_summary_;
  std::unique_ptr<Batcher> batcher_;
  std::vector<int32_t> ids_;
  StepFeeds step_feeds_;
  std::vector<Tensor> feeds_, fetched_, fetched_in_report_;
  std::unique_ptr<CarriedState> state_;
  Measured cost_measured_;
  std::vector<MetricState> metrics_;  // in the plan's order
  // Means, which are fetched in every step, then those that are fetched in reports only.
  std::vector<size_t> fetch_order_;
  size_t always_ = 0;  // the number of means
  Runs::Step run_, report_;
  int64_t round_ = 0, step_ = 0;
  bool has_state_ = false;
  double cost_ = 0;
  double sum_ = 0, count_ = 0;  // losses of this round, and whole batches they stand for
  double recent_sum_ = 0, recent_count_ = 0;  // the same since TakeRecent
  double symbols_ = 0, step_seconds_ = 0;
  std::string summary_;
  std::chrono::steady_clock::time_point start_;
};

// Mean of -ln max(probability of the target, floor). INVALID_ARGUMENT when the tensor has not a row
// for each target.
double PredictionLoss(const pb::Predictions& plan, const Tensor& probabilities,
                      const Window& window);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TRAIN_PHASE_RUNNER_H_
