// TensorListScatterIntoExistingList: a list with several elements replaced by rows of a tensor.
#include <algorithm>

#include "core/base/size.h"
#include "core/build/ops.h"
#include "ops/list/list.h"

namespace graphrun::ops {
namespace tensor_list_scatter_into_existing_list {

void InferShape(ShapeContext& c, const ListAttrs& t) {
  const Shape tensor = c.WithRankAtLeast(1, 1);
  const Shape indices = c.WithRank(2, 1);
  if (tensor.known_rank()) c.MergeDim(tensor[0], indices[0], "number of rows and of indices");
  InferListUpdate(c, t.element_dtype, tensor.known_rank() ? tensor.From(1) : Shape::Unknown());
}

// The list grows as far as the indices ask for.
void Kernel(KernelContext& k, const ListAttrs& t) {
  const TensorList& before = ListAt(k, 0, t.element_dtype);
  const Tensor& tensor = k.In(1);
  const Tensor& indices = k.In(2);
  const int64_t n = indices.num_elements();
  if (tensor.shape().rank() == 0 || tensor.shape()[0] != n) {
    ThrowInvalid("a tensor of shape " + tensor.shape().ToString() + " has not the " +
                 std::to_string(n) + " rows for indices");
  }
  const Shape row = tensor.shape().From(1);
  if (!before.shape.CompatibleWith(row)) {
    ThrowInvalid("rows of shape " + row.ToString() + " do not fit a list of elements of shape " +
                 before.shape.ToString());
  }
  const bool fixed = k.node().attrs.contains(kFixedSizeAttr);
  int64_t size = static_cast<int64_t>(before.items.size());
  for (int64_t i = 0; i < n; ++i) {
    if (indices.int_at(i) < 0) {
      ThrowInvalid("indices[" + std::to_string(i) + "] = " + std::to_string(indices.int_at(i)) +
                   " is negative");
    }
    if (fixed) CheckListIndex(before, indices.int_at(i), "modify");
    size = std::max(size, CheckedAdd(indices.int_at(i), 1));
  }
  Tensor list = k.Take(0);
  TensorList& after = MutableList(list, k.pool());
  ResizeList(after, size);
  if (n > 0) NoteElementShape(k, after, row);
  for (int64_t i = 0; i < n; ++i) {
    CheckUnwritten(k, after, indices.int_at(i));
    after.items[indices.int_at(i)] = CopyRow(tensor, i, row, k.pool());
  }
  k.SetOut(0, std::move(list));
}

std::vector<Grad> Gradient(GradContext& g, const ListAttrs& t) {
  const Scope& s = g.scope();
  const Expr dy = g.DOut(0), tensor = g.In(1), indices = g.In(2);
  const Expr rows = s.Add("TensorListGather", {dy, indices, RowShape(g, tensor)},
                          {{"element_dtype", t.element_dtype}});
  const Expr cleared = s.Add("TensorListScatterIntoExistingList", {dy, g.ZerosOf(tensor), indices});
  return {s.Add("TensorListResize", {cleared, op::TensorListLength(s, g.In(0))}), rows, Grad()};
}

}  // namespace tensor_list_scatter_into_existing_list

OpDef TensorListScatterIntoExistingListOp() {
  namespace scatter = tensor_list_scatter_into_existing_list;
  return Op<ListAttrs>("TensorListScatterIntoExistingList")
      .Doc(
          "The list with element indices[i] replaced by row i of `tensor` [n, ...], for each of "
          "the n indices; it grows when they reach beyond its end.")
      .Input("input_handle", "variant")
      .Input("tensor", "element_dtype")
      .Input("indices", "int32")
      .Output("output_handle", "variant")
      .TypeAttr("element_dtype", &ListAttrs::element_dtype)
      .AllocatesOutputs()
      .Means(Meaning::kListScatter)
      .Shape(scatter::InferShape)
      .Grad(scatter::Gradient)
      .Kernel(scatter::Kernel);
}

}  // namespace graphrun::ops
