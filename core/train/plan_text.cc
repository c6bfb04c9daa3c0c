#include "core/train/plan_text.h"

#include <fmt/format.h>

namespace graphrun {

PlanText::PlanText(const std::string& data, const std::set<pb::Split>& splits, pb::RunPlan* plan) {
  const TextSource texts = LoadTexts(data, plan->corpus());
  source_ = texts.description;
  replacement_ = plan->corpus().unknown().symbol();
  vocabulary_ = VocabularyFor(plan->vocabulary(), plan->corpus(), texts);
  vocabulary_->ToPlan(plan->mutable_vocabulary());
  caches_ = plan->corpus().cache_ids() && !texts.files.empty();
  from_cache_ = caches_;
  for (const pb::Split split : splits) {
    bool from_cache = false;
    encoded_[split] = EncodeSplit(texts, split, plan->corpus(), *vocabulary_, &from_cache);
    from_cache_ = from_cache_ && from_cache;
  }
}

PlanText::PlanText(const std::string& data, pb::RunPlan* plan)
    : PlanText(data, SplitsOf(*plan), plan) {}

std::unique_ptr<Batcher> PlanText::MakeBatcher(const pb::Phase& phase) const {
  return graphrun::MakeBatcher(phase.batches(), Of(phase.split()).ids,
                               fmt::format("the {} text", SplitName(phase.split())));
}

std::string PlanText::Describe() const {
  std::string line = !caches_      ? ""
                     : from_cache_ ? "loading preprocessed files\n"
                                   : "reading text file\n";
  line += fmt::format("text: {}:", source_);
  for (const auto& [split, text] : encoded_) {
    line += fmt::format(" {} {},", text.ids.size(), SplitName(split));
  }
  return line + fmt::format(" vocabulary {}", vocabulary_->size());
}

std::string PlanText::DescribeUnknown() const {
  std::string lines;
  for (const auto& [split, text] : encoded_) {
    if (text.unknown == 0) continue;
    lines += fmt::format(
        "graphrun: {} symbols of the {} text are not in the vocabulary and {}; the first is {}\n",
        text.unknown, SplitName(split),
        text.replaced ? fmt::format("are read as {}", Quoted(replacement_)) : "are left out",
        Quoted(text.first_unknown));
  }
  return lines;
}

std::set<pb::Split> SplitsOf(const pb::RunPlan& plan) {
  std::set<pb::Split> splits{plan.train().split()};
  for (const pb::Phase& phase : plan.evaluations()) splits.insert(phase.split());
  return splits;
}

}  // namespace graphrun
