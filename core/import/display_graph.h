// A graph for those who look at it.
#ifndef GRAPHRUN_CORE_IMPORT_DISPLAY_GRAPH_H_
#define GRAPHRUN_CORE_IMPORT_DISPLAY_GRAPH_H_

#include <cstddef>
#include <string>

#include "core/graph/graph.h"

namespace graphrun {

// A serialized GraphDef for an event file, with the shapes of all outputs in _output_shapes.
// Attributes of more than `limit` bytes, such as large
// constants, are left out and named in the attribute _too_large_attrs, which TensorBoard shows.
// Equal graphs give equal bytes. UNIMPLEMENTED as GraphToProto.
std::string DisplayGraph(const Graph& graph, size_t limit = 1024);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_DISPLAY_GRAPH_H_
