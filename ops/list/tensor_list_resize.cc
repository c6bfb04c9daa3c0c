// TensorListResize: a list cut or extended to a length.
#include "core/build/ops.h"
#include "ops/list/list.h"

namespace graphrun::ops {
namespace tensor_list_resize {

void InferShape(ShapeContext& c) {
  c.WithRank(0, 0);
  c.WithRank(1, 0);
  SetListOut(c, 0, c.Type(0).element_dtype, c.Type(0).element_shape);
}

void Kernel(KernelContext& k) {
  const int64_t size = k.In(1).int_at(0);
  if (size < 0) ThrowInvalid("size is " + std::to_string(size) + "; it must not be negative");
  Tensor list = k.Take(0);
  ResizeList(MutableList(list, k.pool()), size);
  k.SetOut(0, std::move(list));
}

std::vector<Grad> Gradient(GradContext& g) {
  const Scope& s = g.scope();
  return {s.Add("TensorListResize", {g.DOut(0), op::TensorListLength(s, g.In(0))}), Grad()};
}

}  // namespace tensor_list_resize

OpDef TensorListResizeOp() {
  return Op("TensorListResize")
      .Doc("The list's first `size` elements; those beyond its end are not set.")
      .Input("input_handle", "variant")
      .Input("size", "int32")
      .Output("output_handle", "variant")
      .AllocatesOutputs()
      .Shape(tensor_list_resize::InferShape)
      .Grad(tensor_list_resize::Gradient)
      .Kernel(tensor_list_resize::Kernel);
}

}  // namespace graphrun::ops
