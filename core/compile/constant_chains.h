// ConstantChains: constants that are added, or multiplied, one after the other are joined first.
#ifndef GRAPHRUN_CORE_COMPILE_CONSTANT_CHAINS_H_
#define GRAPHRUN_CORE_COMPILE_CONSTANT_CHAINS_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/compile/needs.h"
#include "core/graph/op_context.h"

namespace graphrun {

// What a node computes in one step: `op` of `value` and a constant.
struct JoinedConstants {
  Output value;
  std::string op;
  Tensor constant;
  bool constant_first = false;
};

// As TensorFlow's graph optimizer does, which shows where a part overflows or vanishes: of
// (x * 1e-20) * 1e20 is left x. A sum, product, difference or quotient with a constant, whose other
// operand is another such node that nobody else uses, is computed from that one's operand.
class ConstantChains {
 public:
  // For a run of a graph or function that needs `needs`; `given` are fed outputs and parameters.
  // All must live as long as this.
  ConstantChains(const Graph& graph, const Needs& needs, const std::set<Output>& given);
  // Nothing when the node ends no chain, or its constants do not fit another.
  std::optional<JoinedConstants> Find(NodeId id, const KernelEnvironment& env) const;

 private:
  // A node of a chain: its op, and which of its operands is constant.
  struct Link {
    const OpDef* op;
    const Tensor* constant;
    int constant_input;
    Output value;
  };
  std::optional<Link> LinkOf(NodeId id) const;

  const Graph& graph_;
  const std::set<Output>& given_;
  std::vector<bool> inner_;  // nodes whose only use is by one other node
};

// What the step makes of `value`.
Tensor RunStep(const OpRegistry& registry, const JoinedConstants& step, const Tensor& value,
               const KernelEnvironment& env);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_CONSTANT_CHAINS_H_
