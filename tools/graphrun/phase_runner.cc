#include "tools/graphrun/phase_runner.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tools/graphrun/plan_text.h"

namespace graphrun {

CarriedState::CarriedState(const google::protobuf::RepeatedPtrField<pb::Carry>& plan,
                           Session& session, const std::vector<TensorName>& feeds_before) {
  for (const pb::Carry& carry : plan) {
    feeds_.emplace_back(carry.feed());
    fetches_.emplace_back(carry.fetch());
  }
  if (!feeds_.empty()) initial_ = session.Prepare(feeds_before, feeds_);
}

void CarriedState::AppendNames(std::vector<TensorName>* feeds,
                               std::vector<TensorName>* fetches) const {
  feeds->insert(feeds->end(), feeds_.begin(), feeds_.end());
  fetches->insert(fetches->end(), fetches_.begin(), fetches_.end());
}

void CarriedState::Reset(std::vector<Tensor>* feeds) {
  if (feeds_.empty()) return;
  const auto first = feeds->end() - static_cast<ptrdiff_t>(feeds_.size());
  before_.assign(feeds->begin(), first);
  std::vector<Tensor> initial = initial_(before_);
  std::move(initial.begin(), initial.end(), first);
  before_.clear();
}

void CarriedState::Advance(std::vector<Tensor>* feeds, std::vector<Tensor>* fetched) const {
  std::swap_ranges(feeds->end() - static_cast<ptrdiff_t>(feeds_.size()), feeds->end(),
                   fetched->end() - static_cast<ptrdiff_t>(feeds_.size()));
}

std::vector<Tensor> MakeFeeds(const google::protobuf::RepeatedPtrField<pb::Feed>& plan,
                              const Graph& graph, const Shape& shape) {
  std::vector<Tensor> feeds;
  for (const pb::Feed& feed : plan) {
    const DType dtype = graph.dtype(graph.FindOutput(feed.tensor()));
    Tensor tensor(dtype, feed.has_constant() ? Shape{} : shape);
    if (feed.has_constant()) {
      ForNumericOrBool(dtype, [&](auto z) {
        using T = decltype(z);
        tensor.data<T>()[0] = static_cast<T>(feed.constant());
      });
    }
    feeds.push_back(std::move(tensor));
  }
  return feeds;
}

void FillFeed(std::span<const int32_t> ids, Tensor* feed) {
  ForNumeric(feed->dtype(), [&](auto z) {
    using T = decltype(z);
    std::transform(ids.begin(), ids.end(), feed->data<T>(),
                   [](int32_t id) { return static_cast<T>(id); });
  });
}

PhaseRunner::PhaseRunner(const pb::Phase& phase, Session& session, const PlanText& text)
    : phase_(phase), batcher_(text.MakeBatcher(phase)) {
  const int64_t batch = phase.batches().batch(), steps = phase.batches().steps();
  inputs_.resize(batch * steps);
  targets_.resize(batch * steps);
  feeds_ = MakeFeeds(phase.feeds(), session.graph(), {batch, steps});
  std::vector<TensorName> feeds, fetches{phase.loss()};
  for (const pb::Feed& feed : phase.feeds()) feeds.emplace_back(feed.tensor());
  state_ = std::make_unique<CarriedState>(phase.state(), session, feeds);
  state_->AppendNames(&feeds, &fetches);
  feeds_.resize(feeds.size());
  run_ = session.Prepare(feeds, fetches, {phase.targets().begin(), phase.targets().end()});
}

void PhaseRunner::Begin() {
  step_ = 0;
  sum_ = 0;
  if (phase_.reset() == pb::EACH_EPOCH) has_state_ = false;
  start_ = std::chrono::steady_clock::now();
}

void PhaseRunner::Step() {
  batcher_->Fill(step_, inputs_, targets_);
  for (int i = 0; i < phase_.feeds_size(); ++i) {
    if (phase_.feeds(i).has_constant()) continue;
    FillFeed(phase_.feeds(i).source() == pb::Feed::INPUTS ? inputs_ : targets_, &feeds_[i]);
  }
  if (!has_state_) state_->Reset(&feeds_);
  has_state_ = true;
  run_(feeds_, &fetched_);
  cost_ = fetched_[0].number_at(0);
  state_->Advance(&feeds_, &fetched_);
  sum_ += cost_;
  ++step_;
}

void PhaseRunner::Measure(LineValues* values) const {
  const auto n = static_cast<double>(step_);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  values->step = n;
  values->steps = static_cast<double>(steps());
  values->percent = 100 * n / values->steps;
  values->cost = cost_;
  values->loss = sum_ / (n * phase_.loss_divisor());
  values->perplexity = std::exp(values->loss);
  values->bits = values->loss / std::numbers::ln2;
  values->seconds = elapsed.count();
  values->speed = n * static_cast<double>(inputs_.size()) / elapsed.count();
}

}  // namespace graphrun
