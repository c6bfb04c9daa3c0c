#include "core/import/loop_rewriter.h"

#include <algorithm>
#include <span>
#include <unordered_set>

#include "core/base/error.h"
#include "core/build/control_flow.h"
#include "core/graph/function_attr.h"
#include "core/graph/op_def.h"
#include "core/graph/op_registry.h"
#include "proto/node_def.pb.h"

namespace graphrun {
namespace {

// Python calls the frame of `while` "while/while_context".
std::string LoopName(const std::string& frame_name) {
  const size_t end = frame_name.rfind("/while_context");
  const std::string name = frame_name.substr(0, end);
  return name.empty() ? "while" : name;
}

}  // namespace

// The nodes of the frame that those in `from` need, they included, up to the loop's variables.
std::vector<int> LoopRewriter::Slice(int frame, const std::vector<int>& from) const {
  std::vector<int> open, found;
  std::unordered_set<int> seen;
  const auto visit = [&](int i) {
    if (loops_.FrameOf(i) != frame || seen.contains(i)) return;
    const ForeignKind kind = foreign_.node(i).kind;
    const bool boundary = kind == ForeignKind::kEnter || kind == ForeignKind::kNextIteration ||
                          kind == ForeignKind::kLoopCond || loops_.VariableOf(i) >= 0;
    if (boundary) return;
    seen.insert(i);
    open.push_back(i);
    found.push_back(i);
  };
  const auto visit_inputs = [&](int i) {
    for (Port p : foreign_.node(i).inputs) visit(p.node);
    for (int c : foreign_.node(i).controls) visit(c);
  };
  for (int i : from) visit(i);
  while (!open.empty()) {
    const int i = open.back();
    open.pop_back();
    visit_inputs(i);
    if (const int loop = loops_.LoopLeftBy(i); loop >= 0) {
      for (int enter : loops_.frame(loop).enters) visit_inputs(enter);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool LoopRewriter::AlwaysRuns(const FrameItems& region, int node) {
  const Item& item = region.item(region.ItemOf(node));
  return !item.dead && item.state == DecisionLists::kEmpty;
}

std::string LoopRewriter::NotAlways(int node) const {
  return foreign_.Describe(node) + " takes what a Switch does not always let pass";
}

LoopRewriter::Nodes LoopRewriter::FindNodes(int f) const {
  const LoopFrame& frame = loops_.frame(f);
  std::vector<int> body_roots;
  for (const LoopVariable& v : frame.variables) {
    for (Port p : foreign_.node(v.next).inputs) body_roots.push_back(p.node);
    for (int c : foreign_.node(v.next).controls) body_roots.push_back(c);
  }
  if (frame.loop_cond < 0) ThrowInvalid("it has no LoopCond");
  if (frame.variables.empty()) ThrowInvalid("it has no loop variable");
  std::vector<int> cond_roots = foreign_.node(frame.loop_cond).controls;
  cond_roots.push_back(foreign_.node(frame.loop_cond).inputs.at(0).node);
  Nodes nodes{.cond = Slice(f, cond_roots), .body = Slice(f, body_roots)};
  for (int i : nodes.cond) {
    if (!std::binary_search(nodes.body.begin(), nodes.body.end(), i)) continue;
    const ForeignNode& node = foreign_.node(i);
    const OpDef* op = node.kind == ForeignKind::kPlain ? registry_.Find(node.def->op()) : nullptr;
    if (node.kind == ForeignKind::kVariableWrite ||
        (op && (op->effect == Effect::kRandom || op->effect == Effect::kWrite))) {
      ThrowInvalid("the body uses what the condition computes by " + foreign_.Describe(i) +
                   ", which would run twice");
    }
  }

  nodes.cond.push_back(frame.loop_cond);
  for (const LoopVariable& v : frame.variables) nodes.body.push_back(v.next);
  return nodes;
}

void LoopRewriter::Emit(RewriteBlock& b, int f) {
  const LoopFrame& frame = loops_.frame(f);
  const Nodes of_frame = FindNodes(f);
  list_rewriter_.Prepare(b, lists_.InFrame(f, false));
  std::vector<int> carried;
  for (int object : lists_.InFrame(f, true)) {
    if (list_rewriter_.Visible(b, object)) carried.push_back(object);
  }
  std::vector<Expr> initial;
  for (const LoopVariable& v : frame.variables) {
    const Port from = foreign_.node(v.enter).inputs[0];
    initial.emplace_back(b.builder, blocks_.After(b, from, blocks_.Value(b, from, v.enter),
                                                  foreign_.node(v.enter).controls));
  }
  for (int object : carried) initial.emplace_back(b.builder, list_rewriter_.List(b, object));
  // Who reads a variable after a write in the loop waits for that write.
  std::vector<int> writes;
  for (int w : variables_.writes()) {
    if (loops_.Inside(loops_.FrameOf(w), f)) writes.push_back(w);
  }
  const Scope consts = b.builder->scope();
  for (size_t k = 0; k < writes.size(); ++k)
    initial.push_back(consts.WithName("done").Const(Tensor::Scalar(false)));

  const size_t n = frame.variables.size();
  const auto run = [&](const Scope& inside, std::span<const Expr> args,
                       const std::vector<int>& nodes, const auto& results) {
    RewriteBlock inner;
    inner.builder = inside.home();
    inner.parent = &b;
    inner.depth = b.depth + 1;
    inner.decided = b.decided;
    inner.loop = f;
    for (size_t i = 0; i < n; ++i) inner.values[{frame.variables[i].merge, 0}] = args[i].output();
    const std::span<const Expr> lists = args.subspan(n);
    for (size_t i = 0; i < carried.size(); ++i)
      list_rewriter_.Set(inner, carried[i], lists[i].output());
    const FrameItems region = emitter_.EmitNodes(inner, nodes);
    return results(inner, region);
  };
  const auto cond = [&](const Scope& inside, std::span<const Expr> args) {
    return run(inside, args, of_frame.cond, [&](RewriteBlock& inner, const FrameItems& region) {
      for (size_t i = 0; i < carried.size(); ++i) {
        if (list_rewriter_.List(inner, carried[i]) != args[n + i].output())
          ThrowInvalid("its condition changes a stack or TensorArray");
      }
      if (!AlwaysRuns(region, frame.loop_cond)) ThrowInvalid(NotAlways(frame.loop_cond));
      const ForeignNode& test = foreign_.node(frame.loop_cond);
      return Expr(
          inner.builder,
          blocks_.After(inner, test.inputs[0],
                        blocks_.Value(inner, test.inputs[0], frame.loop_cond), test.controls));
    });
  };
  const auto body = [&](const Scope& inside, std::span<const Expr> args) {
    return run(inside, args, of_frame.body, [&](RewriteBlock& inner, const FrameItems& region) {
      std::vector<Expr> results;
      for (const LoopVariable& v : frame.variables) {
        const ForeignNode& next = foreign_.node(v.next);
        if (!AlwaysRuns(region, v.next)) {
          const NodeId bad = blocks_.AddUnavailable(
              inner, "unavailable", next.def->op(), {Code::kInvalidArgument, NotAlways(v.next)},
              blocks_.KnownInputs(inner, {v.next}), {args[results.size()].dtype()},
              /*def=*/nullptr);
          results.emplace_back(inner.builder, Output{bad, 0});
          continue;
        }
        results.emplace_back(
            inner.builder,
            blocks_.After(inner, next.inputs[0], blocks_.Value(inner, next.inputs[0], v.next),
                          next.controls));
      }
      for (int object : carried)
        results.emplace_back(inner.builder, list_rewriter_.List(inner, object));
      for (int w : writes) {
        std::vector<NodeId> after;
        if (const auto it = inner.operations.find(w); it != inner.operations.end())
          after.push_back(it->second);
        results.emplace_back(inner.builder,
                             BlockBuilder::Done(inner, std::string(foreign_.node(w).name), after));
      }
      return results;
    });
  };
  // What the flows of arrays wait for, the accesses in the loop wait for.
  std::vector<Expr> after;
  for (int enter : frame.enters) {
    for (NodeId w : list_rewriter_.WaitsOfFlows(b, enter))
      after.emplace_back(b.builder, Output{w, 0});
  }
  const auto [prefix, leaf] = BlockBuilder::SplitScopeName(LoopName(frame.name));
  WhileOptions options;
  options.name = leaf;
  options.relax_shapes = true;
  const auto parallel = foreign_.node(frame.enters.at(0)).def->attr().find("parallel_iterations");
  if (parallel != foreign_.node(frame.enters[0]).def->attr().end())
    options.parallel_iterations = parallel->second.i();
  const std::vector<Expr> outputs =
      WhileLoop(BlockBuilder::ScopeAt(b.builder, prefix).WithControlDependencies(after), cond, body,
                initial, options);
  const NodeId loop = outputs[0].node();
  b.graph().SetAttr(loop, kLoweredAttr, true);
  // Whatever runs, some loop variable waits for.
  for (const std::string& name : FunctionNames(b.graph().node(loop)))
    b.graph().library()->Get(name).control_results.clear();
  for (int s : frame.switches) b.values[{s, 0}] = outputs[loops_.VariableOf(s)].output();
  const std::span<const Expr> lists = std::span(outputs).subspan(n);
  for (size_t i = 0; i < carried.size(); ++i) list_rewriter_.Set(b, carried[i], lists[i].output());
  for (size_t k = 0; k < writes.size(); ++k) {
    b.operations[writes[k]] = b.graph().AddNode("Identity", foreign_.node(writes[k]).name,
                                                {outputs[n + carried.size() + k].output()});
  }
}

}  // namespace graphrun
