// What graphrun info says of a run plan.
#include <fmt/format.h>

#include <algorithm>

#include "core/train/run_plan.h"
#include "tools/graphrun/info_parts.h"

namespace graphrun {
namespace {

void PrintPhase(const pb::Phase& phase, const char* when) {
  const std::string order = phase.batches().order_case() == pb::Batches::kContiguousRows
                                ? ", rows carried on from batch to batch"
                                : "";
  fmt::print(
      "  {:<10} {} text {} in batches of {} x {}{}; loss {}{}\n", phase.name() + ":", when,
      pb::Split_Name(phase.split()), phase.batches().batch(), phase.batches().steps(), order,
      phase.loss(),
      phase.state_size() ? fmt::format("; {} tensors of state carried", phase.state_size()) : "");
}

}  // namespace

void PrintPlan(const MetaGraph& meta) {
  const std::optional<pb::RunPlan> plan = FindRunPlan(meta);
  if (!plan) {
    fmt::print("\nNo run plan: graphrun train takes this file with --plan only\n");
    return;
  }
  fmt::print("\nPlan\n");
  if (!plan->model().empty()) fmt::print("  {:<10} {}\n", "model:", plan->model());
  std::vector<std::string> settings;
  for (const auto& s : plan->settings()) settings.push_back(s.name() + "=" + s.value());
  if (!settings.empty()) fmt::print("  {:<10} {}\n", "settings:", JoinFirst(settings, 40));
  const pb::Vocabulary& v = plan->vocabulary();
  fmt::print("  {:<10} {} in a vocabulary of {}{}\n",
             "text:", plan->corpus().tokenizer() == pb::WORDS ? "words" : "characters",
             Thousands(v.rows()),
             v.symbols_size() ? fmt::format(" ({} known)", Thousands(v.symbols_size()))
                              : ", to be built from the training text");
  PrintPhase(plan->train(), fmt::format("{} epochs of", plan->epochs()).c_str());
  for (const pb::Phase& phase : plan->evaluations()) {
    PrintPhase(phase, phase.when() == pb::Phase::AT_END ? "at the end," : "after each epoch,");
  }
  if (plan->learning_rate().pieces_size() > 0) {
    std::vector<std::string> rates;
    for (int e = 0; e < std::min(plan->epochs(), 4); ++e) {
      rates.push_back(fmt::format("{:.4g}", RateOfEpoch(plan->learning_rate(), e)));
    }
    fmt::print("  {:<10} {}{}\n", "rate:", JoinFirst(rates), plan->epochs() > 4 ? ", ..." : "");
  }
  if (plan->has_sampler())
    fmt::print("  {:<10} {} symbols\n", "sample:", plan->sampler().step().length());
}

}  // namespace graphrun
