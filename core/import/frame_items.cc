#include "core/import/frame_items.h"

#include <algorithm>
#include <numeric>

namespace graphrun {

FrameItems::FrameItems(const ForeignGraph& graph, const ForeignLoops& loops,
                       const std::vector<int>& nodes, const Decisions& decided)
    : conds_(MakeItems(graph, loops, nodes, decided)),
      open_(conds_.items.size(), 0),
      makes_predicate_(conds_.items.size(), 0),
      open_in_state_(conds_.states.size(), 0),
      places_(conds_.items.size()) {
  FindUsers();
  for (int i = 0; i < size(); ++i) {
    if (item(i).dead) continue;
    places_[i].state = item(i).state;
    places_[i].simple = !item(i).merges && item(i).alternatives.empty();
    Open(i);
  }
}

void FrameItems::FindUsers() {
  first_user_.assign(size() + 1, 0);
  for (const Item& item : conds_.items) {
    for (int need : item.needs) ++first_user_[need + 1];
  }
  std::partial_sum(first_user_.begin(), first_user_.end(), first_user_.begin());
  users_.resize(first_user_.back());
  std::vector<int> next = first_user_;
  for (int i = 0; i < size(); ++i) {
    for (int need : item(i).needs) users_[next[need]++] = i;
  }
}

int FrameItems::ItemOf(int node) const {
  const auto it = conds_.item_of.find(node);
  return it == conds_.item_of.end() ? -1 : it->second;
}

void FrameItems::Count(Port predicate, bool used) {
  used_[predicate] += used ? 1 : -1;
  if (const int maker = ItemOf(predicate.node); maker >= 0) makes_predicate_[maker] = 1;
}

// REQUIRES: an item that is opened is not dead.
void FrameItems::Set(int i, bool open) {
  if (IsOpen(i) == open) return;
  open_[i] = open;
  if (!places_[i].simple) {
    const Item& changed = item(i);
    if (changed.merges) Count(changed.predicate, open);
    for (const Item::Alternative& a : changed.alternatives) {
      for (const Decision& d : a.under) Count(d.first, open);
    }
  }
  for (int state = places_[i].state; state != DecisionLists::kEmpty;
       state = conds_.states.parent(state)) {
    int& items = open_in_state_[state];
    items += open ? 1 : -1;
    if (items != (open ? 1 : 0)) return;
    Count(conds_.states.list(state).back().first, open);
  }
}

bool FrameItems::IsUsed(int i) const {
  const std::span<const int> users = UsersOf(i);
  return std::any_of(users.begin(), users.end(), [&](int user) { return IsOpen(user); });
}

std::vector<Port> FrameItems::OpenPredicates(int i) const {
  std::vector<Port> ports;
  if (!makes_predicate_[i]) return ports;
  const int node = item(i).node;
  for (auto it = used_.lower_bound({node, 0}); it != used_.end() && it->first.node == node; ++it) {
    if (it->second > 0) ports.push_back(it->first);
  }
  return ports;
}

CondOrder::CondOrder(FrameItems* region, const std::vector<int>& items, size_t depth)
    : region_(*region), order_(++region->orders_), items_(items) {
  std::erase_if(items_, [&](int i) { return region_.item(i).dead; });
  for (int i : items_) {
    FrameItems::Place& place = region_.places_[i];
    place.order = order_;
    place.available = false;
    const std::vector<Decision>& state = region_.conds_.states.list(place.state);
    const bool inside = state.size() > depth;
    place.conditional = inside || (!place.simple && region_.item(i).merges);
    if (place.conditional) {
      const Port predicate = inside ? state[depth].first : region_.item(i).predicate;
      place.cond = {predicate, region_.LevelOf(i, predicate) - (inside ? 0 : 1)};
    }
    region_.Open(i);
  }
  for (int i : items_) {
    const auto& needs = region_.item(i).needs;
    region_.places_[i].missing =
        static_cast<int>(std::count_if(needs.begin(), needs.end(), [&](int n) { return Mine(n); }));
  }
  // What is offered decides about those that come after it.
  for (int i : items_) {
    if (region_.places_[i].missing == 0) Offer(i);
  }
}

bool CondOrder::SameCond(int i, int j) const {
  const FrameItems::Place &a = region_.places_[i], &b = region_.places_[j];
  return a.conditional && b.conditional && a.cond == b.cond;
}

// Nothing keeps the item from being emitted, or from the cond with others that can be.
void CondOrder::Offer(int i) {
  std::vector<int> open = {i};
  while (!open.empty()) {
    const int at = open.back();
    open.pop_back();
    FrameItems::Place& place = region_.places_[at];
    if (place.available) continue;
    place.available = true;
    if (!place.conditional) {
      plain_.push(at);
      continue;
    }
    conditional_.push(at);
    for (int user : region_.UsersOf(at)) {
      if (Mine(user) && SameCond(at, user) && --region_.places_[user].missing == 0)
        open.push_back(user);
    }
  }
}

// What waits for the item does so no longer.
void CondOrder::Release(int i) {
  for (int user : region_.UsersOf(i)) {
    if (Mine(user) && !SameCond(i, user) && --region_.places_[user].missing == 0) Offer(user);
  }
}

// Those that can be in the cond of `first`, sorted, that edges among them connect to it.
std::vector<int> CondOrder::ConnectedTo(int first) {
  std::vector<int> found = {first};
  region_.Close(first);
  for (size_t k = 0; k < found.size(); ++k) {
    const std::vector<int>& needs = region_.item(found[k]).needs;
    for (const std::span<const int> neighbours : {std::span(needs), region_.UsersOf(found[k])}) {
      for (int i : neighbours) {
        if (!Mine(i) || !region_.IsOpen(i) || !region_.places_[i].available || !SameCond(i, first))
          continue;
        region_.Close(i);
        found.push_back(i);
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

CondOrder::Step CondOrder::Next() {
  for (int i : emitting_) region_.Close(i);  // those that an error left open
  Step step;
  while (!conditional_.empty() && !region_.IsOpen(conditional_.top())) conditional_.pop();
  if (!plain_.empty()) {
    step = {Step::kItem, {plain_.top()}, {}};
    plain_.pop();
  } else if (!conditional_.empty()) {
    const int first = conditional_.top();
    step = {Step::kCond, ConnectedTo(first), region_.places_[first].cond.first};
  } else {
    for (int i : items_) {
      if (region_.IsOpen(i)) step.items.push_back(i);
    }
    if (!step.items.empty()) step.kind = Step::kStuck;
  }
  for (int i : step.items) region_.Close(i);
  // Next is called when they have been emitted; by then other orders may have had them.
  if (step.kind != Step::kStuck) {
    for (int i : step.items) Release(i);
  }
  emitting_ = step.items;
  return step;
}

}  // namespace graphrun
