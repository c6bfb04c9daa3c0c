#include "core/train/plan_file.h"

#include <fmt/format.h>
#include <google/protobuf/text_format.h>

#include "core/base/error.h"
#include "core/import/text_proto.h"

namespace graphrun {
namespace {

// What a name with '@' stands for.
class Resolver {
 public:
  explicit Resolver(const MetaGraph& meta) : meta_(meta) {}

  void TensorName(std::string* name) const { Replace(name); }
  // Of a tensor in a collection, the operation that gives it.
  void OperationName(std::string* name) const {
    if (Replace(name)) name->resize(std::min(name->size(), name->find(':')));
  }

 private:
  bool Replace(std::string* name) const {
    if (!name->starts_with('@')) return false;
    *name = OnlyMember(name->substr(1));
    return true;
  }

  std::string OnlyMember(const std::string& collection) const {
    const std::vector<std::string>* members = nullptr;
    std::vector<std::string> names;
    for (const auto* lists : {&meta_.node_lists, &meta_.variable_lists}) {
      for (const auto& [name, list] : *lists) {
        names.push_back(name);
        if (name == collection) members = &list;
      }
    }
    if (members == nullptr) {
      ThrowNotFound(
          fmt::format("'@{}': the file has no collection '{}' of tensors, operations or "
                      "variables; it has {}",
                      collection, collection,
                      names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
    }
    if (members->size() != 1) {
      ThrowInvalid(fmt::format(
          "'@{}' stands for the only member of the collection, which has {}{}; write a name",
          collection, members->size(),
          members->empty() ? "" : fmt::format(": {}", fmt::join(*members, ", "))));
    }
    return members->front();
  }

  const MetaGraph& meta_;
};

template <typename Step>  // a Phase or a StepSampler
void ResolveStep(const Resolver& resolver, Step* step) {
  for (pb::Feed& feed : *step->mutable_feeds()) resolver.TensorName(feed.mutable_tensor());
  for (pb::Carry& carry : *step->mutable_state()) {
    resolver.TensorName(carry.mutable_fetch());
    resolver.TensorName(carry.mutable_feed());
  }
  for (std::string& target : *step->mutable_reset_targets()) resolver.OperationName(&target);
}

void ResolvePhase(const Resolver& resolver, pb::Phase* phase) {
  ResolveStep(resolver, phase);
  if (phase->has_predictions()) {
    resolver.TensorName(phase->mutable_predictions()->mutable_tensor());
  } else {
    resolver.TensorName(phase->mutable_loss());
  }
  for (pb::Metric& metric : *phase->mutable_metrics()) {
    resolver.TensorName(metric.has_perplexity() ? metric.mutable_perplexity()->mutable_tensor()
                                                : metric.mutable_tensor());
  }
  resolver.TensorName(phase->mutable_summary());
  for (std::string& target : *phase->mutable_targets()) resolver.OperationName(&target);
}

}  // namespace

std::string PlanToText(const pb::RunPlan& plan) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseUtf8StringEscaping(true);
  std::string text;
  printer.PrintToString(plan, &text);
  return text;
}

pb::RunPlan PlanFromText(const std::string& text) {
  pb::RunPlan plan;
  if (const auto error = ParseText(text, &plan))
    ThrowInvalid(fmt::format("the text is no run plan: {}", error->what));
  return plan;
}

std::string ResolveCollection(const MetaGraph& meta, const std::string& name) {
  std::string resolved = name;
  Resolver(meta).TensorName(&resolved);
  return resolved;
}

void ResolveCollections(const MetaGraph& meta, pb::RunPlan* plan) {
  const Resolver resolver(meta);
  for (std::string& init : *plan->mutable_init()) resolver.OperationName(&init);
  if (plan->has_learning_rate()) {
    resolver.OperationName(plan->mutable_learning_rate()->mutable_variable());
  }
  ResolvePhase(resolver, plan->mutable_train());
  for (pb::Phase& phase : *plan->mutable_evaluations()) ResolvePhase(resolver, &phase);
  if (plan->sampler().has_step()) {
    pb::StepSampler* step = plan->mutable_sampler()->mutable_step();
    ResolveStep(resolver, step);
    resolver.TensorName(step->mutable_probabilities());
  }
  if (plan->sampler().has_graph()) {
    pb::GraphSampler* graph = plan->mutable_sampler()->mutable_graph();
    resolver.TensorName(graph->mutable_samples());
    resolver.TensorName(graph->mutable_length());
    resolver.TensorName(graph->mutable_prime());
    resolver.TensorName(graph->mutable_temperature());
  }
}

}  // namespace graphrun
