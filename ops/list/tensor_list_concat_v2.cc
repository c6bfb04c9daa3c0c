// TensorListConcatV2: the elements of a list joined along their first dimension.
#include "core/base/size.h"
#include "core/build/ops.h"
#include "ops/list/list.h"

namespace graphrun::ops {
namespace tensor_list_concat_v2 {

void InferShape(ShapeContext& c, const ListAttrs& t) {
  Shape shape = ListElementShape(c, 0, t.element_dtype, 1);
  if (shape.rank() == 0) ThrowInvalid("scalars cannot be joined; element_shape is []");
  if (shape.known_rank()) shape.Set(0, kUnknownDim);
  c.SetOut(0, shape);
  c.SetOut(1, {kUnknownDim});
}

// The rows that all elements have by element_shape, or, when that does not tell, those that the set
// elements have in common; -1 when there is no such number.
int64_t CommonRows(const TensorList& list, const Shape& element) {
  if (element.rank() > 0 && element[0] >= 0) return element[0];
  int64_t rows = kUnknownDim;
  for (const Tensor& item : list.items) {
    if (item.empty()) continue;
    if (rows >= 0 && rows != item.shape()[0]) return kUnknownDim;
    rows = item.shape()[0];
  }
  return rows;
}

// Rows of element i: its own, or, when it was never set, what leading_dims or else `common` says.
int64_t RowsOf(const KernelContext& k, const TensorList& list, int64_t i, int64_t common) {
  const Tensor& item = list.items[i];
  if (!item.empty()) return item.shape()[0];
  const Tensor& leading = k.In(2);
  const int64_t rows = i < leading.num_elements() ? leading.int_at(i) : common;
  if (rows < 0) {
    ThrowInvalid("element " + std::to_string(i) + " was never set, and neither leading_dims nor " +
                 "element_shape nor the other elements say how many rows it has");
  }
  return rows;
}

void Kernel(KernelContext& k, const ListAttrs& t) {
  const TensorList& list = ListAt(k, 0, t.element_dtype);
  const int64_t n = static_cast<int64_t>(list.items.size());
  Shape element = Merge(list.shape, ShapeFromTensor(k.In(1)));
  const bool one_size = element.rank() > 0 && element[0] >= 0;
  for (const Tensor& item : list.items) {
    if (item.empty() && OwnShapes(k)) UnsetShape(list, k.In(1), false);
    if (item.empty()) continue;
    Shape shape = item.shape();
    if (shape.rank() == 0) ThrowInvalid("scalars cannot be joined");
    if (!one_size) shape.Set(0, kUnknownDim);
    element = Merge(element, shape);
  }
  if (element.rank() < 1 || !element.From(1).fully_known()) {
    ThrowInvalid("the shape of the joined elements is unknown: " + element.ToString());
  }
  const int64_t common = CommonRows(list, element);
  Tensor& lengths = k.Allocate(1, DType::kInt64, {n});
  int64_t total = 0;
  for (int64_t i = 0; i < n; ++i) {
    lengths.data<int64_t>()[i] = RowsOf(k, list, i, common);
    total = CheckedAdd(total, lengths.data<int64_t>()[i]);
  }
  Shape shape = element;
  shape.Set(0, total);
  Tensor& out = k.Allocate(0, t.element_dtype, shape);
  const int64_t inner = element.From(1).num_elements();
  int64_t at = 0;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t size = lengths.data<int64_t>()[i] * inner;
    CopyElements(list.items[i], size, out, at);
    at += size;
  }
}

std::vector<Grad> Gradient(GradContext& g) {
  const Scope& s = g.scope();
  return {s.Add("TensorListSplit", {g.DOut(0), g.In(1), g.Out(1)}), Grad(), Grad()};
}

}  // namespace tensor_list_concat_v2

OpDef TensorListConcatV2Op() {
  return Op<ListAttrs>("TensorListConcatV2")
      .Doc(
          "{the elements [rows, ...] joined along their first dimension, the rows of each: int64 "
          "[n]}. Elements never set are zeros, with `leading_dims` rows, or else as many as "
          "`element_shape` says, or as all others have.")
      .Input("input_handle", "variant")
      .Input("element_shape", "shape_type")
      .Input("leading_dims", "int64")
      .Output("tensor", "element_dtype")
      .Output("lengths", "int64")
      .TypeAttr("element_dtype", &ListAttrs::element_dtype)
      .TypeAttr("shape_type", kInts)
      .AllocatesOutputs()
      .Shape(tensor_list_concat_v2::InferShape)
      .Grad(tensor_list_concat_v2::Gradient)
      .Kernel(tensor_list_concat_v2::Kernel);
}

}  // namespace graphrun::ops
