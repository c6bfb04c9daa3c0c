// KnownTypes: what the functions of an op are told of a node before it runs: types, and values of
// constants.
#ifndef GRAPHRUN_CORE_COMPILE_KNOWN_TYPES_H_
#define GRAPHRUN_CORE_COMPILE_KNOWN_TYPES_H_

#include <vector>

#include "core/graph/graph.h"
#include "core/graph/kernel.h"
#include "core/graph/op_def.h"

namespace graphrun {

struct KnownTypes {
  KnownTypes(const Graph& g, NodeId id) : node(g.node(id)) {
    for (Output o : node.inputs) {
      in.push_back(g.type(o));
      values.push_back(g.ConstValue(o));
    }
    for (int k = 0; k < g.num_outputs(id); ++k) out.push_back(g.type({id, k}));
  }
  // REQUIRES: this stays where it is while the request is used.
  KernelRequest Request() const { return KernelRequest(node, in, out, values); }

  const Node& node;
  std::vector<ValueType> in, out;
  std::vector<const Tensor*> values;  // null: not known
};

// Whether a node takes many operations for each element that it reads or writes: a product does,
// and nothing that only sweeps. Not of a node with shapes that are not known.
inline bool IsIntense(const KnownTypes& types) {
  constexpr double kIntense = 8;
  if (!types.node.op->cost) return false;
  double elements = 0;
  for (const auto* side : {&types.in, &types.out}) {
    for (const ValueType& type : *side) {
      if (!type.shape.fully_known()) return false;
      elements += static_cast<double>(type.shape.num_elements());
    }
  }
  return types.node.op->cost(CostContext(types.node, types.in, types.out)).flops >=
         kIntense * elements;
}

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_KNOWN_TYPES_H_
