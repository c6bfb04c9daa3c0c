// The while loops of version 1: which nodes lie in which frame, and what goes round in it.
//
//   init -> Enter -> Merge -> Switch -> [body] -> NextIteration -> Merge    a loop variable
//                            `-> Exit            (LoopCond decides the Switch)
//   x -> Enter -> [cond, body]                                              an invariant
#ifndef GRAPHRUN_CORE_IMPORT_FOREIGN_LOOPS_H_
#define GRAPHRUN_CORE_IMPORT_FOREIGN_LOOPS_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/import/foreign_graph.h"

namespace graphrun {

struct LoopVariable {
  int enter;
  int merge;
  int next;  // the NextIteration
};

struct LoopFrame {
  std::string name;  // frame_name
  int parent = 0;    // a frame; the root's is -1
  int loop_cond = -1;
  std::vector<LoopVariable> variables;  // in order of their Merges
  std::vector<int> enters;              // of variables and invariants
  std::vector<int> switches;            // of variables
  std::vector<int> children;
  int first_node = 0;  // in the order of the file
};

// Invariants:
//  1. Frame 0 is the root; a frame's parent has a lower number.
//  2. An Enter lies in the frame that it opens, an Exit in the parent of the frame that it leaves;
//  so do nodes between the false side of a Switch and its Exit, which run once, when the loop ends.
//  3. Two loops that share a frame_name and a parent, but no edge, are two frames.
class ForeignLoops {
 public:
  // Edges that cross frames, a frame without LoopCond and other shapes that no loop of TensorFlow
  // has break the node, or all nodes of the outermost loop around it (ForeignGraph::Detach), which
  // then lie in the root.
  explicit ForeignLoops(ForeignGraph* graph);

  int num_frames() const { return static_cast<int>(frames_.size()); }
  const LoopFrame& frame(int f) const { return frames_[f]; }
  int FrameOf(int node) const { return frame_of_[node]; }
  // Whether frame f is `outer` or lies in it.
  bool Inside(int f, int outer) const;

  // The loop variable (an index into frame's variables) that a Merge or a Switch belongs to; -1 for
  // those of conds and for other nodes.
  int VariableOf(int node) const { return variable_of_[node]; }
  // The loop whose final values the node uses (an Exit does), -1 when none.
  int LoopLeftBy(int node) const { return loop_left_by_[node]; }

 private:
  // What no loop of TensorFlow has: a node, or (when not 0) a whole frame is at fault.
  struct Fault {
    int node = -1;
    int frame = 0;
    std::string what;
  };
  using Faults = std::vector<Fault>;
  void Clear();
  // Each returns the faults that it found, and is not to be followed by the next if there are any.
  Faults AssignFrames();
  void SplitFrames();
  Faults FindVariables();
  void FindFirstTrips(Faults* faults) const;
  Faults FindExits();
  Faults FindStarts() const;
  Faults FindAll();
  // Why a NextIteration or LoopCond does not lie in its loop: what breaks its input, or
  // `otherwise`.
  std::string CauseAt(int node, std::string otherwise) const;
  // Breaks what is at fault.
  void Break(const Faults& faults);
  int Child(int parent, const std::string& name, int node);

  ForeignGraph& graph_;
  std::vector<LoopFrame> frames_;
  std::map<std::pair<int, std::string>, int> by_name_;  // parent, frame_name -> frame
  std::vector<int> frame_of_;
  std::vector<int> variable_of_, loop_left_by_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_FOREIGN_LOOPS_H_
