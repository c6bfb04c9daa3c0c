// TensorListFromTensor: the rows of a tensor as a list.
#include "core/build/ops.h"
#include "ops/list/list.h"

namespace graphrun::ops {
namespace tensor_list_from_tensor {

void InferShape(ShapeContext& c, const ListAttrs& t) {
  const Shape tensor = c.WithRankAtLeast(0, 1);
  const Shape row = tensor.known_rank() ? tensor.From(1) : Shape::Unknown();
  SetListOut(c, 0, t.element_dtype,
             c.MergeShapes(row, c.ValueAsShape(1), "the tensor's row and element_shape"));
}

void Kernel(KernelContext& k, const ListAttrs& t) {
  const Tensor& tensor = k.In(0);
  if (tensor.shape().rank() == 0) ThrowInvalid("a scalar has no rows to make a list of");
  const Shape row = tensor.shape().From(1);
  const RefPtr<TensorList> list =
      TensorList::New(t.element_dtype, Merge(row, ShapeFromTensor(k.In(1))), k.pool());
  const int64_t n = tensor.shape()[0];
  list->items.reserve(n);
  for (int64_t i = 0; i < n; ++i) list->items.push_back(CopyRow(tensor, i, row, k.pool()));
  SetListOut(k, 0, list);
}

std::vector<Grad> Gradient(GradContext& g, const ListAttrs& t) {
  const Expr tensor = g.In(0);
  const int64_t n = tensor.shape().known_rank() ? tensor.shape()[0] : kUnknownDim;
  return {op::TensorListStack(g.scope(), g.DOut(0), RowShape(g, tensor), t.element_dtype, n),
          Grad()};
}

}  // namespace tensor_list_from_tensor

OpDef TensorListFromTensorOp() {
  return Op<ListAttrs>("TensorListFromTensor")
      .Doc(
          "The rows of `tensor` [n, ...] as a list of n elements, whose shape fits "
          "`element_shape`.")
      .Input("tensor", "element_dtype")
      .Input("element_shape", "shape_type")
      .Output("output_handle", "variant")
      .TypeAttr("element_dtype", &ListAttrs::element_dtype)
      .TypeAttr("shape_type", kInts)
      .AllocatesOutputs()
      .Means(Meaning::kListFromTensor)
      .Shape(tensor_list_from_tensor::InferShape)
      .Grad(tensor_list_from_tensor::Gradient)
      .Kernel(tensor_list_from_tensor::Kernel);
}

}  // namespace graphrun::ops
