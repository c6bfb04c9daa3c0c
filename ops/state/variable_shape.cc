// VariableShape: the shape of a variable's value.
#include "core/graph/op_def.h"
#include "ops/state/handle.h"

namespace graphrun::ops {
namespace variable_shape {

struct Attrs {
  DType out_type;
};

// An unknown rank is -1, as an unknown dimension is.
void InferShape(ShapeContext& c) { c.SetOut(0, {HandleShape(c, 0).rank()}); }

void Kernel(KernelContext& k, const Attrs& t) {
  const Shape shape = ValueOf(k, k.VariableAt(0)).shape();
  Tensor& out = k.Allocate(0, t.out_type, {shape.rank()});
  ForInt(t.out_type, [&](auto z) {
    using T = decltype(z);
    for (int i = 0; i < shape.rank(); ++i) out.data<T>()[i] = static_cast<T>(shape[i]);
  });
}

}  // namespace variable_shape

OpDef VariableShapeOp() {
  using variable_shape::Attrs;
  return Op<Attrs>("VariableShape")
      .Doc("The shape of the variable's value, an int vector.")
      .Input("input", "resource")
      .Output("output", "out_type")
      .TypeAttr("out_type", &Attrs::out_type, kInts, DType::kInt32)
      .Reads()
      .AllocatesOutputs()
      .Shape(variable_shape::InferShape)
      .Partial([](const PartialContext& c) { return c.Type(0).element_shape; })
      .NoGradient("its output does not depend on the value")
      .Kernel(variable_shape::Kernel);
}

}  // namespace graphrun::ops
