#include "core/train/phase_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "core/train/plan_text.h"
#include "core/train/run_plan.h"

namespace graphrun {

double PredictionLoss(const pb::Predictions& plan, const Tensor& probabilities,
                      const Window& window) {
  const bool by_row = plan.columns().empty();
  const int64_t targets = window.rows * (by_row ? window.steps : plan.columns_size());
  const Shape& shape = probabilities.shape();
  const int64_t symbols = shape.rank() > 0 ? shape[shape.rank() - 1] : 0;
  if (symbols == 0 || probabilities.num_elements() != targets * symbols) {
    ThrowInvalid(fmt::format("'{}' is {}, which has not a row for each of {} symbols to predict",
                             plan.tensor(), shape.ToString(), targets));
  }
  double sum = 0;
  int64_t row = 0;
  const auto add = [&](int32_t target) {
    if (target < 0 || target >= symbols) {
      ThrowInvalid(fmt::format("'{}' has {} probabilities in a row, too few for symbol {}",
                               plan.tensor(), symbols, target));
    }
    sum -= std::log(std::max(probabilities.number_at(row++ * symbols + target), plan.floor()));
  };
  if (by_row) {
    for (int64_t r = 0; r < window.rows; ++r) {
      for (int64_t c = 1; c <= window.steps; ++c) add(window.at(r, c));
    }
  }
  for (const int32_t column : plan.columns()) {
    if (column < 0 || column >= window.columns) {
      ThrowInvalid(fmt::format("'{}' predicts column {} of windows that have {}", plan.tensor(),
                               column, window.columns));
    }
    for (int64_t r = 0; r < window.rows; ++r) add(window.at(r, column));
  }
  return sum / static_cast<double>(targets);
}

double PhaseRunner::Measured::Value(const Tensor& tensor, const Window& window) const {
  if (predictions != nullptr) return PredictionLoss(*predictions, tensor, window);
  if (tensor.num_elements() != 1) {
    ThrowInvalid(
        fmt::format("a number of the run plan is a tensor of shape {}", tensor.shape().ToString()));
  }
  return tensor.number_at(0);
}

PhaseRunner::PhaseRunner(const pb::Phase& phase, Runs& runs, const PlanText& text,
                         PhaseOptions options)
    : phase_(phase),
      fetches_summary_(options.summary && !phase.summary().empty()),
      batcher_(text.MakeBatcher(phase)),
      step_feeds_(phase.feeds(), runs.graph(), text.vocabulary().size()) {
  if (phase.has_predictions()) cost_measured_.predictions = &phase.predictions();
  std::vector<TensorName> always{CostTensor(phase)};
  std::vector<TensorName> single;
  for (const bool mean : {true, false}) {
    for (int i = 0; i < phase.metrics_size(); ++i) {
      const pb::Metric& metric = phase.metrics(i);
      if (metric.mean() != mean) continue;
      const bool perplexity = metric.has_perplexity();
      (mean ? always : single)
          .emplace_back(perplexity ? metric.perplexity().tensor() : metric.tensor());
      fetch_order_.push_back(i);
    }
    if (mean) always_ = fetch_order_.size();
  }
  metrics_.resize(phase.metrics_size());
  for (int i = 0; i < phase.metrics_size(); ++i) {
    const pb::Metric& metric = phase.metrics(i);
    if (metric.has_perplexity()) metrics_[i].measured.predictions = &metric.perplexity();
    metrics_[i].mean = metric.mean();
  }
  state_ = std::make_unique<CarriedState>(phase.state(), phase.reset_targets(), runs,
                                          step_feeds_.names());
  const auto prepare = [&](const std::vector<TensorName>& extra) {
    std::vector<TensorName> fed = step_feeds_.names(), fetches = always;
    fetches.insert(fetches.end(), extra.begin(), extra.end());
    if (fetches_summary_) fetches.emplace_back(phase_.summary());
    state_->AppendNames(&fed, &fetches);
    feeds_.resize(fed.size());
    std::vector<TensorName> targets;
    if (options.targets) targets.assign(phase_.targets().begin(), phase_.targets().end());
    return runs.Prepare(fed, fetches, targets);
  };
  run_ = prepare({});
  report_ = single.empty() ? run_ : prepare(single);
}

void PhaseRunner::Begin(int64_t round) {
  round_ = round;
  step_ = 0;
  sum_ = count_ = symbols_ = 0;
  for (MetricState& metric : metrics_) metric.sum = 0;
  if (phase_.reset() == pb::EACH_EPOCH) has_state_ = false;
  start_ = std::chrono::steady_clock::now();
}

void PhaseRunner::Step(bool report) {
  const auto begin = std::chrono::steady_clock::now();
  const Window window = ReadBatch(*batcher_, round_, step_, &ids_);
  step_feeds_.Fill(window, &feeds_);
  if (!has_state_) state_->Reset(&feeds_);
  has_state_ = true;

  const size_t measured = report ? fetch_order_.size() : always_;
  std::vector<Tensor>& fetched = measured == always_ ? fetched_ : fetched_in_report_;
  (measured == always_ ? run_ : report_)(feeds_, &fetched);
  cost_ = cost_measured_.Value(fetched[0], window);
  for (size_t i = 0; i < measured; ++i) {
    MetricState& metric = metrics_[fetch_order_[i]];
    metric.last = metric.measured.Value(fetched[1 + i], window);
    if (metric.measured.predictions != nullptr) metric.last = std::exp(metric.last);
    metric.sum += metric.last;
  }
  if (fetches_summary_) summary_ = fetched[1 + measured].data<std::string>()[0];
  state_->Advance(&feeds_, &fetched);

  const double part = static_cast<double>(window.rows) / phase_.batches().batch();
  const double loss = phase_.loss_is_sum() ? cost_ : cost_ * part;
  sum_ += loss;
  count_ += part;
  recent_sum_ += loss;
  recent_count_ += part;
  symbols_ += static_cast<double>(window.rows * window.steps);
  ++step_;
  step_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

bool PhaseRunner::RunRound(TrainObserver& observer, const std::function<bool()>& stop,
                           LineValues* values) {
  Begin(0);
  while (step_ < steps()) {
    Step(/*report=*/true);
    if (stop && stop()) return false;
    if (observer.wants_brief_progress()) {
      Measure(values);
      observer.Advance(phase_.name(), values->percent / 100, values->seconds, /*brief=*/true);
    }
  }
  Measure(values);
  return true;
}

double PhaseRunner::TakeRecent() {
  const double mean = recent_sum_ / (recent_count_ * Divisor());
  recent_sum_ = recent_count_ = 0;
  return mean;
}

double PhaseRunner::Divisor() const { return phase_.has_predictions() ? 1 : phase_.loss_divisor(); }

void PhaseRunner::Measure(LineValues* values) const {
  const auto n = static_cast<double>(step_);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  values->step = n;
  values->steps = static_cast<double>(steps());
  values->percent = 100 * n / values->steps;
  values->cost = cost_;
  values->loss = sum_ / (count_ * Divisor());
  values->sequence = values->loss * static_cast<double>(batcher_->steps());
  values->perplexity = std::exp(values->loss);
  values->bits = values->loss / std::numbers::ln2;
  values->seconds = elapsed.count();
  values->step_seconds = step_seconds_;
  values->speed = symbols_ / elapsed.count();
  values->metrics.clear();
  for (const MetricState& metric : metrics_) {
    values->metrics.push_back(metric.mean ? metric.sum / n : metric.last);
  }
}

}  // namespace graphrun
