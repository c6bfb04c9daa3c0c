// Conds of version 1: what one predicate decides becomes an If.
#include <algorithm>

#include "core/base/error.h"
#include "core/build/control_flow.h"
#include "core/graph/function_attr.h"
#include "core/graph/reference.h"
#include "core/import/rewriter.h"

namespace graphrun {

// Outputs of the nodes in `side` that open items use.
std::vector<Port> Rewriter::NeededOutside(const FrameItems& region,
                                          const std::vector<int>& side) const {
  std::set<Port> needed;
  for (size_t k = side.size(); k-- > 0;) {
    const int i = region.item(side[k]).node;
    if (i < 0) continue;
    const ForeignKind kind = foreign_.node(i).kind;
    const bool passes = kind == ForeignKind::kSwitch;
    const auto use = [&](Port port) {
      if (passes) port = foreign_.node(i).inputs[0];
      if (variables_.VariableOf(port) < 0) needed.insert(port);
    };
    for (const ForeignConsumer& c : foreign_.consumers(i)) {
      const int item = region.ItemOf(c.node);
      if (item >= 0 && region.IsOpen(item)) use(foreign_.node(c.node).inputs[c.input]);
    }
    // Switches come after what they pass on, so their data have been asked for by now.
    for (int output = 0; passes && output < 2; ++output) {
      if (needed.erase({i, output}) > 0) use({i, output});
    }
    // Later conds may depend on a predicate that was computed here.
    for (Port p : region.OpenPredicates(i)) needed.insert(p);
  }
  std::vector<Port> ports;
  for (Port p : needed) {
    const ForeignKind kind = foreign_.node(p.node).kind;
    const bool handle =
        p.index == 0 && (kind == ForeignKind::kStack || kind == ForeignKind::kArray ||
                         kind == ForeignKind::kArrayGrad);
    const int item = region.ItemOf(p.node);
    const bool inside = item >= 0 && region.item(item).node == p.node &&
                        std::binary_search(side.begin(), side.end(), item);
    if (!handle && inside) ports.push_back(p);
  }
  return ports;
}

// Whether somebody asks which input a Merge took, or a run may.
bool Rewriter::UsesValueIndex(const Block& b, int merge) const {
  if (b.top()) return true;
  const auto& users = foreign_.consumers(merge);
  return std::any_of(users.begin(), users.end(), [&](const ForeignConsumer& c) {
    return foreign_.node(c.node).inputs[c.input].index == 1;
  });
}

// The members by side.
Rewriter::CondParts Rewriter::SplitCond(const FrameItems& region, const std::vector<int>& members,
                                        size_t depth) const {
  CondParts parts;
  for (int member : members) {
    const std::vector<Decision>& state = region.StateOf(member);
    if (state.size() > depth) {
      parts.sides[state[depth].second].push_back(member);
    } else {
      parts.merges.push_back(member);
    }
  }
  return parts;
}

bool Rewriter::IsIdle(const FrameItems& region, const std::vector<int>& members,
                      const CondParts& parts) const {
  const auto works = [&](int i) {
    const Item& item = region.item(i);
    return item.frame >= 0 ? !lists_.InFrame(item.frame, true).empty()
                           : lists_.AccessedBy(item.node) >= 0 || IsWaitedFor(region, item.node);
  };
  return parts.merges.empty() && parts.needed[false].empty() && parts.needed[true].empty() &&
         std::none_of(members.begin(), members.end(), works);
}

// Fills one side; its results are the sides of the Merges, then the lists that the cond changes.
void Rewriter::EmitSide(Block& b, FrameItems& region, Port predicate, bool side, size_t depth,
                        CondParts* parts) {
  Block& inner = parts->blocks[side];
  inner.parent = &b;
  inner.decided = b.decided;
  inner.decided[predicate] = side;
  for (int merge : parts->merges) region.Open(merge);
  Schedule(inner, region, parts->sides[side], depth + 1);
  for (int merge : parts->merges) region.Close(merge);
  FinishLists(inner);
  const auto add = [&](Output o) { parts->results[side].emplace_back(inner.builder, o); };
  for (int i : parts->merges) {
    const Item& item = region.item(i);
    const Port taken = side ? item.if_true : item.if_false;
    add(After(inner, taken, Value(inner, taken, item.node), {}));
    if (!UsesValueIndex(b, item.node)) continue;
    const int32_t index = foreign_.node(item.node).inputs[0] == taken ? 0 : 1;
    add(inner.graph().AddConst("value_index", Tensor::Scalar<int32_t>(index)));
  }
  for (int object : parts->carried) add(List(inner, object));
  parts->made[side] = MadeInside(b, inner, region);
  parts->waited[side] = Waited(inner, region, parts->sides[side]);
}

// List objects that the block made and open items will access.
std::vector<int> Rewriter::MadeInside(const Block& b, const Block& inner,
                                      const FrameItems& region) const {
  std::vector<int> made;
  if (inner.lists.empty()) return made;
  std::vector<int> open;
  for (int i = 0; i < region.size(); ++i) {
    if (region.IsOpen(i)) open.push_back(i);
  }
  std::set<int> accessed = ObjectsOf(region, open, false);
  // The list of an array's gradients is made like the array.
  for (int object : std::vector<int>(accessed.begin(), accessed.end())) {
    for (int at = lists_.object(object).array; at >= 0; at = lists_.object(at).array)
      accessed.insert(at);
  }
  for (const auto& [object, list] : inner.lists) {
    if (!Visible(b, object) && accessed.contains(object)) made.push_back(object);
  }
  return made;
}

void Rewriter::EmitCond(Block& b, FrameItems& region, const std::vector<int>& members,
                        Port predicate, size_t depth) {
  CondParts parts = SplitCond(region, members, depth);
  for (const bool side : {false, true})
    parts.needed[side] = NeededOutside(region, parts.sides[side]);
  if (IsIdle(region, members, parts)) return;
  // What the flows of arrays wait for, the accesses in the cond wait for.
  std::vector<Expr> after;
  const auto add_waits = [&](int i) {
    for (NodeId w : WaitsOfFlows(b, i)) after.emplace_back(b.builder, Output{w, 0});
  };
  for (int member : members) {
    const Item& item = region.item(member);
    if (item.node >= 0) {
      add_waits(item.node);
    } else {
      for (int enter : loops_.frame(item.frame).enters) add_waits(enter);
    }
  }
  PrepareLists(b, ObjectsOf(region, members, false));
  for (int object : ObjectsOf(region, members, true)) {
    if (Visible(b, object)) parts.carried.push_back(object);
  }
  const Item& first = region.item(members[0]);
  const int consumer = first.node >= 0 ? first.node : loops_.frame(first.frame).enters.at(0);
  const Expr pred(b.builder, Value(b, predicate, consumer));
  if (pred.dtype() != DType::kBool || !pred.shape().CompatibleWith({})) {
    ThrowInvalid("a Switch is decided by " + foreign_.Describe(predicate.node) + ", which is " +
                 pred.type().ToString() + " and no bool scalar");
  }
  const int near = parts.merges.empty() ? consumer : region.item(parts.merges[0]).node;
  const Scope scope =
      ScopeAt(b.builder, SplitScopeName(std::string(foreign_.node(near).name)).first)
          .NameScope("If")
          .WithControlDependencies(after);
  for (const bool side : {false, true}) {
    FunctionScope f(scope, side ? "then" : "else");
    parts.blocks[side].builder = &*f;
    EmitSide(b, region, predicate, side, depth, &parts);
  }
  // What only one side has, the other stands in for.
  const auto add_extra = [&](bool side, Output o) {
    const Block &inner = parts.blocks[side], &other = parts.blocks[!side];
    const ValueType type = inner.graph().type(o);
    parts.results[side].emplace_back(inner.builder, o);
    parts.results[!side].emplace_back(other.builder, Unread(other.graph(), type));
  };
  for (const bool side : {false, true}) {
    for (Port p : parts.needed[side]) add_extra(side, Value(parts.blocks[side], p, -1));
    for (int object : parts.made[side]) add_extra(side, parts.blocks[side].lists.at(object));
    for (int i : parts.waited[side]) {
      Block& inner = parts.blocks[side];
      add_extra(side, Done(inner, std::string(foreign_.node(i).name), {inner.operations.at(i)}));
    }
  }
  const Expr node = FinishCond(scope, pred, *parts.blocks[true].builder, parts.results[true],
                               *parts.blocks[false].builder, parts.results[false]);
  b.graph().SetAttr(node.node(), kLoweredAttr, true);
  // Whatever runs, some result waits for.
  for (Block& inner : parts.blocks) inner.builder->function().control_results.clear();
  int k = 0;
  for (int i : parts.merges) {
    const int merge = region.item(i).node;
    Output value = node.sibling(k++).output();
    if (UsesValueIndex(b, merge)) b.values[{merge, 1}] = node.sibling(k++).output();
    // Under the old name, to be fetched or fed; and who waits for it waits for no more than that.
    if (b.top() || has_effect_[merge]) {
      value = {Add(b, merge, "Identity", {value}, {}), 0};
      const auto index = b.values.find({merge, 1});
      if (index != b.values.end()) {
        b.graph().SetAttr(value.node, kMoreOutputsAttr,
                          std::vector{b.graph().OutputName(index->second)});
      }
    }
    b.values[{merge, 0}] = value;
  }
  for (int object : parts.carried) b.lists[object] = node.sibling(k++).output();
  for (const bool side : {false, true}) {
    for (Port p : parts.needed[side]) b.values[p] = node.sibling(k++).output();
    for (int object : parts.made[side]) b.lists[object] = node.sibling(k++).output();
    for (int i : parts.waited[side]) {
      b.operations[i] =
          b.graph().AddNode("Identity", foreign_.node(i).name, {node.sibling(k++).output()});
    }
  }
}

}  // namespace graphrun
