#include "tools/graphrun/recorder.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/graph/op_def.h"
#include "core/graph/order.h"

namespace graphrun {
namespace {

bool Draws(const Node& node) { return node.op->effect == Effect::kRandom; }

// Whether it draws the same numbers in every session.
bool Seeded(const Node& node) {
  for (const char* seed : {"seed", "seed2"}) {
    const auto it = node.attrs.find(seed);
    if (it != node.attrs.end() && std::get<int64_t>(it->second) != 0) return true;
  }
  return false;
}

// Names of random nodes in functions, as "'NAME' (OP, in FUNCTION)".
struct Hidden {
  std::set<std::string> functions;  // that were looked at
  std::vector<std::string> seeded, unseeded;

  void Find(const Graph& graph, const Node& node) {
    std::vector<std::string> names = FunctionNames(node);
    while (!names.empty()) {
      const std::string name = names.back();
      names.pop_back();
      if (!functions.insert(name).second) continue;
      const Function& function = graph.library()->Get(name);
      const Graph& body = function.graph;
      for (NodeId id = 0; id < body.num_ids(); ++id) {
        if (!body.exists(id) || !Draws(body.node(id))) continue;
        const Node& random = body.node(id);
        (Seeded(random) ? seeded : unseeded)
            .push_back(fmt::format("'{}' ({}, in {})", random.name, random.op->name, name));
      }
      for (std::string& called : CalledFunctions(function)) names.push_back(std::move(called));
    }
  }
};

}  // namespace

std::vector<std::string> Recorder::UnseededDraws(const std::set<Output>& fed,
                                                 const std::vector<Output>& fetches,
                                                 const std::vector<NodeId>& targets) {
  const Graph& graph = session_.graph();
  const std::vector<bool> needed = NeededNodes(graph, fed, fetches, targets);
  std::vector<std::string> draws;
  Hidden hidden;
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (!needed[id]) continue;
    const Node& node = graph.node(id);
    hidden.Find(graph, node);
    if (Draws(node) && !Seeded(node) && !fed.contains({id, 0})) {
      draws.push_back(graph.OutputName({id, 0}));
    }
  }
  if (!hidden.unseeded.empty()) {
    throw Error(Code::kFailedPrecondition,
                fmt::format("a replay cannot repeat what random operations without seeds draw in "
                            "a loop or branch: {}; give the graph a seed (graphrun export --seed)",
                            fmt::join(hidden.unseeded, ", ")));
  }
  unordered_.insert(hidden.seeded.begin(), hidden.seeded.end());
  return draws;
}

std::vector<Tensor> Recorder::Run(std::vector<NamedTensor> feeds,
                                  const std::vector<std::string>& fetches,
                                  const std::vector<std::string>& targets) {
  const Graph& graph = session_.graph();
  std::set<Output> fed;
  std::vector<Output> fetched;
  std::vector<NodeId> run;
  CaseRun record{.targets = targets, .tolerance = tolerance_};
  for (const NamedTensor& feed : feeds) fed.insert(graph.FindOutput(feed.name));
  for (const std::string& name : fetches) {
    fetched.push_back(graph.FindOutput(name));
    record.fetches.push_back({graph.OutputName(fetched.back()), {}});
  }
  for (const std::string& name : targets) run.push_back(graph.FindOutput(name).node);
  const std::vector<std::string> draws = UnseededDraws(fed, fetched, run);

  Feeds given;
  for (const NamedTensor& feed : feeds) given.emplace_back(feed.name, feed.value);
  std::vector<TensorName> wanted(fetches.begin(), fetches.end());
  wanted.insert(wanted.end(), draws.begin(), draws.end());
  std::vector<Tensor> values =
      session_.Run(given, wanted, std::vector<TensorName>(targets.begin(), targets.end()));
  for (size_t i = 0; i < draws.size(); ++i) {
    feeds.push_back({draws[i], values[fetches.size() + i].Copy()});
  }
  values.resize(fetches.size());
  // Copies, because a session may take the memory of what it returned for later runs.
  for (size_t i = 0; i < fetches.size(); ++i) record.fetches[i].value = values[i].Copy();
  for (NamedTensor& feed : feeds) feed.name = graph.OutputName(graph.FindOutput(feed.name));
  record.feeds = std::move(feeds);
  runs_.push_back(std::move(record));
  return values;
}

Runs::Step Recorder::Prepare(const std::vector<TensorName>& feeds,
                             const std::vector<TensorName>& fetches,
                             const std::vector<TensorName>& targets) {
  const auto names = [](const std::vector<TensorName>& tensors) {
    std::vector<std::string> strings;
    for (const TensorName& name : tensors) strings.push_back(name.str());
    return strings;
  };
  return [this, fed = names(feeds), fetched = names(fetches), run = names(targets)](
             const std::vector<Tensor>& values, std::vector<Tensor>* out) {
    std::vector<NamedTensor> given;
    for (size_t i = 0; i < fed.size(); ++i) given.push_back({fed[i], values[i].Copy()});
    *out = Run(std::move(given), fetched, run);
  };
}

void Recorder::SetVariable(const std::string& name, const Tensor& value) {
  const Graph& graph = session_.graph();
  const Output handle = graph.FindOutput(name);
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (!graph.exists(id) || graph.node(id).op->name != "AssignVariableOp") continue;
    if (graph.node(id).inputs[0] != handle) continue;
    Run({{graph.OutputName(graph.node(id).inputs[1]), value.Copy()}}, {}, {graph.node(id).name});
    return;
  }
  throw Error(Code::kFailedPrecondition,
              fmt::format("no node of the graph assigns '{}', whose value the plan sets", name));
}

}  // namespace graphrun
