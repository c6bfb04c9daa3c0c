// How an op's declared inputs, outputs and attributes become those of one node.
#ifndef GRAPHRUN_CORE_GRAPH_NODE_SIGNATURE_H_
#define GRAPHRUN_CORE_GRAPH_NODE_SIGNATURE_H_

#include <memory>
#include <span>
#include <vector>

#include "core/graph/op_def.h"

namespace graphrun {

// `given` with the attributes that follow from the inputs' dtypes and the defaults.
// INVALID_ARGUMENT when inputs and attributes do not fit the op, naming what does not.
AttrMap CompleteAttrs(const OpDef& op, std::span<const DType> inputs, AttrMap given);
// The op's attribute struct. REQUIRES: complete attributes.
std::shared_ptr<const void> ParseAttrs(const OpDef& op, const AttrMap& attrs);
// The dtypes that the signature gives. REQUIRES: complete attributes.
std::vector<DType> InputTypes(const OpDef& op, const AttrMap& attrs);
std::vector<DType> OutputTypes(const OpDef& op, const AttrMap& attrs);
// For each declared argument how many tensors it stands for. REQUIRES: complete attributes.
std::vector<int> ArgSizes(const std::vector<ArgDef>& args, const AttrMap& attrs);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_NODE_SIGNATURE_H_
