// CopyNode: a node in another graph.
#ifndef GRAPHRUN_CORE_GRAPH_COPY_NODE_H_
#define GRAPHRUN_CORE_GRAPH_COPY_NODE_H_

#include <utility>
#include <vector>

#include "core/graph/graph.h"
#include "core/graph/op_def.h"

namespace graphrun {

// Adds node `id` of `from` to `to`, with other inputs; what is known of its outputs stays known.
// REQUIRES: both share a library, if the node runs functions; inputs of the same types.
inline NodeId CopyNode(const Graph& from, NodeId id, Graph* to, std::vector<Output> inputs,
                       std::vector<NodeId> controls = {}) {
  const Node& node = from.node(id);
  const NodeId copy =
      to->AddNode(node.op->name, node.name, std::move(inputs), node.attrs, std::move(controls));
  for (int k = 0; k < to->num_outputs(copy); ++k) to->SetType({copy, k}, from.type({id, k}));
  return copy;
}

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_COPY_NODE_H_
