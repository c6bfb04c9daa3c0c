// PartitionedCall, StatefulPartitionedCall: call a function.
#include "core/autodiff/control_flow_gradients.h"
#include "core/autodiff/gradients.h"
#include "core/graph/op_def.h"
#include "ops/control/function_signature.h"

namespace graphrun::ops {
namespace partitioned_call {

// The strings configure TensorFlow's runtime; kept for saving.
struct Attrs {
  FuncRef f;
  std::string config, config_proto, executor_type;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  const Function& f = FunctionForInputs(c, "f", t.f, 0);
  CheckResults(c, "f", f);
  for (int i = 0; i < c.num_outputs(); ++i) c.Out(i) = ResultType(f, i);
}

OpDef Declare(const char* name, const char* doc) {
  return Op<Attrs>(name)
      .Doc(doc)
      .Input("args", "Tin")
      .Output("output", "Tout")
      .TypeListAttr("Tin")
      .TypeListAttr("Tout")
      .Attr("f", &Attrs::f)
      .Attr("config", &Attrs::config, "")
      .Attr("config_proto", &Attrs::config_proto, "")
      .Attr("executor_type", &Attrs::executor_type, "")
      .Is(Structure::kCall)
      .Runs({.attr = "f", .types_attr = "Tin"})
      .Shape(InferShape)
      .Grad(BranchGradient);
}

}  // namespace partitioned_call

OpDef PartitionedCallOp() {
  return partitioned_call::Declare("PartitionedCall",
                                   "The results of function `f` of the inputs; f has no effects.");
}

OpDef StatefulPartitionedCallOp() {
  return partitioned_call::Declare(
      "StatefulPartitionedCall", "The results of function `f` of the inputs; f may have effects.");
}

}  // namespace graphrun::ops
