// DynamicStitch, ParallelDynamicStitch: interleaves the slices of several tensors by index.
#include <algorithm>

#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace dynamic_stitch {

void InferShape(ShapeContext& c) {
  const int n = c.num_inputs() / 2;
  Shape row = Shape::Unknown();
  int64_t rows = 0;
  for (int i = 0; i < n; ++i) {
    const Shape &indices = c.In(i), &data = c.In(n + i);
    if (indices.known_rank() && data.known_rank()) {
      if (data.rank() < indices.rank()) {
        ThrowInvalid("DynamicStitch: indices " + indices.ToString() +
                     " are not the first dimensions of data " + data.ToString());
      }
      c.MergeShapes(indices, data.Slice(0, indices.rank()), "indices and first dimensions of data");
      row = c.MergeShapes(row, data.From(indices.rank()), "slices of data");
    }
    const Tensor* value = c.Value(i);
    if (!value) rows = kUnknownDim;
    for (int64_t j = 0; rows >= 0 && j < value->num_elements(); ++j) {
      if (value->int_at(j) < 0)
        ThrowInvalid("DynamicStitch: the index " + std::to_string(value->int_at(j)) +
                     " is negative");
      rows = std::max(rows, value->int_at(j) + 1);
    }
  }
  c.SetOut(0, Concatenate({rows}, row));
}

Shape Elements(const PartialContext& c) {
  const int n = c.num_inputs() / 2;
  std::array<int64_t, Shape::kMaxRank> elements;
  elements.fill(kUnknownDim);
  int64_t rows = 0;
  for (int i = 0; i < n; ++i) {
    const Shape indices = c.Value(i), data = c.Value(n + i);
    if (!indices.known_rank()) return Shape::Unknown();
    for (int j = 0; j < indices.rank(); ++j) {
      if (indices[j] < 0 || indices[j] >= Shape::kMaxRank) return Shape::Unknown();
      rows = std::max(rows, indices[j] + 1);
      elements[indices[j]] = j < data.rank() ? data[j] : kUnknownDim;
    }
  }
  return Shape(std::span<const int64_t>(elements.data(), rows));
}

std::vector<Grad> Gradient(GradContext& g) {
  const int n = g.num_inputs() / 2;
  std::vector<Grad> dx = g.None();
  for (int i = 0; i < n; ++i) {
    if (g.Needs(n + i)) dx[n + i] = op::Gather(g.scope(), g.DOut(0), g.In(i));
  }
  return dx;
}

void Kernel(KernelContext& k) {
  const int n = k.num_inputs() / 2;
  const int64_t width = CountElements(k.Out(0).shape(), 1, k.Out(0).shape().rank());
  ClearElements(k.Out(0));  // rows that no index names
  StridedCopy copy;
  copy.Add(width, 1, 1);
  for (int i = 0; i < n; ++i) {
    for (int64_t j = 0; j < k.In(i).num_elements(); ++j) {
      copy.Run(k.Out(0), k.In(i).int_at(j) * width, k.In(n + i), j * width);
    }
  }
}

OpDef Declare(const char* name, const char* later) {
  return Op<>(name)
      .Doc(std::string("merged[indices[m][i], ...] = data[m][i, ...] for each of the N pairs") +
           later +
           "; it has as many rows as the largest index asks for, zero where no index points. "
           "INVALID_ARGUMENT for a negative index.")
      .Input("indices", "N*int32")
      .Input("data", "N*T")
      .Output("merged", "T")
      .NumberAttr("N")
      .TypeAttr("T")
      .Shape(InferShape)
      .Partial(Elements)
      .Grad(Gradient)
      .Kernel(Kernel);
}

}  // namespace dynamic_stitch

OpDef DynamicStitchOp() {
  return dynamic_stitch::Declare("DynamicStitch", ", later ones over earlier ones");
}

OpDef ParallelDynamicStitchOp() {
  return dynamic_stitch::Declare("ParallelDynamicStitch", ", whose indices should all differ");
}

}  // namespace graphrun::ops
