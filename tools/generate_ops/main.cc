// generate_ops: writes core/build/raw_ops.h and raw_ops.cc from the registry.
//   graphrun_generate_ops header|source | clang-format
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "ops/register_all.h"

namespace graphrun {
namespace {

constexpr char kNotice[] =
    "// Written by tools/generate_ops from the registry; tests/raw_ops_test.cc compares.\n";

// Words that C++ keeps for itself, and the parameter that every builder has.
std::string CppName(const std::string& name) {
  static const std::set<std::string> taken = {"case",   "default",  "delete", "else",  "float",
                                              "int",    "new",      "scope",  "short", "signed",
                                              "switch", "template", "this",   "union", "using"};
  return taken.contains(name) ? name + "_" : name;
}

// The C++ type of an attribute's kind, as it is passed.
std::string CppType(const std::string& kind) {
  static const std::map<std::string, std::string> types = {
      {"int", "int64_t"},
      {"float", "float"},
      {"bool", "bool"},
      {"string", "const std::string&"},
      {"type", "DType"},
      {"shape", "const graphrun::Shape&"},
      {"tensor", "const Tensor&"},
      {"func", "const FuncRef&"},
      {"list(int)", "const std::vector<int64_t>&"},
      {"list(float)", "const std::vector<float>&"},
      {"list(bool)", "const std::vector<bool>&"},
      {"list(string)", "const std::vector<std::string>&"},
      {"list(type)", "const std::vector<DType>&"},
      {"list(shape)", "const std::vector<graphrun::Shape>&"},
      {"list(tensor)", "const std::vector<Tensor>&"},
      {"list(func)", "const std::vector<FuncRef>&"},
  };
  return types.at(kind);
}

std::string Literal(int64_t v) { return std::to_string(v); }
std::string Literal(bool v) { return v ? "true" : "false"; }
std::string Literal(float v) {
  const std::string digits = fmt::format("{}", v);
  return digits + (digits.find_first_of(".e") == digits.npos ? ".0f" : "f");
}
std::string Literal(const std::string& v) { return fmt::format("{:?}", v); }
std::string Literal(DType v) {
  std::string name(DTypeName(v));
  if (name.starts_with("uint")) {
    name = "UInt" + name.substr(4);
  } else if (name == "bfloat16") {
    name = "BFloat16";
  } else if (name.starts_with("float") && name != "float32") {
    name = name == "float64" ? "Double" : "Half";
  } else if (name == "float32") {
    name = "Float";
  } else {
    name[0] = static_cast<char>(std::toupper(name[0]));
  }
  return "DType::k" + name;
}
std::string Literal(const Shape& v) {
  if (!v.known_rank()) return "graphrun::Shape::Unknown()";
  return fmt::format("graphrun::Shape{{{}}}", fmt::join(v.dims(), ", "));
}
std::string Literal(const Tensor&) { return "{}"; }
std::string Literal(const FuncRef&) { return "{}"; }
template <typename T>
std::string Literal(const std::vector<T>& list) {
  std::vector<std::string> items;
  for (size_t i = 0; i < list.size(); ++i) items.push_back(Literal(static_cast<T>(list[i])));
  return fmt::format("{{{}}}", fmt::join(items, ", "));
}

bool IsList(const ArgDef& arg) { return !arg.number_attr.empty() || !arg.type_list_attr.empty(); }

// What a caller names: the attributes that do not follow from the inputs, required ones first.
std::vector<const AttrDef*> GivenAttrs(const OpDef& op) {
  std::set<std::string> follow;
  for (const ArgDef& input : op.inputs)
    follow.insert({input.type_attr, input.number_attr, input.type_list_attr});
  std::vector<const AttrDef*> given;
  for (const AttrDef& attr : op.attrs) {
    if (!follow.contains(attr.name)) given.push_back(&attr);
  }
  std::stable_partition(given.begin(), given.end(),
                        [](const AttrDef* attr) { return !attr->default_value; });
  return given;
}

bool ManyOutputs(const OpDef& op) {
  return op.outputs.size() > 1 || (op.outputs.size() == 1 && IsList(op.outputs[0]));
}

std::string Signature(const OpDef& op, bool defaults) {
  std::vector<std::string> parameters = {"const Scope& scope"};
  for (const ArgDef& input : op.inputs) {
    parameters.push_back((IsList(input) ? "const std::vector<Expr>& " : "Expr ") +
                         CppName(input.name));
  }
  for (const AttrDef* attr : GivenAttrs(op)) {
    std::string parameter = CppType(attr->kind) + " " + CppName(attr->name);
    if (defaults && attr->default_value) {
      parameter +=
          " = " + std::visit([](const auto& v) { return Literal(v); }, *attr->default_value);
    }
    parameters.push_back(parameter);
  }
  return fmt::format("{} {}({})", ManyOutputs(op) ? "std::vector<Expr>" : "Expr", op.name,
                     fmt::join(parameters, ", "));
}

std::string Inputs(const OpDef& op) {
  std::vector<std::string> names;
  bool lists = false;
  for (const ArgDef& input : op.inputs) {
    names.push_back(CppName(input.name));
    lists = lists || IsList(input);
  }
  if (lists && names.size() == 1) return names[0];
  return fmt::format("{}{{{}}}", lists ? "Joined" : "", fmt::join(names, ", "));
}

std::string Definition(const OpDef& op) {
  std::vector<std::string> attrs;
  for (const AttrDef* attr : GivenAttrs(op))
    attrs.push_back(fmt::format("{{\"{}\", {}}}", attr->name, CppName(attr->name)));
  return fmt::format("{} {{ return scope.{}(\"{}\", {}{}); }}\n", Signature(op, false),
                     ManyOutputs(op) ? "AddMulti" : "Add", op.name, Inputs(op),
                     attrs.empty() ? "" : fmt::format(", {{{}}}", fmt::join(attrs, ", ")));
}

// Ops that people may put into graphs; functions' parameters are made by Function::AddArg.
std::vector<const OpDef*> Ops(const OpRegistry& registry) {
  std::vector<const OpDef*> ops;
  for (const auto& [name, op] : registry.ops()) {
    if (!name.starts_with('_')) ops.push_back(&op);
  }
  return ops;
}

void PrintHeader(const OpRegistry& registry) {
  fmt::print(
      "// A builder for each op, named as TensorFlow names op, inputs and attributes: types "
      "and numbers\n// that follow from the inputs are left out, and attributes with "
      "defaults come last. `graphrun ops\n// NAME` says what an op does.\n{}",
      kNotice);
  fmt::print(
      "#ifndef GRAPHRUN_CORE_BUILD_RAW_OPS_H_\n#define GRAPHRUN_CORE_BUILD_RAW_OPS_H_\n\n"
      "#include <string>\n#include <vector>\n\n#include \"core/build/scope.h\"\n\n"
      "namespace graphrun::raw_ops {{\n\n");
  for (const OpDef* op : Ops(registry)) fmt::print("{};\n", Signature(*op, true));
  fmt::print("\n}}  // namespace graphrun::raw_ops\n\n#endif  // GRAPHRUN_CORE_BUILD_RAW_OPS_H_\n");
}

void PrintSource(const OpRegistry& registry) {
  fmt::print(
      "{}#include \"core/build/raw_ops.h\"\n\n"
      "namespace graphrun::raw_ops {{\nnamespace {{\n\n",
      kNotice);
  fmt::print(
      "// Inputs one after the other, single ones and lists.\n"
      "struct Joined {{\n"
      "  struct Item {{\n"
      "    Item(const Expr& e) : one(&e), count(1) {{}}  // NOLINT: implicit by design\n"
      "    Item(const std::vector<Expr>& list) : one(list.data()), count(list.size()) {{}}  // "
      "NOLINT\n"
      "    const Expr* one;\n"
      "    size_t count;\n"
      "  }};\n"
      "  Joined(std::initializer_list<Item> items) {{\n"
      "    for (const Item& item : items) inputs.insert(inputs.end(), item.one, item.one + "
      "item.count);\n"
      "  }}\n"
      "  operator const std::vector<Expr>&() const {{ return inputs; }}  // NOLINT\n"
      "  std::vector<Expr> inputs;\n"
      "}};\n\n"
      "}}  // namespace\n\n");
  for (const OpDef* op : Ops(registry)) fmt::print("{}\n", Definition(*op));
  fmt::print("}}  // namespace graphrun::raw_ops\n");
}

}  // namespace
}  // namespace graphrun

int main(int argc, char** argv) {
  const std::string what = argc == 2 ? argv[1] : "";
  const graphrun::OpRegistry registry = graphrun::AllOps();
  if (what == "header") {
    graphrun::PrintHeader(registry);
  } else if (what == "source") {
    graphrun::PrintSource(registry);
  } else {
    std::fputs("usage: graphrun_generate_ops header|source\n", stderr);
    return 1;
  }
  return 0;
}
