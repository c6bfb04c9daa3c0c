// UnavailableNodes: foreign nodes and loops that cannot be rewritten become _Unavailable, which
// fails the runs that need it. What they say of their outputs is kept, so that the rest fits.
#ifndef GRAPHRUN_CORE_IMPORT_UNAVAILABLE_NODES_H_
#define GRAPHRUN_CORE_IMPORT_UNAVAILABLE_NODES_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/import/block_builder.h"

namespace graphrun {

class UnavailableNodes {
 public:
  UnavailableNodes(const ForeignGraph& foreign, const ForeignLoops& loops,
                   const ForeignVariables& variables, const OpRegistry& registry,
                   BlockBuilder* blocks)
      : foreign_(foreign),
        loops_(loops),
        variables_(variables),
        registry_(registry),
        blocks_(*blocks) {}

  // A result of the function as the file names it, with its declared type: all that may be known of
  // an output of an unknown op.
  void NoteResult(Port port, std::string text, DType dtype) {
    results_[port] = {std::move(text), dtype};
  }

  // Gives the block all outputs of the node and its operation.
  void Emit(RewriteBlock& b, int node, const Problem& problem);
  // Gives the block what leaves the loop, and an operation for each write in it.
  void EmitLoop(RewriteBlock& b, int frame, const Problem& problem);

  // The dtypes of the node's outputs.
  std::vector<DType> TypesOf(int node) const;
  // The dtype of a node whose op we have for other dtypes only.
  std::optional<DType> UnknownType(const pb::NodeDef& def) const;
  // `op`, or "Exp of string" when `def` has an UnknownType.
  std::string OpWithType(const std::string& op, const pb::NodeDef& def) const;

 private:
  // Whether the node is one on values, which can be saved as it is in the file.
  bool CanKeep(int node) const;
  std::vector<std::string> NamesOf(int node, size_t outputs) const;

  const ForeignGraph& foreign_;
  const ForeignLoops& loops_;
  const ForeignVariables& variables_;
  const OpRegistry& registry_;
  BlockBuilder& blocks_;
  struct DeclaredResult {
    std::string text;  // "node:values:0"
    DType dtype;
  };
  std::map<Port, DeclaredResult> results_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_UNAVAILABLE_NODES_H_
