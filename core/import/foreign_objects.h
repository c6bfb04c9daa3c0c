// What the handles of version 1 lead to: stacks, TensorArrays and reference variables.
#ifndef GRAPHRUN_CORE_IMPORT_FOREIGN_OBJECTS_H_
#define GRAPHRUN_CORE_IMPORT_FOREIGN_OBJECTS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/import/foreign_order.h"

namespace graphrun {

// A stack, a TensorArray, or the TensorArray of another's gradients. All TensorArrayGradV3 nodes
// with one array and one source stand for one object, as they look it up or create it. A handle
// that is pushed on a stack and popped again, as that of an array inside a loop is for the gradient
// loop, stands for the array as it is when the pushing trip ends.
struct ListObject {
  int creator = -1;  // the StackV2, TensorArrayV3 or StackPopV2 node; -1 for gradients
  int array = -1;    // of gradients: the object whose gradients they are
  DType dtype = DType::kInvalid;
  bool dynamic_size = false;
  // False: an element may be read, hence its gradient written, more than once; writes add up.
  bool clear_after_read = true;
  // False: the shape of an element that was never written does not follow from others.
  bool one_shape = true;
  int pushed = -1;  // of a stack of handles: the object whose handle is pushed
};

class ForeignLists {
 public:
  // Breaks nodes of which it cannot be told which object they access.
  ForeignLists(ForeignGraph* graph, const ForeignLoops& loops);

  int size() const { return static_cast<int>(objects_.size()); }
  const ListObject& object(int i) const { return objects_[i]; }
  // The object that a node makes, reads or changes (of accesses of a stack: the stack); -1 for all
  // other nodes.
  int AccessedBy(int node) const { return accessed_[node]; }
  // The object whose handle a StackPopV2 pops, or a StackPushV2 pushes; -1 for all others.
  int PoppedBy(int node) const { return popped_[node]; }
  // Whether the output is a flow: a number whose value nobody reads, by which an access of a
  // TensorArray waits for others and for all that these, and copies of the flow, wait for.
  bool IsFlow(Port port) const;
  // Whether the node changes the object (or makes it), not only reads.
  bool Changes(int node) const;
  // The nodes that access the object.
  const std::vector<int>& accesses(int object) const { return accesses_[object]; }
  // Whether more than one node changes it.
  bool ChangesTwice(int object) const;
  // The TensorArray that the object is or, through any number of them, holds the gradients of; -1
  // of stacks.
  int ArrayOf(int object) const;
  // Whether an access finds in its array what `change`, a node that changes that array, did. Of
  // two writes of which neither waits for the other the second finds the first if some access waits
  // for both.
  bool Sees(int access, int change) const;
  // Objects that nodes of the frame, or of frames inside it, access; or only those they change.
  const std::set<int>& InFrame(int frame, bool changed_only) const {
    return changed_only ? changed_in_frame_[frame] : accessed_in_frame_[frame];
  }

 private:
  // What node i accesses or makes. INVALID_ARGUMENT when it cannot be told.
  void FindObject(int i, const ForeignLoops& loops);
  int ObjectOf(Port handle) const;
  int HandleOf(int node) const;
  bool PassesFlow(int node) const;
  int GradientOf(int array, const std::string& source);
  void FindOrder(const ForeignLoops& loops);

  const ForeignGraph& graph_;
  std::vector<ListObject> objects_;
  std::vector<int> accessed_, popped_;
  std::vector<int> handle_of_;  // the object whose handle the node passes on
  std::vector<uint8_t> flow_;   // the node passes a flow on
  std::map<std::pair<int, std::string>, int> gradients_;  // (array, source) -> object
  std::map<std::pair<int, int>, int> handles_;            // (array, frame of the pops) -> object
  std::vector<std::set<int>> accessed_in_frame_, changed_in_frame_;
  std::vector<std::vector<int>> accesses_;  // of an object
  ForeignOrder order_;                      // of what changes arrays
};

// Reference variables. TensorFlow shares their memory with what looks like copies: a node that
// consumes `v/read` reads the variable when it runs, after all writes from which a path of data and
// control edges leads to it (an Exit is after everything in its loop).
class ForeignVariables {
 public:
  ForeignVariables(const OpRegistry& registry, const ForeignGraph& graph,
                   const ForeignLoops& loops);

  // The variable (its node) whose memory the output is; -1 for other outputs.
  int VariableOf(Port port) const;
  // How many inputs of a write, from the first, are references.
  int NumReferences(int write) const;
  // The writes of `variable` that come before the node, in the order of the file.
  std::vector<int> WritesBefore(int node, int variable) const;
  // Those of `writes` that come before no other of them.
  std::vector<int> Last(const std::vector<int>& writes) const;
  const std::vector<int>& writes() const { return writes_; }  // all of them
  // Whether some write may give it a value of another shape than it is declared with.
  bool ChangesShape(int variable) const { return changes_shape_.contains(variable); }
  // Variables that nodes of the frame, or of frames inside it, write.
  const std::set<int>& WrittenInFrame(int frame) const { return written_in_frame_[frame]; }

 private:
  void FindAliases();
  void FindWrites(const ForeignLoops& loops);

  const OpRegistry& registry_;
  const ForeignGraph& graph_;
  bool any_ = false;
  std::vector<int> variable_of_;               // of output 0 (and, of a Switch, of output 1)
  std::vector<int> writes_;                    // nodes
  std::map<int, std::vector<int>> writes_of_;  // of a variable
  ForeignOrder order_;                         // of writes
  std::vector<std::set<int>> written_in_frame_;
  std::set<int> changes_shape_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_FOREIGN_OBJECTS_H_
