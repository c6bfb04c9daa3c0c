// PhaseRunner: the one loop over batches; what is fed, carried and measured comes from a Phase of
// the plan.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_PHASE_RUNNER_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_PHASE_RUNNER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/run/session.h"
#include "models/text_data.h"
#include "tools/graphrun/line_format.h"

namespace graphrun {

class PlanText;

// Tensors that one step hands to the next, for phases and samplers. Nothing is allocated in a
// steady step.
class CarriedState {
 public:
  // Feeds and fetches of the state are the last ones of the step's.
  CarriedState(const google::protobuf::RepeatedPtrField<pb::Carry>& plan, Session& session,
               const std::vector<TensorName>& feeds_before);
  // Appends the names; to be called for the step's Prepare.
  void AppendNames(std::vector<TensorName>* feeds, std::vector<TensorName>* fetches) const;
  // Puts what the graph computes for an unfed state, given the feeds before, at the end of *feeds.
  void Reset(std::vector<Tensor>* feeds);
  // Moves what was fetched to where it is fed. The memory that was fed takes its place, to be
  // fetched into next.
  void Advance(std::vector<Tensor>* feeds, std::vector<Tensor>* fetched) const;

 private:
  std::vector<TensorName> feeds_, fetches_;
  Session::Callable initial_;
  std::vector<Tensor> before_;
};

// Tensors for the feeds of a plan: constants filled in, the others of shape [batch, steps] and not
// initialised.
std::vector<Tensor> MakeFeeds(const google::protobuf::RepeatedPtrField<pb::Feed>& plan,
                              const Graph& graph, const Shape& shape);
// Writes ids to a feed of any integer or floating type. REQUIRES: as many as the feed has elements.
void FillFeed(std::span<const int32_t> ids, Tensor* feed);

class PhaseRunner {
 public:
  // All three must outlive it.
  PhaseRunner(const pb::Phase& phase, Session& session, const PlanText& text);

  int64_t steps() const { return batcher_->batches_per_epoch(); }
  const pb::Phase& phase() const { return phase_; }
  // Begins an epoch: sums and clock start again.
  void Begin();
  // Runs the next step of the epoch. REQUIRES: Begin() was called; step() < steps().
  void Step();
  int64_t step() const { return step_; }
  // Sets the numbers of the epoch so far: step, steps, percent, cost, loss, perplexity, bits,
  // speed, seconds.
  void Measure(LineValues* values) const;

 private:
  const pb::Phase& phase_;
  std::unique_ptr<Batcher> batcher_;
  std::vector<int32_t> inputs_, targets_;
  std::vector<Tensor> feeds_, fetched_;
  std::unique_ptr<CarriedState> state_;
  Session::Callable run_;
  int64_t step_ = 0;
  bool has_state_ = false;
  double cost_ = 0, sum_ = 0;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_PHASE_RUNNER_H_
