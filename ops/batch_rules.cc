#include "ops/batch_rules.h"

#include "ops/axis.h"

namespace graphrun::ops {

std::vector<Output> BatchBroadcast(BatchContext& c) {
  std::vector<Output> inputs;
  for (int i = 0; i < c.num_inputs(); ++i) inputs.push_back(c.Aligned(i, c.OutShape(0).rank()));
  return OutputsOf(c.Again(inputs), c.num_outputs());
}

std::vector<Output> BatchStacked(BatchContext& c) {
  std::vector<Output> inputs;
  for (int i = 0; i < c.num_inputs(); ++i) inputs.push_back(c.Full(i));
  return OutputsOf(c.Again(inputs), c.num_outputs());
}

std::vector<Output> BatchReshape(BatchContext& c) {
  if (!c.Stacked(0)) return {};
  return {c.Reshape(c.In(0), c.WithTrips(c.OutShape(0)))};
}

std::vector<Output> BatchAlongAxis(BatchContext& c, int axis, int of) {
  const Tensor* value = c.Value(axis);
  if (!value || value->num_elements() != 1) return {};
  const int rank = c.InShape(of).rank();
  const int64_t at = value->int_at(0);
  if (at < -rank || at >= rank) return {};
  std::vector<Output> inputs;
  for (int i = 0; i < c.num_inputs(); ++i) {
    inputs.push_back(i == axis ? c.Int(CanonicalAxis(at, rank) + 1, c.InType(axis)) : c.Full(i));
  }
  return OutputsOf(c.Again(inputs), c.num_outputs());
}

}  // namespace graphrun::ops
