// CallRewriter: calls of one function among several, by its number, and by an op of the function's
// name.
#ifndef GRAPHRUN_CORE_IMPORT_CALL_REWRITER_H_
#define GRAPHRUN_CORE_IMPORT_CALL_REWRITER_H_

#include "core/import/unavailable_nodes.h"

namespace graphrun {

class CallRewriter {
 public:
  CallRewriter(const ForeignGraph& foreign, ImportBudget* budget, BlockBuilder* blocks,
               UnavailableNodes* unavailable)
      : foreign_(foreign), budget_(budget), blocks_(*blocks), unavailable_(*unavailable) {}

  // INVALID_ARGUMENT or UNIMPLEMENTED unless the functions that the node names exist here.
  void CheckFunctions(RewriteBlock& b, int node) const;
  // Each emits a node of its kind.
  void EmitCase(RewriteBlock& b, int node);
  // REQUIRES: a function has the name of the node's op.
  void EmitCall(RewriteBlock& b, int node);
  void EmitSymbolicGradient(RewriteBlock& b, int node);

 private:
  const ForeignGraph& foreign_;
  ImportBudget* const budget_;
  BlockBuilder& blocks_;
  UnavailableNodes& unavailable_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_CALL_REWRITER_H_
