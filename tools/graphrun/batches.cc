// graphrun batches: shows the batches as a model will see them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/train/plan_text.h"
#include "core/train/step_feeds.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"

namespace graphrun {
namespace {

struct Options {
  std::string file;
  std::string data;
  std::string phase, plan;
  int64_t count = 1;
  int64_t rows = 4;
};

const pb::Phase& FindPhase(const pb::RunPlan& plan, const std::string& name) {
  if (name.empty() || name == plan.train().name()) return plan.train();
  std::vector<std::string> names{plan.train().name()};
  for (const pb::Phase& phase : plan.evaluations()) {
    if (phase.name() == name) return phase;
    names.push_back(phase.name());
  }
  ThrowNotFound(fmt::format("--phase {}: the plan has {}", name, fmt::join(names, ", ")));
}

void PrintRow(const char* what, int64_t row, std::span<const int32_t> ids, const pb::RunPlan& plan,
              const Vocabulary& vocabulary) {
  const bool words = plan.corpus().tokenizer() == pb::WORDS;
  std::string text;
  for (const int32_t id : ids) {
    if (words && !text.empty()) text += ' ';
    const std::string& symbol = vocabulary.symbol(id);
    text += symbol == "\n" ? "\\n" : symbol == "\r" ? "\\r" : symbol;
  }
  fmt::print("  {} [{}]  {}\n    {}\n", what, row, fmt::join(ids, " "), text);
}

std::string Describe(const pb::Feed& feed) {
  if (feed.has_constant()) return fmt::format("{}", feed.constant());
  const std::string what = feed.source() == pb::Feed::INPUTS    ? "inputs"
                           : feed.source() == pb::Feed::TARGETS ? "targets"
                           : feed.source() == pb::Feed::LENGTHS
                               ? "the number of steps"
                               : fmt::format("column {}", feed.column());
  return what + (feed.one_hot() ? ", one-hot" : "");
}

void ShowBatches(const Options& options) {
  const Model model = LoadModel(options.file);
  pb::RunPlan plan = PlanOf(model, options.file, options.plan);
  const pb::Phase& phase = FindPhase(plan, options.phase);
  const PlanText text(options.data, {phase.split()}, &plan);
  const std::unique_ptr<Batcher> batcher = text.MakeBatcher(phase);
  const Graph& graph = model.meta->graph;
  fmt::print("{}\n", text.Describe());
  for (const pb::Feed& feed : phase.feeds()) {
    const Output tensor = graph.FindOutput(feed.tensor());
    fmt::print("{} {} <- {}\n", feed.tensor(), graph.type(tensor).ToString(), Describe(feed));
  }
  for (const pb::Carry& carry : phase.state()) {
    fmt::print("{} {} <- {} of the step before\n", carry.feed(),
               graph.type(graph.FindOutput(carry.feed())).ToString(), carry.fetch());
  }
  const int64_t steps = batcher->steps();
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < std::min(options.count, batcher->batches_per_round()); ++i) {
    const int64_t rows = ReadBatch(*batcher, 0, i, &ids).rows, shown = std::min(rows, options.rows);
    fmt::print("batch {} of {} ({}): inputs int32[{},{}], targets int32[{},{}]\n", i + 1,
               batcher->batches_per_round(), phase.name(), rows, steps, rows, steps);
    for (int64_t r = 0; r < shown; ++r) {
      const auto row = std::span(ids).subspan(r * (steps + 1), steps + 1);
      PrintRow("inputs ", r, row.first(steps), plan, text.vocabulary());
      PrintRow("targets", r, row.last(steps), plan, text.vocabulary());
    }
    if (shown < rows) fmt::print("  ... {} more rows\n", rows - shown);
  }
}

}  // namespace

void AddBatchesCommand(CommandLine& line) {
  auto options = std::make_shared<Options>();
  const Command command =
      line.Add("batches", "Show the first batches as the model will see them: shapes, ids, text");
  command.Option("FILE", options->file, "Model, as graphrun export writes it").Required();
  command.Option("--data", options->data, "Text, as for graphrun train");
  command.Option("--plan", options->plan, "Run plan in text form, instead of the file's own");
  command.Option("-n", options->count, "Batches to show").ShowDefault().Between(1, 1 << 30);
  command.Option("--rows", options->rows, "Rows to show of each").ShowDefault().Between(1, 1 << 30);
  command.Option("--phase", options->phase, "Phase of the plan; by default training");
  command.Footer("Example:\n  graphrun batches ptb.pb --data folder-with-ptb.train.txt -n 2");
  command.Does([options] { ShowBatches(*options); });
}

}  // namespace graphrun
