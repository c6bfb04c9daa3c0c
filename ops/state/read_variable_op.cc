// ReadVariableOp: the value of a variable.
#include "core/autodiff/gradients.h"
#include "core/graph/op_def.h"
#include "ops/state/handle.h"

namespace graphrun::ops {
namespace read_variable_op {

struct Attrs {
  DType dtype;
};

// A later write makes the variable a new buffer while this one is in use, so no copy is needed.
void Kernel(KernelContext& k, const Attrs& t) {
  const VariableState& v = VariableOfType(k, 0, t.dtype);
  Tensor value = v.Read();
  if (!value.shape().CompatibleWith(k.OutShape(0))) {
    ThrowInvalid("variable '" + v.name + "' has shape " + value.shape().ToString() +
                 ", and its handle says " + k.OutShape(0).ToString());
  }
  k.SetOut(0, std::move(value));
}

}  // namespace read_variable_op

OpDef ReadVariableOpOp() {
  using read_variable_op::Attrs;
  return Op<Attrs>("ReadVariableOp")
      .Doc(
          "The value of the variable: what it is when this op runs, whatever is written later. "
          "FAILED_PRECONDITION when it has none.")
      .Input("resource", "resource")
      .Output("value", "dtype")
      .TypeAttr("dtype", &Attrs::dtype)
      .Reads()
      .AllocatesOutputs()
      .Shape([](ShapeContext& c, const Attrs& t) { c.SetOut(0, HandleShape(c, 0, t.dtype)); })
      .Grad([](GradContext& g) { return std::vector<Grad>{g.SparseDOut(0)}; })
      .Kernel(read_variable_op::Kernel);
}

}  // namespace graphrun::ops
