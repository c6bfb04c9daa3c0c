#include "core/import/rewriter.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "core/base/error.h"
#include "core/graph/gradient_rule.h"
#include "core/graph/op_def.h"
#include "core/graph/op_registry.h"
#include "core/import/foreign_ops.h"
#include "core/import/node_attrs.h"
#include "core/import/unavailable_function.h"
#include "proto/node_def.pb.h"

namespace graphrun {

namespace {

// Files of this graph version and of those before write the unknown shape of a placeholder as that
// of a scalar.
constexpr int kLastWithoutUnknownRank = 21;

}  // namespace

Rewriter::Rewriter(ForeignGraph* foreign, ImportBudget* budget, FunctionBuilder* home,
                   const ElementShapes& shapes)
    : foreign_(*foreign),
      budget_(budget),
      registry_(home->graph().registry()),
      loops_(foreign),
      lists_(foreign, loops_),
      variables_(registry_, foreign_, loops_),
      known_shapes_(shapes),
      seen_shapes_(lists_.size()) {
  top_.builder = home;
  known_shapes_.resize(lists_.size(), Shape::Unknown());
  for (int i = 0; i < lists_.size(); ++i) {
    if (!lists_.object(i).one_shape) known_shapes_[i] = Shape::Unknown();
  }
}

void Rewriter::Run() {
  // Nodes that we add may not take the names of those that come later.
  for (int i = 0; i < foreign_.size(); ++i) {
    if (foreign_.node(i).def) top_.graph().UniqueName(foreign_.node(i).name);
  }
  FindEffects();
  std::vector<int> nodes;
  for (int i : foreign_.order()) {
    if (foreign_.node(i).def && loops_.FrameOf(i) == 0) nodes.push_back(i);
  }
  EmitNodes(top_, nodes);
  NoteAbsent();
}

FrameItems Rewriter::EmitNodes(Block& b, const std::vector<int>& nodes) {
  FrameItems region(foreign_, loops_, nodes, b.decided);
  std::vector<int> items(region.size());
  std::iota(items.begin(), items.end(), 0);
  Schedule(b, region, items, 0);
  FinishLists(b);
  return region;
}

ElementShapes Rewriter::element_shapes() const {
  ElementShapes shapes;
  for (const auto& seen : seen_shapes_) shapes.push_back(seen.value_or(Shape::Unknown()));
  return shapes;
}

NodeId Rewriter::Operation(int node) const {
  const auto it = top_.operations.find(node);
  if (it == top_.operations.end()) {
    ThrowInvalid("node " + foreign_.Describe(node) + " lies in a loop or cond");
  }
  return it->second;
}

bool Rewriter::HasOwnEffect(int i) const {
  const ForeignNode& node = foreign_.node(i);
  if (node.kind == ForeignKind::kCase) return node.def->op() == "Case";
  if (node.kind != ForeignKind::kPlain)
    return node.kind >= ForeignKind::kUnknown || node.kind == ForeignKind::kVariableWrite;
  const OpDef* op = registry_.Find(node.def->op());
  return op && (!op->pure() ||
                (op->structure >= Structure::kWhile && !node.def->op().starts_with("Stateless")));
}

bool Rewriter::MustRun(int i) const {
  const ForeignNode& node = foreign_.node(i);
  const OpDef* op = node.kind == ForeignKind::kPlain ? registry_.Find(node.def->op()) : nullptr;
  return HasOwnEffect(i) && !(op && (op->effect == Effect::kRead || op->effect == Effect::kRandom));
}

void Rewriter::Schedule(Block& b, FrameItems& region, const std::vector<int>& items, size_t depth) {
  CondOrder order(&region, items, depth);
  for (CondOrder::Step step = order.Next();; step = order.Next()) {
    switch (step.kind) {
      case CondOrder::Step::kEnd:
        return;
      case CondOrder::Step::kItem:
        WithVersions(b, region, step.items, [&] { EmitItem(b, region, step.items[0]); });
        break;
      case CondOrder::Step::kCond:
        WithVersions(b, region, step.items, [&] {
          EmitOrGiveUp(b, region, step.items,
                       [&] { EmitCond(b, region, step.items, step.predicate, depth); });
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

void Rewriter::EmitItem(Block& b, FrameItems& region, int i) {
  const Item& item = region.item(i);
  if (item.frame >= 0) {
    return EmitOrGiveUp(b, region, {i}, [&] {
      WithContext([&] { return "while rewriting loop '" + loops_.frame(item.frame).name + "'"; },
                  [&] { EmitLoop(b, item.frame); });
    });
  }
  if (!item.problem.empty())
    return EmitUnavailable(b, item.node, {Code::kUnimplemented, item.problem});
  try {
    WithContext([&] { return "while importing node " + foreign_.Describe(item.node); },
                [&] {
                  if (!item.alternatives.empty()) {
                    EmitAlternatives(b, item);
                  } else if (foreign_.node(item.node).kind == ForeignKind::kMerge) {
                    // Only one of its sides can run here.
                    b.values[{item.node, 0}] = {
                        Add(b, item.node, "Identity", {Value(b, item.if_true, item.node)}, {}), 0};
                  } else {
                    EmitNode(b, item.node);
                  }
                });
  } catch (const Error& e) {
    if (e.broken()) throw;
    EmitUnavailable(b, item.node, Problem::Of(e));
  }
}

void Rewriter::EmitOrGiveUp(Block& b, const FrameItems& region, const std::vector<int>& items,
                            const std::function<void()>& emit) {
  try {
    emit();
  } catch (const Error& e) {
    if (e.broken()) throw;
    GiveUp(b, region, items, {Code::kUnimplemented, Problem::Of(e).reason});
  }
}

void Rewriter::EmitNode(Block& b, int i) {
  const ForeignNode& node = foreign_.node(i);
  switch (node.kind) {
    case ForeignKind::kPlain:
      if (UnknownType(*node.def)) return EmitUnavailable(b, i, {});
      CheckFunctions(b, i);
      return variables_.VariableOf({i, 0}) >= 0 ? EmitAlias(b, i) : EmitPlain(b, i);
    case ForeignKind::kCase:
      CheckFunctions(b, i);
      return EmitCase(b, i);
    case ForeignKind::kSymbolicGradient:
      return EmitSymbolicGradient(b, i);
    case ForeignKind::kUnknown:
      if (b.graph().library()->Find(node.def->op())) return EmitCall(b, i);
      return EmitUnavailable(b, i, {});
    case ForeignKind::kBroken:
      return EmitUnavailable(b, i, node.problem);
    case ForeignKind::kSwitch:  // its outputs are its input, under a condition
    case ForeignKind::kNextIteration:
    case ForeignKind::kLoopCond:
      return;
    case ForeignKind::kExit: {
      Output value = Value(b, node.inputs[0], i);
      // Under the old name, to be fetched or fed; and who waits for it waits for no more than that.
      if (b.top() || has_effect_[i]) value = {Add(b, i, "Identity", {value}, {}), 0};
      b.values[{i, 0}] = value;
      return;
    }
    case ForeignKind::kControlTrigger:
      Add(b, i, "NoOp", {}, {});
      return;
    case ForeignKind::kVariable:
      return EmitVariable(b, i);
    case ForeignKind::kVariableWrite:
      return EmitWrite(b, i);
    case ForeignKind::kVariableIsInitialized:
      return EmitIsInitialized(b, i);
    default:
      EmitList(b, i);
      if (const std::optional<std::string> given = GradientOpType(*node.def)) {
        if (const auto it = b.operations.find(i); it != b.operations.end())
          b.graph().SetAttr(it->second, kGradientOpType, *given);
      }
      return;
  }
}

void Rewriter::CheckFunctions(Block& b, int i) const {
  const FunctionLibrary& library = *b.graph().library();
  for (const std::string& name : FunctionNames(*foreign_.node(i).def)) {
    const Function* f = library.Find(name);
    if (!f) {
      std::vector<std::string> names;
      for (const auto& [key, other] : library.functions()) names.push_back(key);
      ThrowInvalid("function '" + name + "' is not in the library" + DidYouMean(name, names));
    }
    // Without parameters and results it fits no call.
    if (!f->args.empty() || !f->results.empty()) continue;
    if (const Node* body = UnavailableBody(*f)) {
      throw Error(static_cast<Code>(std::get<int64_t>(body->attrs.find("code")->second)),
                  std::get<std::string>(body->attrs.find("reason")->second));
    }
  }
}

void Rewriter::EmitPlain(Block& b, int i) {
  const pb::NodeDef& def = *foreign_.node(i).def;
  const OpDef& op = registry_.Get(def.op() == "RefIdentity" ? "Identity" : def.op());
  if (op.structure == Structure::kArg)
    ThrowInvalid("only the signature of a function makes parameters");
  AttrMap attrs = ReadAttrs(foreign_, def, op, budget_);
  if (op.structure == Structure::kPlaceholder && foreign_.producer() <= kLastWithoutUnknownRank) {
    const auto it = attrs.find("shape");
    if (it != attrs.end() && AttrEqual(it->second, Shape{})) it->second = Shape::Unknown();
  }
  const NodeId id = Add(b, i, op.name, Inputs(b, i), std::move(attrs));
  for (int k = 0; k < b.graph().num_outputs(id); ++k) b.values[{i, k}] = {id, k};
}

Output Rewriter::Lookup(Block& b, Port port, int variable) {
  for (Block* at = &b; at; at = at->parent) {
    if (const auto it = at->values.find(port); it != at->values.end())
      return b.builder->Resolve(Expr(at->builder, it->second));
    if (at->loop >= 0 && variables_.WrittenInFrame(at->loop).contains(variable)) break;
  }
  return {};
}

Output Rewriter::FindValue(Block& b, Port port) {
  for (;;) {
    const ForeignNode& node = foreign_.node(port.node);
    if (node.kind == ForeignKind::kSwitch && loops_.VariableOf(port.node) >= 0) {
      if (port.index == 0) break;
      port = {loops_.frame(loops_.FrameOf(port.node)).variables[loops_.VariableOf(port.node)].merge,
              0};
    } else if (node.kind == ForeignKind::kSwitch || node.kind == ForeignKind::kEnter) {
      port = node.inputs[0];
    } else {
      break;
    }
  }
  return Lookup(b, port);
}

Output Rewriter::Value(Block& b, Port port, int consumer) {
  if (variables_.VariableOf(port) >= 0) return ReadVariable(b, port, consumer);
  if (const Output found = FindValue(b, port); found.valid()) return found;
  if (const ForeignNode& node = foreign_.node(port.node); node.kind == ForeignKind::kBroken)
    throw Error(node.problem.code, node.problem.reason);
  const auto known = top_.operations.find(port.node);
  if (known != top_.operations.end() && loops_.FrameOf(port.node) == 0) {
    ThrowInvalid("'" + std::string(foreign_.node(port.node).name) + ":" +
                 std::to_string(port.index) + "' is no output of " + foreign_.Describe(port.node));
  }
  throw Error(Code::kUnimplemented,
              "the value of " + foreign_.Describe(port.node) +
                  " exists only inside a loop or cond that does not contain its consumer");
}

std::vector<Output> Rewriter::Inputs(Block& b, int i, size_t first) {
  std::vector<Output> inputs;
  const ForeignNode& node = foreign_.node(i);
  for (size_t k = first; k < node.inputs.size(); ++k) inputs.push_back(Value(b, node.inputs[k], i));
  return inputs;
}

std::vector<NodeId> Rewriter::Controls(Block& b, int i) {
  std::vector<int> waits = foreign_.node(i).controls;
  for (Port p : foreign_.node(i).inputs) {
    const std::vector<int> more = WaitsOnTheWay(p);
    waits.insert(waits.end(), more.begin(), more.end());
  }
  return WaitFor(b, std::move(waits));
}

NodeId Rewriter::Add(Block& b, int i, std::string_view op, std::vector<Output> inputs,
                     AttrMap attrs, const char* suffix) {
  const ForeignNode& node = foreign_.node(i);
  const std::string name = std::string(node.name) + suffix;
  const auto add = b.top() && !*suffix ? &Graph::AddNodeNamed : &Graph::AddNode;
  const NodeId id = (b.graph().*add)(op, name, std::move(inputs), std::move(attrs), Controls(b, i));
  if (!node.def->device().empty()) b.graph().SetDevice(id, node.def->device());
  b.operations[i] = id;
  return id;
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
