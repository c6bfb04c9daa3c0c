// FrameItems: the items of one frame, and which of them are to come. CondOrder: in which order they
// are emitted, and which of them become one If.
#ifndef GRAPHRUN_CORE_IMPORT_FRAME_ITEMS_H_
#define GRAPHRUN_CORE_IMPORT_FRAME_ITEMS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <span>
#include <utility>
#include <vector>

#include "core/import/foreign_conds.h"

namespace graphrun {

class FrameItems {
 public:
  // The nodes are all of one frame; `decided` is what enclosing conds decide.
  FrameItems(const ForeignGraph& graph, const ForeignLoops& loops, const std::vector<int>& nodes,
             const Decisions& decided);

  int size() const { return static_cast<int>(conds_.items.size()); }
  const Item& item(int i) const { return conds_.items[i]; }
  // The item that the node is, or whose loop the Enter opens; -1 for all others.
  int ItemOf(int node) const;
  // The items that need item i.
  std::span<const int> UsersOf(int i) const {
    return std::span(users_).subspan(first_user_[i], first_user_[i + 1] - first_user_[i]);
  }
  const std::vector<Decision>& StateOf(int i) const {
    return conds_.states.list(conds_.items[i].state);
  }
  // How many Merges of the predicate lie on the longest path to the item.
  int LevelOf(int i, Port predicate) const {
    return conds_.levels.LevelOf(conds_.items[i].level, predicate);
  }

  // Whether the item is still to come: it is neither emitted nor in a cond that is being emitted,
  // or that cond's side which has it is being filled and has not come to it. Items that never run
  // are closed from the start.
  bool IsOpen(int i) const { return open_[i] != 0; }
  void Open(int i) { Set(i, true); }
  void Close(int i) { Set(i, false); }
  // Whether an open item needs the item.
  bool IsUsed(int i) const;
  // The predicates among the item's outputs on which open items depend.
  std::vector<Port> OpenPredicates(int i) const;

 private:
  friend class CondOrder;
  // Of an item, in the CondOrder that is to emit it.
  struct Place {
    int order = 0;    // which one
    int missing = 0;  // needs that keep it from its cond, or from being emitted
    bool conditional = false, available = false;
    bool simple = true;  // it merges nothing
    int state = DecisionLists::kEmpty;
    std::pair<Port, int> cond;  // the predicate that decides it and how many of its Merges are past
  };

  void FindUsers();
  void Set(int i, bool open);
  void Count(Port predicate, bool used);

  CondItems conds_;
  std::vector<int> users_, first_user_;  // those of item i begin at first_user_[i]
  std::vector<uint8_t> open_;
  std::vector<uint8_t> makes_predicate_;  // of an item that is ever open
  // Of each list of decisions: how many open items, and longer lists with such, have it.
  std::vector<int> open_in_state_;
  std::map<Port, int> used_;  // predicate -> how many lists and Merges depend on it
  std::vector<Place> places_;
  int orders_ = 0;
};

// Emits some items of a region. All that one predicate decides, that can run at one time and that
// edges connect becomes one If, but for what lies behind another Merge of it: a loss lies between a
// cond and its gradient. What no edge connects may be fetched alone, and then the rest must not
// run.
class CondOrder {
 public:
  // `items` are sorted; what they need besides each other has been emitted. Those in conds are so
  // relative to the first `depth` decisions.
  CondOrder(FrameItems* region, const std::vector<int>& items, size_t depth);

  struct Step {
    enum Kind { kItem, kCond, kStuck, kEnd };
    Kind kind = kEnd;
    std::vector<int> items;  // kStuck: each waits for another of them
    Port predicate;          // of kCond
  };
  // What is to be emitted next; it is closed by now.
  Step Next();

 private:
  using Smallest = std::priority_queue<int, std::vector<int>, std::greater<>>;
  bool Mine(int i) const { return region_.places_[i].order == order_; }
  bool SameCond(int i, int j) const;
  void Release(int i);
  void Offer(int i);
  std::vector<int> ConnectedTo(int first);

  FrameItems& region_;
  const int order_;
  std::vector<int> items_;
  std::vector<int> emitting_;  // what Next returned last
  Smallest plain_, conditional_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_FRAME_ITEMS_H_
