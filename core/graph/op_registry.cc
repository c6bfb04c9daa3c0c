#include "core/graph/op_registry.h"

#include <algorithm>

#include "core/graph/gradient_rule.h"

namespace graphrun {

const AttrDef* OpDef::FindAttr(std::string_view attr) const {
  const auto it =
      std::find_if(attrs.begin(), attrs.end(), [&](const AttrDef& a) { return a.name == attr; });
  return it == attrs.end() ? nullptr : &*it;
}

void OpRegistry::Add(OpDef def) {
  const auto require = [&](bool ok, const std::string& what) {
    if (!ok) ThrowInternal("op " + def.name + ": " + what);
  };
  require(!ops_.contains(def.name), "registered twice");
  require(!def.doc.empty(), "no doc");
  require(static_cast<bool>(def.shape), "no shape function");
  require(static_cast<bool>(def.grad) != !def.no_gradient.empty(),
          "neither a gradient nor a reason for none, or both");
  def.not_differentiable = NotDifferentiableInTensorFlow(def.name);
  require(!def.grad || !def.not_differentiable,
          "a gradient where TensorFlow declares that none is");
  require(static_cast<bool>(def.prepare) != (def.structure != Structure::kNone),
          "no kernel, or one that is not used");
  for (auto* args : {&def.inputs, &def.outputs}) {
    for (ArgDef& arg : *args) {
      if (!arg.number_attr.empty())
        require(def.FindAttr(arg.number_attr), "undeclared number " + arg.number_attr);
      if (arg.fixed != DType::kInvalid) continue;
      const AttrDef* attr = def.FindAttr(arg.type_attr);
      require(attr, "undeclared type " + arg.type_attr);
      if (attr->kind == "list(type)") std::swap(arg.type_attr, arg.type_list_attr);
    }
  }
  std::string name = def.name;
  ops_.emplace(std::move(name), std::move(def));
}

const OpDef* OpRegistry::Find(std::string_view name) const {
  const auto it = ops_.find(name);
  return it == ops_.end() ? nullptr : &it->second;
}

const OpDef& OpRegistry::Get(std::string_view name) const {
  if (const OpDef* def = Find(name)) return *def;
  std::vector<std::string> names;
  for (const auto& [key, def] : ops_) names.push_back(key);
  ThrowNotFound("no op '" + std::string(name) + "'" + DidYouMean(name, names));
}

}  // namespace graphrun
