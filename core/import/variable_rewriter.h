// VariableRewriter: reference variables become resource variables. A read is a ReadVariableOp after
// the writes from which a path leads to the consumer; consumers of one node with the same writes
// before them share it. It is marked (reference.h), since it stands for the memory itself when it
// is fetched or fed.
#ifndef GRAPHRUN_CORE_IMPORT_VARIABLE_REWRITER_H_
#define GRAPHRUN_CORE_IMPORT_VARIABLE_REWRITER_H_

#include <vector>

#include "core/import/unavailable_nodes.h"

namespace graphrun {

class VariableRewriter : public VariableReader {
 public:
  VariableRewriter(const ForeignGraph& foreign, const ForeignVariables& variables,
                   const OpRegistry& registry, ImportBudget* budget, BlockBuilder* blocks,
                   const UnavailableNodes& unavailable)
      : foreign_(foreign),
        variables_(variables),
        registry_(registry),
        budget_(budget),
        blocks_(*blocks),
        unavailable_(unavailable) {}

  // Each emits a node of its kind.
  void EmitVariable(RewriteBlock& b, int node);
  void EmitWrite(RewriteBlock& b, int node);
  void EmitIsInitialized(RewriteBlock& b, int node);
  // REQUIRES: output 0 of the node is the memory of a variable.
  void EmitAlias(RewriteBlock& b, int node);

  Output ReadVariable(RewriteBlock& b, Port port, int consumer) override;

 private:
  Output Handle(RewriteBlock& b, int variable);
  Output Repeat(RewriteBlock& b, Output value, const std::vector<int>& nodes);
  Output ReadAfter(RewriteBlock& b, int variable, const std::vector<int>& through,
                   const std::vector<int>& writes, bool edge);
  std::vector<NodeId> OperationsOf(RewriteBlock& b, const std::vector<int>& writes);
  std::vector<NodeId> WritesOfInputs(RewriteBlock& b, int node);

  const ForeignGraph& foreign_;
  const ForeignVariables& variables_;
  const OpRegistry& registry_;
  ImportBudget* const budget_;
  BlockBuilder& blocks_;
  const UnavailableNodes& unavailable_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_VARIABLE_REWRITER_H_
