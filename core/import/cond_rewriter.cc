#include "core/import/cond_rewriter.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/build/control_flow.h"
#include "core/graph/function_attr.h"
#include "core/graph/reference.h"

namespace graphrun {

// Outputs of the nodes in `side` that open items use.
std::vector<Port> CondRewriter::NeededOutside(const FrameItems& region,
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
    if (region.IsUsed(side[k])) {
      for (const ForeignConsumer& c : foreign_.consumers(i)) {
        const int item = region.ItemOf(c.node);
        if (item >= 0 && region.IsOpen(item)) use(foreign_.node(c.node).inputs[c.input]);
      }
    }
    // Switches come after what they pass on, so their data have been asked for by now.
    for (int output = 0; passes && !needed.empty() && output < 2; ++output) {
      if (needed.erase({i, output}) > 0) use({i, output});
    }
    // Later conds may depend on a predicate that was computed here.
    for (Port p : region.OpenPredicates(side[k])) needed.insert(p);
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
bool CondRewriter::UsesValueIndex(const RewriteBlock& b, int merge) const {
  if (b.top()) return true;
  const auto& users = foreign_.consumers(merge);
  return std::any_of(users.begin(), users.end(), [&](const ForeignConsumer& c) {
    return foreign_.node(c.node).inputs[c.input].index == 1;
  });
}

bool CondRewriter::IsWaitedFor(const FrameItems& region, int i) const {
  if (!effects_.must_run(i)) return false;
  const auto& users = foreign_.control_consumers(i);
  return waited_.contains(i) || std::any_of(users.begin(), users.end(), [&](int user) {
           const int item = region.ItemOf(user);
           return item >= 0 && region.IsOpen(item);
         });
}

std::vector<int> CondRewriter::Waited(const RewriteBlock& inner, const FrameItems& region,
                                      const std::vector<int>& items) const {
  std::vector<int> waited;
  for (int i : items) {
    const Item& item = region.item(i);
    if (item.frame >= 0) {
      for (int w : variables_.writes()) {
        if (loops_.Inside(loops_.FrameOf(w), item.frame)) waited.push_back(w);
      }
    } else if (foreign_.node(item.node).kind == ForeignKind::kVariableWrite ||
               IsWaitedFor(region, item.node)) {
      waited.push_back(item.node);
    }
  }
  std::sort(waited.begin(), waited.end());
  waited.erase(std::unique(waited.begin(), waited.end()), waited.end());
  std::erase_if(waited, [&](int i) { return !inner.operations.contains(i); });
  return waited;
}

// The members by side.
CondRewriter::Parts CondRewriter::SplitCond(const FrameItems& region,
                                            const std::vector<int>& members, size_t depth) const {
  Parts parts;
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

bool CondRewriter::IsIdle(const FrameItems& region, const std::vector<int>& members,
                          const Parts& parts) const {
  const auto works = [&](int i) {
    const Item& item = region.item(i);
    return item.frame >= 0 ? !lists_.InFrame(item.frame, true).empty()
                           : lists_.AccessedBy(item.node) >= 0 || IsWaitedFor(region, item.node);
  };
  return parts.merges.empty() && parts.needed[false].empty() && parts.needed[true].empty() &&
         std::none_of(members.begin(), members.end(), works);
}

// Fills one side; its results are the sides of the Merges, then the lists that the cond changes.
void CondRewriter::EmitSide(RewriteBlock& b, FrameItems& region, Port predicate, bool side,
                            size_t depth, Parts* parts) {
  RewriteBlock& inner = parts->blocks[side];
  inner.parent = &b;
  inner.depth = b.depth + 1;
  inner.decided = b.decided;
  inner.decided[predicate] = side;
  for (int merge : parts->merges) region.Open(merge);
  emitter_.EmitItems(inner, region, parts->sides[side], depth + 1);
  for (int merge : parts->merges) region.Close(merge);
  list_rewriter_.Finish(inner);
  const auto add = [&](Output o) { parts->results[side].emplace_back(inner.builder, o); };
  for (int i : parts->merges) {
    const Item& item = region.item(i);
    const Port taken = side ? item.if_true : item.if_false;
    add(blocks_.After(inner, taken, blocks_.Value(inner, taken, item.node), {}));
    if (!UsesValueIndex(b, item.node)) continue;
    const int32_t index = foreign_.node(item.node).inputs[0] == taken ? 0 : 1;
    add(inner.graph().AddConst("value_index", Tensor::Scalar<int32_t>(index)));
  }
  for (int object : parts->carried) add(list_rewriter_.List(inner, object));
  parts->made[side] = list_rewriter_.MadeInside(b, inner, region);
  parts->waited[side] = Waited(inner, region, parts->sides[side]);
}

void CondRewriter::TakeResults(RewriteBlock& b, const FrameItems& region, const Parts& parts,
                               const Expr& node) {
  int k = 0;
  for (int i : parts.merges) {
    const int merge = region.item(i).node;
    Output value = node.sibling(k++).output();
    if (UsesValueIndex(b, merge)) b.values[{merge, 1}] = node.sibling(k++).output();
    // Under the old name, to be fetched or fed; and who waits for it waits for no more than that.
    if (b.top() || effects_.has_effect(merge)) {
      value = {blocks_.Add(b, merge, "Identity", {value}, {}), 0};
      const auto index = b.values.find({merge, 1});
      if (index != b.values.end()) {
        b.graph().SetAttr(value.node, kMoreOutputsAttr,
                          std::vector{b.graph().OutputName(index->second)});
      }
    }
    b.values[{merge, 0}] = value;
  }
  for (int object : parts.carried) list_rewriter_.Set(b, object, node.sibling(k++).output());
  for (const bool side : {false, true}) {
    for (Port p : parts.needed[side]) b.values[p] = node.sibling(k++).output();
    for (int object : parts.made[side]) list_rewriter_.Set(b, object, node.sibling(k++).output());
    for (int i : parts.waited[side]) {
      b.operations[i] =
          b.graph().AddNode("Identity", foreign_.node(i).name, {node.sibling(k++).output()});
    }
  }
}

void CondRewriter::Emit(RewriteBlock& b, FrameItems& region, const std::vector<int>& members,
                        Port predicate, size_t depth) {
  Parts parts = SplitCond(region, members, depth);
  for (const bool side : {false, true})
    parts.needed[side] = NeededOutside(region, parts.sides[side]);
  if (IsIdle(region, members, parts)) return;
  // What the flows of arrays wait for, the accesses in the cond wait for.
  std::vector<Expr> after;
  const auto add_waits = [&](int i) {
    for (NodeId w : list_rewriter_.WaitsOfFlows(b, i)) after.emplace_back(b.builder, Output{w, 0});
  };
  for (int member : members) {
    const Item& item = region.item(member);
    if (item.node >= 0) {
      add_waits(item.node);
    } else {
      for (int enter : loops_.frame(item.frame).enters) add_waits(enter);
    }
  }
  list_rewriter_.Prepare(b, list_rewriter_.ObjectsOf(region, members, false));
  for (int object : list_rewriter_.ObjectsOf(region, members, true)) {
    if (list_rewriter_.Visible(b, object)) parts.carried.push_back(object);
  }
  const Item& first = region.item(members[0]);
  const int consumer = first.node >= 0 ? first.node : loops_.frame(first.frame).enters.at(0);
  const Expr pred(b.builder, blocks_.Value(b, predicate, consumer));
  if (pred.dtype() != DType::kBool || !pred.shape().CompatibleWith({})) {
    ThrowInvalid("a Switch is decided by " + foreign_.Describe(predicate.node) + ", which is " +
                 pred.type().ToString() + " and no bool scalar");
  }
  const int near = parts.merges.empty() ? consumer : region.item(parts.merges[0]).node;
  const Scope scope =
      BlockBuilder::ScopeAt(
          b.builder, BlockBuilder::SplitScopeName(std::string(foreign_.node(near).name)).first)
          .NameScope("If")
          .WithControlDependencies(after);
  for (const bool side : {false, true}) {
    FunctionScope f(scope, side ? "then" : "else");
    parts.blocks[side].builder = &*f;
    EmitSide(b, region, predicate, side, depth, &parts);
  }
  // What only one side has, the other stands in for.
  const auto add_extra = [&](bool side, Output o) {
    const RewriteBlock &inner = parts.blocks[side], &other = parts.blocks[!side];
    const ValueType type = inner.graph().type(o);
    parts.results[side].emplace_back(inner.builder, o);
    parts.results[!side].emplace_back(other.builder, Unread(other.graph(), type));
  };
  for (const bool side : {false, true}) {
    for (Port p : parts.needed[side]) add_extra(side, blocks_.Value(parts.blocks[side], p, -1));
    for (int object : parts.made[side])
      add_extra(side, list_rewriter_.List(parts.blocks[side], object));
    for (int i : parts.waited[side]) {
      RewriteBlock& inner = parts.blocks[side];
      add_extra(side, BlockBuilder::Done(inner, std::string(foreign_.node(i).name),
                                         {inner.operations.at(i)}));
    }
  }
  const Expr node = FinishCond(scope, pred, *parts.blocks[true].builder, parts.results[true],
                               *parts.blocks[false].builder, parts.results[false]);
  b.graph().SetAttr(node.node(), kLoweredAttr, true);
  // Whatever runs, some result waits for.
  for (RewriteBlock& inner : parts.blocks) inner.builder->function().control_results.clear();
  TakeResults(b, region, parts, node);
}

}  // namespace graphrun
