// Writing model files.
#ifndef GRAPHRUN_CORE_IMPORT_SAVE_H_
#define GRAPHRUN_CORE_IMPORT_SAVE_H_

#include <string>

#include "core/graph/meta_graph.h"

namespace graphrun {

// Writes `meta` as a binary MetaGraphDef that TensorFlow's import_meta_graph accepts. Equal graphs
// give equal bytes. The file appears as a whole or not at all. RESOURCE_EXHAUSTED when it would
// exceed 2 GiB, which protobuf cannot hold; UNIMPLEMENTED as GraphToProto. Collections lose names
// that the graph does not have.
void SaveMetaGraph(const MetaGraph& meta, const std::string& path);

// The bytes that SaveMetaGraph writes, and the same as text.
std::string SerializeMetaGraph(const MetaGraph& meta);
std::string MetaGraphText(const MetaGraph& meta);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_SAVE_H_
