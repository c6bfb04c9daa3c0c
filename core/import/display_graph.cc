#include "core/import/display_graph.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <climits>
#include <vector>

#include "core/base/error.h"
#include "core/import/graph_proto.h"
#include "proto/graph.pb.h"

namespace graphrun {
namespace {

void Strip(size_t limit, pb::NodeDef* node) {
  std::vector<std::string> large;
  for (const auto& [name, value] : node->attr()) {
    if (value.ByteSizeLong() > limit) large.push_back(name);
  }
  if (large.empty()) return;
  std::sort(large.begin(), large.end());  // maps have no order of their own
  auto* names = (*node->mutable_attr())["_too_large_attrs"].mutable_list();
  for (const std::string& name : large) {
    node->mutable_attr()->erase(name);
    names->add_s(name);
  }
}

// What add_graph of TensorFlow's summaries adds, for the sizes at edges.
void AddShapes(const Graph& graph, pb::NodeDef* node) {
  const NodeId id = graph.Find(node->name());
  if (id == kNoNode || node->attr().contains("_output_shapes")) return;
  auto* shapes = (*node->mutable_attr())["_output_shapes"].mutable_list();
  for (int i = 0; i < graph.num_outputs(id); ++i) {
    ShapeToProto(graph.shape({id, i}), shapes->add_shape());
  }
}

}  // namespace

std::string DisplayGraph(const Graph& graph, size_t limit) {
  pb::GraphDef def;
  GraphToProto(graph, &def);
  for (pb::NodeDef& node : *def.mutable_node()) {
    AddShapes(graph, &node);
    Strip(limit, &node);
  }
  for (pb::FunctionDef& function : *def.mutable_library()->mutable_function()) {
    for (pb::NodeDef& node : *function.mutable_node_def()) Strip(limit, &node);
  }
  if (def.ByteSizeLong() > INT_MAX) {
    throw Error(Code::kResourceExhausted, "the graph exceeds the 2 GiB of one message");
  }
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    def.SerializeToCodedStream(&out);
  }
  return bytes;
}

}  // namespace graphrun
