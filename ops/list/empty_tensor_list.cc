// EmptyTensorList: a list without elements.
#include "ops/list/list.h"

namespace graphrun::ops {
namespace empty_tensor_list {

void InferShape(ShapeContext& c, const ListAttrs& t) {
  c.WithRank(1, 0);
  SetListOut(c, 0, t.element_dtype, c.ValueAsShape(0));
}

void Kernel(KernelContext& k, const ListAttrs& t) {
  const RefPtr<TensorList> list =
      TensorList::New(t.element_dtype, ShapeFromTensor(k.In(0)), k.pool());
  list->max_items = k.In(1).int_at(0);
  SetListOut(k, 0, list);
}

}  // namespace empty_tensor_list

OpDef EmptyTensorListOp() {
  return Op<ListAttrs>("EmptyTensorList")
      .Doc(
          "An empty list of tensors whose shapes fit `element_shape` (-1: unknown) and of which at "
          "most `max_num_elements` can be pushed (-1: any number).")
      .Input("element_shape", "shape_type")
      .Input("max_num_elements", "int32")
      .Output("handle", "variant")
      .TypeAttr("element_dtype", &ListAttrs::element_dtype)
      .TypeAttr("shape_type", kInts)
      .AllocatesOutputs()
      .Means(Meaning::kListEmpty)
      .Shape(empty_tensor_list::InferShape)
      .NoGradient("its inputs are integers")
      .Kernel(empty_tensor_list::Kernel);
}

}  // namespace graphrun::ops
