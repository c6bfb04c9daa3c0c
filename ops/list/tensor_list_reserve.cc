// TensorListReserve: a list of elements that are not set yet.
#include "ops/list/list.h"

namespace graphrun::ops {
namespace tensor_list_reserve {

void InferShape(ShapeContext& c, const ListAttrs& t) {
  c.WithRank(1, 0);
  SetListOut(c, 0, t.element_dtype, c.ValueAsShape(0));
}

void Kernel(KernelContext& k, const ListAttrs& t) {
  const int64_t n = k.In(1).int_at(0);
  if (n < 0) ThrowInvalid("num_elements is " + std::to_string(n) + "; it must not be negative");
  const RefPtr<TensorList> list =
      TensorList::New(t.element_dtype, ShapeFromTensor(k.In(0)), k.pool());
  ResizeList(*list, n);
  SetListOut(k, 0, list);
}

}  // namespace tensor_list_reserve

OpDef TensorListReserveOp() {
  return Op<ListAttrs>("TensorListReserve")
      .Doc(
          "A list of `num_elements` tensors whose shapes fit `element_shape` (-1: unknown). An "
          "element reads as zeros until it is set.")
      .Input("element_shape", "shape_type")
      .Input("num_elements", "int32")
      .Output("handle", "variant")
      .TypeAttr("element_dtype", &ListAttrs::element_dtype)
      .TypeAttr("shape_type", kInts)
      .AllocatesOutputs()
      .Means(Meaning::kListReserve)
      .Shape(tensor_list_reserve::InferShape)
      .NoGradient("its inputs are integers")
      .Kernel(tensor_list_reserve::Kernel);
}

}  // namespace graphrun::ops
