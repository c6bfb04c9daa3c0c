#include "core/import/foreign_conds.h"

#include <algorithm>
#include <functional>
#include <queue>

#include "core/base/error.h"
#include "proto/node_def.pb.h"

namespace graphrun {
namespace {

class ItemMaker {
 public:
  ItemMaker(const ForeignGraph& graph, const ForeignLoops& loops, const Decisions& decided)
      : graph_(graph), loops_(loops), decided_(decided) {}

  CondItems Run(const std::vector<int>& nodes) {
    item_of_.reserve(nodes.size());
    for (int i : nodes) Collect(i);
    for (Item& item : items_) FindNeeds(item);
    Sort();
    if (graph_.has_control_flow()) {
      for (Item& item : items_) FindState(item);
    }
    for (const Item& item : items_) {
      if (item.frame < 0) continue;
      for (int s : loops_.frame(item.frame).switches) item_of_.erase(s);
    }
    return {std::move(items_), std::move(item_of_), std::move(states_), std::move(levels_)};
  }

 private:
  void Collect(int i) {
    switch (graph_.node(i).kind) {
      case ForeignKind::kEnter:
        return;
      case ForeignKind::kSwitch:
      case ForeignKind::kMerge:
        if (loops_.VariableOf(i) >= 0) return;
        break;
      default:
        break;
    }
    const int loop = loops_.LoopLeftBy(i);
    if (loop >= 0 && ItemOf(loops_.frame(loop).enters[0]) < 0) {
      items_.emplace_back();
      items_.back().frame = loop;
      for (int enter : loops_.frame(loop).enters) item_of_[enter] = Last();
      for (int s : loops_.frame(loop).switches) item_of_[s] = Last();
    }
    items_.emplace_back();
    items_.back().node = i;
    item_of_[i] = Last();
  }
  int ItemOf(int node) const {
    const auto it = item_of_.find(node);
    return it == item_of_.end() ? -1 : it->second;
  }
  int Last() const { return static_cast<int>(items_.size()) - 1; }

  void FindNeeds(Item& item) {
    const auto need = [&](int producer) {
      if (const int i = ItemOf(producer); i >= 0) item.needs.push_back(i);
    };
    const auto need_all = [&](int node) {
      for (Port p : graph_.node(node).inputs) need(p.node);
      for (int c : graph_.node(node).controls) need(c);
    };
    if (item.frame >= 0) {
      for (int enter : loops_.frame(item.frame).enters) need_all(enter);
    } else {
      need_all(item.node);
    }
    std::sort(item.needs.begin(), item.needs.end());
    item.needs.erase(std::unique(item.needs.begin(), item.needs.end()), item.needs.end());
  }

  int Position(const Item& item) const {
    return item.node >= 0 ? item.node : loops_.frame(item.frame).first_node;
  }

  // Kahn's algorithm, the first in the file first.
  void Sort() {
    const int n = static_cast<int>(items_.size());
    std::vector<int> missing(n);
    std::vector<std::vector<int>> users(n);
    using Entry = std::pair<int, int>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
    for (int i = 0; i < n; ++i) {
      missing[i] = static_cast<int>(items_[i].needs.size());
      for (int need : items_[i].needs) users[need].push_back(i);
      if (missing[i] == 0) ready.emplace(Position(items_[i]), i);
    }
    std::vector<Item> sorted;
    std::vector<int> place(n, -1);
    while (!ready.empty()) {
      const int i = ready.top().second;
      ready.pop();
      place[i] = static_cast<int>(sorted.size());
      sorted.push_back(std::move(items_[i]));
      for (int user : users[i]) {
        if (--missing[user] == 0) ready.emplace(Position(items_[user]), user);
      }
    }
    if (static_cast<int>(sorted.size()) < n)
      ThrowInvalid("a loop needs, to begin, what only it computes");
    for (Item& item : sorted) {
      for (int& need : item.needs) need = place[need];
    }
    for (auto& [node, item] : item_of_) item = place[item];
    items_ = std::move(sorted);
  }

  // Of a side that never runs: kNever.
  int StateOfNode(int node) const {
    const int i = ItemOf(node);
    if (i < 0) return DecisionLists::kEmpty;
    return items_[i].dead ? DecisionLists::kNever : items_[i].state;
  }

  int StateOf(Port port) {
    const int state = StateOfNode(port.node);
    const ForeignNode& node = graph_.node(port.node);
    if (node.kind != ForeignKind::kSwitch || loops_.VariableOf(port.node) >= 0) return state;
    const Port predicate = RootOf(node.inputs.at(1));
    const bool side = port.index == 1;
    if (const auto it = decided_.find(predicate); it != decided_.end())
      return it->second == side ? state : DecisionLists::kNever;
    return states_.Join(state, states_.With(DecisionLists::kEmpty, {predicate, side}));
  }

  Port RootOf(Port predicate) {
    const auto [it, fresh] = roots_.try_emplace(predicate);
    if (fresh) it->second = PredicateRoot(graph_, predicate);
    return it->second;
  }

  void FindState(Item& item) {
    for (int need : item.needs) item.level = levels_.Join(item.level, items_[need].level);
    int state = DecisionLists::kEmpty;
    const auto join_all = [&](int i) {
      for (Port p : graph_.node(i).inputs) state = states_.Join(state, StateOf(p));
      for (int c : graph_.node(i).controls) state = states_.Join(state, StateOfNode(c));
    };
    if (item.frame >= 0) {
      for (int enter : loops_.frame(item.frame).enters) join_all(enter);
    } else if (graph_.node(item.node).kind == ForeignKind::kMerge) {
      return FindMerge(item);
    } else if (graph_.node(item.node).kind != ForeignKind::kControlTrigger) {
      join_all(item.node);
    }
    item.dead = state == DecisionLists::kNever;
    if (!item.dead) item.state = state;
  }

  void FindMerge(Item& item) {
    const ForeignNode& node = graph_.node(item.node);
    const auto fail = [&] {
      item.problem =
          "Merge '" + std::string(node.name) + "' does not join the two sides of one predicate";
    };
    std::vector<std::pair<Port, int>> live;
    for (Port p : node.inputs) {
      if (const int s = StateOf(p); s != DecisionLists::kNever) live.emplace_back(p, s);
    }
    item.dead = live.empty();
    if (live.empty()) return;
    if (live.size() == 1) {
      item.if_true = item.if_false = live[0].first;
      item.state = live[0].second;
      return;
    }
    if (live.size() != 2) return fail();
    DecisionLists::Split split = states_.SplitCommon(live[0].second, live[1].second);
    item.state = split.common;
    const auto &under = split.only_a, &other = split.only_b;
    // What only one of the sides needs besides may leave the Merge without an input that runs.
    if (under.size() == 1 && other.size() == 1 && under[0].first == other[0].first) {
      const bool side = under[0].second;
      item.merges = true;
      item.predicate = under[0].first;
      item.if_true = live[side ? 0 : 1].first;
      item.if_false = live[side ? 1 : 0].first;
      item.level = levels_.Behind(item.level, item.predicate);
      return;
    }
    if (under == other) return fail();
    item.alternatives = {{live[0].first, std::move(split.only_a)},
                         {live[1].first, std::move(split.only_b)}};
    if (item.alternatives[0].under.empty()) std::swap(item.alternatives[0], item.alternatives[1]);
  }

  const ForeignGraph& graph_;
  const ForeignLoops& loops_;
  const Decisions& decided_;
  std::vector<Item> items_;
  std::unordered_map<int, int> item_of_;  // nodes, the Enters and Switches of loops -> items
  DecisionLists states_;
  MergeLevels levels_;
  std::unordered_map<Port, Port, PortHash> roots_;  // of predicates
};

}  // namespace

CondItems MakeItems(const ForeignGraph& graph, const ForeignLoops& loops,
                    const std::vector<int>& nodes, const Decisions& decided) {
  return ItemMaker(graph, loops, decided).Run(nodes);
}

Port PredicateRoot(const ForeignGraph& graph, Port predicate) {
  for (;;) {
    const ForeignNode& node = graph.node(predicate.node);
    const bool copies =
        node.kind == ForeignKind::kEnter || node.kind == ForeignKind::kSwitch ||
        (node.kind == ForeignKind::kPlain && node.def->op() == "Identity" && !node.inputs.empty());
    // The Switch of a loop variable has another value in each trip.
    const bool of_loop = node.kind == ForeignKind::kSwitch &&
                         graph.node(node.inputs.at(1).node).kind == ForeignKind::kLoopCond;
    if (!copies || of_loop) return predicate;
    predicate = node.inputs.at(0);
  }
}

}  // namespace graphrun
