// Whole texts by one run of a graph that samples by itself.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/field_error.h"
#include "core/train/text_sampler.h"

namespace graphrun {
namespace {

class GraphSampler final : public TextSampler {
 public:
  GraphSampler(const pb::RunPlan& plan, Runs& runs, const Vocabulary& vocabulary,
               const SampleRequest& request)
      : plan_(plan.sampler()), vocabulary_(vocabulary) {
    std::vector<TensorName> names;
    const pb::GraphSampler& graph = plan_.graph();
    const auto give = [&](const char* field, const std::string& tensor, Tensor value) {
      if (tensor.empty()) {
        throw FieldError(field,
                         "the graph of this model samples by itself, and leaves no choice of that");
      }
      names.emplace_back(tensor);
      feeds_.push_back(std::move(value));
    };
    if (request.choice) give("sample.choice", "", {});
    if (request.temperature) {
      CheckTemperature(*request.temperature);
      give("sample.temperature", graph.temperature(),
           Tensor::Scalar(static_cast<float>(*request.temperature)));
    }
    if (request.length) {
      give("sample.length", graph.length(), Tensor::Scalar(static_cast<int32_t>(*request.length)));
    }
    if (request.prime) {
      prime_ = ReadPrime(plan, vocabulary, request);
      Tensor ids(DType::kInt32, {static_cast<int64_t>(prime_.size())});
      std::copy(prime_.begin(), prime_.end(), ids.data<int32_t>());
      give("sample.prime", graph.prime(), std::move(ids));
      // Loops need a first symbol: without any they take the graph's own.
      if (prime_.empty()) {
        names.pop_back();
        feeds_.pop_back();
      }
    }
    run_ = runs.Prepare(names, {graph.samples()}, {});
  }

  std::vector<std::string> Write() override {
    run_(feeds_, &fetched_);
    const Tensor& ids = fetched_[0];
    const int rank = ids.shape().rank();
    if (rank != 1 && rank != 2) {
      ThrowInvalid(fmt::format("'{}' is of shape {}, which is no text and no list of texts",
                               plan_.graph().samples(), ids.shape().ToString()));
    }
    const int64_t columns = ids.shape()[rank - 1], rows = rank == 1 ? 1 : ids.shape()[0];
    symbols_ = ids.num_elements();
    std::vector<std::string> texts;
    for (int64_t r = 0; r < rows; ++r) {
      std::string text;
      for (const int32_t id : prime_) AppendSymbol(plan_, vocabulary_.symbol(id), &text);
      for (int64_t c = 0; c < columns; ++c) {
        const auto id = static_cast<int64_t>(ids.number_at(r * columns + c));
        // A graph may have more rows than the vocabulary has symbols.
        if (id >= 0 && id < vocabulary_.size()) {
          AppendSymbol(plan_, vocabulary_.symbol(id), &text);
        }
      }
      texts.push_back(std::move(text));
    }
    return texts;
  }

  int64_t symbols() const override { return symbols_; }

 private:
  const pb::Sampler& plan_;
  const Vocabulary& vocabulary_;
  std::vector<Tensor> feeds_, fetched_;
  Runs::Step run_;
  std::vector<int32_t> prime_;
  int64_t symbols_ = 0;
};

}  // namespace

std::unique_ptr<TextSampler> MakeGraphSampler(const pb::RunPlan& plan, Runs& runs,
                                              const Vocabulary& vocabulary,
                                              const SampleRequest& request) {
  return std::make_unique<GraphSampler>(plan, runs, vocabulary, request);
}

}  // namespace graphrun
