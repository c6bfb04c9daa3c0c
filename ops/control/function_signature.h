// What the ops that call functions check and infer from them.
#ifndef GRAPHRUN_OPS_CONTROL_FUNCTION_SIGNATURE_H_
#define GRAPHRUN_OPS_CONTROL_FUNCTION_SIGNATURE_H_

#include <string>
#include <vector>

#include "core/graph/op_context.h"

namespace graphrun::ops {

// The function that attribute `attr` names, after checking that it takes the node's inputs from
// `first_input` on. NOT_FOUND when it does not exist; INVALID_ARGUMENT naming function and
// parameter when it does not fit.
const Function& FunctionForInputs(const ShapeContext& c, const char* attr, const FuncRef& ref,
                                  int first_input);

// INVALID_ARGUMENT naming function and result unless the results of `function` have the dtypes of
// the node's outputs.
void CheckResults(ShapeContext& c, const char* attr, const Function& function);

inline const ValueType& ResultType(const Function& f, int i) { return f.graph.type(f.results[i]); }
inline const ValueType& ArgType(const Function& f, int i) {
  return f.graph.type(Output{f.args[i], 0});
}

// Narrows each inferred output by attribute output_shapes, when that has a shape for each.
void ApplyOutputShapes(ShapeContext& c, const std::vector<Shape>& output_shapes);

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_CONTROL_FUNCTION_SIGNATURE_H_
