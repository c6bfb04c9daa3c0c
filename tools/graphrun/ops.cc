// graphrun ops: the ops that there are, from their declarations.
#include <fmt/format.h>

#include "ops/register_all.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"

namespace graphrun {
namespace {

// `text` in lines of at most `width` characters, each after `indent`.
std::string Wrap(const std::string& text, const std::string& indent, size_t width = 92) {
  std::string out, line;
  size_t at = 0;
  while (at < text.size()) {
    size_t end = text.find(' ', at);
    if (end == text.npos) end = text.size();
    const std::string word = text.substr(at, end - at);
    if (!line.empty() && line.size() + 1 + word.size() > width) {
      out += indent + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
    at = end + 1;
  }
  return out + indent + line + "\n";
}

std::string TypeOf(const ArgDef& arg) {
  std::string type = arg.fixed != DType::kInvalid ? std::string(DTypeName(arg.fixed))
                     : arg.type_list_attr.empty() ? arg.type_attr
                                                  : "one for each of " + arg.type_list_attr;
  return arg.number_attr.empty() ? type : arg.number_attr + " * " + type;
}

void PrintArgs(const char* title, const std::vector<ArgDef>& args) {
  if (args.empty()) return;
  fmt::print("\n{}\n", title);
  for (const ArgDef& arg : args) fmt::print("  {:<24} {}\n", arg.name, TypeOf(arg));
}

std::string Describe(const AttrDef& attr) {
  std::string text = attr.kind;
  if (!attr.allowed.empty()) {
    text += " (";
    for (size_t i = 0; i < attr.allowed.size(); ++i)
      text += (i ? ", " : "") + std::string(DTypeName(attr.allowed[i]));
    text += ")";
  }
  if (attr.minimum) text += fmt::format(" >= {}", *attr.minimum);
  if (attr.default_value) text += " = " + AttrToString(*attr.default_value);
  return text;
}

std::string GradientOf(const OpDef& op) {
  if (op.grad) return "yes";
  return "none: " + op.no_gradient +
         (op.not_differentiable ? " (TensorFlow declares it not differentiable)" : "");
}

const char* EffectOf(const OpDef& op) {
  switch (op.effect) {
    case Effect::kNone:
      return nullptr;
    case Effect::kRead:
      return "reads a variable";
    case Effect::kWrite:
      return "writes a variable";
    case Effect::kRandom:
      return "draws random numbers";
    case Effect::kOther:
      return "other than its outputs: never merged, folded or left out";
  }
  return nullptr;
}

void PrintOp(const OpDef& op) {
  fmt::print("{}\n{}", op.name, Wrap(op.doc, "  "));
  PrintArgs("Inputs", op.inputs);
  PrintArgs("Outputs", op.outputs);
  if (!op.attrs.empty()) fmt::print("\nAttributes\n");
  for (const AttrDef& attr : op.attrs) fmt::print("  {:<24} {}\n", attr.name, Describe(attr));
  fmt::print("\nGradient\n{}", Wrap(GradientOf(op), "  "));
  if (const char* effect = EffectOf(op)) fmt::print("\nEffect\n  {}\n", effect);
}

std::string FirstSentence(const std::string& doc) {
  const size_t end = doc.find(". ");
  std::string text = end == doc.npos ? doc : doc.substr(0, end + 1);
  constexpr size_t kWidth = 70;
  if (text.size() <= kWidth) return text;
  return text.substr(0, text.rfind(' ', kWidth - 3)) + "...";
}

}  // namespace

void AddOpsCommand(CommandLine& line) {
  auto name = std::make_shared<std::string>();
  const Command command =
      line.Add("ops", "List all ops, or describe one: inputs, attributes, gradient");
  command.Footer(
      "Names, attributes and defaults are TensorFlow's.\n\n"
      "Example:\n"
      "  graphrun ops\n"
      "  graphrun ops MatMul");
  command.Option("name", *name, "The op to describe").TypeName("NAME");
  command.Does([name] {
    const OpRegistry registry = AllOps();
    if (!name->empty()) return PrintOp(registry.Get(*name));
    for (const auto& [key, op] : registry.ops())
      fmt::print("{:<32} {}\n", key, FirstSentence(op.doc));
    fmt::print("{} ops; graphrun ops NAME describes one\n", registry.ops().size());
  });
}

}  // namespace graphrun
