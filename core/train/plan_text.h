// PlanText: the texts that a plan asks for, as ids.
#ifndef GRAPHRUN_CORE_TRAIN_PLAN_TEXT_H_
#define GRAPHRUN_CORE_TRAIN_PLAN_TEXT_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "core/text/text_data.h"

namespace graphrun {

// Batchers of the texts point into it.
class PlanText {
 public:
  // Reads and encodes the texts of `splits`; `data` is as in LoadTexts. Fills in plan->vocabulary
  // when it is empty: from then on the plan has all that it needs to decode what the model says.
  PlanText(const std::string& data, const std::set<pb::Split>& splits, pb::RunPlan* plan);
  // Of training and every evaluation.
  PlanText(const std::string& data, pb::RunPlan* plan);
  PlanText(const PlanText&) = delete;
  PlanText& operator=(const PlanText&) = delete;

  const Vocabulary& vocabulary() const { return *vocabulary_; }
  const EncodedText& Of(pb::Split split) const { return encoded_.at(split); }
  std::unique_ptr<Batcher> MakeBatcher(const pb::Phase& phase) const;
  // Where the texts are from, how long they are, and whether their ids had been kept.
  std::string Describe() const;
  // A line "graphrun: ..." for each text with symbols that the vocabulary has not.
  std::string DescribeUnknown() const;

 private:
  std::string source_;
  std::string replacement_;  // what unknown symbols are read as, where they are
  bool caches_ = false, from_cache_ = false;
  std::optional<Vocabulary> vocabulary_;
  std::map<pb::Split, EncodedText> encoded_;
};

// Training and every evaluation.
std::set<pb::Split> SplitsOf(const pb::RunPlan& plan);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TRAIN_PLAN_TEXT_H_
