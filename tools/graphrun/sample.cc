// graphrun sample: writes text with trained weights.
#include <fmt/format.h>

#include <chrono>
#include <random>

#include "core/train/text_sampler.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"
#include "tools/graphrun/weights.h"

namespace graphrun {
namespace {

struct Options {
  std::string file, restore, plan;
  SampleRequest request;
  std::optional<int> sampling;
  std::optional<uint64_t> seed;
  std::optional<int> threads;
  int count = 1;
  bool interpret = false, time = false;
};

void Sample(Options options) {
  const Model model = LoadModel(options.file);
  pb::RunPlan plan = PlanOf(model, options.file, options.plan);
  if (!plan.has_sampler()) {
    throw Error(Code::kFailedPrecondition, "the plan of this model does not say how to sample");
  }
  TakeVocabulary(options.restore, &plan);
  using Step = pb::StepSampler;
  constexpr Step::Choice kChoices[] = {Step::HIGHEST, Step::DRAW, Step::DRAW_AFTER_SPACES};
  if (options.sampling) options.request.choice = kChoices[*options.sampling];
  options.request.seed = options.seed.value_or(std::random_device()());
  Session session(model.meta->graph, {.interpret = options.interpret,
                                      .seed = static_cast<int64_t>(options.request.seed >> 1),
                                      .threads = options.threads.value_or(0)});
  StartVariables(model, plan, options.restore, session);
  if (plan.vocabulary().symbols_size() == 0) {
    throw Error(Code::kFailedPrecondition,
                "the model has no vocabulary: export it with --data, or name a checkpoint of "
                "graphrun train by --restore, which has it beside it");
  }
  const Vocabulary vocabulary = Vocabulary::FromPlan(plan.vocabulary());
  SessionRuns runs(session);
  const auto sampler = MakeSampler(plan, runs, vocabulary, options.request);
  NoteInitialWeights(options.restore);
  for (int i = 0; i < options.count; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const std::vector<std::string> texts = sampler->Write();
    const std::chrono::duration<double, std::micro> taken =
        std::chrono::steady_clock::now() - start;
    for (const std::string& text : texts) fmt::print("{}\n", text);
    if (options.time && sampler->symbols() > 0) {
      fmt::print(stderr, "{} symbols, {:.1f} microseconds each\n", sampler->symbols(),
                 taken.count() / static_cast<double>(sampler->symbols()));
    }
  }
}

}  // namespace

void AddSampleCommand(CommandLine& line) {
  auto options = std::make_shared<Options>();
  const Command command = line.Add("sample", "Write text with trained weights");
  AddTrainedModel(command, &options->file, &options->restore);
  command
      .Option("--prime", options->request.prime,
              "Text that the model reads first and goes on from; it is printed too")
      .TypeName("TEXT");
  command
      .Option("-n", options->request.length,
              "Characters, or words, to write after the prime, instead of the plan's number")
      .Between(0, 1 << 30)
      .TypeName("N");
  command
      .Option("--temperature", options->request.temperature,
              "Below 1 what is likely becomes likelier, above 1 all becomes more even")
      .TypeName("T");
  command
      .Option("--sampling", options->sampling,
              "0: always the likeliest symbol; 1: every symbol is drawn; 2: drawn after white\n"
              "space only. By default as the plan says")
      .Between(0, 2)
      .TypeName("0|1|2");
  command.Option("--seed", options->seed, "Seed of the draws: texts become repeatable")
      .TypeName("N");
  command.Option("--count", options->count, "Texts to write, one after the other")
      .Between(1, 1 << 20)
      .TypeName("N");
  command.Switch("--in-graph", options->request.in_graph,
                 "Let a loop in the graph write the whole text in one run");
  command.Switch("--time", options->time, "Print what a symbol takes, to standard error");
  command.Option("--plan", options->plan, "Run plan in text form, instead of the file's own")
      .TypeName("FILE");
  command.Option("--threads", options->threads, "Threads of the kernels")
      .Between(1, 1024)
      .TypeName("N");
  command.Switch("--interpret", options->interpret,
                 "Run the graph as it is written, without compiling it: slow");
  command.Footer(
      "A model whose only sampler is in its graph, as text8_tfp, refuses what that cannot take.\n\n"
      "Example:\n"
      "  graphrun shakespeare_lstm.pb --save-dir saved\n"
      "  graphrun sample shakespeare_lstm.pb --restore saved --prime 'ROMEO:' -n 300");
  command.Does([options] { Sample(*options); });
}

}  // namespace graphrun
