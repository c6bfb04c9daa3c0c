#include "core/import/save.h"

#include <google/protobuf/text_format.h>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/import/graph_proto.h"
#include "core/import/proto_bytes.h"
#include "proto/meta_graph.pb.h"
#include "proto/variable.pb.h"

namespace graphrun {
namespace {

std::string FirstOutput(const std::string& node) { return node + ":0"; }

pb::VariableDef ToVariableDef(const VariableInfo& v) {
  pb::VariableDef def;
  def.set_variable_name(FirstOutput(v.name));
  def.set_initializer_name(v.initializer);
  def.set_initial_value_name(v.initial_value);
  def.set_snapshot_name(v.snapshot);
  def.set_is_resource(true);
  def.set_trainable(v.trainable);
  return def;
}

void WriteCollections(const MetaGraph& meta, pb::MetaGraphDef* def) {
  auto& collections = *def->mutable_collection_def();
  for (const auto& [name, variables] : meta.variable_lists) {
    auto* list = collections[name].mutable_bytes_list();
    for (const std::string& variable : variables) {
      const VariableInfo* v = meta.FindVariable(variable);
      Check(v != nullptr, "a collection of variables names variables of the model");
      list->add_value(ProtoBytes(ToVariableDef(*v)));
    }
  }
  for (const auto& [name, members] : meta.node_lists) {
    auto* list = collections[name].mutable_node_list();
    for (const std::string& member : members) {
      // What lay in a loop or cond of version 1 has no such name any more, and TensorFlow refuses a
      // file with a name that leads nowhere.
      if (meta.graph.Find(member.substr(0, member.find(':'))) != kNoNode) list->add_value(member);
    }
  }
  for (const auto& [name, messages] : meta.byte_lists) {
    auto* list = collections[name].mutable_bytes_list();
    for (const std::string& message : messages) list->add_value(message);
  }
  for (const auto& [name, bytes] : meta.other_lists) {
    Check(collections[name].ParseFromString(bytes), "other_lists holds CollectionDefs");
  }
}

void WriteTensorInfo(const SignatureTensor& t, pb::TensorInfo* info) {
  info->set_name(t.name);
  info->set_dtype(static_cast<pb::DataType>(t.dtype));
  ShapeToProto(t.shape, info->mutable_tensor_shape());
}

pb::MetaGraphDef ToProto(const MetaGraph& meta) {
  pb::MetaGraphDef def;
  for (const std::string& tag : meta.tags) def.mutable_meta_info_def()->add_tags(tag);
  GraphToProto(meta.graph, def.mutable_graph_def());
  WriteCollections(meta, &def);
  for (const auto& [name, signature] : meta.signatures) {
    pb::SignatureDef& out = (*def.mutable_signature_def())[name];
    out.set_method_name(signature.method_name);
    for (const auto& [key, t] : signature.inputs) WriteTensorInfo(t, &(*out.mutable_inputs())[key]);
    for (const auto& [key, t] : signature.outputs)
      WriteTensorInfo(t, &(*out.mutable_outputs())[key]);
  }
  for (const auto& [name, bytes] : meta.other_signatures) {
    Check((*def.mutable_signature_def())[name].ParseFromString(bytes),
          "other_signatures holds SignatureDefs");
  }
  return def;
}

}  // namespace

std::string SerializeMetaGraph(const MetaGraph& meta) { return ProtoBytes(ToProto(meta)); }

std::string MetaGraphText(const MetaGraph& meta) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(ToProto(meta), &text);
  return text;
}

void SaveMetaGraph(const MetaGraph& meta, const std::string& path) {
  WriteFile(path, SerializeMetaGraph(meta));
}

}  // namespace graphrun
