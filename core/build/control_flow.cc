#include "core/build/control_flow.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/build/build_context.h"
#include "core/build/raw_ops.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

// While_v2's form: loop variables 0 and 1 are the trip counter and the maximum, so that TensorFlow
// can differentiate it and the trip count is output 0.
constexpr int kLeading = 2;

bool AnyEffect(const Graph& g) {
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    if (g.exists(id) && HasEffect(g, id)) return true;
  }
  return false;
}

void InferAll(Graph& g) {
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    if (g.exists(id)) g.InferTypes(id);
  }
}

// Checks a body's result against its loop variable. A result that is less known than the variable
// (or, with `relax`, of another shape) makes the variable less known: returns whether it did.
bool FitLoopVariable(Function& f, int index, const std::string& name, bool relax) {
  const Output arg{f.args[index], 0};
  const ValueType before = f.graph.type(arg), after = f.graph.type(f.results[index]);
  if (after.dtype != before.dtype || !(relax || after.shape.CompatibleWith(before.shape))) {
    ThrowInvalid("loop variable " + std::to_string(index - kLeading) + " ('" + name +
                 "') enters the body as " + before.ToString() + " and leaves it as " +
                 after.ToString() + "; give shape_invariants if its shape changes");
  }
  ValueType fit = Generalize(before, after);
  if (fit == before) return false;
  f.graph.SetType(arg, fit);
  return true;
}

}  // namespace

Expr FinishCond(const Scope& scope, Expr pred, FunctionBuilder& then_body,
                std::vector<Expr> then_results, FunctionBuilder& else_body,
                std::vector<Expr> else_results) {
  // Results may be captures, so they are resolved before the captures are unified.
  for (Expr& e : then_results) e = Expr(&then_body, then_body.Resolve(e));
  for (Expr& e : else_results) e = Expr(&else_body, else_body.Resolve(e));
  const std::vector<Expr> captures = UnifyCaptures(then_body, 0, else_body, 0);
  const FuncRef then_ref{then_body.function().name}, else_ref{else_body.function().name};
  const bool effects = AnyEffect(then_body.graph()) || AnyEffect(else_body.graph());
  std::vector<DType> types;
  for (const Expr& e : then_results) types.push_back(e.dtype());
  then_body.Finish(then_results);
  else_body.Finish(else_results);
  std::vector<Expr> inputs = {pred};
  inputs.insert(inputs.end(), captures.begin(), captures.end());
  return scope.AddAsScope(effects ? "If" : "StatelessIf", inputs,
                          {{"then_branch", then_ref}, {"else_branch", else_ref}, {"Tout", types}});
}

Output Unread(Graph& g, const ValueType& type) {
  const auto constant = [&](Tensor t) { return g.AddConst("unread", std::move(t)); };
  std::vector<int32_t> dims;
  if (type.dtype == DType::kVariant) {
    const Shape& element = type.element_shape;
    for (int64_t d : element.dims()) dims.push_back(static_cast<int32_t>(d));
    const Output shape =
        constant(element.known_rank() ? Tensor::Vector(dims) : Tensor::Scalar<int32_t>(-1));
    return {g.AddNode("EmptyTensorList", "unread", {shape, constant(Tensor::Scalar<int32_t>(-1))},
                      {{"element_dtype", type.element_dtype}}),
            0};
  }
  for (int64_t d : type.shape.dims()) dims.push_back(static_cast<int32_t>(std::max<int64_t>(0, d)));
  const Output shape = constant(Tensor::Vector(dims));
  return {g.AddNode("Fill", "unread", {shape, constant(Tensor::Zeros(type.dtype, {}))}), 0};
}

std::vector<Expr> Cond(const Scope& scope, Expr pred, const BranchFn& then_fn,
                       const BranchFn& else_fn) {
  if (pred.dtype() != DType::kBool || !pred.shape().CompatibleWith({})) {
    ThrowInvalid("cond: the predicate is a bool scalar, not " + pred.type().ToString());
  }
  const Scope s = scope.NameScope("cond");
  const auto build = [&](const char* name, const BranchFn& fn) {
    FunctionScope f(s, name);
    return std::pair{&*f, fn(s.In(*f))};
  };
  auto [then_builder, then_results] = build("then", then_fn);
  auto [else_builder, else_results] = build("else", else_fn);
  if (then_results.size() != else_results.size()) {
    ThrowInvalid("cond '" + s.name_scope() + "': the branches return " +
                 std::to_string(then_results.size()) + " and " +
                 std::to_string(else_results.size()) + " tensors");
  }
  for (size_t i = 0; i < then_results.size(); ++i) {
    if (then_results[i].dtype() != else_results[i].dtype()) {
      ThrowInvalid("cond '" + s.name_scope() + "': result " + std::to_string(i) + " is " +
                   then_results[i].type().ToString() + " in one branch and " +
                   else_results[i].type().ToString() + " in the other");
    }
  }
  const size_t n = then_results.size();
  const Expr node = FinishCond(s, pred, *then_builder, std::move(then_results), *else_builder,
                               std::move(else_results));
  std::vector<Expr> outputs;
  for (size_t i = 0; i < n; ++i) outputs.push_back(node.sibling(static_cast<int>(i)));
  return outputs;
}

std::vector<Expr> WhileLoop(const Scope& scope, const CondFn& cond, const BodyFn& body,
                            const std::vector<Expr>& initial, const WhileOptions& options) {
  if (!options.shape_invariants.empty() && options.shape_invariants.size() != initial.size()) {
    ThrowInvalid("while_loop: " + std::to_string(initial.size()) + " loop variables and " +
                 std::to_string(options.shape_invariants.size()) + " shape invariants");
  }
  for (size_t i = 0; i < options.shape_invariants.size(); ++i) {
    const Shape& invariant = options.shape_invariants[i];
    if (Generalize(invariant, initial[i].shape()) != invariant) {
      ThrowInvalid("while_loop: loop variable " + std::to_string(i) + " ('" + initial[i].name() +
                   "') is " + initial[i].type().ToString() + ", which its shape invariant " +
                   invariant.ToString() + " does not allow");
    }
  }
  const Scope s = scope.NameScope(options.name);
  const Scope consts = s.WithoutControlDependencies();
  const Expr maximum = options.maximum_iterations.value_or(
      consts.WithName("maximum_iterations").Const(Tensor::Scalar<int32_t>(-1)));
  std::vector<Expr> inputs = {consts.WithName("loop_counter").Const(Tensor::Scalar<int32_t>(0)),
                              maximum};
  // What enters the loop belongs to the graph of the While.
  for (const Expr& e : initial) inputs.emplace_back(scope.home(), scope.home()->Resolve(e));
  std::vector<ValueType> types;  // of the loop variables
  for (size_t i = 0; i < initial.size(); ++i) {
    types.push_back(inputs[kLeading + i].type());
    if (!options.shape_invariants.empty()) types[i].shape = options.shape_invariants[i];
  }
  const auto add_args = [&](FunctionBuilder& f) {
    std::vector<Expr> args = {f.AddArg("loop_counter", {DType::kInt32, Shape{}}),
                              f.AddArg("maximum_iterations", {DType::kInt32, Shape{}})};
    for (size_t i = 0; i < types.size(); ++i)
      args.push_back(f.AddArg("arg" + std::to_string(i), types[i]));
    return args;
  };

  FunctionBuilder* body_builder = nullptr;
  std::vector<Expr> results;
  // Loop variables become as unknown as the body makes them; this ends, since each step forgets
  // something. What the body makes of other bodies may depend on the types, so it is made again.
  for (bool settled = false; !settled;) {
    FunctionScope f(s, "body");
    body_builder = &*f;
    const std::vector<Expr> args = add_args(*f);
    const Scope inside = s.In(*f);
    results = body(inside, std::span(args).subspan(kLeading));
    if (results.size() != initial.size()) {
      ThrowInvalid("while_loop '" + s.name_scope() + "': the body returns " +
                   std::to_string(results.size()) + " tensors for " +
                   std::to_string(initial.size()) + " loop variables");
    }
    const Expr next =
        raw_ops::AddV2(inside.WithName("next"), args[0], inside.Const(Tensor::Scalar<int32_t>(1)));
    results.insert(results.begin(), {next, args[1]});
    for (Expr& e : results) e = Expr(body_builder, f->Resolve(e));
    Function& function = f->function();
    for (const Expr& e : results) function.results.push_back(e.output());
    bool forgot = false;
    for (bool changed = true; changed; forgot = forgot || changed) {
      changed = false;
      for (size_t i = 0; i < results.size(); ++i) {
        const std::string name = i < kLeading ? "counter" : initial[i - kLeading].name();
        changed |= FitLoopVariable(function, static_cast<int>(i), name, options.relax_shapes);
      }
      if (changed) InferAll(function.graph);
    }
    function.results.clear();
    settled = !(forgot && options.relax_shapes);
    for (size_t i = 0; i < types.size(); ++i)
      types[i] = function.graph.type({function.args[i + kLeading], 0});
  }
  Function& body_function = body_builder->function();

  FunctionBuilder* cond_builder = nullptr;
  Expr test;
  {
    FunctionScope f(s, "cond");
    cond_builder = &*f;
    std::vector<Expr> args = add_args(*f);
    for (size_t i = 0; i < args.size(); ++i) {
      f->graph().SetType(args[i].output(), body_builder->graph().type({body_function.args[i], 0}));
    }
    const Scope inside = s.In(*f);
    test = cond(inside, std::span(args).subspan(kLeading));
    if (test.dtype() != DType::kBool || !test.shape().CompatibleWith({})) {
      ThrowInvalid("while_loop '" + s.name_scope() + "': the condition is a bool scalar, not " +
                   test.type().ToString());
    }
    if (options.maximum_iterations) {
      test = raw_ops::LogicalAnd(inside, raw_ops::Less(inside, args[0], args[1]), test);
    }
    test = Expr(cond_builder, f->Resolve(test));
  }
  const size_t leading = inputs.size();
  for (const Expr& capture : UnifyCaptures(*body_builder, leading, *cond_builder, leading))
    inputs.push_back(capture);
  for (size_t i = leading; i < inputs.size(); ++i) {
    results.emplace_back(body_builder, Output{body_function.args[i], 0});
  }
  const FuncRef cond_ref{cond_builder->function().name}, body_ref{body_function.name};
  const bool effects = AnyEffect(body_builder->graph()) || AnyEffect(cond_builder->graph());
  body_builder->Finish(results);
  cond_builder->Finish({test});
  const Expr node = s.AddAsScope(effects ? "While" : "StatelessWhile", inputs,
                                 {{"cond", cond_ref},
                                  {"body", body_ref},
                                  {"parallel_iterations", options.parallel_iterations}});
  std::vector<Expr> outputs;
  for (size_t i = 0; i < initial.size(); ++i)
    outputs.push_back(node.sibling(static_cast<int>(i) + kLeading));
  return outputs;
}

}  // namespace graphrun
