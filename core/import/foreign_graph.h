// ForeignGraph: the nodes of a model file as the file has them, edges resolved, before they become
// nodes of ours. Unlike a Graph it may have ops that we do not know, and the cycles of version 1's
// loops.
#ifndef GRAPHRUN_CORE_IMPORT_FOREIGN_GRAPH_H_
#define GRAPHRUN_CORE_IMPORT_FOREIGN_GRAPH_H_

#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/error.h"
#include "core/base/types.h"

namespace graphrun {

class OpRegistry;
namespace pb {
class NodeDef;
class OpDef;
}  // namespace pb

// The ops that a file declares, its functions among them, by name.
using ProducerOps = std::unordered_map<std::string_view, const pb::OpDef*>;

// An output of a foreign node.
struct Port {
  int node = -1;
  int index = 0;
  bool valid() const { return node >= 0; }
  auto operator<=>(const Port&) const = default;
};
struct PortHash {
  size_t operator()(const Port& p) const {
    return std::hash<int64_t>()((static_cast<int64_t>(p.node) << 16) + p.index);
  }
};

// What a foreign node is to the rewriter. Ops on references (RefSwitch, ...) are as those on
// values.
enum class ForeignKind {
  kPlain,  // becomes a node of the same op
  kParameter,
  // Control flow of version 1.
  kEnter,
  kExit,
  kSwitch,
  kMerge,
  kNextIteration,
  kLoopCond,
  kControlTrigger,
  // Stacks and TensorArrays.
  kStack,
  kStackPush,
  kStackPop,
  kArray,
  kArrayGrad,
  kArrayRead,
  kArrayWrite,
  kArrayGather,
  kArrayScatter,
  kArraySize,
  kArrayConcat,
  kArraySplit,
  kClose,  // of either
  // Reference variables.
  kVariable,
  kVariableWrite,  // an op whose first inputs are references that it writes
  kVariableIsInitialized,
  kCase,              // one of several functions
  kSymbolicGradient,  // of a function
  kUnknown,           // no op of ours
  kBroken,            // `problem` says why it can be none of the above
};

// Why a node cannot be rewritten.
struct Problem {
  Code code = Code::kUnimplemented;
  std::string reason;  // "": the op does not exist here

  static Problem Of(const Error& error);  // its message and contexts
};

struct ForeignNode {
  const pb::NodeDef* def = nullptr;  // null for parameters
  std::string_view name;
  ForeignKind kind = ForeignKind::kPlain;
  std::vector<Port> inputs;
  std::vector<int> controls;
  Problem problem;        // of kBroken
  bool detached = false;  // a broken node whose edges of the file are not among the above
};

// An output as an op declares it: one tensor, or as many as attributes of the node say. The views
// are of the declaration.
struct DeclaredOutput {
  std::string_view name;
  int type = 0;  // 0: what attribute `type_attr` says
  std::string_view type_attr, number_attr, type_list_attr;
};

struct ForeignConsumer {
  int node;
  int input;
};

// Invariants: nodes are in the order of the file, parameters first; every edge leads to a node and,
// where the op is known, to an output that it has; without the edges from NextIteration to Merge
// there is no cycle; nodes of other kinds than kBroken have the inputs that the kind needs.
class ForeignGraph {
 public:
  // `parameters` are names; inputs are written "node:1" in a main graph (no parameters), and
  // "node:output_name:0" in a function. `producer_ops` declare ops that `registry` does not know;
  // `producer` is the graph version of what wrote the file. The NodeDefs and `producer_ops` must
  // outlive this. INVALID_ARGUMENT naming the node for names that are empty, repeated or lead
  // nowhere, and for cycles.
  ForeignGraph(const OpRegistry& registry, const ProducerOps& producer_ops, bool in_function,
               const std::vector<std::string>& parameters,
               const std::vector<const pb::NodeDef*>& defs, int producer);

  int size() const { return static_cast<int>(nodes_.size()); }
  const ForeignNode& node(int i) const { return nodes_[i]; }
  const std::vector<ForeignConsumer>& consumers(int i) const { return consumers_[i]; }
  const std::vector<int>& control_consumers(int i) const { return control_consumers_[i]; }
  // Each node after those that it needs (but for NextIterations); among nodes that could come next
  // the first in the file, whose order decides the order of variable accesses that no edge orders.
  const std::vector<int>& order() const { return order_; }
  bool in_function() const { return in_function_; }
  int producer() const { return producer_; }
  bool has_control_flow() const { return has_control_flow_; }

  // -1 when there is none.
  int Find(std::string_view name) const;
  // The output that `text` names, in the notation of this graph. INVALID_ARGUMENT when none.
  Port Resolve(std::string_view text) const;
  int ResolveNode(std::string_view text) const;  // "^name" or "name"
  // What our op, or else the declaration of the op in the file, says of a node's outputs; nothing
  // when both are missing.
  std::vector<DeclaredOutput> DeclaredOutputs(int node) const;
  // The declaration of the op in the file, or nullptr.
  const pb::OpDef* ProducerOp(std::string_view op) const;
  std::string Describe(int i) const;  // "'x' (MatMul)"

  // Makes the node kBroken. If an input is broken, that is why.
  void Break(int i, Problem problem);
  // The same, and forgets its inputs and control inputs: for what has no place among the others.
  void Detach(int i, Problem problem);

 private:
  void Connect(int i);
  void CheckInputs(int i);
  void Sort();
  [[noreturn]] void ThrowCycle(const std::vector<int>& missing) const;

  const OpRegistry& registry_;
  const bool in_function_;
  const int producer_;
  const ProducerOps& producer_ops_;
  std::vector<ForeignNode> nodes_;
  std::vector<std::vector<ForeignConsumer>> consumers_;
  std::vector<std::vector<int>> control_consumers_;
  std::unordered_map<std::string_view, int> by_name_;
  std::vector<int> order_;
  bool has_control_flow_ = false;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_FOREIGN_GRAPH_H_
