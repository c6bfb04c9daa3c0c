// graphrun grad: adds gradients and a training op to a graph that has none.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "core/autodiff/variable_gradients.h"
#include "core/graph/op_def.h"
#include "core/import/save.h"
#include "core/train/plan_file.h"
#include "models/nn/optimizers.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"

namespace graphrun {
namespace {

struct Options {
  std::string file, output, loss, variables;
  std::string optimizer = "sgd";
  double rate = 1e-3;
  std::optional<double> momentum, clip;
};

using OptimizerMaker = std::function<std::unique_ptr<train::Optimizer>(const Options&)>;

const std::map<std::string, OptimizerMaker>& Optimizers() {
  static const std::map<std::string, OptimizerMaker> makers = {
      {"sgd",
       [](const Options& o) { return std::make_unique<train::GradientDescentOptimizer>(o.rate); }},
      {"momentum",
       [](const Options& o) {
         return std::make_unique<train::MomentumOptimizer>(o.rate, o.momentum.value_or(0.9));
       }},
      {"adagrad",
       [](const Options& o) { return std::make_unique<train::AdagradOptimizer>(o.rate); }},
      {"rmsprop",
       [](const Options& o) {
         return std::make_unique<train::RMSPropOptimizer>(
             o.rate, train::RMSPropOptimizer::Options{.momentum = o.momentum.value_or(0.0)});
       }},
      {"adam", [](const Options& o) { return std::make_unique<train::AdamOptimizer>(o.rate); }},
      {"none", [](const Options&) { return nullptr; }},
  };
  return makers;
}

std::vector<std::string> OptimizerNames() {
  std::vector<std::string> names;
  for (const auto& [name, maker] : Optimizers()) names.push_back(name);
  return names;
}

// The trainable variables, or all of them when the file does not say which are, whose names contain
// `part`.
std::vector<Variable> ChooseVariables(const Scope& root, const std::string& part) {
  const MetaGraph& meta = root.meta();
  const auto list = meta.variable_lists.find(keys::kTrainableVariables);
  std::vector<Variable> chosen;
  for (const VariableInfo& info : meta.variables) {
    if (info.name.find(part) == info.name.npos || !IsFloating(info.dtype)) continue;
    if (list != meta.variable_lists.end() &&
        std::find(list->second.begin(), list->second.end(), info.name) == list->second.end())
      continue;
    chosen.push_back(VariableOf(root, info));
  }
  if (!chosen.empty()) return chosen;
  std::vector<std::string> names;
  for (const VariableInfo& info : meta.variables) names.push_back(info.name);
  ThrowInvalid(fmt::format("the file has no variable to train{}; its variables are {}",
                           part.empty() ? "" : fmt::format(" with '{}' in its name", part),
                           names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

// The operation that gives a variable its first value; empty when the file has none. A bare
// GraphDef shows it only by TensorFlow's usual name.
std::string InitializerOf(const Graph& graph, const VariableInfo& info) {
  if (!info.initializer.empty()) return info.initializer;
  const std::string name = info.name + "/Assign";
  const NodeId id = graph.Find(name);
  const bool assigns = id != kNoNode && graph.node(id).op->effect == Effect::kWrite &&
                       graph.node(id).inputs[0] == graph.FindOutput(info.name);
  return assigns ? name : "";
}

// A NoOp of the file that waits for the initialisers of all `variables`; kNoNode when there is
// none.
NodeId FindInit(const MetaGraph& meta, const std::vector<Variable>& variables) {
  const Graph& graph = meta.graph;
  std::vector<NodeId> initializers;
  for (const Variable& v : variables) {
    const NodeId id = graph.Find(InitializerOf(graph, *meta.FindVariable(v.name)));
    if (id == kNoNode) return kNoNode;
    // An Assign of version 1 became a read after the write that others wait for.
    const std::vector<NodeId>& writes = graph.node(id).control_inputs;
    const bool reads = graph.node(id).op->effect == Effect::kRead && writes.size() == 1;
    initializers.push_back(reads ? writes[0] : id);
  }
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (!graph.exists(id) || graph.node(id).op->structure != Structure::kNoOp) continue;
    const std::vector<NodeId>& waits = graph.node(id).control_inputs;
    const bool all = std::all_of(initializers.begin(), initializers.end(), [&](NodeId i) {
      return std::find(waits.begin(), waits.end(), i) != waits.end();
    });
    if (all) return id;
  }
  return kNoNode;
}

// Makes the file's init op, or a new one, initialise the variables from `first` on too, and says
// so.
void JoinInit(const Scope& root, NodeId init, size_t first) {
  const std::vector<VariableInfo>& all = root.meta().variables;
  Graph& graph = root.graph();
  std::vector<std::string> without;
  if (init != kNoNode) {
    for (size_t i = first; i < all.size(); ++i) {
      graph.AddControlInput(init, graph.Find(all[i].initializer));
    }
  } else {
    std::vector<Expr> initializers;
    for (const VariableInfo& info : all) {
      const std::string name = InitializerOf(graph, info);
      if (name.empty()) {
        without.push_back(info.name);
      } else {
        initializers.push_back(Expr(root.home(), graph.FindOutput(name)));
      }
    }
    init = root.WithName("init").Group(initializers).node();
  }
  fmt::print(
      "init op: {}{}\n", graph.node(init).name,
      first < all.size() ? fmt::format(", for {} new variables too", all.size() - first) : "");
  if (!without.empty()) {
    fmt::print("the file has no initial values for {}\n", fmt::join(without, ", "));
  }
}

std::string Describe(const Grad& grad, const std::string& why) {
  if (grad.none()) return "none: " + why;
  if (grad.sparse()) {
    return fmt::format("{}, rows {}", grad.slices.values.name(), grad.slices.indices.name());
  }
  return grad.dense.name();
}

void AddGradients(const Options& options) {
  const Model model = LoadModel(options.file);
  MetaGraph& meta = *model.meta;
  const Scope root = Scope::Root(meta);
  const std::string name = ResolveCollection(meta, options.loss);
  const Expr loss(root.home(), meta.graph.FindOutput(name));
  const std::vector<Variable> variables = ChooseVariables(root, options.variables);
  const NodeId init = FindInit(meta, variables);
  const size_t old_variables = meta.variables.size();

  std::vector<std::string> why;
  std::vector<Grad> grads = VariableGradients(root, loss, variables, &why);
  fmt::print("gradients of {}\n", loss.name());
  for (size_t i = 0; i < variables.size(); ++i) {
    fmt::print("  {}: {}\n", variables[i].name, Describe(grads[i], why[i]));
  }
  if (std::all_of(grads.begin(), grads.end(), [](const Grad& g) { return g.none(); })) {
    ThrowInvalid(fmt::format("{} depends on none of the variables by differentiable operations",
                             loss.name()));
  }
  const std::unique_ptr<train::Optimizer> optimizer = Optimizers().at(options.optimizer)(options);
  if (optimizer) {
    if (options.clip) grads = train::ClipByGlobalNorm(root, grads, *options.clip).grads;
    std::vector<train::GradAndVar> pairs;
    for (size_t i = 0; i < variables.size(); ++i) pairs.push_back({grads[i], variables[i]});
    const Expr train_op = optimizer->ApplyGradients(root, pairs);
    fmt::print("train op: {} (collection {})\n", train_op.node_name(), keys::kTrainOp);
    JoinInit(root, init, old_variables);
  }
  SaveMetaGraph(meta, options.output);
}

}  // namespace

void AddGradCommand(CommandLine& line) {
  auto options = std::make_shared<Options>();
  const Command command =
      line.Add("grad", "Add gradients of a loss and a training op to a graph that has none");
  command.Option("FILE", options->file, "Model file").Required();
  command
      .Option("--loss", options->loss,
              "The tensor to make small, or '@losses': the only one of that collection")
      .Required();
  command.Option("--optimizer", options->optimizer, "By default sgd; none: gradients only")
      .OneOf(OptimizerNames());
  command.Option("--lr", options->rate, "Learning rate; 0.001 by default").NotNegative();
  command
      .Option("--momentum", options->momentum,
              "Of the optimizer momentum (0.9 by default) and rmsprop (0)")
      .NotNegative();
  command.Option("--clip", options->clip, "Clip the gradients to this global norm").Positive();
  command.Option("--variables", options->variables,
                 "Train only variables with this in their names; by default all that the file "
                 "calls trainable");
  command.Option("-o,--output", options->output, "File to write").Required();
  command.Footer(
      "The file that is written runs in TensorFlow too. Variables of the optimizer are "
      "initialised\n"
      "by the file's own init op, or by a new one.\n\n"
      "Example:\n"
      "  graphrun grad net.pb --loss loss --optimizer adam --lr 1e-3 --clip 5 -o net.train.pb");
  command.Does([options] { AddGradients(*options); });
}

}  // namespace graphrun
