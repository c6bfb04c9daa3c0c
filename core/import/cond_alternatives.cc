// Merges of which no single predicate says what they take.
#include "core/build/control_flow.h"
#include "core/graph/function_attr.h"
#include "core/graph/op_def.h"
#include "core/graph/op_registry.h"
#include "core/graph/reference.h"
#include "core/import/cond_rewriter.h"
#include "proto/node_def.pb.h"

namespace graphrun {

// Whether the node waits for nothing that takes time: it has no inputs, or what it computes of
// constants TensorFlow folds.
bool CondRewriter::IsThereAtOnce(int i) const {
  const ForeignNode& node = foreign_.node(i);
  if (node.def && node.inputs.empty() && node.controls.empty()) return true;
  std::vector<int> open = {i};
  std::set<int> seen = {i};
  while (!open.empty()) {
    const int next = open.back();
    open.pop_back();
    if (at_once_.contains(next)) continue;
    const ForeignNode& at = foreign_.node(next);
    const OpDef* op = at.kind == ForeignKind::kPlain ? registry_.Find(at.def->op()) : nullptr;
    if (!op || !op->pure() || (at.inputs.empty() && op->name != "Const")) return false;
    for (Port p : at.inputs) {
      if (seen.insert(p.node).second) open.push_back(p.node);
    }
  }
  return true;
}

// A Merge whose inputs no one predicate tells apart: those of a gradient, of which one is a
// constant shape, or of predicates that were folded to constants. TensorFlow takes the input that
// comes first: which one that is can be told only when one runs or one is there at once.
void CondRewriter::EmitAlternatives(RewriteBlock& b, const Item& item) {
  const bool last_first =
      !item.alternatives[1].under.empty() && IsThereAtOnce(item.alternatives[1].port.node);
  const Item::Alternative& first = item.alternatives[last_first ? 1 : 0];
  const Item::Alternative& last = item.alternatives[last_first ? 0 : 1];
  const auto index = [&](Port port) { return foreign_.node(item.node).inputs[0] == port ? 0 : 1; };
  const auto set = [&](Output value, Output taken) {
    const NodeId id = blocks_.Add(b, item.node, "Identity", {value}, {});
    b.graph().SetAttr(id, kMoreOutputsAttr, std::vector{b.graph().OutputName(taken)});
    b.values[{item.node, 0}] = {id, 0};
    b.values[{item.node, 1}] = taken;
  };
  // What waits for nothing comes before what waits for a predicate.
  if (last.under.empty() && IsThereAtOnce(last.port.node) && !effects_.must_run(first.port.node)) {
    at_once_.insert(item.node);
    const Output value = blocks_.After(b, last.port, blocks_.Value(b, last.port, item.node), {});
    return set(value, b.graph().AddConst("value_index", Tensor::Scalar<int32_t>(index(last.port))));
  }
  const Scope scope =
      BlockBuilder::ScopeAt(
          b.builder, BlockBuilder::SplitScopeName(std::string(foreign_.node(item.node).name)).first)
          .NameScope("If");
  const auto runs = [&](const Item::Alternative& a) {
    Expr all;
    for (const Decision& d : a.under) {
      Expr one(b.builder, blocks_.Value(b, d.first, item.node));
      if (!d.second) one = scope.Add("LogicalNot", {one});
      all = all.valid() ? scope.Add("LogicalAnd", {all, one}) : one;
    }
    return all;
  };
  const Expr taken = runs(first);
  const Expr other = last.under.empty() ? scope.Const(Tensor::Scalar(true)) : runs(last);
  FunctionBuilder* builders[2];
  std::vector<Expr> results[2];
  for (const bool side : {false, true}) {
    const auto& a = side ? first : last;
    FunctionScope f(scope, side ? "then" : "else");
    RewriteBlock inner;
    inner.builder = builders[side] = &*f;
    inner.parent = &b;
    inner.depth = b.depth + 1;
    Output value = blocks_.After(inner, a.port, blocks_.Value(inner, a.port, item.node), {});
    if (side ? !IsThereAtOnce(a.port.node) : !last.under.empty()) {
      const Scope s = f->scope();
      const Expr holds = side ? s.Add("LogicalNot", {other}) : other;
      const char* wrong =
          side ? " takes the first of two inputs that run" : " has no input that runs";
      const Expr why = s.Const(Tensor::Scalar(foreign_.Describe(item.node) + wrong));
      const Expr check = s.Add("Assert", {holds, why});
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
