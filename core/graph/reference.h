// Attributes that mark what a fetch or a feed of a node means to others: accesses of version 1's
// reference variables, which became resource variables, and copies of constants.
#ifndef GRAPHRUN_CORE_GRAPH_REFERENCE_H_
#define GRAPHRUN_CORE_GRAPH_REFERENCE_H_

#include "core/graph/graph.h"

namespace graphrun {

// On a VarHandleOp or ReadVariableOp, a bool: in TensorFlow the output is the variable's memory. A
// fetch of it sees the writes of the whole run, it may be fed in the place of the variable, and
// waiting for the read runs it. On what writes a variable: it fails as an op on references does
// when there is no value.
inline constexpr char kReferenceAttr[] = "_reference";
// On such a read, a bool: it is no node of the file but stands for an edge that carries the
// reference. Who waits for it waits for what the variable waits for, and reads nothing.
inline constexpr char kEdgeAttr[] = "_reference_edge";
// On such a read, a list of names: the nodes through which its consumers get the memory. Who feeds
// one of them feeds the read.
inline constexpr char kThroughAttr[] = "_through";

// On a Const in a function, a string: the constant of the main graph that it is a copy of. Who
// feeds that one feeds the copies.
inline constexpr char kCopyOfAttr[] = "_copy_of";

// On a node that stands for one of a file that had more outputs: a list of the names of those after
// its last.
inline constexpr char kMoreOutputsAttr[] = "_more_outputs";

inline bool IsEdge(const Node& node) {
  const auto it = node.attrs.find(kEdgeAttr);
  const bool* edge = it == node.attrs.end() ? nullptr : std::get_if<bool>(&it->second);
  return edge && *edge;
}
inline bool IsReference(const Node& node) { return node.attrs.contains(kReferenceAttr); }

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_REFERENCE_H_
