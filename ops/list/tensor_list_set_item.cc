// TensorListSetItem: a list with one element replaced.
#include "core/base/size.h"
#include "core/build/ops.h"
#include "ops/list/list.h"

namespace graphrun::ops {
namespace tensor_list_set_item {

struct Attrs {
  DType element_dtype;
  bool resize_if_index_out_of_bounds;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  c.WithRank(1, 0);
  InferListUpdate(c, t.element_dtype, c.In(2));
}

void Kernel(KernelContext& k, const Attrs& t) {
  const TensorList& before = ListAt(k, 0, t.element_dtype);
  const int64_t index = k.In(1).int_at(0), size = static_cast<int64_t>(before.items.size());
  const bool grow = t.resize_if_index_out_of_bounds && index >= size;
  if (!grow) CheckListIndex(before, index, "modify");
  CheckElement(before, k.In(2));
  if (index < size) CheckUnwritten(k, before, index);
  Tensor list = k.Take(0);
  TensorList& after = MutableList(list, k.pool());
  if (grow) ResizeList(after, CheckedAdd(index, 1));
  NoteElementShape(k, after, k.In(2).shape());
  after.items[index] = k.Retain(2);
  k.SetOut(0, std::move(list));
}

// The replaced element had no effect: its gradient is zero. The element is read before the list is
// changed, so that it can be changed in place.
std::vector<Grad> Gradient(GradContext& g, const Attrs& t) {
  const Scope& s = g.scope();
  const Expr dy = g.DOut(0), index = g.In(1), item = g.In(2);
  std::vector<Grad> grads(3);
  grads[2] = op::TensorListGetItem(s, dy, index, g.ShapeOf(item), t.element_dtype);
  if (!g.Needs(0)) return grads;
  Expr list = op::TensorListSetItem(s, dy, index, g.ZerosOf(item));
  if (t.resize_if_index_out_of_bounds) {
    list = s.Add("TensorListResize", {list, op::TensorListLength(s, g.In(0))});
  }
  grads[0] = list;
  return grads;
}

}  // namespace tensor_list_set_item

OpDef TensorListSetItemOp() {
  using tensor_list_set_item::Attrs;
  return Op<Attrs>("TensorListSetItem")
      .Doc(
          "The list with element `index` replaced by `item`. INVALID_ARGUMENT for an index outside "
          "the list, unless `resize_if_index_out_of_bounds` lets the list grow.")
      .Input("input_handle", "variant")
      .Input("index", "int32")
      .Input("item", "element_dtype")
      .Output("output_handle", "variant")
      .TypeAttr("element_dtype", &Attrs::element_dtype)
      .Attr("resize_if_index_out_of_bounds", &Attrs::resize_if_index_out_of_bounds, false)
      .AllocatesOutputs()
      .Retains(2)
      .Means(Meaning::kListWrite)
      .Shape(tensor_list_set_item::InferShape)
      .Grad(tensor_list_set_item::Gradient)
      .Kernel(tensor_list_set_item::Kernel);
}

}  // namespace graphrun::ops
