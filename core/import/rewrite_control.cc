// Loops and conds of version 1.
#include <algorithm>

#include "core/base/error.h"
#include "core/graph/control_flow.h"
#include "core/graph/op_def.h"
#include "core/graph/op_registry.h"
#include "core/import/rewriter.h"
#include "proto/node_def.pb.h"

namespace graphrun {
namespace {

// The scope that is called `name` at the top of b's graph: ("a/b", "c") for "a/b/c".
std::pair<std::string, std::string> SplitName(const std::string& name) {
  const size_t slash = name.rfind('/');
  if (slash == name.npos) return {"", name};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

Scope ScopeNamed(FunctionBuilder* builder, const std::string& prefix) {
  const Scope top = builder->scope();
  return prefix.empty() ? top : top.NameScope(prefix + "/");
}

// Python calls the frame of `while` "while/while_context".
std::string LoopName(const std::string& frame_name) {
  const auto [prefix, leaf] = SplitName(frame_name);
  const std::string name =
      prefix.empty() || !leaf.starts_with("while_context") ? frame_name : prefix;
  return name.empty() ? "while" : name;
}

}  // namespace

// The nodes of the frame that those in `from` need, they included, up to the loop's variables.
std::vector<int> Rewriter::Slice(int frame, const std::vector<int>& from) const {
  std::vector<int> open, found;
  std::vector<bool> seen(foreign_.size(), false);
  const auto visit = [&](int i) {
    if (loops_.FrameOf(i) != frame || seen[i]) return;
    const ForeignKind kind = foreign_.node(i).kind;
    const bool boundary = kind == ForeignKind::kEnter || kind == ForeignKind::kNextIteration ||
                          kind == ForeignKind::kLoopCond || loops_.VariableOf(i) >= 0;
    if (boundary) return;
    seen[i] = true;
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

void Rewriter::EmitLoop(Block& b, int f) {
  const LoopFrame& frame = loops_.frame(f);
  std::vector<int> body_roots;
  for (const LoopVariable& v : frame.variables) {
    for (Port p : foreign_.node(v.next).inputs) body_roots.push_back(p.node);
    for (int c : foreign_.node(v.next).controls) body_roots.push_back(c);
  }
  if (frame.loop_cond < 0) ThrowInvalid("it has no LoopCond");
  const std::vector<int> cond_nodes = Slice(f, {foreign_.node(frame.loop_cond).inputs.at(0).node});
  const std::vector<int> body_nodes = Slice(f, body_roots);
  for (int i : cond_nodes) {
    if (!std::binary_search(body_nodes.begin(), body_nodes.end(), i)) continue;
    const ForeignNode& node = foreign_.node(i);
    const OpDef* op = node.kind == ForeignKind::kPlain ? registry_.Find(node.def->op()) : nullptr;
    if (node.kind == ForeignKind::kVariableWrite ||
        (op && (op->effect == Effect::kRandom || op->effect == Effect::kWrite))) {
      ThrowInvalid("the body uses what the condition computes by " + foreign_.Describe(i) +
                   ", which would run twice");
    }
  }

  PrepareLists(b, lists_.InFrame(f, false));
  std::vector<int> carried;
  for (int object : lists_.InFrame(f, true)) {
    if (Visible(b, object)) carried.push_back(object);
  }
  std::vector<Expr> initial;
  for (const LoopVariable& v : frame.variables) {
    initial.emplace_back(b.builder, Value(b, foreign_.node(v.enter).inputs[0], v.enter));
  }
  for (int object : carried) initial.emplace_back(b.builder, List(b, object));

  const size_t n = frame.variables.size();
  const auto run = [&](const Scope& inside, std::span<const Expr> args,
                       const std::vector<int>& nodes, const auto& results) {
    Block inner;
    inner.builder = inside.home();
    inner.parent = &b;
    inner.decided = b.decided;
    inner.loop = f;
    for (size_t i = 0; i < n; ++i) inner.values[{frame.variables[i].merge, 0}] = args[i].output();
    for (size_t i = 0; i < carried.size(); ++i) inner.lists[carried[i]] = args[n + i].output();
    Region region = MakeRegion(nodes, inner.decided);
    std::vector<int> all(region.items.size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);
    Schedule(inner, region, all, 0);
    FinishLists(inner);
    return results(inner);
  };
  const auto cond = [&](const Scope& inside, std::span<const Expr> args) {
    return run(inside, args, cond_nodes, [&](Block& inner) {
      for (size_t i = 0; i < carried.size(); ++i) {
        if (inner.lists[carried[i]] != args[n + i].output())
          ThrowInvalid("its condition changes a stack or TensorArray");
      }
      return Expr(inner.builder,
                  Value(inner, foreign_.node(frame.loop_cond).inputs[0], frame.loop_cond));
    });
  };
  const auto body = [&](const Scope& inside, std::span<const Expr> args) {
    return run(inside, args, body_nodes, [&](Block& inner) {
      std::vector<Expr> results;
      for (const LoopVariable& v : frame.variables)
        results.emplace_back(inner.builder, Value(inner, foreign_.node(v.next).inputs[0], v.next));
      for (int object : carried) results.emplace_back(inner.builder, inner.lists.at(object));
      return results;
    });
  };
  std::vector<Expr> after;
  for (int enter : frame.enters) {
    for (NodeId c : Controls(b, enter)) after.emplace_back(b.builder, Output{c, 0});
    for (NodeId w : WritesOfInputs(b, enter)) after.emplace_back(b.builder, Output{w, 0});
  }
  const auto [prefix, leaf] = SplitName(LoopName(frame.name));
  WhileOptions options;
  options.name = leaf;
  options.relax_shapes = true;
  const auto parallel = foreign_.node(frame.enters.at(0)).def->attr().find("parallel_iterations");
  if (parallel != foreign_.node(frame.enters[0]).def->attr().end())
    options.parallel_iterations = parallel->second.i();
  const std::vector<Expr> outputs = WhileLoop(
      ScopeNamed(b.builder, prefix).WithControlDependencies(after), cond, body, initial, options);
  for (int s : frame.switches) b.values[{s, 0}] = outputs[loops_.VariableOf(s)].output();
  for (size_t i = 0; i < carried.size(); ++i) b.lists[carried[i]] = outputs[n + i].output();
  for (int w : variables_.writes()) {
    if (loops_.Inside(loops_.FrameOf(w), f)) b.operations[w] = outputs.at(0).node();
  }
}

// Outputs of the nodes in `side` that items other than `members` use.
std::vector<Port> Rewriter::NeededOutside(const Region& region, const std::vector<int>& members,
                                          const std::vector<int>& side) const {
  std::set<int> inside(members.begin(), members.end());
  std::set<Port> needed;
  for (size_t k = side.size(); k-- > 0;) {
    const int i = region.items[side[k]].node;
    if (i < 0) continue;
    const ForeignKind kind = foreign_.node(i).kind;
    const bool passes = kind == ForeignKind::kSwitch;
    const auto use = [&](Port port) {
      if (passes) port = foreign_.node(i).inputs[0];
      if (variables_.VariableOf(port) < 0) needed.insert(port);
    };
    for (const ForeignConsumer& c : foreign_.consumers(i)) {
      const auto item = region.item_of.find(c.node);
      const bool loop_end = foreign_.node(c.node).kind == ForeignKind::kNextIteration;
      if (item == region.item_of.end() ? !loop_end : inside.contains(item->second)) continue;
      if (!loop_end && region.items[item->second].dead) continue;
      use(foreign_.node(c.node).inputs[c.input]);
    }
    // Switches come after what they pass on, so their data have been asked for by now.
    for (int output = 0; passes && output < 2; ++output) {
      if (needed.erase({i, output}) > 0) use({i, output});
    }
  }
  // Later conds may depend on a predicate that was computed here.
  for (size_t i = 0; i < region.items.size(); ++i) {
    const Item& item = region.items[i];
    if (region.done[i] || inside.contains(static_cast<int>(i))) continue;
    for (const Decision& d : item.state) needed.insert(d.first);
    if (item.merges) needed.insert(item.predicate);
  }
  std::vector<Port> ports;
  for (Port p : needed) {
    const auto made_by = [&](int item) { return region.items[item].node == p.node; };
    const ForeignKind kind = foreign_.node(p.node).kind;
    const bool handle =
        p.index == 0 && (kind == ForeignKind::kStack || kind == ForeignKind::kArray ||
                         kind == ForeignKind::kArrayGrad);
    if (!handle && std::any_of(side.begin(), side.end(), made_by)) ports.push_back(p);
  }
  return ports;
}

// Whether somebody asks which input a Merge took.
bool Rewriter::UsesValueIndex(int merge) const {
  const auto& users = foreign_.consumers(merge);
  return std::any_of(users.begin(), users.end(), [&](const ForeignConsumer& c) {
    return foreign_.node(c.node).inputs[c.input].index == 1;
  });
}

void Rewriter::EmitCond(Block& b, Region& region, const std::vector<int>& members, Port predicate,
                        size_t depth) {
  std::vector<int> sides[2], merges;
  std::vector<Expr> after;
  const std::set<int> inside(members.begin(), members.end());
  for (int member : members) {
    const Item& item = region.items[member];
    if (item.state.size() > depth) {
      sides[item.state[depth].second].push_back(member);
    } else {
      merges.push_back(member);
    }
    const std::vector<int> entered =
        item.node >= 0 ? std::vector{item.node} : loops_.frame(item.frame).enters;
    for (int i : entered) {
      for (NodeId w : WritesOfInputs(b, i)) after.emplace_back(b.builder, Output{w, 0});
      for (int c : foreign_.node(i).controls) {
        const auto outer = b.operations.find(c);
        if (outer != b.operations.end() && has_effect_[c])
          after.emplace_back(b.builder, Output{outer->second, 0});
      }
    }
  }
  PrepareLists(b, ObjectsOf(region, members, false));
  std::vector<int> carried;
  for (int object : ObjectsOf(region, members, true)) {
    if (Visible(b, object)) carried.push_back(object);
  }
  const int consumer = region.items[members[0]].node >= 0
                           ? region.items[members[0]].node
                           : loops_.frame(region.items[members[0]].frame).enters.at(0);
  const Expr pred(b.builder, Value(b, predicate, consumer));
  if (pred.dtype() != DType::kBool || !pred.shape().CompatibleWith({})) {
    ThrowInvalid("a Switch is decided by " + foreign_.Describe(predicate.node) + ", which is " +
                 pred.type().ToString() + " and no bool scalar");
  }

  const std::string near(
      foreign_.node(merges.empty() ? consumer : region.items[merges[0]].node).name);
  const Scope scope =
      ScopeNamed(b.builder, SplitName(near).first).NameScope("If").WithControlDependencies(after);
  Block blocks[2];
  std::vector<Expr> results[2];
  std::vector<Port> extras[2];
  for (const bool side : {false, true}) {
    FunctionScope f(scope, side ? "then" : "else");
    Block& inner = blocks[side];
    inner.builder = &*f;
    inner.parent = &b;
    inner.decided = b.decided;
    inner.decided[predicate] = side;
    Schedule(inner, region, sides[side], depth + 1);
    FinishLists(inner);
    const auto add = [&](Output o) { results[side].emplace_back(inner.builder, o); };
    for (int i : merges) {
      const Item& item = region.items[i];
      add(Value(inner, side ? item.if_true : item.if_false, item.node));
      if (!UsesValueIndex(item.node)) continue;
      const Port taken = side ? item.if_true : item.if_false;
      const int32_t index = foreign_.node(item.node).inputs[0] == taken ? 0 : 1;
      add(inner.graph().AddConst("value_index", Tensor::Scalar<int32_t>(index)));
    }
    for (int object : carried) add(List(inner, object));
    extras[side] = NeededOutside(region, members, sides[side]);
  }
  // Objects that a side made, and others use.
  std::vector<int> made[2];
  for (const bool side : {false, true}) {
    for (const auto& [object, list] : blocks[side].lists) {
      if (Visible(b, object)) continue;
      for (size_t i = 0; i < region.items.size(); ++i) {
        if (region.done[i] || inside.contains(static_cast<int>(i))) continue;
        if (!ObjectsOf(region, {static_cast<int>(i)}, false).contains(object)) continue;
        made[side].push_back(object);
        break;
      }
    }
  }
  const auto add_extra = [&](bool side, Output o) {
    Block& other = blocks[!side];
    const ValueType type = blocks[side].graph().type(o);
    results[side].emplace_back(blocks[side].builder, o);
    results[!side].emplace_back(other.builder, Unread(other.graph(), type));
  };
  for (const bool side : {false, true}) {
    for (Port p : extras[side]) add_extra(side, Value(blocks[side], p, -1));
    for (int object : made[side]) add_extra(side, blocks[side].lists.at(object));
  }
  const Expr node = FinishCond(scope, pred, *blocks[true].builder, results[true],
                               *blocks[false].builder, results[false]);

  int k = 0;
  for (int i : members) {
    if (region.items[i].node >= 0) {
      b.operations[region.items[i].node] = node.node();
      continue;
    }
    for (int w : variables_.writes()) {
      if (loops_.Inside(loops_.FrameOf(w), region.items[i].frame)) b.operations[w] = node.node();
    }
  }
  for (int i : merges) {
    const int merge = region.items[i].node;
    Output value = node.sibling(k++).output();
    // Under the old name, to be fetched or fed.
    if (b.top()) value = {Add(b, merge, "Identity", {value}, {}), 0};
    b.values[{merge, 0}] = value;
    if (UsesValueIndex(merge)) b.values[{merge, 1}] = node.sibling(k++).output();
  }
  for (int object : carried) b.lists[object] = node.sibling(k++).output();
  for (const bool side : {false, true}) {
    for (Port p : extras[side]) b.values[p] = node.sibling(k++).output();
    for (int object : made[side]) b.lists[object] = node.sibling(k++).output();
  }
}

}  // namespace graphrun
