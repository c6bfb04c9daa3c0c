// TextSampler: writes text with a model, as the Sampler of its plan says.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_TEXT_SAMPLER_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_TEXT_SAMPLER_H_

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tools/graphrun/phase_runner.h"

namespace graphrun {

class TextSampler {
 public:
  // All but `seed` must outlive it.
  TextSampler(const pb::RunPlan& plan, Session& session, const Vocabulary& vocabulary,
              uint64_t seed);
  // The prime and as many symbols as the plan says. The same seed and weights give the same text.
  // FAILED_PRECONDITION when the model's probabilities are no numbers.
  std::string Write();

 private:
  // Feeds one symbol; the probabilities of the next are then in fetched_[0].
  void Read(int32_t symbol);
  int32_t Choose();
  void Append(int32_t symbol, std::string* text) const;

  const pb::Sampler& plan_;
  const pb::StepSampler& step_;
  const pb::Corpus& corpus_;
  const Vocabulary& vocabulary_;
  std::vector<Tensor> feeds_, fetched_;
  std::unique_ptr<CarriedState> state_;
  Session::Callable run_;
  std::vector<double> weights_;
  std::mt19937_64 random_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_TEXT_SAMPLER_H_
