// TensorListSplit: a tensor cut into a list of pieces with given numbers of rows.
#include <cstring>

#include "core/base/size.h"
#include "core/build/ops.h"
#include "ops/list/list.h"

namespace graphrun::ops {
namespace tensor_list_split {

// The numbers of rows come from lengths, whatever element_shape says of them. Elements that are set
// later need only fit element_shape.
void InferShape(ShapeContext& c, const ListAttrs& t) {
  Shape piece = c.WithRankAtLeast(0, 1), element = c.ValueAsShape(1);
  c.WithRank(2, 1);
  if (element.rank() == 0) ThrowInvalid("pieces are no scalars; element_shape is []");
  if (element.known_rank()) element.Set(0, kUnknownDim);
  if (piece.known_rank()) piece.Set(0, kUnknownDim);
  c.MergeShapes(piece, element, "the tensor's pieces and element_shape");
  SetListOut(c, 0, t.element_dtype, element);
}

void Kernel(KernelContext& k, const ListAttrs& t) {
  const Tensor& tensor = k.In(0);
  const Tensor& lengths = k.In(2);
  const size_t size = DTypeSize(tensor.dtype());
  if (size == 0) {
    ThrowInvalid("a " + std::string(DTypeName(tensor.dtype())) + " tensor cannot be split");
  }
  if (tensor.shape().rank() == 0) ThrowInvalid("a scalar has no rows to split");
  Shape element = ShapeFromTensor(k.In(1));
  if (element.rank() == 0) ThrowInvalid("pieces are no scalars; element_shape is []");
  if (element.known_rank()) {
    Shape piece = tensor.shape();
    piece.Set(0, element[0]);
    Merge(piece, element);
    for (int64_t i = 0; i < lengths.num_elements(); ++i) {
      if (lengths.int_at(i) != element[0]) element.Set(0, kUnknownDim);
    }
  }
  const RefPtr<TensorList> list = TensorList::New(t.element_dtype, element, k.pool());
  const size_t row = CheckedBytes(tensor.shape().From(1).num_elements(), size);
  int64_t at = 0;
  for (int64_t i = 0; i < lengths.num_elements(); ++i) {
    const int64_t rows = lengths.int_at(i);
    if (rows < 0 || rows > tensor.shape()[0] - at) break;
    Shape shape = tensor.shape();
    shape.Set(0, rows);
    Tensor item(tensor.dtype(), shape, k.pool());
    if (item.bytes() > 0) {
      std::memcpy(item.raw(), static_cast<const char*>(tensor.raw()) + at * row, item.bytes());
    }
    NoteElementShape(k, *list, shape);
    list->items.push_back(std::move(item));
    at += rows;
  }
  if (at != tensor.shape()[0] ||
      static_cast<int64_t>(list->items.size()) != lengths.num_elements()) {
    ThrowInvalid("lengths (" + lengths.ToString() + ") do not add up to the tensor's " +
                 std::to_string(tensor.shape()[0]) + " rows");
  }
  SetListOut(k, 0, list);
}

std::vector<Grad> Gradient(GradContext& g, const ListAttrs& t) {
  const Scope& s = g.scope();
  const Expr shape = op::Concat(s, {op::Ints(s, {-1}), RowShape(g, g.In(0))}, 0);
  return {s.Add("TensorListConcatV2", {g.DOut(0), shape, g.In(2)},
                {{"element_dtype", t.element_dtype}}),
          Grad(), Grad()};
}

}  // namespace tensor_list_split

OpDef TensorListSplitOp() {
  return Op<ListAttrs>("TensorListSplit")
      .Doc("A list of the pieces of `tensor` [rows, ...] with lengths[i] rows each, in order.")
      .Input("tensor", "element_dtype")
      .Input("element_shape", "shape_type")
      .Input("lengths", "int64")
      .Output("output_handle", "variant")
      .TypeAttr("element_dtype", &ListAttrs::element_dtype)
      .TypeAttr("shape_type", kInts)
      .AllocatesOutputs()
      .Shape(tensor_list_split::InferShape)
      .Grad(tensor_list_split::Gradient)
      .Kernel(tensor_list_split::Kernel);
}

}  // namespace graphrun::ops
