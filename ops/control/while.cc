// While, StatelessWhile: vars = input; while (cond(vars)) vars = body(vars).
#include <algorithm>

#include "core/autodiff/control_flow_gradients.h"
#include "core/autodiff/gradients.h"
#include "core/graph/op_def.h"
#include "ops/control/function_signature.h"

namespace graphrun::ops {
namespace while_op {

struct Attrs {
  FuncRef cond, body;
  std::vector<Shape> output_shapes;
  int64_t parallel_iterations;
};

void CheckCondition(const Function& cond) {
  if (cond.results.size() != 1) {
    ThrowInvalid("cond function '" + cond.name + "' has " + std::to_string(cond.results.size()) +
                 " results; it must have one");
  }
  const ValueType& type = ResultType(cond, 0);
  if (type.dtype != DType::kBool || !type.shape.CompatibleWith({})) {
    ThrowInvalid("cond function '" + cond.name + "' returns " + type.ToString() +
                 "; it must return a bool scalar");
  }
}

// After any number of trips a loop variable is either its initial value or a result of the body.
// The body's own inference may be trusted together with output_shapes only if its parameters
// describe both.
void InferShape(ShapeContext& c, const Attrs& t) {
  CheckCondition(FunctionForInputs(c, "cond", t.cond, 0));
  const Function& body = FunctionForInputs(c, "body", t.body, 0);
  CheckResults(c, "body", body);
  bool inductive = true;
  for (int i = 0; i < c.num_outputs(); ++i) {
    const ValueType& arg = ArgType(body, i);
    c.Out(i) = Generalize(c.Type(i), ResultType(body, i));
    inductive = inductive && Generalize(arg, c.Out(i)) == arg;
  }
  if (inductive) return ApplyOutputShapes(c, t.output_shapes);
  if (static_cast<int>(t.output_shapes.size()) != c.num_outputs()) return;
  for (int i = 0; i < c.num_outputs(); ++i) c.SetOut(i, t.output_shapes[i]);
}

OpDef Declare(const char* name, const char* doc) {
  return Op<Attrs>(name)
      .Doc(doc)
      .Input("input", "T")
      .Output("output", "T")
      .TypeListAttr("T")
      .Attr("cond", &Attrs::cond)
      .Attr("body", &Attrs::body)
      .Attr("output_shapes", &Attrs::output_shapes, {})
      .Attr("parallel_iterations", &Attrs::parallel_iterations, 10)
      .Is(Structure::kWhile)
      .Runs({.attr = "cond", .types_attr = "T"})
      .Runs({.attr = "body", .types_attr = "T", .repeats = true})
      .Shape(InferShape)
      .Grad(WhileGradient);
}

}  // namespace while_op

OpDef WhileOp() {
  return while_op::Declare("While",
                           "Calls function `body` on the loop variables as long as function `cond` "
                           "of them is true. The outputs are the final loop variables: the inputs "
                           "after zero trips. The functions may have effects.");
}

OpDef StatelessWhileOp() {
  return while_op::Declare("StatelessWhile", "As While, for functions without effects.");
}

}  // namespace graphrun::ops
