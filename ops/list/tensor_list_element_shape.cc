// TensorListElementShape: the shape that a list asks of its elements.
#include "ops/list/list.h"

namespace graphrun::ops {
namespace tensor_list_element_shape {

struct Attrs {
  DType shape_type;
};

// The list itself may know less than what was inferred, down to the scalar -1 for an unknown rank.
void InferShape(ShapeContext& c) {
  c.WithRank(0, 0);
  c.SetOut(0, Shape::Unknown());
}

void Kernel(KernelContext& k, const Attrs& t) {
  const Shape& shape = AsList(k.In(0)).shape;
  Tensor& out = k.Allocate(0, t.shape_type, shape.known_rank() ? Shape{shape.rank()} : Shape{});
  ForInt(t.shape_type, [&](auto z) {
    using T = decltype(z);
    if (!shape.known_rank()) out.data<T>()[0] = -1;
    for (int i = 0; i < shape.rank(); ++i) out.data<T>()[i] = static_cast<T>(shape[i]);
  });
}

}  // namespace tensor_list_element_shape

OpDef TensorListElementShapeOp() {
  using tensor_list_element_shape::Attrs;
  return Op<Attrs>("TensorListElementShape")
      .Doc("The list's element shape: an int vector with -1 for unknown, or -1 for unknown rank.")
      .Input("input_handle", "variant")
      .Output("element_shape", "shape_type")
      .TypeAttr("shape_type", &Attrs::shape_type, kInts)
      .AllocatesOutputs()
      .Means(Meaning::kListElementShape)
      .Shape(tensor_list_element_shape::InferShape)
      .NoGradient("its output does not depend on the elements")
      .Kernel(tensor_list_element_shape::Kernel);
}

}  // namespace graphrun::ops
