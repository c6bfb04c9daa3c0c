// Reads the attributes of NodeDefs.
#ifndef GRAPHRUN_CORE_IMPORT_NODE_ATTRS_H_
#define GRAPHRUN_CORE_IMPORT_NODE_ATTRS_H_

#include <optional>
#include <string>
#include <vector>

#include "core/graph/attr.h"
#include "core/graph/op_def.h"
#include "core/import/foreign_graph.h"
#include "core/import/tensor_proto.h"

namespace graphrun {

// The attributes of `def` for a node of `op`. _class is left out: it ties a node to the device of
// another. So is an attribute that `op` does not know when the file's declaration of the op says
// that it has its default value. INVALID_ARGUMENT naming the attribute for values that cannot be.
AttrMap ReadAttrs(const ForeignGraph& graph, const pb::NodeDef& def, const OpDef& op,
                  ImportBudget* budget);

// The functions that attributes name, but for private ones.
std::vector<std::string> FunctionNames(const pb::NodeDef& def);
// The name of the gradient that the file gives the node, if it does (see kGradientOpType).
std::optional<std::string> GradientOpType(const pb::NodeDef& def);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_NODE_ATTRS_H_
