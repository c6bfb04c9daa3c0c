// Batch rules (OpDef::batch) that several ops share; see core/graph/batch_context.h.
#ifndef GRAPHRUN_OPS_BATCH_RULES_H_
#define GRAPHRUN_OPS_BATCH_RULES_H_

#include <optional>
#include <vector>

#include "core/graph/batch_context.h"

namespace graphrun::ops {

// Of an op that broadcasts its inputs.
std::vector<Output> BatchBroadcast(BatchContext& c);
// Of an element-wise op of inputs of one shape, or one that works along inner dimensions of input 0
// only: all inputs as they are, stacked.
std::vector<Output> BatchStacked(BatchContext& c);
// The node with an axis, its int scalar input `axis`, among the dimensions of input `of`; its other
// inputs stacked. Nothing when the axis is not known.
std::vector<Output> BatchAlongAxis(BatchContext& c, int axis, int of);

// Of an op that gives input 0 another shape.
std::vector<Output> BatchReshape(BatchContext& c);

// All outputs of a node.
inline std::vector<Output> OutputsOf(Output first, int n) {
  std::vector<Output> outputs;
  for (int k = 0; k < n; ++k) outputs.push_back({first.node, k});
  return outputs;
}

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_BATCH_RULES_H_
