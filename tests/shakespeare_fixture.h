// Models that read ids, for tests: built at toy size, fed and sampled by their plans.
#ifndef GRAPHRUN_TESTS_SHAKESPEARE_FIXTURE_H_
#define GRAPHRUN_TESTS_SHAKESPEARE_FIXTURE_H_

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/model_fixture.h"
#include "tests/model_run.h"

namespace graphrun {

// The id in column t of row r of a batch: a text that repeats itself after `period` symbols.
inline int32_t SomeId(int64_t period, int64_t row, int64_t t) {
  return static_cast<int32_t>((7 * row + 3 * t) % period);
}

// What a phase feeds in its i-th step.
inline Feeds FeedsOf(const pb::Phase& phase, int64_t period, int64_t i) {
  const int64_t batch = phase.batches().batch(), steps = phase.batches().steps();
  Feeds feeds;
  for (const pb::Feed& feed : phase.feeds()) {
    if (feed.source() == pb::Feed::LENGTHS) {
      feeds.emplace_back(feed.tensor(),
                         Tensor::Vector(std::vector<int32_t>(static_cast<size_t>(batch),
                                                             static_cast<int32_t>(steps))));
      continue;
    }
    const int64_t shift = feed.source() == pb::Feed::TARGETS ? 1 : 0;
    Tensor ids(DType::kInt32, {batch, steps});
    for (int64_t k = 0; k < ids.num_elements(); ++k) {
      ids.data<int32_t>()[k] = SomeId(period, k / steps, i * steps + k % steps + shift);
    }
    feeds.emplace_back(feed.tensor(), ids);
  }
  return feeds;
}

// The loss of the i-th step of training; carries *state on.
inline double TrainStep(const ModelRun& run, int64_t period, int64_t i,
                        std::vector<Tensor>* state) {
  const pb::Phase& phase = run.plan.train();
  Feeds feeds = FeedsOf(phase, period, i);
  std::vector<TensorName> fetches = {phase.loss()};
  for (int k = 0; k < phase.state_size(); ++k) {
    if (!state->empty()) feeds.emplace_back(phase.state(k).feed(), (*state)[k]);
    fetches.emplace_back(phase.state(k).fetch());
  }
  std::vector<Tensor> out = run.session->Run(feeds, fetches, {phase.targets(0)});
  const double loss = out[0].number_at(0);
  out.erase(out.begin());
  *state = std::move(out);
  return loss;
}

// Reads symbols by the plan's StepSampler.
class StepWriter {
 public:
  explicit StepWriter(const ModelRun& run) : run_(run) {}
  // The probabilities after each of them.
  std::vector<float> Read(const std::vector<int32_t>& ids) {
    const pb::StepSampler& step = run_.plan.sampler().step();
    const auto n = static_cast<int32_t>(ids.size());
    Feeds feeds;
    for (const pb::Feed& feed : step.feeds()) {
      feeds.emplace_back(feed.tensor(), feed.source() == pb::Feed::LENGTHS
                                            ? Tensor::Vector<int32_t>({n})
                                            : Tensor::Of(ids, {1, n}));
    }
    std::vector<TensorName> fetches = {step.probabilities()};
    for (int k = 0; k < step.state_size(); ++k) {
      if (!state_.empty()) feeds.emplace_back(step.state(k).feed(), state_[k]);
      fetches.emplace_back(step.state(k).fetch());
    }
    std::vector<Tensor> out = run_.session->Run(feeds, fetches);
    const std::vector<float> probabilities = Floats(out[0]);
    out.erase(out.begin());
    state_ = std::move(out);
    return probabilities;
  }

 private:
  const ModelRun& run_;
  std::vector<Tensor> state_;
};

// The most probable symbols after a prime, by one run for each.
inline std::vector<int32_t> StepText(const ModelRun& run, const std::vector<int32_t>& prime,
                                     int length) {
  StepWriter writer(run);
  std::vector<float> probabilities;
  for (const int32_t id : prime) probabilities = writer.Read({id});
  std::vector<int32_t> text;
  for (int i = 0; i < length; ++i) {
    const auto most = std::max_element(probabilities.begin(), probabilities.end());
    text.push_back(static_cast<int32_t>(most - probabilities.begin()));
    probabilities = writer.Read({text.back()});
  }
  return text;
}

// The same by one run of the loop in the graph.
inline std::vector<int32_t> LoopText(const ModelRun& run, const std::vector<int32_t>& prime,
                                     int length) {
  const pb::GraphSampler& graph = run.plan.sampler().graph();
  const Tensor text = run.session->Run({{graph.prime(), Tensor::Vector(prime)},
                                        {graph.length(), Tensor::Scalar<int32_t>(length)},
                                        {graph.temperature(), Tensor::Scalar(0.0f)}},
                                       {graph.samples()})[0];
  return {text.data<int32_t>(), text.data<int32_t>() + text.num_elements()};
}

// Within 1e-5 or 1e-4 of the value.
inline void ExpectClose(const Tensor& actual, const Tensor& expected, const std::string& what) {
  ASSERT_EQ(actual.shape(), expected.shape()) << what;
  for (int64_t i = 0; i < actual.num_elements(); ++i) {
    const double want = expected.number_at(i);
    ASSERT_NEAR(actual.number_at(i), want, 1e-5 + 1e-4 * std::abs(want)) << what << "[" << i << "]";
  }
}

class ShakespeareTest : public testing::Test {
 protected:
  ModelRunPtr Build(const std::string& model, const Settings& settings) {
    return BuildModel(model, settings, &registry_);
  }

  OpRegistry registry_ = AllOps();
};

}  // namespace graphrun

#endif  // GRAPHRUN_TESTS_SHAKESPEARE_FIXTURE_H_
