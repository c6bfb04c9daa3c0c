// CondRewriter: what one predicate decides becomes an If, and a Merge of which no single predicate
// says what it takes becomes a chain of them. In the If a node runs for the results that the
// foreign node's consumers lead to, and for no others: the control results of its functions are
// empty.
#ifndef GRAPHRUN_CORE_IMPORT_COND_REWRITER_H_
#define GRAPHRUN_CORE_IMPORT_COND_REWRITER_H_

#include <set>
#include <vector>

#include "core/import/list_rewriter.h"

namespace graphrun {

class CondRewriter {
 public:
  CondRewriter(const ForeignGraph& foreign, const ForeignLoops& loops, const ForeignLists& lists,
               const ForeignVariables& variables, const ForeignEffects& effects,
               const OpRegistry& registry, BlockBuilder* blocks, ListRewriter* list_rewriter,
               ItemEmitter* emitter)
      : foreign_(foreign),
        loops_(loops),
        lists_(lists),
        variables_(variables),
        effects_(effects),
        registry_(registry),
        blocks_(*blocks),
        list_rewriter_(*list_rewriter),
        emitter_(*emitter) {}

  // An operation that a run of the function waits for.
  void NoteWaited(int node) { waited_.insert(node); }

  // Emits items that `predicate` decides, as CondOrder gives them: closed, and relative to the
  // first `depth` decisions.
  void Emit(RewriteBlock& b, FrameItems& region, const std::vector<int>& members, Port predicate,
            size_t depth);
  // Emits a Merge. REQUIRES: the item has alternatives.
  void EmitAlternatives(RewriteBlock& b, const Item& item);

 private:
  // An If in the making; arrays are indexed by side, false first.
  struct Parts {
    std::vector<int> sides[2];  // items
    std::vector<int> merges;    // items: the Merges of its predicate
    std::vector<int> carried;   // list objects that it changes
    RewriteBlock blocks[2];
    std::vector<Expr> results[2];
    std::vector<Port> needed[2];  // values of one side for later conds on the same predicate
    std::vector<int> made[2];     // list objects that one side made
    std::vector<int> waited[2];   // nodes of one side that others wait for
  };

  // Whether what the members do leaves no trace, as the pivots of a cond that is done with.
  bool IsIdle(const FrameItems& region, const std::vector<int>& members, const Parts& parts) const;
  Parts SplitCond(const FrameItems& region, const std::vector<int>& members, size_t depth) const;
  void EmitSide(RewriteBlock& b, FrameItems& region, Port predicate, bool side, size_t depth,
                Parts* parts);
  // Lets the block have what the If returns.
  void TakeResults(RewriteBlock& b, const FrameItems& region, const Parts& parts, const Expr& node);
  bool UsesValueIndex(const RewriteBlock& b, int merge) const;
  std::vector<Port> NeededOutside(const FrameItems& region, const std::vector<int>& side) const;
  // Whether a run, or an open item, waits for the node.
  bool IsWaitedFor(const FrameItems& region, int node) const;
  // The nodes among those of the items that others wait for, or read variables after.
  std::vector<int> Waited(const RewriteBlock& inner, const FrameItems& region,
                          const std::vector<int>& items) const;
  bool IsThereAtOnce(int node) const;

  const ForeignGraph& foreign_;
  const ForeignLoops& loops_;
  const ForeignLists& lists_;
  const ForeignVariables& variables_;
  const ForeignEffects& effects_;
  const OpRegistry& registry_;
  BlockBuilder& blocks_;
  ListRewriter& list_rewriter_;
  ItemEmitter& emitter_;
  std::set<int> waited_;
  std::set<int> at_once_;  // Merges that take an input which is there at once
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_COND_REWRITER_H_
