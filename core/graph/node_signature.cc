#include "core/graph/node_signature.h"

#include <algorithm>

namespace graphrun {
namespace {

std::string Name(DType t) { return std::string(DTypeName(t)); }

template <typename T>
const T* Get(const AttrMap& attrs, const std::string& name) {
  const auto it = attrs.find(name);
  return it == attrs.end() ? nullptr : std::get_if<T>(&it->second);
}

bool Variadic(const ArgDef& arg) { return !arg.number_attr.empty() || !arg.type_list_attr.empty(); }

// The size of a variadic argument, as far as the attributes say it.
std::optional<int64_t> DeclaredSize(const ArgDef& arg, const AttrMap& attrs) {
  if (!arg.number_attr.empty()) {
    if (const int64_t* n = Get<int64_t>(attrs, arg.number_attr)) return *n;
  } else if (const auto* types = Get<std::vector<DType>>(attrs, arg.type_list_attr)) {
    return static_cast<int64_t>(types->size());
  }
  return std::nullopt;
}

void CheckAttr(const OpDef& op, const AttrDef& def, const AttrValue& value) {
  if (AttrKind(value) != def.kind) {
    ThrowInvalid(op.name + ": attribute " + def.name + " is a " + def.kind + ", not a " +
                 AttrKind(value));
  }
  const auto check_type = [&](DType t) {
    if (def.allowed.empty() ||
        std::find(def.allowed.begin(), def.allowed.end(), t) != def.allowed.end())
      return;
    std::string allowed;
    for (DType a : def.allowed) allowed += (allowed.empty() ? "" : ", ") + Name(a);
    ThrowInvalid(op.name + ": " + def.name + " may not be " + Name(t) + " (only " + allowed + ")");
  };
  if (const DType* t = std::get_if<DType>(&value)) check_type(*t);
  if (const auto* list = std::get_if<std::vector<DType>>(&value)) {
    for (DType t : *list) check_type(t);
    if (def.minimum && static_cast<int64_t>(list->size()) < *def.minimum) {
      ThrowInvalid(op.name + ": " + def.name + " has at least " + std::to_string(*def.minimum) +
                   " elements");
    }
  }
  if (const int64_t* n = std::get_if<int64_t>(&value); n && def.minimum && *n < *def.minimum) {
    ThrowInvalid(op.name + ": " + def.name + " is at least " + std::to_string(*def.minimum) +
                 ", not " + std::to_string(*n));
  }
}

std::vector<DType> Types(const std::vector<ArgDef>& args, const AttrMap& attrs) {
  std::vector<DType> out;
  for (const ArgDef& arg : args) {
    if (!arg.type_list_attr.empty()) {
      const auto& list = *Get<std::vector<DType>>(attrs, arg.type_list_attr);
      out.insert(out.end(), list.begin(), list.end());
      continue;
    }
    const DType t = arg.fixed != DType::kInvalid ? arg.fixed : *Get<DType>(attrs, arg.type_attr);
    out.insert(out.end(), arg.number_attr.empty() ? 1 : *Get<int64_t>(attrs, arg.number_attr), t);
  }
  return out;
}

// Sets the sizes and types that the inputs show.
void InferFromInputs(const OpDef& op, std::span<const DType> inputs, AttrMap* attrs) {
  int64_t known = 0, open = 0;
  for (const ArgDef& arg : op.inputs) {
    const auto size = Variadic(arg) ? DeclaredSize(arg, *attrs) : std::optional<int64_t>(1);
    known += size.value_or(0);
    open += size ? 0 : 1;
  }
  const int64_t count = static_cast<int64_t>(inputs.size());
  const int64_t rest = count - known;
  if (rest < 0 || (open == 0 && rest != 0) || (open > 1 && rest % open != 0)) {
    ThrowInvalid(op.name + " takes " + std::to_string(known) + (open ? " or more" : "") +
                 " inputs, not " + std::to_string(count));
  }
  size_t at = 0;
  for (const ArgDef& arg : op.inputs) {
    int64_t size = 1;
    if (Variadic(arg)) {
      size = DeclaredSize(arg, *attrs).value_or(open ? rest / open : 0);
      if (!arg.number_attr.empty()) attrs->try_emplace(arg.number_attr, size);
    }
    const auto here = inputs.subspan(at, size);
    at += size;
    if (!arg.type_list_attr.empty()) {
      attrs->try_emplace(arg.type_list_attr, std::vector<DType>(here.begin(), here.end()));
    } else if (arg.fixed == DType::kInvalid && size > 0) {
      attrs->try_emplace(arg.type_attr, here[0]);
    }
  }
}

}  // namespace

std::vector<DType> InputTypes(const OpDef& op, const AttrMap& attrs) {
  return Types(op.inputs, attrs);
}
std::vector<DType> OutputTypes(const OpDef& op, const AttrMap& attrs) {
  return Types(op.outputs, attrs);
}

std::vector<int> ArgSizes(const std::vector<ArgDef>& args, const AttrMap& attrs) {
  std::vector<int> sizes;
  for (const ArgDef& arg : args) {
    sizes.push_back(Variadic(arg) ? static_cast<int>(DeclaredSize(arg, attrs).value_or(0)) : 1);
  }
  return sizes;
}

AttrMap CompleteAttrs(const OpDef& op, std::span<const DType> inputs, AttrMap attrs) {
  InferFromInputs(op, inputs, &attrs);
  for (const AttrDef& def : op.attrs) {
    if (attrs.contains(def.name)) continue;
    if (!def.default_value)
      ThrowInvalid(op.name + " needs attribute " + def.name + " (" + def.kind + ")");
    attrs.emplace(def.name, *def.default_value);
  }
  for (const auto& [name, value] : attrs) {
    if (name.starts_with('_')) continue;
    const AttrDef* def = op.FindAttr(name);
    if (!def) {
      std::vector<std::string> names;
      for (const AttrDef& a : op.attrs) names.push_back(a.name);
      ThrowInvalid(op.name + " has no attribute '" + name + "'" + DidYouMean(name, names));
    }
    CheckAttr(op, *def, value);
  }
  const std::vector<DType> want = InputTypes(op, attrs);
  Check(want.size() == inputs.size(), "as many input types as inputs");
  size_t at = 0;
  for (const ArgDef& arg : op.inputs) {
    const int64_t size = Variadic(arg) ? *DeclaredSize(arg, attrs) : 1;
    for (int64_t k = 0; k < size; ++k, ++at) {
      if (want[at] != inputs[at]) {
        ThrowInvalid(op.name + ": input " + std::to_string(at) + " (" + arg.name + ") is " +
                     Name(inputs[at]) + ", and " + Name(want[at]) + " is expected" +
                     (arg.type_attr.empty() ? "" : " (" + arg.type_attr + ")"));
      }
    }
  }
  return attrs;
}

std::shared_ptr<const void> ParseAttrs(const OpDef& op, const AttrMap& attrs) {
  std::shared_ptr<void> parsed = op.make_attrs();
  for (const AttrDef& def : op.attrs) {
    if (def.store) def.store(parsed.get(), attrs.find(def.name)->second);
  }
  return parsed;
}

}  // namespace graphrun
