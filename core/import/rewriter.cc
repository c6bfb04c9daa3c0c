#include "core/import/rewriter.h"

#include <numeric>

#include "core/base/error.h"
#include "proto/node_def.pb.h"

namespace graphrun {
namespace {

// Blocks are filled by recursion: so many of them fit the stack that a process has by default. Runs
// have a lower limit.
constexpr int kDeepest = 1200;

}  // namespace

Rewriter::Rewriter(ForeignGraph* foreign, ImportBudget* budget, FunctionBuilder* home,
                   const ElementShapes& shapes)
    : foreign_(*foreign),
      loops_(foreign),
      lists_(foreign, loops_),
      variables_(home->graph().registry(), foreign_, loops_),
      effects_(home->graph().registry(), foreign_, loops_),
      blocks_(foreign_, loops_, variables_, effects_, home->graph().registry(), budget),
      unavailable_(foreign_, loops_, variables_, home->graph().registry(), &blocks_),
      list_rewriter_(foreign_, loops_, lists_, &blocks_, shapes),
      variable_rewriter_(foreign_, variables_, home->graph().registry(), budget, &blocks_,
                         unavailable_),
      cond_rewriter_(foreign_, loops_, lists_, variables_, effects_, home->graph().registry(),
                     &blocks_, &list_rewriter_, this),
      loop_rewriter_(foreign_, loops_, lists_, variables_, home->graph().registry(), &blocks_,
                     &list_rewriter_, this),
      call_rewriter_(foreign_, budget, &blocks_, &unavailable_) {
  blocks_.set_variables(&variable_rewriter_);
  top_.builder = home;
}

void Rewriter::Run() {
  // Nodes that we add may not take the names of those that come later.
  for (int i = 0; i < foreign_.size(); ++i) {
    if (foreign_.node(i).def) top_.graph().UniqueName(foreign_.node(i).name);
  }
  std::vector<int> nodes;
  for (int i : foreign_.order()) {
    if (foreign_.node(i).def && loops_.FrameOf(i) == 0) nodes.push_back(i);
  }
  EmitNodes(top_, nodes);
  NoteAbsent();
}

FrameItems Rewriter::EmitNodes(RewriteBlock& b, const std::vector<int>& nodes) {
  FrameItems region(foreign_, loops_, nodes, b.decided);
  std::vector<int> items(region.size());
  std::iota(items.begin(), items.end(), 0);
  EmitItems(b, region, items, 0);
  list_rewriter_.Finish(b);
  return region;
}

NodeId Rewriter::Operation(int node) const {
  const auto it = top_.operations.find(node);
  if (it == top_.operations.end()) {
    ThrowInvalid("node " + foreign_.Describe(node) + " lies in a loop or cond");
  }
  return it->second;
}

void Rewriter::EmitItems(RewriteBlock& b, FrameItems& region, const std::vector<int>& items,
                         size_t depth) {
  CondOrder order(&region, items, depth);
  for (CondOrder::Step step = order.Next();; step = order.Next()) {
    switch (step.kind) {
      case CondOrder::Step::kEnd:
        return;
      case CondOrder::Step::kItem:
        list_rewriter_.WithVersions(b, region, step.items,
                                    [&] { EmitItem(b, region, step.items[0]); });
        break;
      case CondOrder::Step::kCond:
        list_rewriter_.WithVersions(b, region, step.items, [&] {
          EmitOrGiveUp(b, region, step.items,
                       [&] { cond_rewriter_.Emit(b, region, step.items, step.predicate, depth); });
        });
        break;
      case CondOrder::Step::kStuck:
        // Only graphs that Python did not make have such Merges.
        GiveUp(b, region, step.items,
               {Code::kUnimplemented, "conds need what only they themselves compute"});
        break;
    }
  }
}

void Rewriter::EmitItem(RewriteBlock& b, FrameItems& region, int i) {
  const Item& item = region.item(i);
  if (item.frame >= 0) {
    return EmitOrGiveUp(b, region, {i}, [&] {
      WithContext([&] { return "while rewriting loop '" + loops_.frame(item.frame).name + "'"; },
                  [&] { loop_rewriter_.Emit(b, item.frame); });
    });
  }
  if (!item.problem.empty())
    return EmitUnavailable(b, item.node, {Code::kUnimplemented, item.problem});
  try {
    WithContext([&] { return "while importing node " + foreign_.Describe(item.node); },
                [&] {
                  if (!item.alternatives.empty()) {
                    cond_rewriter_.EmitAlternatives(b, item);
                  } else if (foreign_.node(item.node).kind == ForeignKind::kMerge) {
                    // Only one of its sides can run here.
                    b.values[{item.node, 0}] = {
                        blocks_.Add(b, item.node, "Identity",
                                    {blocks_.Value(b, item.if_true, item.node)}, {}),
                        0};
                  } else {
                    EmitNode(b, item.node);
                  }
                });
  } catch (const Error& e) {
    if (e.broken()) throw;
    EmitUnavailable(b, item.node, Problem::Of(e));
  }
}

void Rewriter::EmitOrGiveUp(RewriteBlock& b, const FrameItems& region,
                            const std::vector<int>& items, const std::function<void()>& emit) {
  try {
    if (b.depth >= kDeepest) {
      too_deep_ = true;
      throw Error(Code::kResourceExhausted, "loops and conds lie too deep in one another");
    }
    emit();
  } catch (const Error& e) {
    // No run goes so deep, so all around it is given up too.
    if (e.broken() || (too_deep_ && !b.top())) throw;
    Problem problem = {Code::kUnimplemented, Problem::Of(e).reason};
    if (std::exchange(too_deep_, false)) {
      problem = {Code::kResourceExhausted, "loops and conds lie more than " +
                                               std::to_string(kDeepest) +
                                               " deep in one another, which is the limit"};
    }
    GiveUp(b, region, items, problem);
  }
}

void Rewriter::GiveUp(RewriteBlock& b, const FrameItems& region, const std::vector<int>& items,
                      const Problem& problem) {
  std::vector<int> nodes;  // what takes values from outside
  for (int i : items) {
    const Item& item = region.item(i);
    if (item.frame < 0) {
      nodes.push_back(item.node);
      if (!b.values.contains({item.node, 0})) EmitUnavailable(b, item.node, problem);
      continue;
    }
    const LoopFrame& frame = loops_.frame(item.frame);
    nodes.insert(nodes.end(), frame.enters.begin(), frame.enters.end());
    unavailable_.EmitLoop(b, item.frame, problem);
  }
  for (int object : list_rewriter_.ObjectsOf(region, items, true))
    list_rewriter_.GiveUp(b, object, problem, blocks_.KnownInputs(b, nodes));
}

void Rewriter::EmitNode(RewriteBlock& b, int i) {
  const ForeignNode& node = foreign_.node(i);
  switch (node.kind) {
    case ForeignKind::kPlain:
      if (unavailable_.UnknownType(*node.def)) return EmitUnavailable(b, i, {});
      call_rewriter_.CheckFunctions(b, i);
      return variables_.VariableOf({i, 0}) >= 0 ? variable_rewriter_.EmitAlias(b, i)
                                                : blocks_.AddPlain(b, i);
    case ForeignKind::kCase:
      call_rewriter_.CheckFunctions(b, i);
      return call_rewriter_.EmitCase(b, i);
    case ForeignKind::kSymbolicGradient:
      return call_rewriter_.EmitSymbolicGradient(b, i);
    case ForeignKind::kUnknown:
      if (b.graph().library()->Find(node.def->op())) return call_rewriter_.EmitCall(b, i);
      return EmitUnavailable(b, i, {});
    case ForeignKind::kBroken:
      return EmitUnavailable(b, i, node.problem);
    case ForeignKind::kSwitch:  // its outputs are its input, under a condition
    case ForeignKind::kNextIteration:
    case ForeignKind::kLoopCond:
      return;
    case ForeignKind::kExit: {
      Output value = blocks_.Value(b, node.inputs[0], i);
      // Under the old name, to be fetched or fed; and who waits for it waits for no more than that.
      if (b.top() || effects_.has_effect(i))
        value = {blocks_.Add(b, i, "Identity", {value}, {}), 0};
      b.values[{i, 0}] = value;
      return;
    }
    case ForeignKind::kControlTrigger:
      blocks_.Add(b, i, "NoOp", {}, {});
      return;
    case ForeignKind::kVariable:
      return variable_rewriter_.EmitVariable(b, i);
    case ForeignKind::kVariableWrite:
      return variable_rewriter_.EmitWrite(b, i);
    case ForeignKind::kVariableIsInitialized:
      return variable_rewriter_.EmitIsInitialized(b, i);
    default:
      return list_rewriter_.Emit(b, i);
  }
}

void Rewriter::EmitUnavailable(RewriteBlock& b, int i, const Problem& problem) {
  unavailable_.Emit(b, i, problem);
  if (const int object = lists_.AccessedBy(i); object >= 0 && lists_.Changes(i))
    list_rewriter_.GiveUp(b, object, problem, blocks_.KnownInputs(b, {i}));
}

void Rewriter::NoteAbsent() {
  for (int i = 0; i < foreign_.size(); ++i) {
    const std::string name(foreign_.node(i).name);
    if (top_.graph().Find(name) != kNoNode) continue;
    const int frame = loops_.FrameOf(i);
    top_.graph().NoteAbsent(
        name, frame > 0 ? "lies in the loop '" + loops_.frame(frame).name +
                              "'; only what leaves the loop can be fetched"
                        : "lies in a cond or is a handle of version 1; only what leaves the cond "
                          "(its Merge) can be fetched");
  }
}

}  // namespace graphrun
