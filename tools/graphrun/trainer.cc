#include "tools/graphrun/trainer.h"

#include <fmt/format.h>

#include "models/run_plan.h"
#include "tools/graphrun/interrupt.h"
#include "tools/graphrun/text_sampler.h"

namespace graphrun {

Trainer::Trainer(const pb::RunPlan& plan, Session& session, const PlanText& text,
                 Progress& progress, TrainerOptions options)
    : plan_(plan),
      session_(session),
      text_(text),
      progress_(progress),
      options_(options),
      epoch_line_(plan.report().epoch_line()),
      step_line_(plan.report().step_line()),
      train_(plan.train(), session, text),
      train_line_(plan.train().summary_line()) {
  for (const pb::Phase& phase : plan.evaluations()) {
    evaluations_.emplace_back(phase, session, text);
    evaluation_lines_.emplace_back(phase.summary_line());
  }
}

void Trainer::Run() {
  session_.Run({}, {}, {plan_.init().begin(), plan_.init().end()});
  values_.epochs = options_.epochs;
  for (int epoch = 0; epoch < options_.epochs && end_ == End::kNot; ++epoch) {
    values_.epoch = epoch + 1;
    SetRate(epoch);
    if (!epoch_line_.empty()) progress_.Line(epoch_line_(values_));
    TrainEpoch();
    if (end_ == End::kNot) Evaluate(pb::Phase::AFTER_EPOCH);
  }
  if (end_ == End::kNot) Evaluate(pb::Phase::AT_END);
  if (end_ != End::kNot) PrintEnd();
  if (end_ != End::kInterrupted && plan_.has_sampler()) Sample();
}

void Trainer::SetRate(int epoch) {
  const pb::LearningRate& rate = plan_.learning_rate();
  if (rate.variable().empty()) return;
  values_.rate = RateOfEpoch(rate, epoch);
  const Graph& graph = session_.graph();
  const bool is_double =
      graph.type({graph.Find(rate.variable()), 0}).element_dtype == DType::kDouble;
  session_.SetVariable(rate.variable(), is_double
                                            ? Tensor::Scalar(values_.rate)
                                            : Tensor::Scalar(static_cast<float>(values_.rate)));
}

void Trainer::TrainEpoch() {
  const int every = plan_.report().every();
  train_.Begin();
  while (train_.step() < train_.steps()) {
    train_.Step();
    ++values_.total_step;
    if (every > 0 && train_.step() % every == 0) {
      train_.Measure(&values_);
      progress_.Update(step_line_(values_), values_.percent / 100, values_.seconds);
    }
    if (Interrupted()) {
      end_ = End::kInterrupted;
    } else if (options_.steps && values_.total_step >= static_cast<double>(*options_.steps)) {
      end_ = End::kSteps;
    }
    if (end_ != End::kNot && train_.step() < train_.steps()) break;
  }
  train_.Measure(&values_);
  if (train_.step() < train_.steps()) return;
  if (!train_line_.empty()) progress_.Result(train_line_(values_));
}

void Trainer::Evaluate(pb::Phase::When when) {
  for (size_t i = 0; i < evaluations_.size() && end_ == End::kNot; ++i) {
    PhaseRunner& phase = evaluations_[i];
    if (phase.phase().when() != when) continue;
    LineValues values = values_;
    phase.Begin();
    while (phase.step() < phase.steps() && end_ == End::kNot) {
      phase.Step();
      if (phase.step() % 10 == 0) {
        phase.Measure(&values);
        progress_.UpdateInPlace(phase.phase().name(), values.percent / 100, values.seconds);
      }
      if (Interrupted()) end_ = End::kInterrupted;
    }
    phase.Measure(&values);
    if (end_ == End::kNot && !evaluation_lines_[i].empty())
      progress_.Result(evaluation_lines_[i](values));
  }
}

void Trainer::PrintEnd() {
  progress_.Result(fmt::format("{} after {} steps, {} of {} of epoch {}: {}",
                               end_ == End::kInterrupted ? "Interrupted" : "Stopped",
                               values_.total_step, values_.step, values_.steps, values_.epoch,
                               step_line_(values_)));
}

void Trainer::Sample() {
  const std::string text =
      TextSampler(plan_, session_, text_.vocabulary(), options_.sample_seed).Write();
  if (!plan_.sampler().title().empty()) progress_.Line(plan_.sampler().title());
  progress_.Line(text);
}

}  // namespace graphrun
