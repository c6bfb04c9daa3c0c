// How the gradient of one node is taken: by its op, as the file says otherwise, or not at all.
#ifndef GRAPHRUN_CORE_GRAPH_GRADIENT_RULE_H_
#define GRAPHRUN_CORE_GRAPH_GRADIENT_RULE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

// The attribute by which a file gives a node another gradient than its op's: the name of an op, of
// a gradient in FunctionLibrary::registered_gradients, or of a Python function that only the
// process that wrote the file had.
inline constexpr char kGradientOpType[] = "_gradient_op_type";
// What else such a node says of a function that is its gradient: tensors of the node's graph
// ("exp:0") that the function takes after the gradients of the outputs, and the place of each
// input's gradient among its results, -1 for none.
inline constexpr char kGradientCaptures[] = "_gradient_captures";
inline constexpr char kGradientResults[] = "_gradient_results";
// Its value on a call whose gradient is TensorFlow's symbolic one, which does not look at the
// attribute inside the function.
inline constexpr char kSymbolicGradient[] = "SymbolicGradient";

// The node's kGradientOpType; "" without one.
std::string_view GivenGradient(const Node& node);

// Whether TensorFlow declares an op of this name not differentiable (not_differentiable.inc).
bool NotDifferentiableInTensorFlow(std::string_view op);

struct GradientRule {
  enum class Kind {
    kCut,      // not differentiable: what comes before does not matter
    kOp,       // the gradient function of `op`, with the node's attributes as `attrs`
    kOfCall,   // `function` of the inputs and the gradients of the outputs
    kOfNode,   // `function` of the gradients of the outputs, and `captures`
    kUnknown,  // nobody here knows it, for the reason `why`
  };
  Kind kind = Kind::kUnknown;
  const OpDef* op = nullptr;
  std::shared_ptr<const void> attrs;
  std::string function;
  std::vector<std::string> captures;  // kGradientCaptures
  std::vector<int64_t> results;       // kGradientResults; empty: in order
  std::string why;
};

// `overrides`: whether kGradientOpType counts.
GradientRule RuleFor(const Graph& graph, NodeId id, bool overrides);
// Whether that is kCut.
bool CutsGradient(const Graph& graph, NodeId id, bool overrides);
// What users know a node's op as: the file's name for one that cannot run here.
std::string OpName(const Node& node);
std::string QuotedWithOp(const Node& node);  // "'loss' (Mean)"

// Whether gradients flow through values of this type: floating ones, lists of them, and variables.
bool Differentiable(const ValueType& type);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_GRADIENT_RULE_H_
