// LoopRewriter: a frame becomes a While. A node in it runs for the results that the foreign node's
// consumers lead to, and for no others: the control results of its functions are empty.
#ifndef GRAPHRUN_CORE_IMPORT_LOOP_REWRITER_H_
#define GRAPHRUN_CORE_IMPORT_LOOP_REWRITER_H_

#include <string>
#include <vector>

#include "core/import/list_rewriter.h"

namespace graphrun {

class LoopRewriter {
 public:
  LoopRewriter(const ForeignGraph& foreign, const ForeignLoops& loops, const ForeignLists& lists,
               const ForeignVariables& variables, const OpRegistry& registry, BlockBuilder* blocks,
               ListRewriter* list_rewriter, ItemEmitter* emitter)
      : foreign_(foreign),
        loops_(loops),
        lists_(lists),
        variables_(variables),
        registry_(registry),
        blocks_(*blocks),
        list_rewriter_(*list_rewriter),
        emitter_(*emitter) {}

  // Emits the loop; gives the block the values that its Exits take, and an operation for each write
  // in it. INVALID_ARGUMENT for what no While does. REQUIRES: what enters it has been emitted.
  void Emit(RewriteBlock& b, int frame);

 private:
  // The nodes of the loop's condition and of its body. INVALID_ARGUMENT for an effect in both.
  struct Nodes {
    std::vector<int> cond, body;
  };
  Nodes FindNodes(int frame) const;
  std::vector<int> Slice(int frame, const std::vector<int>& from) const;
  // Whether no Switch of the region decides if the node runs.
  static bool AlwaysRuns(const FrameItems& region, int node);
  std::string NotAlways(int node) const;

  const ForeignGraph& foreign_;
  const ForeignLoops& loops_;
  const ForeignLists& lists_;
  const ForeignVariables& variables_;
  const OpRegistry& registry_;
  BlockBuilder& blocks_;
  ListRewriter& list_rewriter_;
  ItemEmitter& emitter_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_LOOP_REWRITER_H_
