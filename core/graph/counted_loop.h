// CountedLoop: what a While does from trip to trip, as far as it can be told before it runs.
#ifndef GRAPHRUN_CORE_GRAPH_COUNTED_LOOP_H_
#define GRAPHRUN_CORE_GRAPH_COUNTED_LOOP_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

enum class Role : uint8_t {
  kInvariant,  // the same in every trip
  kCounter,    // an integer that grows or falls by the same amount in every trip
  kSliced,     // an invariant list, of which each trip reads the elements at indices that move
  kPopped,     // a list from which each trip takes the last element
  kStacked,    // a list whose element at a moving index each trip sets, and which it does not read
  kUpdated,    // a list of which each trip reads the element at a moving index and sets it anew
  kPushed,     // a list to which each trip adds an element, and which it does not read
  kSummed,     // a sum to which each trip adds what does not depend on it
  kCarried,    // everything else: a recurrence
};
const char* RoleName(Role role);  // "invariant", ...

struct LoopVariable {
  Role role = Role::kCarried;
  // In the body. kCounter: what is added or, where it falls, taken away: an invariant. kSliced and
  // kPopped: the element that is read (of kSliced the first of several reads). kStacked, kUpdated,
  // kPushed and kSummed: what is written (invalid where several values are added).
  Output value;
  bool falls = false;
  // kSliced, kStacked and kUpdated: a loop variable by which the index moves.
  int counter = -1;

  bool invariant() const { return role == Role::kInvariant || role == Role::kSliced; }
};

// An integer of the body as a sum of loop variables: constant + sum of factor * variable. The
// variables are invariants and counters.
struct Affine {
  int64_t constant = 0;
  std::map<int, int64_t> factors;  // by variable; none is 0
};

// The loop goes on while the counter is below (or, inclusive, at) a limit that is known when it is
// entered. Of a counter that falls: above.
struct TripBound {
  int counter = -1;
  Output limit;  // in the condition, made of constants and invariant loop variables
  bool inclusive = false;
};

struct CountedLoop {
  std::vector<LoopVariable> variables;
  // All that must hold for another trip, if the condition says nothing else; empty otherwise. The
  // number of trips is the least that any of them gives.
  std::vector<TripBound> bounds;
  // Nodes of the body that compute the same in every trip, by id.
  std::vector<bool> invariant_nodes;
  // The index of each access to a list that is sliced, stacked or updated, by the node.
  std::map<NodeId, Affine> indices;

  bool counted() const { return !bounds.empty(); }
};

// REQUIRES: cond and body are the functions of one While.
CountedLoop AnalyseLoop(const Function& cond, const Function& body);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_COUNTED_LOOP_H_
