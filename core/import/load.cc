#include "core/import/load.h"

#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/graph/op_def.h"
#include "core/graph/verify.h"
#include "core/import/graph_proto.h"
#include "core/import/proto_bytes.h"
#include "core/import/text_proto.h"
#include "proto/meta_graph.pb.h"
#include "proto/saved_model.pb.h"
#include "proto/saved_object_graph.pb.h"
#include "proto/variable.pb.h"

namespace graphrun {
namespace {

// The three kinds of file have no magic number and overlap on the wire, so a parse that succeeds
// proves little: nodes must look like nodes.
bool HasNodes(const pb::GraphDef& graph) {
  return graph.node_size() > 0 &&
         std::all_of(graph.node().begin(), graph.node().end(),
                     [](const pb::NodeDef& n) { return !n.name().empty() && !n.op().empty(); });
}
bool Convincing(const pb::MetaGraphDef& m) { return HasNodes(m.graph_def()); }
bool Convincing(const pb::GraphDef& g) { return HasNodes(g); }
bool Convincing(const pb::SavedModel& s) {
  return s.saved_model_schema_version() > 0 && s.meta_graphs_size() > 0 &&
         std::all_of(s.meta_graphs().begin(), s.meta_graphs().end(),
                     [](const pb::MetaGraphDef& m) { return Convincing(m); });
}

bool LooksLikeText(const std::string& bytes) {
  return std::none_of(bytes.begin(), bytes.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u == 0x7f || (u < 0x20 && c != '\n' && c != '\r' && c != '\t');
  });
}

// Parses `bytes` as one of the kinds; `explain` keeps the complaint of the kind that got furthest.
struct Attempt {
  const std::string& bytes;
  bool text;
  int furthest = -1;
  std::string explain;

  template <typename Message>
  bool Parse(Message* out) {
    if (!text) return out->ParseFromString(bytes) && Convincing(*out);
    const std::optional<TextError> error = ParseText(bytes, out);
    if (error && error->line > furthest) {
      furthest = error->line;
      explain = error->what;
    }
    return !error && Convincing(*out);
  }
};

const pb::MetaGraphDef& Choose(const pb::SavedModel& model) {
  for (const pb::MetaGraphDef& m : model.meta_graphs()) {
    const auto& tags = m.meta_info_def().tags();
    if (std::find(tags.begin(), tags.end(), "train") != tags.end()) return m;
  }
  return model.meta_graphs(0);
}

pb::MetaGraphDef Parse(const std::string& bytes) {
  if (bytes.empty()) throw Error(Code::kDataLoss, "the file is empty");
  const bool text = LooksLikeText(bytes);
  Attempt attempt{bytes, text};
  if (pb::SavedModel model; attempt.Parse(&model)) return Choose(model);
  if (pb::MetaGraphDef meta; attempt.Parse(&meta)) return meta;
  pb::MetaGraphDef meta;
  if (attempt.Parse(meta.mutable_graph_def())) return meta;
  throw Error(Code::kDataLoss,
              "neither a MetaGraphDef nor a GraphDef nor a SavedModel with nodes" +
                  (attempt.explain.empty() ? "" : "; as text: " + attempt.explain));
}

std::string WithoutIndex(const std::string& tensor) { return tensor.substr(0, tensor.find(':')); }

bool IsUnavailable(const Graph& graph, const std::string& name) {
  const NodeId id = graph.Find(WithoutIndex(name));
  return id != kNoNode && graph.node(id).op->structure == Structure::kUnavailable;
}

// The variable that a VariableDef describes; nothing when it does not fit the graph.
std::optional<VariableInfo> FromVariableDef(const pb::VariableDef& def, const Graph& graph) {
  VariableInfo v;
  v.name = WithoutIndex(def.variable_name());
  const NodeId id = graph.Find(v.name);
  if (id == kNoNode || !graph.node(id).op->handles) return std::nullopt;
  v.initializer = def.initializer_name();
  v.initial_value = def.initial_value_name();
  v.snapshot = def.snapshot_name();
  v.trainable = def.trainable();
  // That of a reference variable is a read after the write by now (rewriter.h).
  if (const NodeId init = graph.Find(v.initializer); init != kNoNode &&
                                                     graph.node(init).op->effect == Effect::kRead &&
                                                     graph.node(init).control_inputs.size() == 1) {
    v.initializer = graph.node(graph.node(init).control_inputs[0]).name;
  }
  // What is missing is missed by who needs it.
  for (std::string* name : {&v.initializer, &v.initial_value, &v.snapshot}) {
    if (!name->empty() && graph.Find(WithoutIndex(*name)) == kNoNode) name->clear();
  }
  return v;
}

// Adds variables that no collection lists, fills in what the graph says, and sorts by creation.
void CompleteVariables(MetaGraph* meta) {
  const Graph& graph = meta->graph;
  std::set<std::string> known;
  for (const VariableInfo& v : meta->variables) known.insert(v.name);
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (!graph.exists(id) || !graph.node(id).op->handles || known.contains(graph.node(id).name))
      continue;
    VariableInfo v;
    v.name = graph.node(id).name;
    v.trainable = false;
    meta->variables.push_back(v);
  }
  for (VariableInfo& v : meta->variables) {
    const ValueType& type = graph.type({graph.Find(v.name), 0});
    v.dtype = type.element_dtype;
    v.shape = type.element_shape;
  }
  const auto earlier = [&](const VariableInfo& a, const VariableInfo& b) {
    return graph.Find(a.name) < graph.Find(b.name);
  };
  std::sort(meta->variables.begin(), meta->variables.end(), earlier);
}

// A list of bytes is one of variables when each parses as the VariableDef of a variable of the
// graph.
bool ReadVariables(const std::string& collection, const pb::CollectionDef::BytesList& list,
                   MetaGraph* meta) {
  if (list.value_size() == 0) return false;
  std::vector<VariableInfo> variables;
  for (const std::string& bytes : list.value()) {
    pb::VariableDef def;
    if (!def.ParseFromString(bytes)) return false;
    if (IsUnavailable(meta->graph, def.variable_name())) continue;
    std::optional<VariableInfo> v = FromVariableDef(def, meta->graph);
    if (!v) return false;
    variables.push_back(std::move(*v));
  }
  std::vector<std::string>& names = meta->variable_lists[collection];
  for (VariableInfo& v : variables) {
    names.push_back(v.name);
    // Old files do not say whether a variable is trainable; the collection does.
    if (collection == keys::kTrainableVariables) v.trainable = true;
    const auto same = [&](const VariableInfo& other) { return other.name == v.name; };
    const auto it = std::find_if(meta->variables.begin(), meta->variables.end(), same);
    if (it == meta->variables.end()) {
      meta->variables.push_back(std::move(v));
    } else {
      it->trainable = it->trainable || v.trainable;
    }
  }
  return true;
}

void ReadCollections(const pb::MetaGraphDef& def, MetaGraph* meta) {
  std::set<std::string> names;  // the message's own order is arbitrary
  for (const auto& [name, collection] : def.collection_def()) names.insert(name);
  for (const std::string& name : names) {
    const pb::CollectionDef& c = def.collection_def().at(name);
    // They describe frames of version 1, which a graph of ours does not have.
    if (name == "while_context" || name == "cond_context") continue;
    if (c.has_node_list()) {
      meta->node_lists[name].assign(c.node_list().value().begin(), c.node_list().value().end());
    } else if (c.has_bytes_list()) {
      if (ReadVariables(name, c.bytes_list(), meta)) continue;
      meta->byte_lists[name].assign(c.bytes_list().value().begin(), c.bytes_list().value().end());
    } else if (c.kind_case() != pb::CollectionDef::KIND_NOT_SET) {
      meta->other_lists[name] = c.SerializeAsString();
    }
  }
}

// The objects of a SavedModel in binary form; nothing where they are missing or no such message.
std::optional<pb::SavedObjectGraph> ObjectsOf(const pb::MetaGraphDef& def) {
  constexpr int kField = 7;  // object_graph_def, which is reserved in our MetaGraphDef
  const google::protobuf::UnknownFieldSet& fields = def.GetReflection()->GetUnknownFields(def);
  for (int i = 0; i < fields.field_count(); ++i) {
    const google::protobuf::UnknownField& field = fields.field(i);
    pb::SavedObjectGraph objects;
    if (field.number() == kField &&
        field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED &&
        objects.ParseFromString(field.length_delimited()))
      return objects;
  }
  return std::nullopt;
}

SignatureTensor ReadTensorInfo(const pb::TensorInfo& info) {
  if (info.encoding_case() != pb::TensorInfo::kName)
    throw Error(Code::kUnimplemented, "a sparse or composite tensor");
  return {info.name(), static_cast<DType>(info.dtype()), ShapeFromProto(info.tensor_shape())};
}

Signature ReadSignature(const pb::SignatureDef& def) {
  Signature signature;
  signature.method_name = def.method_name();
  for (const auto& [key, info] : def.inputs()) signature.inputs[key] = ReadTensorInfo(info);
  for (const auto& [key, info] : def.outputs()) signature.outputs[key] = ReadTensorInfo(info);
  return signature;
}

void ReadSignatures(const pb::MetaGraphDef& def, MetaGraph* meta) {
  for (const auto& [name, signature] : def.signature_def()) {
    if (signature.inputs().empty() && signature.outputs().empty())
      continue;  // a mark of SavedModels
    try {
      meta->signatures[name] = ReadSignature(signature);
    } catch (const Error& e) {
      if (e.broken()) throw;
      meta->other_signatures[name] = ProtoBytes(signature);  // the graph can run without it
    }
  }
}

}  // namespace

void ParseMetaGraph(const std::string& bytes, MetaGraph* meta) {
  // We try several messages on the same bytes: one that does not parse is no news for stderr.
  const google::protobuf::LogSilencer silence;
  const pb::MetaGraphDef def = Parse(bytes);
  ImportBudget budget;
  const bool has_ops = def.meta_info_def().has_stripped_op_list();
  const std::optional<pb::SavedObjectGraph> objects = ObjectsOf(def);
  GraphFromProto(def.graph_def(), has_ops ? &def.meta_info_def().stripped_op_list() : nullptr,
                 &budget, objects ? &*objects : nullptr, meta);
  Verify(meta->graph);
  ReadCollections(def, meta);
  CompleteVariables(meta);
  ReadSignatures(def, meta);
  meta->tags.assign(def.meta_info_def().tags().begin(), def.meta_info_def().tags().end());
}

void LoadMetaGraph(const std::string& path, MetaGraph* meta) {
  std::error_code ignored;
  const bool folder = std::filesystem::is_directory(path, ignored);
  const std::string file =
      folder ? (std::filesystem::path(path) / "saved_model.pb").string() : path;
  const std::string bytes = ReadFile(file);
  WithContext([&] { return "while loading " + file; }, [&] { ParseMetaGraph(bytes, meta); });
}

}  // namespace graphrun
