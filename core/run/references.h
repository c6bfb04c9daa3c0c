// What fetches and feeds of reference variables mean: their memory, as it is when the run is over.
#ifndef GRAPHRUN_CORE_RUN_REFERENCES_H_
#define GRAPHRUN_CORE_RUN_REFERENCES_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

// Whose memory an output of the main graph is in TensorFlow, found through reads, nodes that hand
// on their input, calls, Ifs and Whiles.
class MemoryFinder {
 public:
  // The variable that `handle` leads to; or, when it is invalid, the place of the side that
  // `predicate` chooses (-1: memory of its own), an If's or whether a loop made trips. An invalid
  // predicate is known in a branch or a trip only.
  struct Place {
    Output handle;
    Output predicate;
    int sides[2] = {-1, -1};
  };

  explicit MemoryFinder(const Graph& graph) : graph_(graph) {}
  // A place, or -1 when the output is no variable's memory.
  int Find(Output output);
  const Place& place(int i) const { return places_[i]; }
  // All variables that it may be.
  std::set<Output> Variables(int place) const;
  // Whether it can be told which one it is.
  bool Decided(int place) const;

 private:
  // A function at the place where it is called.
  struct Context {
    const Function* function = nullptr;
    const Graph* outer = nullptr;  // where the node is
    NodeId caller = kNoNode;
    int first_input = 0;
    int parent = -1;
  };
  struct Position {
    const Graph* graph;
    Output output;
    int context;
  };
  int Search(Position at, int depth);
  // Follows parameters to the main graph; invalid for what a function computes.
  Output OnTop(Position at) const;
  bool LeaveFunction(Position* at) const;
  bool HandOn(Position* at) const;
  int Enter(const Position& at, size_t region);
  // The output that counts the trips of a While; invalid when it does not.
  Output TripsOf(const Position& at) const;
  int Add(Place place);

  const Graph& graph_;
  std::vector<Place> places_;
  std::vector<Context> contexts_;
  std::map<Output, int> known_;  // of the main graph
};

// The handles of the main graph through which the nodes of `needed`, and the functions that they
// call, write.
std::set<Output> WrittenHandles(const Graph& graph, const std::vector<bool>& needed);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_RUN_REFERENCES_H_
