// What the stateless random ops share: numbers that depend on an input alone.
#ifndef GRAPHRUN_OPS_RANDOM_STATELESS_H_
#define GRAPHRUN_OPS_RANDOM_STATELESS_H_

#include <cstdint>

#include "core/base/philox.h"
#include "core/graph/op_context.h"

namespace graphrun::ops {

// Philox's key and 128-bit counter, as the ops hand them on.
struct StatelessStream {
  uint64_t key = 0;
  uint64_t low = 0, high = 0;  // the counter
  Philox Start() const;
};

// The stream that `seed` (int32 or int64 [2]) stands for: TensorFlow scrambles it, so that seeds
// that differ little give streams that do not overlap.
StatelessStream StreamOfSeed(const Tensor& seed);

// INVALID_ARGUMENT unless input i has shape [2] or may have it.
void CheckSeedShape(ShapeContext& c, int i);

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_RANDOM_STATELESS_H_
