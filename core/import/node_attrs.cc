#include "core/import/node_attrs.h"

#include "core/base/error.h"
#include "core/graph/gradient_rule.h"
#include "core/import/attr_proto.h"
#include "proto/node_def.pb.h"
#include "proto/op_def.pb.h"

namespace graphrun {
namespace {

// More inputs or outputs than any graph has; a number in a file may not make us list them.
constexpr int64_t kMaxRepeat = 1 << 16;

void CheckRepeats(const OpDef& op, const AttrMap& attrs) {
  for (const auto* args : {&op.inputs, &op.outputs}) {
    for (const ArgDef& arg : *args) {
      const auto it = attrs.find(arg.number_attr);
      if (arg.number_attr.empty() || it == attrs.end()) continue;
      if (const int64_t* n = std::get_if<int64_t>(&it->second); n && *n > kMaxRepeat) {
        ThrowInvalid("attribute " + arg.number_attr + " asks for " + std::to_string(*n) +
                     " tensors; the limit is " + std::to_string(kMaxRepeat));
      }
    }
  }
}

bool IsDefault(const pb::OpDef* op, const std::string& attr, const AttrValue& value,
               ImportBudget* budget) {
  if (!op) return false;
  for (const auto& a : op->attr()) {
    if (a.name() != attr || !a.has_default_value()) continue;
    return AttrEqual(value, AttrFromProto(a.default_value(), a.type(), budget));
  }
  return false;
}

}  // namespace

AttrMap ReadAttrs(const ForeignGraph& graph, const pb::NodeDef& def, const OpDef& op,
                  ImportBudget* budget) {
  AttrMap attrs;
  for (const auto& [name, value] : def.attr()) {
    if (name == "_class") continue;
    const AttrDef* declared = op.FindAttr(name);
    WithContext([&, key = &name] { return "in attribute '" + *key + "'"; },
                [&, key = &name, proto = &value] {
                  AttrValue read = AttrFromProto(*proto, declared ? declared->kind : "", budget);
                  const bool drop = !declared && !key->starts_with('_') &&
                                    IsDefault(graph.ProducerOp(def.op()), *key, read, budget);
                  if (!drop) attrs.emplace(*key, std::move(read));
                });
  }
  CheckRepeats(op, attrs);
  return attrs;
}

std::vector<std::string> FunctionNames(const pb::NodeDef& def) {
  std::vector<std::string> names;
  for (const auto& [attr, value] : def.attr()) {
    if (attr.starts_with('_')) continue;
    if (value.has_func()) names.push_back(value.func().name());
    for (const auto& func : value.list().func()) names.push_back(func.name());
  }
  return names;
}

std::optional<std::string> GradientOpType(const pb::NodeDef& def) {
  const auto it = def.attr().find(kGradientOpType);
  if (it == def.attr().end() || it->second.s().empty()) return std::nullopt;
  return it->second.s();
}

}  // namespace graphrun
