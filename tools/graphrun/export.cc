// graphrun export: writes a model of models/ to a file.
#include <fmt/format.h>

#include <algorithm>

#include "core/build/scope.h"
#include "core/import/save.h"
#include "core/text/text_data.h"
#include "core/train/run_plan.h"
#include "models/model_registry.h"
#include "ops/register_all.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"

namespace graphrun {
namespace {

// The option that sizes a model for a vocabulary, where a model has it.
constexpr char kVocabularyOption[] = "vocab";

struct Options {
  std::string name, data, output;
  std::vector<std::string> settings;
  std::optional<int64_t> seed;
};

std::unique_ptr<MetaGraph> Build(const models::ModelSpec& model, const models::Options& settings,
                                 std::optional<int64_t> seed, const OpRegistry& ops) {
  auto meta = std::make_unique<MetaGraph>(&ops);
  if (seed) Scope::Root(*meta).SetRandomSeed(*seed);
  model.Build(*meta, settings);
  return meta;
}

void Export(const Options& options) {
  const models::ModelSpec& model = models::GetModel(options.name);
  models::Options settings(model, options.settings);
  const OpRegistry ops = AllOps();
  std::unique_ptr<MetaGraph> meta = Build(model, settings, options.seed, ops);
  if (!options.data.empty()) {
    // What the text is read as is in the plan, so the graph that the text sizes is a second one.
    pb::RunPlan plan = FindRunPlan(*meta).value();
    const TextSource texts = LoadTexts(options.data, plan.corpus());
    const bool sized =
        std::any_of(model.options.begin(), model.options.end(),
                    [](const auto& option) { return option.name == kVocabularyOption; });
    if (sized && !settings.IsSet(kVocabularyOption)) {
      plan.mutable_vocabulary()->set_rows(0);
      const Vocabulary vocabulary = VocabularyFor(plan.vocabulary(), plan.corpus(), texts);
      settings.Set(kVocabularyOption, std::to_string(vocabulary.size()));
      meta = Build(model, settings, options.seed, ops);
      plan = FindRunPlan(*meta).value();
    }
    const Vocabulary vocabulary = VocabularyFor(plan.vocabulary(), plan.corpus(), texts);
    vocabulary.ToPlan(plan.mutable_vocabulary());
    SetRunPlan(plan, meta.get());
    fmt::print("vocabulary of {} symbols from {}\n", vocabulary.size(), texts.description);
  }
  SaveMetaGraph(*meta, options.output);
  fmt::print("{}: {} with {} nodes and {} variables\n", options.output, model.name,
             meta->graph.num_nodes(), meta->variables.size());
}

}  // namespace

void AddExportCommand(CommandLine& line) {
  auto options = std::make_shared<Options>();
  const Command command =
      line.Add("export", "Write a model to a file that graphrun and TensorFlow read");
  command.Option("NAME", options->name, "Model, as graphrun list shows it").Required();
  command.Option("--set", options->settings,
                 "NAME=VALUE, repeatable: an option of the model, as graphrun list shows it");
  command.Option(
      "--data", options->data,
      "Text (as for graphrun train) whose vocabulary is kept in the file and sizes the graph; "
      "without "
      "it, the graph has its authors' size and the first run builds the vocabulary");
  command.Option("--seed", options->seed,
                 "Seed of the graph, from which its random operations get theirs");
  command.Option("-o,--output", options->output, "File to write").Required();
  command.Footer("Example:\n  graphrun export ptb --set hidden=650 -o ptb.pb");
  command.Does([options] { Export(*options); });
}

}  // namespace graphrun
