// graphrun plan: the run plan of a model, as text.
#include <fmt/format.h>

#include <filesystem>

#include "core/train/plan_file.h"
#include "core/train/run_plan.h"
#include "models/model_registry.h"
#include "ops/register_all.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"

namespace graphrun {
namespace {

pb::RunPlan BuiltinPlan(const std::string& name, const std::vector<std::string>& settings) {
  const models::ModelSpec& model = models::GetModel(name);
  const OpRegistry ops = AllOps();
  MetaGraph meta(&ops);
  model.Build(meta, models::Options(model, settings));
  return FindRunPlan(meta).value();
}

void Print(const std::string& name, const std::vector<std::string>& settings) {
  const bool file = models::FindModel(name) == nullptr && std::filesystem::exists(name);
  if (file && !settings.empty()) {
    ThrowInvalid("--set changes the models of graphrun list, not a file");
  }
  fmt::print("{}", PlanToText(file ? PlanOf(LoadModel(name), name) : BuiltinPlan(name, settings)));
}

}  // namespace

void AddPlanCommand(CommandLine& line) {
  auto name = std::make_shared<std::string>();
  auto settings = std::make_shared<std::vector<std::string>>();
  const Command command = line.Add(
      "plan", "Print a run plan as text: what is fed, fetched, carried, printed and sampled");
  command.Option("NAME", *name, "Model, as graphrun list shows it, or a model file").Required();
  command.Option("--set", *settings, "NAME=VALUE, repeatable: an option of the model");
  command.Footer(
      "graphrun train FILE --plan trains a file of any origin by such a text. In it, names of\n"
      "tensors are TensorFlow's (x:0), and '@COLLECTION' stands for the only member of a\n"
      "collection of the file: '@train_op', '@losses'; graphrun info shows them.\n\n"
      "Example:\n"
      "  graphrun plan ptb > plan.textproto\n"
      "  graphrun train foreign.pb --plan plan.textproto");
  command.Does([name, settings] { Print(*name, *settings); });
}

}  // namespace graphrun
