// TensorArrays as each access finds them.
#include <algorithm>

#include "core/graph/reference.h"
#include "core/import/list_rewriter.h"

namespace graphrun {

std::vector<int> ListRewriter::AccessesIn(const FrameItems& region,
                                          const std::vector<int>& items) const {
  std::vector<int> accesses;
  for (int i : items) {
    const Item& item = region.item(i);
    if (item.frame < 0) {
      if (lists_.AccessedBy(item.node) >= 0) accesses.push_back(item.node);
      continue;
    }
    for (int object : lists_.InFrame(item.frame, false)) {
      for (int access : lists_.accesses(object)) {
        if (loops_.Inside(loops_.FrameOf(access), item.frame)) accesses.push_back(access);
      }
    }
  }
  return accesses;
}

void ListRewriter::WithVersions(RewriteBlock& b, const FrameItems& region,
                                const std::vector<int>& items, const std::function<void()>& emit) {
  std::map<int, std::vector<int>> accesses_of;  // an array
  for (int access : AccessesIn(region, items)) {
    const int object = lists_.AccessedBy(access), array = lists_.ArrayOf(object);
    // Gradients that are there need nothing of what they are of.
    if (array >= 0 && (object == array || !Visible(b, object)))
      accesses_of[array].push_back(access);
  }
  std::map<int, Output> found;
  for (const auto& item : accesses_of) {
    const int array = item.first;
    const std::vector<int>& accesses = item.second;
    if (!Visible(b, array)) continue;
    std::vector<BlockLists::Version>& versions = b.lists.versions_[array];
    if (versions.empty()) versions.push_back({List(b, array), {}});
    // The gradients in a cond come with what they are of.
    const auto direct = [&](int access) { return lists_.AccessedBy(access) == array; };
    const bool any_direct = std::any_of(accesses.begin(), accesses.end(), direct);
    const auto seen = [&](const BlockLists::Version& v) {
      return std::any_of(accesses.begin(), accesses.end(), [&](int access) {
        if (any_direct && !direct(access)) return false;
        return std::any_of(v.changes.begin(), v.changes.end(),
                           [&](int change) { return lists_.Sees(access, change); });
      });
    };
    const auto last = std::find_if(versions.rbegin(), versions.rend() - 1, seen);
    found[array] = b.lists.now_[array] = last->list;
  }
  emit();
  for (const auto& [array, accesses] : accesses_of) {
    const auto list = b.lists.now_.find(array);
    if (list == b.lists.now_.end()) continue;
    std::vector<BlockLists::Version>& versions = b.lists.versions_[array];
    if (const auto it = found.find(array); it == found.end() || it->second != list->second) {
      BlockLists::Version made = {list->second, {}};
      for (int access : accesses) {
        if (lists_.AccessedBy(access) == array && lists_.Changes(access))
          made.changes.push_back(access);
      }
      versions.push_back(std::move(made));
    }
    list->second = versions.back().list;
  }
}

// The flow is there when the access has succeeded.
void ListRewriter::NameFlow(RewriteBlock& b, int i, int index) {
  if (!IsMain(b)) return;
  const ForeignNode& node = foreign_.node(i);
  const Scope scope = BlockBuilder::ScopeAt(b.builder, std::string(node.name));
  const Expr list(b.builder, List(b, lists_.AccessedBy(i)));
  const Expr length = scope.WithName("size").Add("TensorListLength", {list});
  const Expr done = scope.Add("GreaterEqual", {length, scope.Const(Tensor::Scalar<int32_t>(0))});
  const Expr check = scope.Add("Assert", {done, length});
  const auto add_flow = [&](auto add, const std::string& name) {
    return (b.graph().*add)("Identity", name, {b.values.at({i, index})}, {}, {check.node()});
  };
  if (index == 0) {
    add_flow(&Graph::AddNodeNamed, std::string(node.name));
    return;
  }
  const NodeId flow = add_flow(&Graph::AddNode, std::string(node.name) + "/flow");
  std::vector<std::string> more = {b.graph().OutputName({flow, 0})};
  NodeId named = b.operations.at(i);
  if (node.kind == ForeignKind::kArrayGrad) {
    // The look-up of a gradient array is no node, and its handle cannot be fetched.
    more.insert(more.begin(), "");
    named = b.graph().AddNodeNamed("NoOp", node.name, {}, {}, {check.node()});
  }
  b.graph().SetAttr(named, kMoreOutputsAttr, more);
}

}  // namespace graphrun
