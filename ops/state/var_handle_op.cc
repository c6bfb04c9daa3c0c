// VarHandleOp: the handle of a variable of the session.
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace var_handle_op {

struct Attrs {
  std::string container, shared_name, debug_name;
  DType dtype;
  Shape shape;
  std::vector<std::string> allowed_devices;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  c.SetOut(0, {});
  c.SetOutElement(0, t.dtype, t.shape);
}

void Kernel(KernelContext& k, const Attrs& t) {
  const std::string& name = t.shared_name.empty() ? k.node().name : t.shared_name;
  const RefPtr<VariableState> variable =
      t.container.empty()
          ? k.variables().LookupOrCreate(name, t.dtype, t.shape)
          : k.variables().LookupOrCreate(t.container + "/" + name, t.dtype, t.shape);
  k.SetOut(0, Tensor::Object(DType::kResource, variable));
}

}  // namespace var_handle_op

OpDef VarHandleOpOp() {
  using var_handle_op::Attrs;
  return Op<Attrs>("VarHandleOp")
      .Doc(
          "A handle of the variable named `shared_name` (the node's name if that is empty), which "
          "has dtype `dtype` and a shape that fits `shape`. Makes the variable, without a value, "
          "when the session has none of that name.")
      .Output("resource", "resource")
      .Attr("container", &Attrs::container, "")
      .Attr("shared_name", &Attrs::shared_name, "")
      .Attr("debug_name", &Attrs::debug_name, "")
      .Attr("dtype", &Attrs::dtype)
      .Attr("shape", &Attrs::shape)
      .Attr("allowed_devices", &Attrs::allowed_devices, {})
      .Handles()
      .AllocatesOutputs()
      .Shape(var_handle_op::InferShape)
      .NoGradient("it has no inputs")
      .Kernel(var_handle_op::Kernel);
}

}  // namespace graphrun::ops
