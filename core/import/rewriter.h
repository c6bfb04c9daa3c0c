// Rewriter: makes nodes of ours from a ForeignGraph. Frames become While, Switch and Merge become
// If, stacks and TensorArrays become tensor lists that are passed along, reference variables become
// resource variables. What each becomes its own rewriter knows; all add nodes by one BlockBuilder.
#ifndef GRAPHRUN_CORE_IMPORT_REWRITER_H_
#define GRAPHRUN_CORE_IMPORT_REWRITER_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/import/call_rewriter.h"
#include "core/import/cond_rewriter.h"
#include "core/import/loop_rewriter.h"
#include "core/import/variable_rewriter.h"

namespace graphrun {

// Invariants of the graph that is made:
//  1. A node that lay in no loop and in no cond keeps its name. The Exit of a loop and the Merge of
//  a cond leave an Identity of their name, so that they can be fetched and fed.
//  2. Names that have no node any more are noted in the graph with the reason.
//  3. A loop or cond that changes a list object passes it through.
//  4. What cannot be rewritten becomes _Unavailable, where it lies: a run that needs it says why it
//  fails. What is rewritten depends on all _Unavailable that the foreign node would have waited
//  for.
class Rewriter : private ItemEmitter {
 public:
  // Adds to the graph of *home, which holds the parameters of a function and nothing else. `shapes`
  // is what an earlier Rewriter of the same nodes found.
  // Breaks nodes of `foreign`.
  Rewriter(ForeignGraph* foreign, ImportBudget* budget, FunctionBuilder* home,
           const ElementShapes& shapes);

  void BindParameter(int node, Output output) {
    top_.values[{node, 0}] = output;
    top_.operations[node] = output.node;  // who waits for it waits for what the caller passes
  }
  // A result of the function as the file names it, with its declared type.
  void NoteResult(Port port, std::string text, DType dtype) {
    unavailable_.NoteResult(port, std::move(text), dtype);
  }
  // An operation that a run of the function waits for.
  void NoteWaited(int node) { cond_rewriter_.NoteWaited(node); }
  // Adds all nodes.
  void Run();

  // After Run: the output, operation or element shapes that came of foreign ones.
  Output Result(Port port) { return blocks_.Value(top_, port, -1); }
  NodeId Operation(int node) const;
  ElementShapes element_shapes() const { return list_rewriter_.element_shapes(); }

 private:
  FrameItems EmitNodes(RewriteBlock& b, const std::vector<int>& nodes) override;
  void EmitItems(RewriteBlock& b, FrameItems& region, const std::vector<int>& items,
                 size_t depth) override;
  void EmitItem(RewriteBlock& b, FrameItems& region, int item);
  void EmitNode(RewriteBlock& b, int node);
  void EmitUnavailable(RewriteBlock& b, int node, const Problem& problem);
  // Gives a loop or cond up that cannot be rewritten.
  void EmitOrGiveUp(RewriteBlock& b, const FrameItems& region, const std::vector<int>& items,
                    const std::function<void()>& emit);
  // After an error in a loop or cond.
  void GiveUp(RewriteBlock& b, const FrameItems& region, const std::vector<int>& items,
              const Problem& problem);
  void NoteAbsent();

  const ForeignGraph& foreign_;
  const ForeignLoops loops_;
  const ForeignLists lists_;
  const ForeignVariables variables_;
  const ForeignEffects effects_;
  BlockBuilder blocks_;
  UnavailableNodes unavailable_;
  ListRewriter list_rewriter_;
  VariableRewriter variable_rewriter_;
  CondRewriter cond_rewriter_;
  LoopRewriter loop_rewriter_;
  CallRewriter call_rewriter_;
  RewriteBlock top_;
  bool too_deep_ = false;  // the error that is on its way is that of kDeepest
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_REWRITER_H_
