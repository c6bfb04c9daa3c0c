// Cond and WhileLoop: functional control flow from C++ lambdas. Tensors of enclosing graphs that a
// lambda uses become inputs of the If or While by themselves.
#ifndef GRAPHRUN_CORE_BUILD_CONTROL_FLOW_H_
#define GRAPHRUN_CORE_BUILD_CONTROL_FLOW_H_

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/build/scope.h"

namespace graphrun {

using BranchFn = std::function<std::vector<Expr>(const Scope&)>;
using CondFn = std::function<Expr(const Scope&, std::span<const Expr>)>;
using BodyFn = std::function<std::vector<Expr>(const Scope&, std::span<const Expr>)>;

struct WhileOptions {
  std::string_view name = "while";              // of the name scope and the node
  std::optional<Expr> maximum_iterations = {};  // an int32 scalar
  int64_t parallel_iterations = 10;             // kept for TensorFlow
  // For loop variables whose shape changes from trip to trip; by default each keeps its initial
  // shape.
  std::vector<Shape> shape_invariants = {};
  // A loop variable whose shape changes becomes as unknown as the body makes it, instead of being
  // an error; the body is then built again.
  bool relax_shapes = false;
};

// then_fn() if the bool scalar pred is true, else_fn() otherwise; only one of them runs.
// INVALID_ARGUMENT when the branches differ in the number or dtypes of their results.
std::vector<Expr> Cond(const Scope& scope, Expr pred, const BranchFn& then_fn,
                       const BranchFn& else_fn);

// The If of two bodies that are built but not finished; its captures are theirs, joined. `results`
// are outputs of the bodies or of enclosing graphs. Returns the node, under the name of `scope`.
// REQUIRES: as many results of the same dtypes.
Expr FinishCond(const Scope& scope, Expr pred, FunctionBuilder& then_body,
                std::vector<Expr> then_results, FunctionBuilder& else_body,
                std::vector<Expr> else_results);

// A value that nobody reads, of the type of another branch's value.
Output Unread(Graph& graph, const ValueType& type);

// vars = initial; while (cond(vars)) vars = body(vars). Returns the final values: the initial ones
// after zero trips. INVALID_ARGUMENT naming the loop variable when body changes its number, dtype
// or shape.
std::vector<Expr> WhileLoop(const Scope& scope, const CondFn& cond, const BodyFn& body,
                            const std::vector<Expr>& initial, const WhileOptions& options = {});

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BUILD_CONTROL_FLOW_H_
