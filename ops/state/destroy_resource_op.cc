// DestroyResourceOp: takes a variable its value.
#include "core/graph/op_def.h"
#include "ops/state/handle.h"

namespace graphrun::ops {
namespace destroy_resource_op {

struct Attrs {
  bool ignore_lookup_error;
};

void Kernel(KernelContext& k, const Attrs& t) {
  VariableState& v = k.VariableAt(0);
  const VariableLock lock(v);
  if (!t.ignore_lookup_error) CheckHasValue(k, v);
  v.Set(Tensor());
}

}  // namespace destroy_resource_op

OpDef DestroyResourceOpOp() {
  using destroy_resource_op::Attrs;
  return Op<Attrs>("DestroyResourceOp")
      .Doc(
          "Leaves the variable without a value. NOT_FOUND if it has none already, unless "
          "`ignore_lookup_error`.")
      .Input("resource", "resource")
      .Attr("ignore_lookup_error", &Attrs::ignore_lookup_error, true)
      .Writes()
      .Shape([](ShapeContext& c) { HandleShape(c, 0); })
      .NoGradient("it has no outputs")
      .Kernel(destroy_resource_op::Kernel);
}

}  // namespace graphrun::ops
