// DecisionLists and MergeLevels: what ForeignConds knows of each node of a graph, every value of it
// kept once, so that nodes deep in conds, or behind many, are not slower than others.
#ifndef GRAPHRUN_CORE_IMPORT_DECISION_LISTS_H_
#define GRAPHRUN_CORE_IMPORT_DECISION_LISTS_H_

#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/import/foreign_graph.h"

namespace graphrun {

// The root of a predicate, whatever copies of it the Switches have, and what it is.
using Decision = std::pair<Port, bool>;

// Lists of decisions on different predicates, outermost first, by number.
class DecisionLists {
 public:
  static constexpr int kEmpty = 0;
  static constexpr int kNever = -1;  // of decisions that contradict each other

  DecisionLists() : lists_(1) {}

  int size() const { return static_cast<int>(lists_.size()); }
  const std::vector<Decision>& list(int id) const { return lists_[id].decisions; }
  // The list without its last decision. REQUIRES: not kEmpty.
  int parent(int id) const { return lists_[id].parent; }
  // The list with one decision more. REQUIRES: none on its predicate is in it.
  int With(int id, const Decision& decision);
  // The first, and what it lacks of the second; kNever when either is or they contradict.
  int Join(int a, int b);
  struct Split {
    int common;  // what both have
    std::vector<Decision> only_a, only_b;
  };
  Split SplitCommon(int a, int b);

 private:
  struct List {
    int parent = kEmpty;
    std::vector<Decision> decisions;
  };
  // How many decisions both begin with.
  size_t CommonPrefix(int a, int b) const;
  int Prefix(int id, size_t length) const;

  std::vector<List> lists_;
  std::map<std::pair<int, Decision>, int> longer_;
  std::map<std::pair<int, int>, int> joined_;
};

// For each predicate how many of its Merges lie on the longest path to a node, by number.
class MergeLevels {
 public:
  static constexpr int kNone = 0;

  MergeLevels() : levels_(1) {}

  int LevelOf(int id, Port predicate) const;
  // The greater of both for each predicate.
  int Join(int a, int b);
  // After one more Merge of the predicate.
  int Behind(int id, Port predicate);

 private:
  using Levels = std::vector<std::pair<Port, int>>;  // sorted

  int Keep(Levels levels);

  std::vector<Levels> levels_;
  std::map<std::pair<int, int>, int> joined_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_DECISION_LISTS_H_
