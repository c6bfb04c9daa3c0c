#include "models/run_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace graphrun {
namespace {

void CheckFeeds(const google::protobuf::RepeatedPtrField<pb::Feed>& feeds, const Graph& graph) {
  for (const pb::Feed& feed : feeds) {
    graph.FindOutput(feed.tensor());
    if (feed.value_case() == pb::Feed::VALUE_NOT_SET ||
        (feed.value_case() == pb::Feed::kSource && feed.source() != pb::Feed::INPUTS &&
         feed.source() != pb::Feed::TARGETS)) {
      ThrowInvalid(fmt::format("'{}' is fed with what this version does not know", feed.tensor()));
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
        if (!(phase.loss_divisor() > 0)) ThrowInvalid("its loss_divisor is not above zero");
        CheckFeeds(phase.feeds(), graph);
        CheckState(phase.state(), graph);
        graph.FindOutput(phase.loss());
        for (const std::string& target : phase.targets()) CheckOperation(target, graph);
      });
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
                [&] {
                  if (!plan.sampler().has_step())
                    ThrowInvalid("it is of a kind that this version does not know");
                  const pb::StepSampler& step = plan.sampler().step();
                  CheckFeeds(step.feeds(), graph);
                  CheckState(step.state(), graph);
                  graph.FindOutput(step.probabilities());
                });
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

}  // namespace graphrun
