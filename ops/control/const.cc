// Const: a tensor that is part of the graph.
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace const_op {

struct Attrs {
  Tensor value;
  DType dtype;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  if (t.value.dtype() != t.dtype) {
    ThrowInvalid("attribute value is " + std::string(DTypeName(t.value.dtype())) +
                 ", and attribute dtype says " + std::string(DTypeName(t.dtype)));
  }
  c.SetOut(0, t.value.shape());
}

}  // namespace const_op

OpDef ConstOp() {
  using const_op::Attrs;
  return Op<Attrs>("Const")
      .Doc("A constant: attribute value, of dtype `dtype`.")
      .Output("output", "dtype")
      .Attr("value", &Attrs::value)
      .TypeAttr("dtype", &Attrs::dtype)
      .Is(Structure::kConst)
      .Shape(const_op::InferShape)
      .NoGradient("it has no inputs");
}

}  // namespace graphrun::ops
