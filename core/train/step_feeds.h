// StepFeeds: the tensors that one step is fed, made from a window of ids as a plan's Feeds say.
// CarriedState: those that the step before hands over.
#ifndef GRAPHRUN_CORE_TRAIN_STEP_FEEDS_H_
#define GRAPHRUN_CORE_TRAIN_STEP_FEEDS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/graph/graph.h"
#include "core/text/text_batches.h"
#include "core/train/runs.h"
#include "proto/plan.pb.h"

namespace graphrun {

// Ids of some rows, row by row: of a batch (steps + 1 columns), or the last symbols of a text that
// is being written (`steps` columns, no targets).
struct Window {
  std::span<const int32_t> ids;
  int64_t rows = 0, columns = 0, steps = 0;
  int32_t at(int64_t row, int64_t column) const { return ids[row * columns + column]; }
};

// Batch i of a round, its ids kept in *ids.
Window ReadBatch(Batcher& batcher, int64_t round, int64_t i, std::vector<int32_t>* ids);

class StepFeeds {
 public:
  // `plan` and `graph` must outlive it. One-hot feeds have `symbols` elements unless their tensor
  // says how many.
  StepFeeds(const google::protobuf::RepeatedPtrField<pb::Feed>& plan, const Graph& graph,
            int64_t symbols);
  const std::vector<TensorName>& names() const { return names_; }
  // Writes the first names().size() tensors of *feeds; their memory is used again when the shapes
  // stay. INVALID_ARGUMENT for a column that the window has not, or an id that a one-hot feed has
  // no room for. REQUIRES: feeds->size() >= names().size().
  void Fill(const Window& window, std::vector<Tensor>* feeds) const;

 private:
  Shape ShapeOf(const pb::Feed& feed, const Window& window) const;

  const google::protobuf::RepeatedPtrField<pb::Feed>& plan_;
  const Graph& graph_;
  const int64_t symbols_;
  std::vector<TensorName> names_;
  std::vector<Output> outputs_;
};

// Tensors that one step hands to the next, for phases and samplers. Nothing is allocated in a
// steady step.
class CarriedState {
 public:
  // `reset_targets` are run at every reset. Feeds and fetches of the state are the last ones of the
  // step's; `feeds_before` are its others.
  CarriedState(const google::protobuf::RepeatedPtrField<pb::Carry>& plan,
               const google::protobuf::RepeatedPtrField<std::string>& reset_targets, Runs& runs,
               const std::vector<TensorName>& feeds_before);
  // Appends the names; to be called for the step's Prepare.
  void AppendNames(std::vector<TensorName>* feeds, std::vector<TensorName>* fetches) const;
  // Runs the reset targets and puts what the graph computes for an unfed state, given the feeds
  // before, at the end of *feeds.
  void Reset(std::vector<Tensor>* feeds);
  // Moves what was fetched to where it is fed. The memory that was fed takes its place, to be
  // fetched into next.
  void Advance(std::vector<Tensor>* feeds, std::vector<Tensor>* fetched) const;

 private:
  std::vector<TensorName> feeds_, fetches_;
  Runs::Step initial_, reset_;  // empty: nothing to do
  std::vector<Tensor> before_, made_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TRAIN_STEP_FEEDS_H_
