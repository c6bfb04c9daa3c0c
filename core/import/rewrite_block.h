// RewriteBlock: a graph that rewriters fill, and what each of them notes of it.
#ifndef GRAPHRUN_CORE_IMPORT_REWRITE_BLOCK_H_
#define GRAPHRUN_CORE_IMPORT_REWRITE_BLOCK_H_

#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/build/build_context.h"
#include "core/graph/graph.h"
#include "core/import/foreign_conds.h"
#include "core/import/frame_items.h"

namespace graphrun {

// Of BlockBuilder.
class BlockWaits {
  friend class BlockBuilder;
  std::map<int, Output> done_;  // for inner blocks: a value that is there when the operation ran
};

// Of ListRewriter.
class BlockLists {
  friend class ListRewriter;
  // An array as the nodes in `changes`, a write or those of a loop or cond, made it.
  struct Version {
    Output list;
    std::vector<int> changes;
  };
  std::map<int, Output> now_;                     // list objects as they are now
  std::map<int, std::vector<Version>> versions_;  // of arrays: as they were, oldest first
  std::vector<int> pushes_;                       // of handles: they wait for the block's end
  std::map<Output, NodeId> flows_;  // copies of what loops and conds return, to wait for
};

// Of VariableRewriter.
class BlockReads {
  friend class VariableRewriter;
  // (The node that consumers get the memory from, writes before) -> read.
  std::map<std::pair<int, std::vector<int>>, Output> made_;
};

// The top, a loop's condition or body, a side of an If.
struct RewriteBlock {
  FunctionBuilder* builder = nullptr;
  RewriteBlock* parent = nullptr;
  Decisions decided;  // by this and all enclosing blocks
  int loop = -1;      // the frame whose condition or body this is
  int depth = 0;      // how many blocks enclose it
  std::unordered_map<Port, Output, PortHash> values;
  std::unordered_map<int, NodeId> operations;  // what runs a foreign node, here
  BlockWaits waits;
  BlockLists lists;
  BlockReads reads;

  Graph& graph() const { return builder->graph(); }
  bool top() const { return parent == nullptr; }
};

// Emits what lies in a loop or cond, for the rewriters of these.
class ItemEmitter {
 public:
  virtual ~ItemEmitter() = default;
  // Emits `items` of the region, those in conds relative to the first `depth` decisions. REQUIRES:
  // what they need besides each other has been emitted.
  virtual void EmitItems(RewriteBlock& b, FrameItems& region, const std::vector<int>& items,
                         size_t depth) = 0;
  // Fills a block that is no side of a cond; the nodes are all of one frame.
  virtual FrameItems EmitNodes(RewriteBlock& b, const std::vector<int>& nodes) = 0;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_REWRITE_BLOCK_H_
