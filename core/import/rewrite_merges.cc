// Merges of which no single predicate says what they take.
#include "core/graph/control_flow.h"
#include "core/graph/function_attr.h"
#include "core/import/rewriter.h"

namespace graphrun {

// A Merge whose inputs no one predicate tells apart: those of a gradient, of which one is a
// constant shape, or of predicates that were folded to constants. TensorFlow takes an input that
// runs.
void Rewriter::EmitAlternatives(Block& b, const Item& item) {
  const auto& [first, last] = std::pair(item.alternatives[0], item.alternatives[1]);
  const auto index = [&](Port port) { return foreign_.node(item.node).inputs[0] == port ? 0 : 1; };
  const auto set = [&](Output value, Output taken) {
    b.values[{item.node, 0}] = {Add(b, item.node, "Identity", {value}, {}), 0};
    b.values[{item.node, 1}] = taken;
  };
  // The input that always runs comes before one that waits for a predicate.
  if (last.under.empty() && (first.under.empty() || !must_run_[first.port.node])) {
    const Output value = After(b, last.port, Value(b, last.port, item.node), {});
    return set(value, b.graph().AddConst("value_index", Tensor::Scalar<int32_t>(index(last.port))));
  }
  const Scope scope =
      ScopeAt(b.builder, SplitScopeName(std::string(foreign_.node(item.node).name)).first)
          .NameScope("If");
  const auto runs = [&](const Item::Alternative& a) {
    Expr all;
    for (const Decision& d : a.under) {
      Expr one(b.builder, Value(b, d.first, item.node));
      if (!d.second) one = scope.Add("LogicalNot", {one});
      all = all.valid() ? scope.Add("LogicalAnd", {all, one}) : one;
    }
    return all;
  };
  const Expr taken = runs(first), other = runs(last);
  FunctionBuilder* builders[2];
  std::vector<Expr> results[2];
  for (const bool side : {false, true}) {
    const auto& a = side ? first : last;
    FunctionScope f(scope, side ? "then" : "else");
    Block inner;
    inner.builder = builders[side] = &*f;
    inner.parent = &b;
    Output value = After(inner, a.port, Value(inner, a.port, item.node), {});
    if (!side && other.valid()) {
      const Expr none = f->scope().Const(
          Tensor::Scalar(foreign_.Describe(item.node) + " has no input that runs"));
      const Expr check = f->scope().Add("Assert", {other, none});
      value = {inner.graph().AddNode("Identity", "checked", {value}, {}, {check.node()}), 0};
    }
    results[side] = {
        Expr(&*f, value),
        Expr(&*f, inner.graph().AddConst("value_index", Tensor::Scalar<int32_t>(index(a.port))))};
  }
  const Expr node = FinishCond(scope, taken, *builders[1], results[1], *builders[0], results[0]);
  b.graph().SetAttr(node.node(), kLoweredAttr, true);
  for (FunctionBuilder* f : builders) f->function().control_results.clear();
  set(node.output(), node.sibling(1).output());
}

}  // namespace graphrun
