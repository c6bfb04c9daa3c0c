#include "core/import/decision_lists.h"

#include <algorithm>

namespace graphrun {

int DecisionLists::With(int id, const Decision& decision) {
  const auto [it, fresh] = longer_.try_emplace({id, decision}, size());
  if (fresh) {
    List longer{.parent = id, .decisions = list(id)};
    longer.decisions.push_back(decision);
    lists_.push_back(std::move(longer));
  }
  return it->second;
}

size_t DecisionLists::CommonPrefix(int a, int b) const {
  const auto &x = list(a), &y = list(b);
  return std::mismatch(x.begin(), x.end(), y.begin(), y.end()).first - x.begin();
}

int DecisionLists::Prefix(int id, size_t length) const {
  while (list(id).size() > length) id = parent(id);
  return id;
}

int DecisionLists::Join(int a, int b) {
  if (a == kNever || b == kNever) return kNever;
  if (a == b || b == kEmpty) return a;
  if (a == kEmpty) return b;
  const auto [it, fresh] = joined_.try_emplace({a, b}, kNever);
  if (!fresh) return it->second;
  const size_t common = CommonPrefix(a, b);
  if (common == list(a).size()) return it->second = b;
  int joined = a;
  for (size_t k = common; k < list(b).size(); ++k) {
    const Decision d = list(b)[k];
    const auto& have = list(a);
    const auto same = [&](const Decision& other) { return other.first == d.first; };
    const auto found = std::find_if(have.begin() + common, have.end(), same);
    if (found == have.end()) {
      joined = With(joined, d);
    } else if (found->second != d.second) {
      return kNever;
    }
  }
  return it->second = joined;
}

DecisionLists::Split DecisionLists::SplitCommon(int a, int b) {
  const size_t common = CommonPrefix(a, b);
  Split split{.common = Prefix(a, common), .only_a = {}, .only_b = {}};
  const std::vector<Decision> x(list(a).begin() + common, list(a).end());
  const std::vector<Decision> y(list(b).begin() + common, list(b).end());
  for (const Decision& d : x) {
    if (std::find(y.begin(), y.end(), d) != y.end()) {
      split.common = With(split.common, d);
    } else {
      split.only_a.push_back(d);
    }
  }
  for (const Decision& d : y) {
    if (std::find(x.begin(), x.end(), d) == x.end()) split.only_b.push_back(d);
  }
  return split;
}

int MergeLevels::LevelOf(int id, Port predicate) const {
  const Levels& levels = levels_[id];
  const auto it = std::lower_bound(levels.begin(), levels.end(), std::pair{predicate, 0});
  return it != levels.end() && it->first == predicate ? it->second : 0;
}

int MergeLevels::Keep(Levels levels) {
  levels_.push_back(std::move(levels));
  return static_cast<int>(levels_.size()) - 1;
}

int MergeLevels::Join(int a, int b) {
  if (a == b || b == kNone) return a;
  if (a == kNone) return b;
  const auto [it, fresh] = joined_.try_emplace(std::minmax(a, b), kNone);
  if (!fresh) return it->second;
  const Levels &x = levels_[a], &y = levels_[b];
  Levels all;
  for (auto p = x.begin(), q = y.begin(); p != x.end() || q != y.end();) {
    if (q == y.end() || (p != x.end() && p->first < q->first)) {
      all.push_back(*p++);
    } else if (p == x.end() || q->first < p->first) {
      all.push_back(*q++);
    } else {
      all.push_back(std::max(*p++, *q++));
    }
  }
  return it->second = all == x ? a : all == y ? b : Keep(std::move(all));
}

int MergeLevels::Behind(int id, Port predicate) {
  Levels levels = levels_[id];
  const auto it = std::lower_bound(levels.begin(), levels.end(), std::pair{predicate, 0});
  if (it != levels.end() && it->first == predicate) {
    ++it->second;
  } else {
    levels.insert(it, {predicate, 1});
  }
  return Keep(std::move(levels));
}

}  // namespace graphrun
