// The conds of version 1: which side of which Switches each node of a loop's body (or of the graph)
// lies on.
#ifndef GRAPHRUN_CORE_IMPORT_FOREIGN_CONDS_H_
#define GRAPHRUN_CORE_IMPORT_FOREIGN_CONDS_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/import/foreign_loops.h"

namespace graphrun {

// The root of a predicate, whatever copies of it the Switches have, and what it is.
using Decision = std::pair<Port, bool>;
using Decisions = std::map<Port, bool>;

// What is scheduled as one: a node, or a loop with everything in it.
struct Item {
  int node = -1;  // or:
  int frame = -1;
  std::vector<int> needs;  // items, in the same list
  // The decisions under which it runs, outermost first.
  std::vector<Decision> state;
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
  // For each predicate how many of its Merges lie on the longest path to the item.
  std::map<Port, int> level;
  bool dead = false;    // never runs: it needs a side that `decided` excludes
  std::string problem;  // why a Merge cannot be rewritten; empty: it can
};

// The items among `nodes` (all of one frame; children of the frame whose Exits are among them
// included), each after those that it needs. `decided` is what enclosing conds decide: a Switch on
// such a predicate is no Switch. INVALID_ARGUMENT for a loop that needs what it computes.
std::vector<Item> MakeItems(const ForeignGraph& graph, const ForeignLoops& loops,
                            const std::vector<int>& nodes, const Decisions& decided);

// The output that a predicate copies, through Identity, Switch, Enter.
Port PredicateRoot(const ForeignGraph& graph, Port predicate);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_FOREIGN_CONDS_H_
