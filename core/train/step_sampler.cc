// One symbol at a time: each is one run of the session.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "core/base/error.h"
#include "core/train/step_feeds.h"
#include "core/train/text_sampler.h"

namespace graphrun {
namespace {

class StepSampler final : public TextSampler {
 public:
  StepSampler(const pb::RunPlan& plan, Runs& runs, const Vocabulary& vocabulary,
              const SampleRequest& request)
      : plan_(plan.sampler()),
        step_(plan_.step()),
        vocabulary_(vocabulary),
        window_(std::max(1, step_.window())),
        length_(request.length.value_or(step_.length())),
        choice_(request.choice.value_or(step_.choice())),
        power_(PowerOf(request, step_)),
        prime_(ReadPrime(plan, vocabulary, request)),
        shows_prime_(!prime_.empty()),
        random_start_(prime_.empty() && step_.random_start()),
        step_feeds_(step_.feeds(), runs.graph(), vocabulary.size()),
        state_(step_.state(), step_.reset_targets(), runs, step_feeds_.names()),
        random_(request.seed) {
    if (vocabulary.size() == 0) ThrowInvalid("the model has no vocabulary to write with");
    if (prime_.empty() && !random_start_) prime_.assign(window_, 0);
    std::vector<TensorName> feeds = step_feeds_.names(), fetches{step_.probabilities()};
    state_.AppendNames(&feeds, &fetches);
    feeds_.resize(feeds.size());
    run_ = runs.Prepare(feeds, fetches, {});
    reads_many_ = ReadsMany(runs.graph());
  }

  std::vector<std::string> Write() override {
    std::string text;
    std::vector<int32_t> read = prime_;
    int written = 0;
    while (random_start_ && static_cast<int64_t>(read.size()) < window_) {
      read.push_back(static_cast<int32_t>(random_() % vocabulary_.size()));
      if (++written > length_) return {text};
      AppendSymbol(plan_, vocabulary_.symbol(read.back()), &text);
    }
    for (size_t i = 0; i < read.size() && shows_prime_; ++i) {
      AppendSymbol(plan_, vocabulary_.symbol(read[i]), &text);
    }
    if (text == "\n") text.clear();
    is_reset_ = false;
    if (reads_many_) {
      Read(read);
    } else {
      for (size_t end = window_; end <= read.size(); ++end) {
        Read(std::span(read).subspan(end - window_, window_));
      }
    }
    read.erase(read.begin(), read.end() - window_);
    int32_t last = read.back();
    for (; written < length_; ++written) {
      last = Choose(last);
      AppendSymbol(plan_, vocabulary_.symbol(last), &text);
      if (written + 1 == length_) break;
      std::rotate(read.begin(), read.begin() + 1, read.end());
      read.back() = last;
      Read(read);
    }
    return {text};
  }

  int64_t symbols() const override { return length_; }

 private:
  static double PowerOf(const SampleRequest& request, const pb::StepSampler& plan) {
    if (!request.temperature) return plan.temperature() > 0 ? 1 / plan.temperature() : 1;
    CheckTemperature(*request.temperature);
    return 1 / *request.temperature;
  }

  // Whether the inputs take any number of symbols in one run.
  bool ReadsMany(const Graph& graph) const {
    return window_ == 1 &&
           std::any_of(step_.feeds().begin(), step_.feeds().end(), [&](const auto& feed) {
             if (feed.has_constant() || feed.source() != pb::Feed::INPUTS) return false;
             const Shape& shape = graph.shape(graph.FindOutput(feed.tensor()));
             return !shape.known_rank() || (shape.rank() > 1 && shape[1] < 0);
           });
  }

  // Feeds symbols; the probabilities of the next are then the last row of fetched_[0].
  void Read(std::span<const int32_t> symbols) {
    const auto n = static_cast<int64_t>(symbols.size());
    step_feeds_.Fill({symbols, 1, n, n}, &feeds_);
    if (!is_reset_) state_.Reset(&feeds_);
    is_reset_ = true;
    run_(feeds_, &fetched_);
    state_.Advance(&feeds_, &fetched_);
  }

  int32_t Choose(int32_t last) {
    const Tensor& probabilities = fetched_[0];
    const Shape& shape = probabilities.shape();
    const int64_t columns = shape.rank() > 0 ? shape[shape.rank() - 1] : 1;
    const int64_t first = probabilities.num_elements() - columns;
    const int64_t n = std::min(vocabulary_.size(), columns);
    weights_.resize(n);
    for (int64_t i = 0; i < n; ++i) weights_[i] = probabilities.number_at(first + i);
    // Relative to the highest, so that a low temperature does not make all of them zero.
    const double highest = *std::max_element(weights_.begin(), weights_.end());
    double sum = 0;
    for (double& weight : weights_) {
      if (power_ != 1) weight = std::pow(weight / highest, power_);
      sum += weight;
    }
    if (!std::isfinite(sum) || !(sum > 0)) {
      throw Error(Code::kFailedPrecondition,
                  "the model gives no probabilities to sample from: its weights are not finite, "
                  "as after too high a learning rate");
    }
    if (choice_ == pb::StepSampler::HIGHEST ||
        (choice_ == pb::StepSampler::DRAW_AFTER_SPACES && !IsSpace(vocabulary_.symbol(last)))) {
      return static_cast<int32_t>(std::max_element(weights_.begin(), weights_.end()) -
                                  weights_.begin());
    }
    // Our own draw, since <random>'s distributions differ from one library to the next.
    double left = static_cast<double>(random_() >> 11) * 0x1p-53 * sum;
    for (int64_t i = 0; i < n; ++i) {
      left -= weights_[i];
      if (left < 0) return static_cast<int32_t>(i);
    }
    return static_cast<int32_t>(n - 1);
  }

  static bool IsSpace(const std::string& symbol) {
    return symbol.find_first_not_of(" \t\r\n") == symbol.npos;
  }

  const pb::Sampler& plan_;
  const pb::StepSampler& step_;
  const Vocabulary& vocabulary_;
  const int64_t window_;
  const int length_;
  const pb::StepSampler::Choice choice_;
  const double power_;  // of the probabilities: 1/temperature
  std::vector<int32_t> prime_;
  const bool shows_prime_, random_start_;
  StepFeeds step_feeds_;
  CarriedState state_;
  bool reads_many_ = false, is_reset_ = false;
  std::vector<Tensor> feeds_, fetched_;
  Runs::Step run_;
  std::vector<double> weights_;
  std::mt19937_64 random_;
};

}  // namespace

std::unique_ptr<TextSampler> MakeStepSampler(const pb::RunPlan& plan, Runs& runs,
                                             const Vocabulary& vocabulary,
                                             const SampleRequest& request) {
  return std::make_unique<StepSampler>(plan, runs, vocabulary, request);
}

}  // namespace graphrun
