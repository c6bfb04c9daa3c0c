// AssignVariableOp: gives a variable a value.
#include "core/graph/op_def.h"
#include "ops/state/handle.h"

namespace graphrun::ops {
namespace assign_variable_op {

struct Attrs {
  DType dtype;
  bool validate_shape;
};

// The handle's type says what the variable holds, which a value of another shape may replace: the
// kernel, which sees what the variable may hold, checks the shape.
void InferShape(ShapeContext& c, const Attrs& t) { HandleShape(c, 0, t.dtype); }

void Kernel(KernelContext& k, const Attrs& t) {
  VariableState& v = k.VariableAt(0);
  const VariableLock lock(v);
  const Shape& shape = k.In(1).shape();
  const bool fits = v.shape.CompatibleWith(shape) &&
                    (!t.validate_shape || !v.has_value() || v.value().shape() == shape);
  if (v.dtype != t.dtype || !fits) {
    const Shape& has = v.has_value() ? v.value().shape() : v.shape;
    ThrowInvalid("variable '" + v.name + "' is " + std::string(DTypeName(v.dtype)) +
                 has.ToString() + " and cannot be assigned a " + std::string(DTypeName(t.dtype)) +
                 shape.ToString());
  }
  v.Set(k.Retain(1));
}

}  // namespace assign_variable_op

OpDef AssignVariableOpOp() {
  using assign_variable_op::Attrs;
  return Op<Attrs>("AssignVariableOp")
      .Doc(
          "Sets the variable to `value`, whose dtype and shape must fit the variable's; with "
          "`validate_shape` also the shape of the value that it has.")
      .Input("resource", "resource")
      .Input("value", "dtype")
      .TypeAttr("dtype", &Attrs::dtype)
      .Attr("validate_shape", &Attrs::validate_shape, false)
      .Writes()
      .Retains(1)
      .Shape(assign_variable_op::InferShape)
      .NoGradient("it has no outputs")
      .Kernel(assign_variable_op::Kernel);
}

}  // namespace graphrun::ops
