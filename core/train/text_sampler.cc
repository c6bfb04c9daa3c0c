#include "core/train/text_sampler.h"

#include <fmt/format.h>

#include <cmath>

#include "core/base/field_error.h"

namespace graphrun {

std::unique_ptr<TextSampler> MakeSampler(const pb::RunPlan& plan, Runs& runs,
                                         const Vocabulary& vocabulary,
                                         const SampleRequest& request) {
  if (request.in_graph && !plan.sampler().has_graph()) {
    throw FieldError("sample.in_graph", "the graph of this model has no sampler in it");
  }
  const bool in_graph = request.in_graph || !plan.sampler().has_step();
  return in_graph ? MakeGraphSampler(plan, runs, vocabulary, request)
                  : MakeStepSampler(plan, runs, vocabulary, request);
}

std::vector<int32_t> ReadPrime(const pb::RunPlan& plan, const Vocabulary& vocabulary,
                               const SampleRequest& request) {
  pb::Corpus corpus = plan.corpus();
  const int window = plan.sampler().step().window();
  if (request.prime) {
    corpus.mutable_unknown()->set_rule(pb::Unknown::REFUSE);
    std::vector<int32_t> ids = Encode(*request.prime, corpus, vocabulary, "the prime").ids;
    if (!ids.empty() && std::ssize(ids) < window) {
      throw FieldError(
          "sample.prime",
          fmt::format("this model reads {} symbols at once; give it that many", window));
    }
    return ids;
  }
  corpus.mutable_unknown()->set_rule(pb::Unknown::DROP);
  std::vector<int32_t> ids =
      Encode(plan.sampler().step().prime(), corpus, vocabulary, "the plan's prime").ids;
  if (std::ssize(ids) < window) ids.clear();
  return ids;
}

void CheckTemperature(double temperature) {
  if (temperature > 0 && std::isfinite(temperature)) return;
  throw FieldError(
      "sample.temperature",
      fmt::format("{} is no number above 0: 1 draws by the model's probabilities, less "
                  "takes likely symbols more often",
                  temperature));
}

void AppendSymbol(const pb::Sampler& plan, const std::string& symbol, std::string* text) {
  if (!plan.line_end().empty() && symbol == plan.line_end()) {
    *text += '\n';
    return;
  }
  if (!text->empty() && text->back() != '\n') *text += plan.joiner();
  *text += symbol;
}

}  // namespace graphrun
