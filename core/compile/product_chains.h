// ProductChains: recurrences of an unrolled loop, by the products in them.
#ifndef GRAPHRUN_CORE_COMPILE_PRODUCT_CHAINS_H_
#define GRAPHRUN_CORE_COMPILE_PRODUCT_CHAINS_H_

#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

// Whether two nodes differ in values of their inputs alone: not in types, nor in constants that may
// tell what they do.
bool SameForm(const Graph& g, NodeId a, NodeId b);

// Products by one weight, each needing the one before and as much deeper in the graph; the longest
// first, none of fewer than `least`. `order` is a topological order, `eligible`, by id, what may be
// in one.
std::vector<std::vector<NodeId>> ProductChains(const Graph& g, const std::vector<NodeId>& order,
                                               const std::vector<bool>& eligible, int least);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_PRODUCT_CHAINS_H_
