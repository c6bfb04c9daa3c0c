// TensorListGetItem: one element of a list.
#include "core/build/ops.h"
#include "ops/list/list.h"

namespace graphrun::ops {
namespace tensor_list_get_item {

void InferShape(ShapeContext& c, const ListAttrs& t) {
  c.WithRank(1, 0);
  c.SetOut(0, ListElementShape(c, 0, t.element_dtype, 2));
}

void Kernel(KernelContext& k, const ListAttrs& t) {
  const TensorList& list = ListAt(k, 0, t.element_dtype);
  const int64_t index = k.In(1).int_at(0);
  CheckListIndex(list, index, "access");
  SetElementOut(k, 0, list, list.items[index], k.In(2), !OwnShapes(k));
}

// All reads of a list add to one list of gradients: a list of its own for each read, all summed,
// would cost the square of the length in a loop.
std::vector<Grad> Gradient(GradContext& g, const ListAttrs& t) {
  const Scope& s = g.scope();
  const Expr list = g.In(0), index = g.In(1), dy = g.DOut(0), so_far = g.SoFar(0);
  if (!so_far.valid()) {
    g.SetTotal(0, op::TensorListSetItem(s, g.ZerosOf(list), index, dy));
    return g.None();
  }
  const Expr before = op::TensorListGetItem(s, so_far, index, g.ShapeOf(dy), t.element_dtype);
  g.SetTotal(0, op::TensorListSetItem(s, so_far, index, op::AddN(s, {before, dy})));
  return g.None();
}

}  // namespace tensor_list_get_item

OpDef TensorListGetItemOp() {
  return Op<ListAttrs>("TensorListGetItem")
      .Doc(
          "Element `index` of the list. One that was never set reads as zeros, of the shape that "
          "`element_shape`, the list or other elements have. INVALID_ARGUMENT for an index outside "
          "the list.")
      .Input("input_handle", "variant")
      .Input("index", "int32")
      .Input("element_shape", "int32")
      .Output("item", "element_dtype")
      .TypeAttr("element_dtype", &ListAttrs::element_dtype)
      .AllocatesOutputs()
      .Means(Meaning::kListRead)
      .Shape(tensor_list_get_item::InferShape)
      .Grad(tensor_list_get_item::Gradient)
      .Kernel(tensor_list_get_item::Kernel);
}

}  // namespace graphrun::ops
