#include "core/import/unavailable_nodes.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/graph/gradient_rule.h"
#include "core/graph/op_def.h"
#include "core/graph/op_registry.h"
#include "core/import/foreign_ops.h"
#include "core/import/node_attrs.h"
#include "proto/node_def.pb.h"
#include "proto/op_def.pb.h"

namespace graphrun {
namespace {

// References have the number of their type plus 100.
DType WithoutReference(int type) { return static_cast<DType>(type > 100 ? type - 100 : type); }

constexpr int64_t kMostOutputs = 1 << 10;

// Appends the types of an argument that is declared so.
void AppendTypes(const pb::NodeDef& def, int fixed, std::string_view type_attr,
                 std::string_view number_attr, std::string_view list_attr,
                 std::vector<DType>* types) {
  const auto attr = [&](std::string_view name) -> const pb::AttrValue* {
    const auto it = def.attr().find(std::string(name));
    return it == def.attr().end() ? nullptr : &it->second;
  };
  if (!list_attr.empty()) {
    if (const auto* list = attr(list_attr)) {
      for (int type : list->list().type()) types->push_back(WithoutReference(type));
    }
    return;
  }
  const auto* type = type_attr.empty() ? nullptr : attr(type_attr);
  const DType dtype =
      type ? WithoutReference(type->type()) : (fixed ? WithoutReference(fixed) : DType::kFloat);
  const auto* number = number_attr.empty() ? nullptr : attr(number_attr);
  const int64_t n = number ? std::clamp<int64_t>(number->i(), 0, kMostOutputs) : 1;
  types->insert(types->end(), static_cast<size_t>(n), dtype);
}

}  // namespace

// By the declaration of the op in the file; without one by what the consumers say.
std::vector<DType> UnavailableNodes::TypesOf(int i) const {
  const pb::NodeDef& def = *foreign_.node(i).def;
  std::vector<DType> types;
  if (registry_.Find(def.op()) || foreign_.ProducerOp(def.op())) {
    for (const DeclaredOutput& o : foreign_.DeclaredOutputs(i))
      AppendTypes(def, o.type, o.type_attr, o.number_attr, o.type_list_attr, &types);
    return types;
  }
  if (def.op() == "RestoreV2") {
    AppendTypes(def, 0, "", "", "dtypes", &types);
    return types;
  }
  types.resize(ForeignOutputNames(def.op()).size(), DType::kFloat);
  for (const auto& [port, result] : results_) {
    if (port.node != i) continue;
    if (port.index >= static_cast<int>(types.size())) types.resize(port.index + 1, DType::kFloat);
    types[port.index] = result.dtype;
  }
  for (const ForeignConsumer& c : foreign_.consumers(i)) {
    const size_t index = foreign_.node(c.node).inputs[c.input].index;
    if (index >= types.size()) types.resize(index + 1, DType::kFloat);
    const pb::NodeDef& user = *foreign_.node(c.node).def;
    std::vector<DType> inputs;
    if (const OpDef* op = registry_.Find(user.op())) {
      for (const ArgDef& arg : op->inputs) {
        AppendTypes(user, static_cast<int>(arg.fixed), arg.type_attr, arg.number_attr,
                    arg.type_list_attr, &inputs);
      }
    } else {
      inputs.assign(c.input + 1, DType::kFloat);
      if (const auto it = user.attr().find("T"); it != user.attr().end())
        inputs.assign(c.input + 1, WithoutReference(it->second.type()));
    }
    if (c.input < static_cast<int>(inputs.size())) types[index] = inputs[c.input];
  }
  // Nobody uses it, but it may be fetched: the run says then what is wrong.
  if (types.empty()) AppendTypes(def, 0, "T", "", "", &types);
  return types;
}

// "values:0" for each output: by the declaration of the op in the file, else by what consumers in
// the same function say; empty where nobody does.
std::vector<std::string> UnavailableNodes::NamesOf(int i, size_t outputs) const {
  const ForeignNode& node = foreign_.node(i);
  std::vector<std::string> names;
  if (registry_.Find(node.def->op()) || foreign_.ProducerOp(node.def->op())) {
    for (const DeclaredOutput& o : foreign_.DeclaredOutputs(i)) {
      std::vector<DType> types;
      AppendTypes(*node.def, o.type, o.type_attr, o.number_attr, o.type_list_attr, &types);
      for (size_t k = 0; k < types.size(); ++k)
        names.push_back(std::string(o.name) + ":" + std::to_string(k));
    }
    return names;
  }
  names.resize(outputs);
  const auto take = [&](Port port, std::string_view text) {
    text.remove_prefix(std::min(text.size(), node.name.size() + 1));
    if (foreign_.in_function() && port.index < static_cast<int>(names.size()))
      names[port.index] = text;
  };
  for (const auto& [port, result] : results_) {
    if (port.node == i) take(port, result.text);
  }
  for (const ForeignConsumer& c : foreign_.consumers(i)) {
    const ForeignNode& user = foreign_.node(c.node);
    take(user.inputs[c.input], user.def->input(c.input));
  }
  return names;
}

std::optional<DType> UnavailableNodes::UnknownType(const pb::NodeDef& def) const {
  const OpDef* op = registry_.Find(def.op());
  if (!op) return std::nullopt;
  for (const AttrDef& attr : op->attrs) {
    const auto it = def.attr().find(attr.name);
    if (attr.kind != "type" || attr.allowed.empty() || it == def.attr().end() ||
        it->second.value_case() != pb::AttrValue::kType)
      continue;
    const DType dtype = WithoutReference(it->second.type());
    if (std::find(attr.allowed.begin(), attr.allowed.end(), dtype) == attr.allowed.end())
      return dtype;
  }
  return std::nullopt;
}

std::string UnavailableNodes::OpWithType(const std::string& op, const pb::NodeDef& def) const {
  const auto dtype = UnknownType(def);
  return op + (dtype ? " of " + std::string(DTypeName(*dtype)) : "");
}

bool UnavailableNodes::CanKeep(int i) const {
  const ForeignNode& node = foreign_.node(i);
  if (node.detached) return false;
  const ForeignKind kind = KindOf(node.def->op(), registry_);
  return kind == ForeignKind::kPlain || kind == ForeignKind::kCase || kind == ForeignKind::kUnknown;
}

void UnavailableNodes::Emit(RewriteBlock& b, int i, const Problem& problem) {
  const ForeignNode& node = foreign_.node(i);
  const pb::NodeDef* def = nullptr;
  std::vector<Output> inputs;
  if (CanKeep(i)) {
    try {
      inputs = blocks_.Inputs(b, i);
      def = node.def;
    } catch (const Error& e) {  // inputs that do not exist here
      if (e.broken()) throw;
    }
  }
  if (!def) inputs = blocks_.KnownInputs(b, {i});
  const std::vector<DType> types = TypesOf(i);
  const std::string op =
      problem.reason.empty() ? OpWithType(node.def->op(), *node.def) : node.def->op();
  const std::vector<NodeId> controls = blocks_.Controls(b, i);
  const NodeId id =
      blocks_.AddUnavailable(b, std::string(node.name), op, problem, std::move(inputs), types, def);
  for (NodeId c : controls) b.graph().AddControlInput(id, c);
  if (def) b.graph().SetAttr(id, "output_names", NamesOf(i, types.size()));
  if (const std::optional<std::string> given = GradientOpType(*node.def))
    b.graph().SetAttr(id, kGradientOpType, *given);
  if (!node.def->device().empty()) b.graph().SetDevice(id, node.def->device());
  b.operations[i] = id;
  for (int k = 0; k < b.graph().num_outputs(id); ++k) b.values[{i, k}] = {id, k};
}

void UnavailableNodes::EmitLoop(RewriteBlock& b, int f, const Problem& problem) {
  const LoopFrame& frame = loops_.frame(f);
  std::vector<DType> types;
  for (int s : frame.switches) AppendTypes(*foreign_.node(s).def, 0, "T", "", "", &types);
  const NodeId id = blocks_.AddUnavailable(b, "unavailable", "While", problem,
                                           blocks_.KnownInputs(b, frame.enters), types, nullptr);
  for (size_t k = 0; k < frame.switches.size(); ++k)
    b.values[{frame.switches[k], 0}] = {id, static_cast<int>(k)};
  for (int w : variables_.writes()) {
    if (loops_.Inside(loops_.FrameOf(w), f)) b.operations[w] = id;
  }
}

}  // namespace graphrun
