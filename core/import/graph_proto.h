// Graph <-> GraphDef, functions included.
#ifndef GRAPHRUN_CORE_IMPORT_GRAPH_PROTO_H_
#define GRAPHRUN_CORE_IMPORT_GRAPH_PROTO_H_

#include "core/graph/meta_graph.h"
#include "core/import/tensor_proto.h"

namespace graphrun {

namespace pb {
class GraphDef;
class OpList;
class SavedObjectGraph;
}  // namespace pb

// The graph version that we write: TensorFlow 2.15's.
inline constexpr int kGraphVersion = 1645;

// Of a FunctionDef, a bool: Function::whole.
inline constexpr char kNoInlineAttr[] = "_noinline";

// Adds the nodes of `def`, in its order as far as edges allow, and the functions that they reach to
// meta->graph. What belongs to version 1 is rewritten (rewriter.h). An op that nobody here knows,
// and what is wrong with a node, a loop or a function, becomes _Unavailable: it fails the runs that
// need it, when they do. Attributes that are missing take the op's defaults; those that begin with
// '_' are kept, except _class (it ties a node to the device of another). An attribute that our op
// does not know is dropped when `producer_ops`, the declarations of the file's writer, say that it
// has its default; otherwise it is wrong. INVALID_ARGUMENT naming the node for what makes the file
// no graph: names that are empty or repeated, inputs that lead nowhere, cycles; UNIMPLEMENTED for a
// version that refuses us. `objects`, which only SavedModels have, say what registered gradient
// functions take. After an error *meta is good for nothing. REQUIRES: the graph is empty.
void GraphFromProto(const pb::GraphDef& def, const pb::OpList* producer_ops, ImportBudget* budget,
                    const pb::SavedObjectGraph* objects, MetaGraph* meta);

// Writes nodes and reachable functions so that TensorFlow runs them: all attributes; output_shapes
// of every While and If; the effects of a function in its control_ret; what is known of parameters
// in arg_attr. UNIMPLEMENTED for a node that could not be rewritten, and for one of an unknown op
// in a function whose outputs have no names.
void GraphToProto(const Graph& graph, pb::GraphDef* def);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_GRAPH_PROTO_H_
