#include "tools/graphrun/commands.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "core/base/file.h"
#include "core/import/load.h"
#include "core/train/plan_file.h"
#include "core/train/run_plan.h"
#include "ops/register_all.h"

namespace graphrun {

Model LoadModel(const std::string& path) {
  if (!std::filesystem::exists(path)) {
    throw Error(Code::kNotFound, fmt::format("there is no file '{}'", path));
  }
  Model model;
  model.registry = std::make_unique<OpRegistry>(AllOps());
  model.meta = std::make_unique<MetaGraph>(model.registry.get());
  try {
    LoadMetaGraph(path, model.meta.get());
  } catch (const Error& e) {
    throw BadFile(e);
  }
  return model;
}

pb::RunPlan PlanOf(const Model& model, const std::string& path, const std::string& plan_file) {
  const std::string text = plan_file.empty() ? "" : ReadFile(plan_file);
  std::optional<pb::RunPlan> plan;
  try {
    if (plan_file.empty()) {
      plan = FindRunPlan(*model.meta);
    } else {
      plan = PlanFromText(text);
      ResolveCollections(*model.meta, &*plan);
    }
    if (plan) CheckRunPlan(*plan, model.meta->graph);
  } catch (Error& e) {
    throw BadFile(e.While(plan_file.empty()
                              ? fmt::format("while reading the run plan of '{}'", path)
                              : fmt::format("while reading '{}' for '{}'", plan_file, path)));
  }
  if (!plan) {
    throw Error(Code::kFailedPrecondition,
                fmt::format("'{}' has no run plan, which says how to feed it: name one by --plan "
                            "(graphrun plan prints examples); only `graphrun run`, `grad`, `info` "
                            "and `dot` do without",
                            path));
  }
  return *plan;
}

std::pair<std::string, std::string> SplitAssignment(const std::string& text,
                                                    const std::string& option) {
  const size_t at = text.find('=');
  if (at == 0 || at == std::string::npos) {
    ThrowInvalid(fmt::format("{} takes NAME=VALUE, not '{}'", option, text));
  }
  return {text.substr(0, at), text.substr(at + 1)};
}

double ParseNumber(const std::string& text, const std::string& what) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    ThrowInvalid(fmt::format("{} is '{}', which is no number", what, text));
  }
  return value;
}

}  // namespace graphrun
