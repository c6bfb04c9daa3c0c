// TensorListPopBack: a list without its last element, and that element.
#include "core/build/ops.h"
#include "ops/list/list.h"

namespace graphrun::ops {
namespace tensor_list_pop_back {

void InferShape(ShapeContext& c, const ListAttrs& t) {
  SetListOut(c, 0, t.element_dtype, ListElementShape(c, 0, t.element_dtype));
  c.SetOut(1, ListElementShape(c, 0, t.element_dtype, 1));
}

void Kernel(KernelContext& k, const ListAttrs& t) {
  const TensorList& before = ListAt(k, 0, t.element_dtype);
  if (before.items.empty()) ThrowInvalid("trying to pop from an empty list");
  SetElementOut(k, 1, before, before.items.back(), k.In(1), false);
  Tensor list = k.Take(0);
  MutableList(list, k.pool()).items.pop_back();
  k.SetOut(0, std::move(list));
}

std::vector<Grad> Gradient(GradContext& g) {
  return {op::TensorListPushBack(g.scope(), g.DOut(0), g.DOut(1)), Grad()};
}

}  // namespace tensor_list_pop_back

OpDef TensorListPopBackOp() {
  return Op<ListAttrs>("TensorListPopBack")
      .Doc(
          "{the list without its last element, that element}. An element that was never set reads "
          "as zeros of `element_shape`. INVALID_ARGUMENT for an empty list.")
      .Input("input_handle", "variant")
      .Input("element_shape", "int32")
      .Output("output_handle", "variant")
      .Output("tensor", "element_dtype")
      .TypeAttr("element_dtype", &ListAttrs::element_dtype)
      .AllocatesOutputs()
      .Means(Meaning::kListPop)
      .Shape(tensor_list_pop_back::InferShape)
      .Grad(tensor_list_pop_back::Gradient)
      .Kernel(tensor_list_pop_back::Kernel);
}

}  // namespace graphrun::ops
