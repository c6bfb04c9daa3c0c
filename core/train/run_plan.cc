#include "core/train/run_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace graphrun {
namespace {

void CheckFeeds(const google::protobuf::RepeatedPtrField<pb::Feed>& feeds, int64_t columns,
                const Graph& graph) {
  for (const pb::Feed& feed : feeds) {
    graph.FindOutput(feed.tensor());
    if (feed.value_case() == pb::Feed::VALUE_NOT_SET ||
        (feed.value_case() == pb::Feed::kSource && (feed.source() == pb::Feed::SOURCE_UNSPECIFIED ||
                                                    !pb::Feed::Source_IsValid(feed.source())))) {
      ThrowInvalid(fmt::format("'{}' is fed with what this version does not know", feed.tensor()));
    }
    if (feed.source() == pb::Feed::COLUMN && (feed.column() < 0 || feed.column() >= columns)) {
      ThrowInvalid(fmt::format("'{}' is fed with column {} of windows that have {}", feed.tensor(),
                               feed.column(), columns));
    }
  }
}

void CheckState(const google::protobuf::RepeatedPtrField<pb::Carry>& state, const Graph& graph) {
  for (const pb::Carry& carry : state) {
    graph.FindOutput(carry.fetch());
    graph.FindOutput(carry.feed());
  }
}

void CheckOperation(const std::string& name, const Graph& graph) {
  if (graph.Find(name) != kNoNode) return;
  ThrowNotFound(
      fmt::format("the graph has no operation '{}'{}", name, DidYouMean(name, graph.NodeNames())));
}

void CheckPredictions(const pb::Predictions& predictions, int64_t columns, const Graph& graph) {
  graph.FindOutput(predictions.tensor());
  for (const int32_t column : predictions.columns()) {
    if (column < 0 || column >= columns) {
      ThrowInvalid(fmt::format("'{}' predicts column {} of windows that have {}",
                               predictions.tensor(), column, columns));
    }
  }
}

void CheckMetric(const pb::Metric& metric, int64_t columns, const Graph& graph) {
  if (metric.name().empty()) ThrowInvalid("one of its metrics has no name");
  if (metric.has_perplexity()) {
    CheckPredictions(metric.perplexity(), columns, graph);
  } else if (metric.has_tensor()) {
    graph.FindOutput(metric.tensor());
  } else {
    ThrowInvalid(
        fmt::format("its metric '{}' is of a kind that this version does not know", metric.name()));
  }
}

void CheckPhase(const pb::Phase& phase, const Graph& graph) {
  WithContext(
      [&] { return fmt::format("while checking the phase '{}' of the run plan", phase.name()); },
      [&] {
        if (phase.split() == pb::SPLIT_UNSPECIFIED) ThrowInvalid("it names no split of the text");
        if (phase.batches().batch() <= 0 || phase.batches().steps() <= 0) {
          ThrowInvalid(fmt::format("its batches of {} rows of {} symbols are empty",
                                   phase.batches().batch(), phase.batches().steps()));
        }
        if (phase.batches().order_case() == pb::Batches::ORDER_NOT_SET) {
          ThrowInvalid("it has an order of batches that this version does not know");
        }
        const int64_t columns = int64_t{phase.batches().steps()} + 1;
        CheckFeeds(phase.feeds(), columns, graph);
        CheckState(phase.state(), graph);
        if (phase.has_predictions()) {
          CheckPredictions(phase.predictions(), columns, graph);
        } else {
          if (!(phase.loss_divisor() > 0)) ThrowInvalid("its loss_divisor is not above zero");
          graph.FindOutput(phase.loss());
        }
        for (const pb::Metric& metric : phase.metrics()) CheckMetric(metric, columns, graph);
        if (!phase.summary().empty()) graph.FindOutput(phase.summary());
        for (const std::string& target : phase.reset_targets()) CheckOperation(target, graph);
        for (const std::string& target : phase.targets()) CheckOperation(target, graph);
      });
}

void CheckSampler(const pb::Sampler& sampler, const Graph& graph) {
  if (!sampler.has_step() && !sampler.has_graph()) {
    ThrowInvalid("it is of a kind that this version does not know");
  }
  if (sampler.has_step()) {
    const pb::StepSampler& step = sampler.step();
    CheckFeeds(step.feeds(), std::max(1, step.window()), graph);
    CheckState(step.state(), graph);
    graph.FindOutput(step.probabilities());
    for (const std::string& target : step.reset_targets()) CheckOperation(target, graph);
  }
  // With both kinds a graph may lack the second, as one that TensorFlow wrote does.
  if (sampler.has_graph() && !sampler.has_step()) {
    const pb::GraphSampler& whole = sampler.graph();
    graph.FindOutput(whole.samples());
    for (const std::string& name : {whole.length(), whole.prime(), whole.temperature()}) {
      if (!name.empty()) graph.FindOutput(name);
    }
  }
}

}  // namespace

void SetRunPlan(const pb::RunPlan& plan, MetaGraph* meta) {
  meta->byte_lists[kRunPlanCollection] = {plan.SerializeAsString()};
}

std::optional<pb::RunPlan> FindRunPlan(const MetaGraph& meta) {
  const auto it = meta.byte_lists.find(kRunPlanCollection);
  if (it == meta.byte_lists.end() || it->second.empty()) return std::nullopt;
  pb::RunPlan plan;
  if (!plan.ParseFromString(it->second.front())) {
    throw Error(Code::kDataLoss,
                fmt::format("the collection '{}' holds no run plan", kRunPlanCollection));
  }
  return plan;
}

pb::RunPlan RunPlanOf(const MetaGraph& meta) {
  std::optional<pb::RunPlan> plan = FindRunPlan(meta);
  if (!plan)
    throw Error(Code::kFailedPrecondition, "the model has no run plan, which says how to feed it");
  CheckRunPlan(*plan, meta.graph);
  return *std::move(plan);
}

void InitializeVariables(const pb::RunPlan& plan, Session& session) {
  session.Run({}, {}, {plan.init().begin(), plan.init().end()});
}

void CheckRunPlan(const pb::RunPlan& plan, const Graph& graph) {
  CheckPhase(plan.train(), graph);
  for (const pb::Phase& phase : plan.evaluations()) CheckPhase(phase, graph);
  WithContext([] { return "while checking the run plan"; },
              [&] {
                for (const std::string& init : plan.init()) CheckOperation(init, graph);
                const pb::LearningRate& rate = plan.learning_rate();
                if (!rate.variable().empty()) {
                  CheckOperation(rate.variable(), graph);
                  if (rate.pieces().empty() || rate.pieces(0).from() != 0) {
                    ThrowInvalid("the learning rate has no piece from epoch 0");
                  }
                }
              });
  if (plan.has_sampler()) {
    WithContext([] { return "while checking the sampler of the run plan"; },
                [&] { CheckSampler(plan.sampler(), graph); });
  }
}

double RateOfEpoch(const pb::LearningRate& rate, int epoch) {
  const pb::LearningRate::Piece* piece = &rate.pieces(0);
  for (const pb::LearningRate::Piece& candidate : rate.pieces()) {
    if (candidate.from() <= epoch) piece = &candidate;
  }
  const int since = epoch - piece->from();
  const double factor = piece->has_factor() ? std::pow(piece->factor(), since) : 1;
  return std::max(0.0, (piece->start() + piece->slope() * since) * factor);
}

Tensor RateTensor(const pb::LearningRate& rate, int epoch, const Graph& graph) {
  const double value = RateOfEpoch(rate, epoch);
  const bool is_double =
      graph.type(graph.FindOutput(rate.variable())).element_dtype == DType::kDouble;
  return is_double ? Tensor::Scalar(value) : Tensor::Scalar(static_cast<float>(value));
}

double EpochPart(const pb::Batches& batches) {
  return batches.epoch_part() > 0 ? batches.epoch_part() : 1;
}

const std::string& CostTensor(const pb::Phase& phase) {
  return phase.has_predictions() ? phase.predictions().tensor() : phase.loss();
}

}  // namespace graphrun
