#include "ops/training/apply.h"

namespace graphrun::ops {
namespace apply {

Shape VariableShapes(ShapeContext& c, int handles, DType dtype) {
  Shape shape = Shape::Unknown();
  for (int i = 0; i < handles; ++i) {
    shape = c.MergeShapes(shape, HandleShape(c, i, dtype), "shapes of the variable and its slots");
  }
  return shape;
}

[[noreturn]] void ThrowSlot(const VariableState& v, const VariableState& slot) {
  ThrowInvalid("variable '" + v.name + "' has shape " + v.value().shape().ToString() +
               ", and its slot '" + slot.name + "' " + slot.value().shape().ToString());
}

[[noreturn]] void ThrowShape(const VariableState& v, const Shape& grad) {
  ThrowInvalid("variable '" + v.name + "' has shape " + v.value().shape().ToString() +
               ", and the gradient " + grad.ToString());
}

void CheckValues(const KernelContext& k, int handles, int looked_up) {
  for (int i = 0; i < handles; ++i) {
    CheckHasValue(k, k.VariableAt(i), i < looked_up ? Code::kInternal : Code::kNotFound);
  }
}

}  // namespace apply

void InferApplyDense(ShapeContext& c, int handles, int grad) {
  const Shape shape = apply::VariableShapes(c, handles, c.Type(grad).dtype);
  c.MergeShapes(shape, c.In(grad), "shapes of variable and gradient");
  for (int i = handles; i < c.num_inputs(); ++i) {
    if (i != grad) c.WithRank(i, 0);
  }
}

void InferApplySparse(ShapeContext& c, int handles, int grad, int indices) {
  const Shape shape = apply::VariableShapes(c, handles, c.Type(grad).dtype);
  if (shape.rank() == 0) ThrowInvalid("a scalar variable has no rows to update");
  if (c.In(grad).known_rank()) {
    c.WithRankAtLeast(grad, 1);
    c.MergeDim(c.In(grad)[0], c.WithRank(indices, 1)[0], "rows of the gradient and indices");
  }
  const Shape rows =
      Concatenate(c.WithRank(indices, 1), shape.known_rank() ? shape.From(1) : Shape::Unknown());
  c.MergeShapes(rows, c.In(grad), "indices with the variable's row, and the gradient");
  for (int i = handles; i < c.num_inputs(); ++i) {
    if (i != grad && i != indices) c.WithRank(i, 0);
  }
}

void CheckApplyDense(const KernelContext& k, int handles, int grad, int looked_up) {
  apply::CheckValues(k, handles, looked_up);
  const Shape& shape = k.In(grad).shape();
  for (int i = 0; i < handles; ++i) {
    const VariableState& v = VariableOfType(k, i, k.In(grad).dtype());
    if (v.value().shape() != shape) apply::ThrowShape(v, shape);
  }
}

void CheckApplySparse(const KernelContext& k, int handles, int grad, int indices) {
  apply::CheckValues(k, handles, handles);
  const Shape& shape = k.In(grad).shape();
  for (int i = 0; i < handles; ++i) {
    const VariableState& v = VariableOfType(k, i, k.In(grad).dtype());
    const Shape& has = v.value().shape();
    if (has.rank() == 0 || shape.rank() != has.rank() || shape.From(1) != has.From(1)) {
      apply::ThrowShape(v, shape);
    }
    const VariableState& first = VariableOfType(k, 0, k.In(grad).dtype());
    if (has != first.value().shape()) apply::ThrowSlot(first, v);
    CheckIndices(k.In(indices), has[0]);
  }
}

}  // namespace graphrun::ops
