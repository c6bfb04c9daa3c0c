#include "core/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/train/run_plan.h"

namespace graphrun {
namespace {

std::vector<std::string> MetricNames(const pb::Phase& phase) {
  std::vector<std::string> names;
  for (const pb::Metric& metric : phase.metrics()) names.push_back(metric.name());
  return names;
}

// Numbers of a phase that go to event files, under "PHASE/".
TrainObserver::Scalars ScalarsOf(const pb::Phase& phase, const LineValues& values) {
  TrainObserver::Scalars scalars{{phase.name() + "/loss", values.loss},
                                 {phase.name() + "/perplexity", values.perplexity}};
  for (int i = 0; i < phase.metrics_size(); ++i) {
    scalars.emplace_back(phase.name() + "/" + phase.metrics(i).name(), values.metrics[i]);
  }
  return scalars;
}

}  // namespace

Trainer::Trainer(const pb::RunPlan& plan, Session& session, const PlanText& text,
                 TrainObserver* observer, std::function<bool()> stop, TrainOptions options)
    : Trainer(plan, std::make_unique<SessionRuns>(session), text, observer, std::move(stop),
              options) {}

Trainer::Trainer(const pb::RunPlan& plan, std::unique_ptr<Runs> runs, const PlanText& text,
                 TrainObserver* observer, std::function<bool()> stop, TrainOptions options)
    : plan_(plan),
      runs_(std::move(runs)),
      text_(text),
      observer_(observer ? *observer : nobody_),
      stop_(std::move(stop)),
      options_(options),
      train_(plan.train(), *runs_, text, {.targets = true, .summary = observer_.wants_logs()}),
      epoch_line_(plan.report().epoch_line()),
      step_line_(plan.report().step_line(), MetricNames(plan.train())),
      train_line_(plan.train().summary_line(), MetricNames(plan.train())),
      epoch_part_(EpochPart(plan.train().batches())) {
  for (const pb::Phase& phase : plan.evaluations()) {
    evaluations_.push_back(
        {PhaseRunner(phase, *runs_, text), LineFormat(phase.summary_line(), MetricNames(phase))});
  }
  const int epochs = options_.epochs.value_or(plan.epochs());
  last_step_ = plan.max_steps();
  if (epochs > 0) {
    const int64_t steps = std::llround(epochs / epoch_part_) * train_.steps();
    last_step_ = last_step_ > 0 ? std::min(last_step_, steps) : steps;
  }
  values_.epochs = epochs;
  // Without an end of the plan's, the steps that were asked for are all that there is to do.
  values_.total_steps =
      static_cast<double>(last_step_ > 0 ? last_step_ : options_.steps.value_or(0));
}

Trainer::End Trainer::Run() {
  start_ = std::chrono::steady_clock::now();
  if (options_.epochs == 0) end_ = End::kDone;
  for (int64_t round = 0; end_ == End::kNot; ++round) {
    values_.epoch = static_cast<double>(round + 1) * epoch_part_;
    values_.epoch_index = values_.epoch - 1;
    SetRate(round);
    if (!epoch_line_.empty()) observer_.Line(epoch_line_(values_));
    TrainRound(round);
    if (stopped()) break;
    Evaluate(pb::Phase::AFTER_EPOCH);
    if (plan_.sampler().when() == pb::Sampler::AFTER_EPOCH) Sample();
    if (plan_.saving().every() == 0) Save();
  }
  if (!stopped()) Evaluate(pb::Phase::AT_END);
  Save();
  if (stopped()) TellEnd();
  if (end_ != End::kStopped) Sample();
  return end_;
}

void Trainer::SetRate(int64_t round) {
  const pb::LearningRate& rate = plan_.learning_rate();
  if (rate.variable().empty()) return;
  const auto epoch = static_cast<int>(static_cast<double>(round) * epoch_part_);
  values_.rate = RateOfEpoch(rate, epoch);
  runs_->SetVariable(rate.variable(), RateTensor(rate, epoch, runs_->graph()));
  observer_.Log(total_step_, {{"train/rate", values_.rate}});
}

bool Trainer::ReportDue(int64_t step) const {
  const pb::Report& report = plan_.report();
  const int64_t every = report.every();
  if (every <= 0) return false;
  if (report.whole_run()) step = total_step_;
  const int64_t first = report.first() > 0 ? report.first() : every;
  return step >= first && (step - first) % every == 0;
}

void Trainer::TrainRound(int64_t round) {
  train_.Begin(round);
  while (train_.step() < train_.steps() && end_ == End::kNot) {
    values_.total_index = static_cast<double>(total_step_);
    values_.total_step = static_cast<double>(++total_step_);
    const bool report = ReportDue(train_.step() + 1);
    train_.Step(report);
    if (observer_.wants_logs()) {
      observer_.Log(total_step_, {{"train/cost", train_.cost()}});
      observer_.LogSummary(total_step_, train_.summary());
    }
    if (StopAsked()) {
      end_ = End::kStopped;
    } else if (total_step_ == last_step_) {
      end_ = End::kDone;
    } else if (total_step_ == options_.steps) {
      end_ = End::kSteps;
    }
    if (report) {
      Report();
    } else {
      ShowProgress();
    }
    const int64_t every = plan_.saving().every();
    if (every > 0 && total_step_ % every == 0) Save();
  }
  train_.Measure(&values_);
  if (train_.step() < train_.steps()) return;
  if (!train_line_.empty()) observer_.Result(train_line_(values_));
  observer_.Log(total_step_, ScalarsOf(plan_.train(), values_));
}

void Trainer::Report() {
  train_.Measure(&values_);
  values_.recent = train_.TakeRecent();
  const std::string line = step_line_(values_);
  if (plan_.report().stays()) {
    observer_.Result(line);
  } else {
    observer_.Advance(line, values_.percent / 100, values_.seconds, /*brief=*/false);
  }
  for (int i = 0; i < plan_.train().metrics_size(); ++i) {
    observer_.Log(total_step_, {{"train/" + plan_.train().metrics(i).name(), values_.metrics[i]}});
  }
  const int64_t report = reports_++;
  if (end_ == End::kStopped) return;
  if (plan_.sampler().when() == pb::Sampler::AT_REPORT &&
      report % std::max(1, plan_.sampler().each()) == 0) {
    Sample();
  }
  Evaluate(pb::Phase::AT_REPORT);
}

void Trainer::ShowProgress() {
  const bool lines_do = plan_.report().every() > 0 && !plan_.report().stays();
  if (lines_do || !observer_.wants_brief_progress()) return;
  if (plan_.report().whole_run() && last_step_ > 0) {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
    observer_.Advance(fmt::format("step {}/{}", total_step_, last_step_),
                      static_cast<double>(total_step_) / static_cast<double>(last_step_),
                      elapsed.count(), /*brief=*/true);
  } else {
    train_.Measure(&values_);
    observer_.Advance(fmt::format("step {}/{}", train_.step(), train_.steps()),
                      values_.percent / 100, values_.seconds, /*brief=*/true);
  }
}

void Trainer::Evaluate(pb::Phase::When when) {
  for (auto& [runner, line] : evaluations_) {
    if (runner.phase().when() != when) continue;
    if (end_ == End::kStopped) return;
    LineValues values = values_;
    if (!runner.RunRound(observer_, stop_, &values)) {
      end_ = End::kStopped;
      return;
    }
    if (!line.empty()) observer_.Result(line(values));
    observer_.Log(total_step_, ScalarsOf(runner.phase(), values));
  }
}

void Trainer::Save() {
  if (total_step_ == saved_at_) return;
  saved_at_ = total_step_;
  observer_.Save(total_step_);
}

void Trainer::TellEnd() {
  const bool line = !step_line_.empty() && !plan_.report().stays();
  observer_.Result(
      fmt::format("{} after {} steps, {} of {} of epoch {}: {}",
                  end_ == End::kStopped ? "Interrupted" : "Stopped", values_.total_step,
                  values_.step, values_.steps, values_.epoch,
                  line ? step_line_(values_) : fmt::format("loss {:.6f}", values_.loss)));
}

void Trainer::Sample() {
  if (!plan_.has_sampler() || sampled_at_ == total_step_) return;
  sampled_at_ = total_step_;
  if (sampler_ == nullptr) {
    sampler_ = MakeSampler(plan_, *runs_, text_.vocabulary(), {.seed = options_.sample_seed});
  }
  if (!plan_.sampler().title().empty()) observer_.Line(plan_.sampler().title());
  for (int i = 0; i < std::max(1, plan_.sampler().count()); ++i) {
    for (const std::string& text : sampler_->Write()) observer_.Line(text);
  }
  if (!plan_.sampler().closing().empty()) observer_.Line(plan_.sampler().closing());
}

}  // namespace graphrun
