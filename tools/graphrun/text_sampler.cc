#include "tools/graphrun/text_sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace graphrun {

TextSampler::TextSampler(const pb::RunPlan& plan, Session& session, const Vocabulary& vocabulary,
                         uint64_t seed)
    : plan_(plan.sampler()),
      step_(plan.sampler().step()),
      corpus_(plan.corpus()),
      vocabulary_(vocabulary),
      random_(seed) {
  std::vector<TensorName> feeds, fetches{step_.probabilities()};
  Shape shape{1, 1};
  const Graph& graph = session.graph();
  for (const pb::Feed& feed : step_.feeds()) {
    feeds.emplace_back(feed.tensor());
    const Shape& known = graph.shape(graph.FindOutput(feed.tensor()));
    if (feed.source() == pb::Feed::INPUTS && known.fully_known()) shape = known;
  }
  if (shape.num_elements() != 1) {
    ThrowInvalid(
        fmt::format("the sampler's input takes {} symbols at once, not one", shape.num_elements()));
  }
  feeds_ = MakeFeeds(step_.feeds(), graph, shape);
  state_ = std::make_unique<CarriedState>(step_.state(), session, feeds);
  state_->AppendNames(&feeds, &fetches);
  feeds_.resize(feeds.size());
  run_ = session.Prepare(feeds, fetches);
}

void TextSampler::Read(int32_t symbol) {
  for (int i = 0; i < step_.feeds_size(); ++i) {
    if (!step_.feeds(i).has_constant()) FillFeed({&symbol, 1}, &feeds_[i]);
  }
  run_(feeds_, &fetched_);
  state_->Advance(&feeds_, &fetched_);
}

int32_t TextSampler::Choose() {
  const Tensor& probabilities = fetched_[0];
  const int64_t n = std::min(vocabulary_.size(), probabilities.num_elements());
  weights_.resize(n);
  const double power = step_.temperature() > 0 ? 1 / step_.temperature() : 1;
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double p = probabilities.number_at(i);
    sum += weights_[i] = power == 1 ? p : std::pow(p, power);
  }
  if (!std::isfinite(sum) || !(sum > 0)) {
    throw Error(Code::kFailedPrecondition,
                "the model gives no probabilities to sample from: its weights are not finite, as "
                "after too high a "
                "learning rate");
  }
  if (step_.choice() == pb::StepSampler::HIGHEST) {
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

void TextSampler::Append(int32_t symbol, std::string* text) const {
  const std::string& word = vocabulary_.symbol(symbol);
  if (!plan_.line_end().empty() && word == plan_.line_end()) {
    *text += '\n';
    return;
  }
  if (!text->empty() && text->back() != '\n') *text += plan_.joiner();
  *text += word;
}

std::string TextSampler::Write() {
  std::string text;
  std::vector<int32_t> prime;
  SymbolReader reader(step_.prime(), corpus_);
  for (std::string_view symbol; reader.Next(&symbol);) {
    // The plan's own prime may use words that another text has not.
    if (const auto id = vocabulary_.Find(symbol)) prime.push_back(*id);
  }
  for (const int32_t symbol : prime) Append(symbol, &text);
  if (text == "\n") text.clear();
  if (prime.empty()) prime.push_back(0);
  for (size_t i = 0; i < prime.size(); ++i) {
    if (i == 0) {
      for (int f = 0; f < step_.feeds_size(); ++f) {
        if (!step_.feeds(f).has_constant()) FillFeed({&prime[0], 1}, &feeds_[f]);
      }
      state_->Reset(&feeds_);
    }
    Read(prime[i]);
  }
  for (int i = 0; i < step_.length(); ++i) {
    const int32_t symbol = Choose();
    Append(symbol, &text);
    if (i + 1 < step_.length()) Read(symbol);
  }
  return text;
}

}  // namespace graphrun
