// graphrun list: the models that can be exported.
#include <fmt/format.h>

#include "models/model_registry.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"

namespace graphrun {
namespace {

void List(const std::string& name) {
  if (!name.empty()) models::GetModel(name);
  for (const models::ModelSpec& model : models::AllModels()) {
    if (!name.empty() && model.name != name) continue;
    fmt::print("{}: {}\n", model.name, model.doc);
    for (const models::OptionDef& option : model.options) {
      fmt::print("  {:<24} {}\n",
                 fmt::format("{}={}", option.name, models::ToString(option.default_value)),
                 option.doc);
    }
  }
}

}  // namespace

void AddListCommand(CommandLine& line) {
  auto name = std::make_shared<std::string>();
  const Command command =
      line.Add("list", "List the models that can be exported, and their options");
  command.Option("NAME", *name, "Model; by default all");
  command.Footer("Example:\n  graphrun list ptb");
  command.Does([name] { List(*name); });
}

}  // namespace graphrun
