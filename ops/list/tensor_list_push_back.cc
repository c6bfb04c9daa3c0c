// TensorListPushBack: a list with one more element at its end.
#include "core/build/ops.h"
#include "ops/list/list.h"

namespace graphrun::ops {
namespace tensor_list_push_back {

void InferShape(ShapeContext& c, const ListAttrs& t) {
  InferListUpdate(c, t.element_dtype, c.In(1));
}

void Kernel(KernelContext& k, const ListAttrs& t) {
  CheckElement(ListAt(k, 0, t.element_dtype), k.In(1));
  const TensorList& before = AsList(k.In(0));
  if (before.max_items >= 0 && static_cast<int64_t>(before.items.size()) >= before.max_items) {
    ThrowInvalid("trying to push to a full list of " + std::to_string(before.items.size()) +
                 " elements; max_num_elements is " + std::to_string(before.max_items));
  }
  Tensor list = k.Take(0);
  MutableList(list, k.pool()).items.push_back(k.Retain(1));
  k.SetOut(0, std::move(list));
}

// What was put on the end of the list comes off the end of its gradient.
std::vector<Grad> Gradient(GradContext& g, const ListAttrs& t) {
  const std::vector<Expr> popped =
      op::TensorListPopBack(g.scope(), g.DOut(0), g.ShapeOf(g.In(1)), t.element_dtype);
  return {popped[0], popped[1]};
}

}  // namespace tensor_list_push_back

OpDef TensorListPushBackOp() {
  return Op<ListAttrs>("TensorListPushBack")
      .Doc("The list with `tensor` added at its end.")
      .Input("input_handle", "variant")
      .Input("tensor", "element_dtype")
      .Output("output_handle", "variant")
      .TypeAttr("element_dtype", &ListAttrs::element_dtype)
      .AllocatesOutputs()
      .Retains(1)
      .Means(Meaning::kListPush)
      .Shape(tensor_list_push_back::InferShape)
      .Grad(tensor_list_push_back::Gradient)
      .Kernel(tensor_list_push_back::Kernel);
}

}  // namespace graphrun::ops
