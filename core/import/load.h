// Reading model files.
#ifndef GRAPHRUN_CORE_IMPORT_LOAD_H_
#define GRAPHRUN_CORE_IMPORT_LOAD_H_

#include <string>

#include "core/graph/meta_graph.h"

namespace graphrun {

// Reads a MetaGraphDef, a GraphDef or a SavedModel, binary or text; which one it is follows from
// the content. Of a SavedModel with several graphs takes the one tagged "train", else the first. A
// folder stands for its saved_model.pb. Every error names the file. DATA_LOSS when the bytes are
// none of these; INVALID_ARGUMENT when they are, but the graph is wrong; UNIMPLEMENTED when it has
// ops that we do not; RESOURCE_EXHAUSTED for a file above 2 GiB or one that asks for more than
// ImportBudget::kDefault of repeated values. After an error *meta is good for nothing. REQUIRES:
// meta is as its constructor made it.
void LoadMetaGraph(const std::string& path, MetaGraph* meta);

// The same from the bytes of a file; errors do not name it.
void ParseMetaGraph(const std::string& bytes, MetaGraph* meta);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_LOAD_H_
