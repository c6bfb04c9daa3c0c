#include "tools/graphrun/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/train/run_plan.h"
#include "tools/graphrun/interrupt.h"

namespace graphrun {
namespace {

std::vector<std::string> MetricNames(const pb::Phase& phase) {
  std::vector<std::string> names;
  for (const pb::Metric& metric : phase.metrics()) names.push_back(metric.name());
  return names;
}

// Numbers of a phase that go to event files, under "PHASE/".
RunOutput::Scalars ScalarsOf(const pb::Phase& phase, const LineValues& values) {
  RunOutput::Scalars scalars{{phase.name() + "/loss", values.loss},
                             {phase.name() + "/perplexity", values.perplexity}};
  for (int i = 0; i < phase.metrics_size(); ++i) {
    scalars.emplace_back(phase.name() + "/" + phase.metrics(i).name(), values.metrics[i]);
  }
  return scalars;
}

}  // namespace

Trainer::Trainer(const pb::RunPlan& plan, Session& session, const PlanText& text,
                 Progress& progress, RunOutput& output, TrainerOptions options)
    : plan_(plan),
      session_(session),
      text_(text),
      progress_(progress),
      output_(output),
      options_(options),
      train_(plan.train(), session, text, {.targets = true, .summary = output.logs()}),
      epoch_line_(plan.report().epoch_line()),
      step_line_(plan.report().step_line(), MetricNames(plan.train())),
      train_line_(plan.train().summary_line(), MetricNames(plan.train())),
      epoch_part_(EpochPart(plan.train().batches())) {
  for (const pb::Phase& phase : plan.evaluations()) {
    evaluations_.push_back(
        {PhaseRunner(phase, session, text), LineFormat(phase.summary_line(), MetricNames(phase))});
  }
  const int epochs = options_.epochs.value_or(plan.epochs());
  last_step_ = plan.max_steps();
  if (epochs > 0) {
    const int64_t steps = std::llround(epochs / epoch_part_) * train_.steps();
    last_step_ = last_step_ > 0 ? std::min(last_step_, steps) : steps;
  }
  values_.epochs = epochs;
  // Without an end of the plan's, --steps is all that there is to do.
  values_.total_steps =
      static_cast<double>(last_step_ > 0 ? last_step_ : options_.steps.value_or(0));
}

void Trainer::Run() {
  start_ = std::chrono::steady_clock::now();
  if (options_.epochs == 0) end_ = End::kDone;
  for (int64_t round = 0; end_ == End::kNot; ++round) {
    values_.epoch = static_cast<double>(round + 1) * epoch_part_;
    values_.epoch_index = values_.epoch - 1;
    SetRate(round);
    if (!epoch_line_.empty()) progress_.Line(epoch_line_(values_));
    TrainRound(round);
    if (stopped()) break;
    Evaluate(pb::Phase::AFTER_EPOCH);
    if (plan_.sampler().when() == pb::Sampler::AFTER_EPOCH) Sample();
    if (plan_.saving().every() == 0) Save();
  }
  if (!stopped()) Evaluate(pb::Phase::AT_END);
  Save();
  if (stopped()) PrintEnd();
  if (end_ != End::kInterrupted) Sample();
}

void Trainer::SetRate(int64_t round) {
  const pb::LearningRate& rate = plan_.learning_rate();
  if (rate.variable().empty()) return;
  const auto epoch = static_cast<int>(static_cast<double>(round) * epoch_part_);
  values_.rate = RateOfEpoch(rate, epoch);
  session_.SetVariable(rate.variable(), RateTensor(rate, epoch, session_.graph()));
  output_.Log(total_step_, {{"train/rate", values_.rate}});
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
    if (output_.logs()) {
      output_.Log(total_step_, {{"train/cost", train_.cost()}});
      output_.LogSummary(total_step_, train_.summary());
    }
    if (Interrupted()) {
      end_ = End::kInterrupted;
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
  if (!train_line_.empty()) progress_.Result(train_line_(values_));
  output_.Log(total_step_, ScalarsOf(plan_.train(), values_));
}

void Trainer::Report() {
  train_.Measure(&values_);
  values_.recent = train_.TakeRecent();
  const std::string line = step_line_(values_);
  if (plan_.report().stays()) {
    progress_.Result(line);
  } else {
    progress_.Update(line, values_.percent / 100, values_.seconds);
  }
  for (int i = 0; i < plan_.train().metrics_size(); ++i) {
    output_.Log(total_step_, {{"train/" + plan_.train().metrics(i).name(), values_.metrics[i]}});
  }
  const int64_t report = reports_++;
  if (end_ == End::kInterrupted) return;
  if (plan_.sampler().when() == pb::Sampler::AT_REPORT &&
      report % std::max(1, plan_.sampler().each()) == 0) {
    Sample();
  }
  Evaluate(pb::Phase::AT_REPORT);
}

void Trainer::ShowProgress() {
  const bool lines_do = plan_.report().every() > 0 && !plan_.report().stays();
  if (lines_do || !progress_.works_in_place()) return;
  if (plan_.report().whole_run() && last_step_ > 0) {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
    progress_.UpdateInPlace(fmt::format("step {}/{}", total_step_, last_step_),
                            static_cast<double>(total_step_) / static_cast<double>(last_step_),
                            elapsed.count());
  } else {
    train_.Measure(&values_);
    progress_.UpdateInPlace(fmt::format("step {}/{}", train_.step(), train_.steps()),
                            values_.percent / 100, values_.seconds);
  }
}

void Trainer::Evaluate(pb::Phase::When when) {
  for (auto& [runner, line] : evaluations_) {
    if (runner.phase().when() != when) continue;
    if (end_ == End::kInterrupted) return;
    LineValues values = values_;
    runner.Begin(0);
    while (runner.step() < runner.steps()) {
      runner.Step(/*report=*/true);
      if (runner.step() % 10 == 0) {
        runner.Measure(&values);
        progress_.UpdateInPlace(runner.phase().name(), values.percent / 100, values.seconds);
      }
      if (!Interrupted()) continue;
      end_ = End::kInterrupted;
      return;
    }
    runner.Measure(&values);
    if (!line.empty()) progress_.Result(line(values));
    output_.Log(total_step_, ScalarsOf(runner.phase(), values));
  }
}

void Trainer::Save() {
  if (total_step_ == saved_at_) return;
  saved_at_ = total_step_;
  if (const std::string path = output_.Save(session_, total_step_); !path.empty()) {
    progress_.Line(fmt::format("saved {}", path));
  }
}

void Trainer::PrintEnd() {
  const bool line = !step_line_.empty() && !plan_.report().stays();
  progress_.Result(
      fmt::format("{} after {} steps, {} of {} of epoch {}: {}",
                  end_ == End::kInterrupted ? "Interrupted" : "Stopped", values_.total_step,
                  values_.step, values_.steps, values_.epoch,
                  line ? step_line_(values_) : fmt::format("loss {:.6f}", values_.loss)));
}

void Trainer::Sample() {
  if (!plan_.has_sampler() || sampled_at_ == total_step_) return;
  sampled_at_ = total_step_;
  if (sampler_ == nullptr) {
    sampler_ = MakeSampler(plan_, session_, text_.vocabulary(), {.seed = options_.sample_seed});
  }
  if (!plan_.sampler().title().empty()) progress_.Line(plan_.sampler().title());
  for (int i = 0; i < std::max(1, plan_.sampler().count()); ++i) {
    for (const std::string& text : sampler_->Write()) progress_.Line(text);
  }
  if (!plan_.sampler().closing().empty()) progress_.Line(plan_.sampler().closing());
}

}  // namespace graphrun
