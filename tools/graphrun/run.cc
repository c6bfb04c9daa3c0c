// graphrun run: one raw run of a session, with feeds, fetches and targets by name.
#include <fmt/format.h>

#include <filesystem>

#include "core/io/npy.h"
#include "core/run/session.h"
#include "core/train/run_plan.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"
#include "tools/graphrun/compile_flags.h"
#include "tools/graphrun/tensor_text.h"

namespace graphrun {
namespace {

struct Options {
  std::string file;
  std::vector<std::string> feeds, fetches, targets, outputs;
  bool init = false;
  bool interpret = false;
  std::optional<int> threads;
  std::optional<int64_t> seed, max_steps;
  CompileFlags compile;
};

Tensor FeedValue(const std::string& text, DType dtype) {
  if (!text.ends_with(".npy")) return ParseTensor(text, dtype);
  if (!std::filesystem::exists(text))
    throw Error(Code::kNotFound, fmt::format("there is no file '{}'", text));
  try {
    return ReadNpy(text);
  } catch (const Error& e) {
    throw BadFile(e);
  }
}

// A name of a tensor to fetch; the name of an operation without outputs is an error that says so.
void CheckFetch(const std::string& name, const Graph& graph) {
  const NodeId node = graph.Find(name);
  if (node != kNoNode && graph.num_outputs(node) == 0) {
    ThrowInvalid(
        fmt::format("--fetch {}: the operation has no outputs; run it by --target {}", name, name));
  }
}

// The operations that give the variables their values: the run plan's, else what
// tf.global_variables_initializer() is called by default, else one for each listed variable.
std::vector<TensorName> InitOperations(const Model& model, const std::string& file) {
  const MetaGraph& meta = *model.meta;
  if (meta.byte_lists.contains(kRunPlanCollection)) {
    const pb::RunPlan plan = PlanOf(model, file);
    return {plan.init().begin(), plan.init().end()};
  }
  constexpr char kInit[] = "init";
  if (meta.graph.Find(kInit) != kNoNode) return {kInit};
  std::vector<TensorName> operations;
  for (const VariableInfo& v : meta.variables) {
    if (!v.initializer.empty()) operations.emplace_back(v.initializer);
  }
  if (operations.empty() && !meta.variables.empty()) {
    ThrowInvalid(fmt::format("--init: {} does not say how its variables are initialised", file));
  }
  return operations;
}

void Run(const Options& options) {
  if (options.fetches.empty() && options.targets.empty()) {
    ThrowInvalid("there is nothing to run: name tensors by --fetch or operations by --target");
  }
  if (!options.outputs.empty() && options.outputs.size() != options.fetches.size()) {
    ThrowInvalid(
        fmt::format("there are {} --fetch and {} -o: name one file for each, in the same order",
                    options.fetches.size(), options.outputs.size()));
  }
  const Model model = LoadModel(options.file);
  const Graph& graph = model.meta->graph;
  Feeds feeds;
  for (const std::string& text : options.feeds) {
    const auto [name, value] = SplitAssignment(text, "--feed");
    WithContext([&name = name] { return fmt::format("while reading --feed {}", name); },
                [&, &name = name, &value = value] {
                  const ValueType& type = graph.type(graph.FindOutput(name));
                  // A variable is fed with a value of it.
                  const bool variable = type.dtype == DType::kResource;
                  feeds.emplace_back(name,
                                     FeedValue(value, variable ? type.element_dtype : type.dtype));
                });
  }
  for (const std::string& name : options.fetches) CheckFetch(name, graph);
  Session session(graph, {.interpret = options.interpret,
                          .seed = options.seed,
                          .max_steps = options.max_steps,
                          .compile = options.compile.Options(),
                          .threads = options.threads.value_or(0)});
  if (options.init) session.Run({}, {}, InitOperations(model, options.file));
  const std::vector<Tensor> values =
      session.Run(feeds, {options.fetches.begin(), options.fetches.end()},
                  {options.targets.begin(), options.targets.end()});
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string name = graph.OutputName(graph.FindOutput(options.fetches[i]));
    const std::string type =
        fmt::format("{}{}", DTypeName(values[i].dtype()), values[i].shape().ToString());
    if (options.outputs.empty()) {
      fmt::print("{} {}\n{}\n", name, type, FormatTensor(values[i]));
    } else {
      WriteNpy(options.outputs[i], values[i]);
      fmt::print("{} {} -> {}\n", name, type, options.outputs[i]);
    }
  }
}

}  // namespace

void AddRunCommand(CommandLine& line) {
  auto options = std::make_shared<Options>();
  const Command command =
      line.Add("run", "Run a graph once: feed tensors, fetch tensors, run operations");
  command.Option("FILE", options->file, "Model").Required();
  command.Option("--feed", options->feeds,
                 "TENSOR=FILE.npy or TENSOR=VALUE, repeatable; a value is 2.5 or [[1,2],[3,4]]");
  command.Option("--fetch", options->fetches, "Tensor to print or to write, repeatable");
  command.Option("--target", options->targets, "Operation to run, repeatable");
  command.Option("-o", options->outputs,
                 "FILE.npy to write a fetched tensor to; one for each --fetch, in the same order");
  command.Switch("--init", options->init,
                 "Give the variables their initial values first: by the file's plan, its list of\n"
                 "variables, or its operation named init");
  command.Switch("--interpret", options->interpret,
                 "Run the graph as it is written, without compiling it: slow");
  command.Option("--threads", options->threads, "Threads of the kernels").Between(1, 1024);
  command.Option("--seed", options->seed, "Seed of random operations that have none");
  command.Option("--max-steps", options->max_steps, "Most trips of each loop; more is an error")
      .NotNegative();
  options->compile.Add(command);
  command.Footer(
      "Example:\n"
      "  graphrun run model.pb --feed x=1 --feed y=2 --fetch z\n"
      "  graphrun run model.pb --feed x=input.npy --fetch logits:0 -o logits.npy");
  command.Does([options] { Run(*options); });
}

}  // namespace graphrun
