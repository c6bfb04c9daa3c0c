// TextSampler: writes texts with a model, as the Sampler of its plan says.
#ifndef GRAPHRUN_CORE_TRAIN_TEXT_SAMPLER_H_
#define GRAPHRUN_CORE_TRAIN_TEXT_SAMPLER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/text/text_vocabulary.h"
#include "core/train/runs.h"
#include "proto/plan.pb.h"

namespace graphrun {

// What to write; the plan decides what is not set. FieldErrors name a member "sample.prime".
struct SampleRequest {
  std::optional<std::string> prime;
  std::optional<int> length;  // symbols after the prime
  std::optional<double> temperature;
  std::optional<pb::StepSampler::Choice> choice;
  bool in_graph = false;  // by the plan's GraphSampler even if it has a StepSampler
  uint64_t seed = 0;      // of the draws outside the graph
};

class TextSampler {
 public:
  virtual ~TextSampler() = default;
  // The next text, or texts of a graph that writes several in one run: the prime and what follows.
  // The same seeds and weights give the same texts. FAILED_PRECONDITION when the model's
  // probabilities are no numbers.
  virtual std::vector<std::string> Write() = 0;
  // Symbols that one Write() chooses, in all its texts.
  virtual int64_t symbols() const = 0;
};

// All but `request` must outlive the sampler. INVALID_ARGUMENT when the request asks for what the
// plan's sampler cannot do, by name, or its prime has a symbol that the vocabulary has not.
std::unique_ptr<TextSampler> MakeSampler(const pb::RunPlan& plan, Runs& runs,
                                         const Vocabulary& vocabulary,
                                         const SampleRequest& request);

// The two kinds.
std::unique_ptr<TextSampler> MakeStepSampler(const pb::RunPlan& plan, Runs& runs,
                                             const Vocabulary& vocabulary,
                                             const SampleRequest& request);
std::unique_ptr<TextSampler> MakeGraphSampler(const pb::RunPlan& plan, Runs& runs,
                                              const Vocabulary& vocabulary,
                                              const SampleRequest& request);

// Ids of a prime. One of the request refuses symbols that the vocabulary has not, and lengths that
// the model cannot read; the plan's own may be made for another text, and goes without what this
// model cannot read.
std::vector<int32_t> ReadPrime(const pb::RunPlan& plan, const Vocabulary& vocabulary,
                               const SampleRequest& request);
// FieldError unless it is a number above 0.
void CheckTemperature(double temperature);
// Adds a symbol to a text as people read it.
void AppendSymbol(const pb::Sampler& plan, const std::string& symbol, std::string* text);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TRAIN_TEXT_SAMPLER_H_
