// ListRewriter: stacks and TensorArrays become tensor lists that are passed along. The accesses of
// an object are chained in a topological order of all edges, but a TensorArray is to each access as
// those changes made it from which a path leads to the access: TensorFlow runs no others for it.
#ifndef GRAPHRUN_CORE_IMPORT_LIST_REWRITER_H_
#define GRAPHRUN_CORE_IMPORT_LIST_REWRITER_H_

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/import/block_builder.h"

namespace graphrun {

// What is known of the elements of each list object, by its number.
using ElementShapes = std::vector<Shape>;

class ListRewriter {
 public:
  // `shapes` is what an earlier ListRewriter of the same nodes found.
  ListRewriter(const ForeignGraph& foreign, const ForeignLoops& loops, const ForeignLists& lists,
               BlockBuilder* blocks, const ElementShapes& shapes);
  ElementShapes element_shapes() const;

  // Emits a node that makes or accesses an object. REQUIRES: called in WithVersions.
  void Emit(RewriteBlock& b, int node);
  // Runs `emit`, which emits `items`, with the arrays that they access as they find them, and notes
  // what it makes of them.
  void WithVersions(RewriteBlock& b, const FrameItems& region, const std::vector<int>& items,
                    const std::function<void()>& emit);
  // Ends a block: pushes the arrays whose handles were pushed.
  void Finish(RewriteBlock& b);
  // Who takes the list from now on cannot run.
  void GiveUp(RewriteBlock& b, int object, const Problem& problem, std::vector<Output> inputs);

  // The object as it is now in the block. INVALID_ARGUMENT when it does not exist there.
  Output List(RewriteBlock& b, int object);
  void Set(RewriteBlock& b, int object, Output list) { b.lists.now_[object] = list; }
  bool Visible(const RewriteBlock& b, int object) const;
  // Makes the lists of gradients that are first used inside a loop or cond.
  void Prepare(RewriteBlock& b, const std::set<int>& objects);
  // The objects that the items access, or only those that they change.
  std::set<int> ObjectsOf(const FrameItems& region, const std::vector<int>& items,
                          bool changed_only) const;
  // The objects that block `inner` made and open items access.
  std::vector<int> MadeInside(const RewriteBlock& b, const RewriteBlock& inner,
                              const FrameItems& region) const;
  // What the flows among the inputs of a foreign node wait for in the block, but for accesses of
  // the array, which the list waits for.
  std::vector<NodeId> WaitsOfFlows(RewriteBlock& b, int node);

 private:
  void EmitAccess(RewriteBlock& b, int node);
  // The nodes of the items that access stacks and TensorArrays, in loops too.
  std::vector<int> AccessesIn(const FrameItems& region, const std::vector<int>& items) const;
  // Whether nodes here can be fetched.
  bool IsMain(const RewriteBlock& b) const { return b.top() && !foreign_.in_function(); }
  // Lets output `index` of an access, a flow, be fetched.
  void NameFlow(RewriteBlock& b, int node, int index);
  Output MakeGradientList(RewriteBlock& b, int object, const std::string& name);
  // `values` [n, ...] for the elements at `indices`, added to what a list has there. When they may
  // not be distinct, an element gets the sum.
  Output AddedRows(RewriteBlock& b, int object, Output indices, Output values, bool distinct);
  // The indices are a Range or a constant without repetitions.
  bool AreDistinct(Port indices) const;
  std::optional<Tensor> ConstantOf(Port port) const;
  std::vector<NodeId> WaitsOfFlow(RewriteBlock& b, Output flow);
  static Output ShapeConst(Graph& g, const Shape& shape);
  Output ElementShape(RewriteBlock& b, int object);
  void NoteElement(int object, const Shape& shape);
  bool IsWholeRange(Port indices, int object) const;

  const ForeignGraph& foreign_;
  const ForeignLoops& loops_;
  const ForeignLists& lists_;
  BlockBuilder& blocks_;
  ElementShapes known_shapes_;
  std::vector<std::optional<Shape>> seen_shapes_;  // of elements that are put into list objects
  std::map<int, Expr> pieces_;  // array -> into how many pieces a tensor was split for it
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_LIST_REWRITER_H_
