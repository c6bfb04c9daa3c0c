// What is known of a node before it runs.
#ifndef GRAPHRUN_CORE_COMPILE_FOLDING_H_
#define GRAPHRUN_CORE_COMPILE_FOLDING_H_

#include <optional>
#include <vector>

#include "core/graph/graph.h"
#include "core/graph/op_context.h"

namespace graphrun {

// Whether the node may be computed before the run: it is pure, and no structure.
bool IsFoldable(const Node& node);

// The input that output 0 is, as it is of an Identity and of a Reshape to the shape that its input
// has; -1 when none. `inputs` are the node's, in `graph`.
// REQUIRES: IsFoldable.
int SameInput(const Node& node, const Graph& graph, const std::vector<Output>& inputs);

// The outputs of the node by its kernel, of inputs that are constants of `graph`; nothing when one
// is none, when the kernel refuses them, since the error belongs to a run, which may never get
// there, and when an output is so large (64 KiB) that it is cheaper to compute than to keep.
// REQUIRES: IsFoldable.
std::optional<std::vector<Tensor>> FoldedValues(const Node& node, const Graph& graph,
                                                const std::vector<Output>& inputs,
                                                const std::vector<DType>& outputs,
                                                const KernelEnvironment& env);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_FOLDING_H_
