// If, StatelessIf: calls one of two functions.
#include "core/autodiff/control_flow_gradients.h"
#include "core/autodiff/gradients.h"
#include "core/graph/op_def.h"
#include "ops/control/function_signature.h"

namespace graphrun::ops {
namespace if_op {

struct Attrs {
  FuncRef then_branch, else_branch;
  std::vector<Shape> output_shapes;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  const Function& then_branch = FunctionForInputs(c, "then_branch", t.then_branch, 1);
  const Function& else_branch = FunctionForInputs(c, "else_branch", t.else_branch, 1);
  CheckResults(c, "then_branch", then_branch);
  CheckResults(c, "else_branch", else_branch);
  for (int i = 0; i < c.num_outputs(); ++i) {
    c.Out(i) = Generalize(ResultType(then_branch, i), ResultType(else_branch, i));
    // output_shapes of files says at times what one branch returns. It helps when we know nothing.
    const bool given = static_cast<int>(t.output_shapes.size()) == c.num_outputs();
    const bool unknown = !ResultType(then_branch, i).shape.known_rank() &&
                         !ResultType(else_branch, i).shape.known_rank();
    if (given && unknown) c.Out(i).shape = t.output_shapes[i];
  }
}

OpDef Declare(const char* name, const char* doc) {
  return Op<Attrs>(name)
      .Doc(doc)
      .Input("cond", "Tcond")
      .Input("input", "Tin")
      .Output("output", "Tout")
      .TypeAttr("Tcond")
      .TypeListAttr("Tin")
      .TypeListAttr("Tout")
      .Attr("then_branch", &Attrs::then_branch)
      .Attr("else_branch", &Attrs::else_branch)
      .Attr("output_shapes", &Attrs::output_shapes, {})
      .Is(Structure::kIf)
      .Runs({.attr = "then_branch", .first_input = 1, .types_attr = "Tin"})
      .Runs({.attr = "else_branch", .first_input = 1, .types_attr = "Tin"})
      .Shape(InferShape)
      .Grad(BranchGradient);
}

}  // namespace if_op

OpDef IfOp() {
  return if_op::Declare("If",
                        "Function `then_branch` of the inputs if the scalar `cond` is true (a "
                        "number: not zero), function `else_branch` otherwise. Only the chosen one "
                        "runs. The functions may have effects.");
}

OpDef StatelessIfOp() {
  return if_op::Declare("StatelessIf", "As If, for functions without effects.");
}

}  // namespace graphrun::ops
