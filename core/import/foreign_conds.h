// The conds of version 1: which side of which Switches each node of a loop's body (or of the graph)
// lies on.
#ifndef GRAPHRUN_CORE_IMPORT_FOREIGN_CONDS_H_
#define GRAPHRUN_CORE_IMPORT_FOREIGN_CONDS_H_

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/import/decision_lists.h"
#include "core/import/foreign_loops.h"

namespace graphrun {

using Decisions = std::map<Port, bool>;

// What is scheduled as one: a node, or a loop with everything in it.
struct Item {
  int node = -1;  // or:
  int frame = -1;
  std::vector<int> needs;             // items, in the same list
  int state = DecisionLists::kEmpty;  // the decisions under which it runs
  // Of a Merge of a cond: the predicate that it joins, and its inputs for false and true.
  bool merges = false;
  Port predicate, if_false, if_true;
  // Of a Merge whose inputs no one predicate tells apart: what each input runs under, beyond
  // `state`. An input that always runs comes last.
  struct Alternative {
    Port port;
    std::vector<Decision> under;
  };
  std::vector<Alternative> alternatives;
  int level = MergeLevels::kNone;
  bool dead = false;    // never runs: it needs a side that `decided` excludes
  std::string problem;  // why a Merge cannot be rewritten; empty: it can
};

struct CondItems {
  std::vector<Item> items;
  std::unordered_map<int, int> item_of;  // nodes, and the Enters of loops -> items
  DecisionLists states;
  MergeLevels levels;
};

// The items among `nodes` (all of one frame; children of the frame whose Exits are among them
// included), each after those that it needs. `decided` is what enclosing conds decide: a Switch on
// such a predicate is no Switch. INVALID_ARGUMENT for a loop that needs what it computes.
CondItems MakeItems(const ForeignGraph& graph, const ForeignLoops& loops,
                    const std::vector<int>& nodes, const Decisions& decided);

// The output that a predicate copies, through Identity, Switch, Enter.
Port PredicateRoot(const ForeignGraph& graph, Port predicate);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_FOREIGN_CONDS_H_
