// Unit: a function with all that it calls, as passes edit it.
//
//   for (Function* f : unit.functions())        // callees first
//     for (Use use : unit.UsesOf(*f, x)) ...
//   unit.ReplaceUses(*f, x, y);                 // x -> y for all who use x
//
// Invariants:
//  1. functions() names every function that main reaches, each once and after all that it calls;
//  main is the last. Who takes calls away lists them again (FindFunctions).
//  2. Uses are those of the graphs as they are. The edits below keep them; who changes a graph past
//  the Unit calls Touch.
//  3. changed() tells whether anything was edited since ResetChanged.
#ifndef GRAPHRUN_CORE_GRAPH_UNIT_H_
#define GRAPHRUN_CORE_GRAPH_UNIT_H_

#include <string>
#include <unordered_map>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

// An input of a node, or a result of the function, that is a value.
struct Use {
  NodeId node = kNoNode;  // kNoNode: a result
  int index = 0;          // of the input, or of the result
  bool operator==(const Use&) const = default;
};

class Unit {
 public:
  explicit Unit(Function* main);

  Function& main() const { return *functions_.back(); }
  const std::vector<Function*>& functions() const { return functions_; }
  void FindFunctions();
  // How many nodes run each function.
  std::unordered_map<const Function*, int> CallCounts() const;

  // Inputs in order of node and index, then results. Valid until the next edit of the function.
  const std::vector<Use>& UsesOf(const Function& f, Output value);

  // The nodes with a control edge from this one, in order; last, as kNoNode, the function if it is
  // one of its control results. Valid until the next edit of the function.
  const std::vector<NodeId>& WaitersOf(const Function& f, NodeId node);

  // Who used `from` uses `to`. Control edges stay. REQUIRES: `to` does not depend on `from`.
  void ReplaceUses(Function& f, Output from, Output to);
  // Who waited for `from` waits for all of `to`. REQUIRES: they do not depend on `from`.
  void ReplaceWaits(Function& f, NodeId from, const std::vector<NodeId>& to);
  void AddControlInput(Function& f, NodeId id, NodeId control);
  // The node under exactly that name, and another id. REQUIRES: no node has it.
  NodeId Rename(Function& f, NodeId id, const std::string& name);
  void RemoveNode(Function& f, NodeId id);  // REQUIRES: nobody uses it or waits for it
  // Removes what neither results nor control results need; parameters stay.
  void RemoveDeadNodes(Function& f);
  // Leaves out parameters of the functions that a node runs, and outputs of the node: of a loop
  // both are its variables. The node keeps its id, by which effects are ordered that nothing else
  // orders. REQUIRES: nobody else runs the functions; what is left out is used neither in `f` nor,
  // but for the nodes and results that are left out with it, in them.
  void RebuildCall(Function& f, NodeId call, const std::vector<bool>& parameters,
                   const std::vector<bool>& outputs);
  // Moves pure nodes into a new function and calls it in their place, under the id of the last of
  // them where its outputs allow it: its parameters are what they use of others, in order of first
  // use, but for constants, which it gets copies of; its results are what others use of them.
  // REQUIRES: in topological order; no control edges; no other node lies between them.
  Function& Outline(Function& f, const std::vector<NodeId>& nodes, const std::string& name);
  // The function was changed otherwise.
  void Touch(const Function& f);

  bool changed() const { return changed_; }
  void ResetChanged() { changed_ = false; }

 private:
  struct Uses {
    std::vector<std::vector<std::vector<Use>>> values;  // by node and output
    std::vector<std::vector<NodeId>> waiters;           // by node
  };
  Uses& UsesIn(const Function& f);
  void ReplaceByCall(Function& f, NodeId id, const Function& callee,
                     const std::vector<Output>& inputs);

  std::vector<Function*> functions_;
  std::unordered_map<const Function*, Uses> uses_;
  bool changed_ = false;
};

// Gives a node that runs functions further inputs: a further parameter for each in all its regions,
// which is handed on from trip to trip where they repeat. Returns the new parameters, by region.
// The functions are changed in place: REQUIRES that no other node runs them.
std::vector<std::vector<Output>> AddCaptures(Graph& graph, NodeId call,
                                             const std::vector<Output>& values);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_UNIT_H_
