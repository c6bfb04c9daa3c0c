// TensorListStack: all elements of a list as one tensor.
#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "ops/list/list.h"

namespace graphrun::ops {
namespace tensor_list_stack {

struct Attrs {
  DType element_dtype;
  int64_t num_elements;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  const Shape element = ListElementShape(c, 0, t.element_dtype, 1);
  c.SetOut(0, Concatenate({t.num_elements}, element));
}

void Kernel(KernelContext& k, const Attrs& t) {
  const TensorList& list = ListAt(k, 0, t.element_dtype);
  const int64_t n = static_cast<int64_t>(list.items.size());
  if (t.num_elements != -1 && t.num_elements != n) {
    ThrowInvalid("a list of " + std::to_string(t.num_elements) +
                 " elements is expected (attribute num_elements), and it has " + std::to_string(n));
  }
  const Shape element = UnsetShape(list, k.In(1), true);
  for (const Tensor& item : list.items) {
    if (item.empty() && OwnShapes(k)) UnsetShape(list, k.In(1), false);
    if (!item.empty() && item.shape() != element) {
      ThrowInvalid("elements of shapes " + element.ToString() + " and " + item.shape().ToString() +
                   " cannot be stacked");
    }
  }
  const int64_t size = element.num_elements();
  Tensor& out = k.Allocate(0, t.element_dtype, Concatenate({n}, element));
  ParallelFor(n, 1 + (1 << 16) / (size + 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) CopyElements(list.items[i], size, out, i * size);
  });
}

std::vector<Grad> Gradient(GradContext& g) {
  return {op::TensorListFromTensor(g.scope(), g.DOut(0), g.In(1)), Grad()};
}

}  // namespace tensor_list_stack

OpDef TensorListStackOp() {
  using tensor_list_stack::Attrs;
  return Op<Attrs>("TensorListStack")
      .Doc(
          "The list's elements, all of one shape, as a tensor [n, ...]. Those never set are zeros. "
          "INVALID_ARGUMENT when there are not `num_elements` (-1: any number), or when the shape "
          "follows neither from `element_shape` nor from an element.")
      .Input("input_handle", "variant")
      .Input("element_shape", "int32")
      .Output("tensor", "element_dtype")
      .TypeAttr("element_dtype", &Attrs::element_dtype)
      .Attr("num_elements", &Attrs::num_elements, -1)
      .AllocatesOutputs()
      .Means(Meaning::kListStack)
      .Shape(tensor_list_stack::InferShape)
      .Grad(tensor_list_stack::Gradient)
      .Kernel(tensor_list_stack::Kernel);
}

}  // namespace graphrun::ops
