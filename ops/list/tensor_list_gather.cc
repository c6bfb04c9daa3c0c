// TensorListGather: chosen elements of a list as one tensor.
#include "core/build/ops.h"
#include "ops/list/list.h"

namespace graphrun::ops {
namespace tensor_list_gather {

void InferShape(ShapeContext& c, const ListAttrs& t) {
  const Shape element = ListElementShape(c, 0, t.element_dtype, 2);
  c.SetOut(0, Concatenate(c.WithRank(1, 1), element));
}

void Kernel(KernelContext& k, const ListAttrs& t) {
  const TensorList& list = ListAt(k, 0, t.element_dtype);
  const Tensor& indices = k.In(1);
  const int64_t n = indices.num_elements();
  Shape element = Merge(list.shape, ShapeFromTensor(k.In(2)));
  for (int64_t i = 0; i < n; ++i) {
    CheckListIndex(list, indices.int_at(i), "access");
    const Tensor& item = list.items[indices.int_at(i)];
    if (item.empty() && OwnShapes(k)) UnsetShape(list, k.In(2), false);
    if (!item.empty()) element = Merge(element, item.shape());
  }
  if (!element.fully_known()) element = UnsetShape(list, k.In(2), true);
  const int64_t size = element.num_elements();
  Tensor& out = k.Allocate(0, t.element_dtype, Concatenate({n}, element));
  for (int64_t i = 0; i < n; ++i) {
    CopyElements(list.items[indices.int_at(i)], size, out, i * size);
  }
}

// An element that was chosen repeatedly gets the last of its gradients, as in TensorFlow.
std::vector<Grad> Gradient(GradContext& g, const ListAttrs& t) {
  const Scope& s = g.scope();
  const Expr indices = g.In(1), length = op::TensorListLength(s, g.In(0));
  Expr rows = g.DOut(0);
  if (g.node().attrs.contains(kAddsGradientsAttr))
    rows = op::Gather(s, op::UnsortedSegmentSum(s, rows, indices, length), indices);
  const Expr list =
      s.Add("TensorListReserve", {g.In(2), length}, {{"element_dtype", t.element_dtype}});
  return {s.Add("TensorListScatterIntoExistingList", {list, rows, indices}), Grad(), Grad()};
}

}  // namespace tensor_list_gather

OpDef TensorListGatherOp() {
  return Op<ListAttrs>("TensorListGather")
      .Doc(
          "The elements at `indices` [n], all of one shape, as a tensor [n, ...]. Those never set "
          "are zeros. INVALID_ARGUMENT for an index outside the list.")
      .Input("input_handle", "variant")
      .Input("indices", "int32")
      .Input("element_shape", "int32")
      .Output("values", "element_dtype")
      .TypeAttr("element_dtype", &ListAttrs::element_dtype)
      .AllocatesOutputs()
      .Means(Meaning::kListGather)
      .Shape(tensor_list_gather::InferShape)
      .Grad(tensor_list_gather::Gradient)
      .Kernel(tensor_list_gather::Kernel);
}

}  // namespace graphrun::ops
