// Batches of ids: the windows of a text, in the order that a plan asks for.
#ifndef GRAPHRUN_CORE_TEXT_TEXT_BATCHES_H_
#define GRAPHRUN_CORE_TEXT_TEXT_BATCHES_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "proto/plan.pb.h"

namespace graphrun {

// The windows of one text, round by round, as plan.proto's Batches says. Not safe for use from
// several threads.
class Batcher {
 public:
  virtual ~Batcher() = default;
  int64_t steps() const { return steps_; }  // of a window, which has steps() + 1 columns
  int64_t batches_per_round() const { return batches_; }
  // Rows of batch i of a round: the plan's, or fewer in a last batch.
  virtual int64_t rows(int64_t) const { return batch_; }
  // Writes batch i of a round (an epoch, from 0), row by row; the same for the same arguments
  // always. Cheapest in order. REQUIRES: i < batches_per_round(); rows(i) * (steps() + 1) elements.
  virtual void Fill(int64_t round, int64_t i, std::span<int32_t> window) = 0;

 protected:
  Batcher(int64_t batch, int64_t steps, int64_t batches)
      : batch_(batch), steps_(steps), batches_(batches) {}
  const int64_t batch_, steps_, batches_;
};

// `ids` must outlive the batcher. INVALID_ARGUMENT when there are too few for one batch (the
// message says how many are needed and which sizes they are enough for), for sizes that are not
// positive, an order that is not known, or an epoch_part that its order has not. `what` names the
// text in messages: "the valid text".
std::unique_ptr<Batcher> MakeBatcher(const pb::Batches& plan, std::span<const int32_t> ids,
                                     const std::string& what);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TEXT_TEXT_BATCHES_H_
