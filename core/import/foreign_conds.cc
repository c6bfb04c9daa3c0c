#include "core/import/foreign_conds.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <queue>

#include "core/base/error.h"
#include "proto/node_def.pb.h"

namespace graphrun {
namespace {

class ItemMaker {
 public:
  ItemMaker(const ForeignGraph& graph, const ForeignLoops& loops, const Decisions& decided)
      : graph_(graph), loops_(loops), decided_(decided), item_of_(graph.size(), -1) {}

  std::vector<Item> Run(const std::vector<int>& nodes) {
    for (int i : nodes) Collect(i);
    for (Item& item : items_) FindNeeds(item);
    Sort();
    if (graph_.has_control_flow()) {
      for (Item& item : items_) FindState(item);
    }
    return std::move(items_);
  }

 private:
  // What a state says of a side that never runs is nothing.
  using State = std::optional<std::vector<Decision>>;

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
    if (loop >= 0 && item_of_[loops_.frame(loop).enters[0]] < 0) {
      items_.emplace_back();
      items_.back().frame = loop;
      for (int enter : loops_.frame(loop).enters) item_of_[enter] = Last();
      for (int s : loops_.frame(loop).switches) item_of_[s] = Last();
    }
    items_.emplace_back();
    items_.back().node = i;
    item_of_[i] = Last();
  }
  int Last() const { return static_cast<int>(items_.size()) - 1; }

  void FindNeeds(Item& item) {
    const auto need = [&](int producer) {
      if (item_of_[producer] >= 0) item.needs.push_back(item_of_[producer]);
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
    for (int& item : item_of_) {
      if (item >= 0) item = place[item];
    }
    items_ = std::move(sorted);
  }

  static State Join(State a, const State& b) {
    if (!a || !b) return std::nullopt;
    for (const Decision& d : *b) {
      const auto same = [&](const Decision& other) { return other.first == d.first; };
      const auto it = std::find_if(a->begin(), a->end(), same);
      if (it == a->end()) {
        a->push_back(d);
      } else if (it->second != d.second) {
        return std::nullopt;
      }
    }
    return a;
  }

  State StateOfNode(int node) const {
    if (item_of_[node] < 0) return std::vector<Decision>();
    const Item& item = items_[item_of_[node]];
    return item.dead ? State() : State(item.state);
  }

  State StateOf(Port port) const {
    State state = StateOfNode(port.node);
    const ForeignNode& node = graph_.node(port.node);
    if (node.kind != ForeignKind::kSwitch || loops_.VariableOf(port.node) >= 0) return state;
    const Port predicate = PredicateRoot(graph_, node.inputs.at(1));
    const bool side = port.index == 1;
    if (const auto it = decided_.find(predicate); it != decided_.end())
      return it->second == side ? state : std::nullopt;
    return Join(std::move(state), std::vector<Decision>{{predicate, side}});
  }

  void FindState(Item& item) {
    for (int need : item.needs) {
      for (const auto& [predicate, level] : items_[need].level) {
        int& mine = item.level[predicate];
        mine = std::max(mine, level);
      }
    }
    State state = std::vector<Decision>();
    const auto join_all = [&](int i) {
      for (Port p : graph_.node(i).inputs) state = Join(std::move(state), StateOf(p));
      for (int c : graph_.node(i).controls) state = Join(std::move(state), StateOfNode(c));
    };
    if (item.frame >= 0) {
      for (int enter : loops_.frame(item.frame).enters) join_all(enter);
    } else if (graph_.node(item.node).kind == ForeignKind::kMerge) {
      return FindMerge(item);
    } else if (graph_.node(item.node).kind != ForeignKind::kControlTrigger) {
      join_all(item.node);
    }
    item.dead = !state;
    if (state) item.state = std::move(*state);
  }

  void FindMerge(Item& item) {
    const ForeignNode& node = graph_.node(item.node);
    const auto fail = [&] {
      item.problem =
          "Merge '" + std::string(node.name) + "' does not join the two sides of one predicate";
    };
    std::vector<std::pair<Port, std::vector<Decision>>> live;
    for (Port p : node.inputs) {
      if (State s = StateOf(p)) live.emplace_back(p, std::move(*s));
    }
    item.dead = live.empty();
    if (live.empty()) return;
    if (live.size() == 1) {
      item.if_true = item.if_false = live[0].first;
      item.state = std::move(live[0].second);
      return;
    }
    if (live.size() != 2) return fail();
    std::vector<Decision> common;
    for (const Decision& d : live[0].second) {
      const auto& other = live[1].second;
      if (std::find(other.begin(), other.end(), d) != other.end()) common.push_back(d);
    }
    for (auto& [port, state] : live) {
      std::erase_if(state, [&](const Decision& d) {
        return std::find(common.begin(), common.end(), d) != common.end();
      });
    }
    item.state = std::move(common);
    const auto &under = live[0].second, &other = live[1].second;
    // What only one of the sides needs besides may leave the Merge without an input that runs.
    if (under.size() == 1 && other.size() == 1 && under[0].first == other[0].first) {
      const bool side = under[0].second;
      item.merges = true;
      item.predicate = under[0].first;
      item.if_true = live[side ? 0 : 1].first;
      item.if_false = live[side ? 1 : 0].first;
      ++item.level[item.predicate];
      return;
    }
    if (under == other) return fail();
    for (auto& [port, state] : live) item.alternatives.push_back({port, std::move(state)});
    if (item.alternatives[0].under.empty()) std::swap(item.alternatives[0], item.alternatives[1]);
  }

  const ForeignGraph& graph_;
  const ForeignLoops& loops_;
  const Decisions& decided_;
  std::vector<Item> items_;
  std::vector<int> item_of_;  // of nodes, and of the Enters and Switches of loops that are items
};

}  // namespace

std::vector<Item> MakeItems(const ForeignGraph& graph, const ForeignLoops& loops,
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
