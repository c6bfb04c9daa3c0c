// VarIsInitializedOp: whether a variable has a value.
#include "core/graph/op_def.h"
#include "ops/state/handle.h"

namespace graphrun::ops {

OpDef VarIsInitializedOpOp() {
  return Op("VarIsInitializedOp")
      .Doc("A bool scalar: whether the variable has a value.")
      .Input("resource", "resource")
      .Output("is_initialized", "bool")
      .Reads()
      .Shape([](ShapeContext& c) {
        HandleShape(c, 0);
        c.SetOut(0, {});
      })
      .NoGradient("its output is no number")
      .Kernel([](KernelContext& k) { k.Out<bool>(0)[0] = k.VariableAt(0).initialized(); });
}

}  // namespace graphrun::ops
