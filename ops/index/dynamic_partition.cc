// DynamicPartition: deals out slices of a tensor to several outputs.
#include <algorithm>

#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace dynamic_partition {

void InferShape(ShapeContext& c) {
  const Shape &data = c.In(0), &partitions = c.In(1);
  if (!data.known_rank() || !partitions.known_rank()) return;
  if (partitions.rank() > data.rank()) {
    ThrowInvalid("DynamicPartition: partitions " + partitions.ToString() +
                 " are not the first dimensions of data " + data.ToString());
  }
  c.MergeShapes(data.Slice(0, partitions.rank()), partitions,
                "first dimensions of data and partitions");
  for (int i = 0; i < c.num_outputs(); ++i) {
    c.SetOut(i, Concatenate({kUnknownDim}, data.From(partitions.rank())));
  }
}

// The positions of the slices are dealt out in the same way, so stitching by them undoes it.
std::vector<Grad> Gradient(GradContext& g) {
  const Scope& s = g.scope();
  const Expr data = g.In(0), partitions = g.In(1);
  const Expr numbers = op::Range(s, op::Const(s, 0), op::Size(s, partitions), op::Const(s, 1));
  std::vector<Expr> inputs =
      s.AddMulti("DynamicPartition", {op::Reshape(s, numbers, g.ShapeOf(partitions)), partitions},
                 {{"num_partitions", static_cast<int64_t>(g.num_outputs())}});
  for (int i = 0; i < g.num_outputs(); ++i) inputs.push_back(g.DOut(i));
  const Expr joined = s.Add("ParallelDynamicStitch", inputs);
  return {op::Reshape(s, joined, g.ShapeOf(data)), {}};
}

void Kernel(KernelContext& k) {
  const Tensor &data = k.In(0), &partitions = k.In(1);
  const int outputs = k.num_outputs();
  const auto to = partitions.span<int32_t>();
  Tensor next = k.Scratch(DType::kInt64, {outputs});
  const auto at = next.span<int64_t>();
  std::fill(at.begin(), at.end(), 0);
  for (size_t i = 0; i < to.size(); ++i) {
    if (to[i] < 0 || to[i] >= outputs) {
      ThrowInvalid("partitions[" + std::to_string(i) + "] = " + std::to_string(to[i]) +
                   " is not in [0, " + std::to_string(outputs) + ")");
    }
    ++at[to[i]];
  }
  const Shape slice = data.shape().From(partitions.shape().rank());
  for (int o = 0; o < outputs; ++o) {
    k.Allocate(o, data.dtype(), Concatenate({at[o]}, slice));
    at[o] = 0;
  }
  const int64_t width = slice.num_elements();
  StridedCopy copy;
  copy.Add(width, 1, 1);
  for (size_t i = 0; i < to.size(); ++i) {
    copy.Run(k.Out(to[i]), at[to[i]]++ * width, data, static_cast<int64_t>(i) * width);
  }
}

}  // namespace dynamic_partition

OpDef DynamicPartitionOp() {
  return Op("DynamicPartition")
      .Doc(
          "outputs[p] has the slices data[i, ...] with partitions[i] == p, in order; i may be "
          "several dimensions. INVALID_ARGUMENT for a partition outside [0, num_partitions).")
      .Input("data", "T")
      .Input("partitions", "int32")
      .Output("outputs", "num_partitions*T")
      .NumberAttr("num_partitions")
      .TypeAttr("T")
      .AllocatesOutputs()
      .Shape(dynamic_partition::InferShape)
      .Grad(dynamic_partition::Gradient)
      .Kernel(dynamic_partition::Kernel);
}

}  // namespace graphrun::ops
