#include "core/compile/limits.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <unordered_map>

#include "core/base/error.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

std::vector<std::string> Callees(const Graph& graph) {
  std::set<std::string> names;
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (!graph.exists(id)) continue;
    for (std::string& name : FunctionNames(graph.node(id))) names.insert(std::move(name));
  }
  return {names.begin(), names.end()};
}

}  // namespace

void CheckNesting(const Graph& graph) {
  // Depth first; a function's height is known when it is left.
  struct Open {
    std::string name;  // "" for the graph
    std::vector<std::string> callees;
    size_t next = 0;
    int height = 0;
  };
  std::unordered_map<std::string, int> heights;
  std::vector<Open> stack = {{"", Callees(graph)}};
  while (!stack.empty()) {
    Open& top = stack.back();
    if (top.next < top.callees.size()) {
      const std::string& name = top.callees[top.next];
      const auto it = heights.find(name);
      if (it == heights.end()) {
        heights[name] = 0;  // functions do not call themselves
        stack.push_back({name, Callees(graph.library()->Get(name).graph)});
      } else {
        top.height = std::max(top.height, it->second + 1);
        ++top.next;
      }
      continue;
    }
    if (top.height > kMaxNesting) {
      throw Error(Code::kResourceExhausted, "functions lie " + std::to_string(kMaxNesting) +
                                                " deep in one another below '" + top.name +
                                                "', which is the limit");
    }
    heights[top.name] = top.height;
    stack.pop_back();
  }
}

double RunSizes::Of(const Graph& graph, const Needs& needs) {
  if (const auto it = known_.find(&needs); it != known_.end()) return it->second;
  double size = static_cast<double>(std::count(needs.nodes.begin(), needs.nodes.end(), true));
  std::set<std::pair<const Needs*, std::vector<Output>>> calls;
  for (const auto& [id, called] : needs.called) {
    const Structure structure = graph.node(id).op->structure;
    if (structure == Structure::kCall && !HasEffect(graph, id) &&
        !calls.emplace(called[0].needs.get(), graph.node(id).inputs).second)
      continue;
    double most = 0, sum = 0;
    for (const CalleeNeeds& callee : called) {
      const double inner = Of(callee.function->graph, *callee.needs);
      most = std::max(most, inner);
      sum += inner;
    }
    size += structure == Structure::kIf ? most : sum;
  }
  return known_[&needs] = size;
}

bool Draws(const Function& function) {
  const auto draws = [](const Graph& g) {
    for (NodeId id = 0; id < g.num_ids(); ++id) {
      if (g.exists(id) && g.node(id).op->effect == Effect::kRandom) return true;
    }
    return false;
  };
  if (draws(function.graph)) return true;
  const std::vector<std::string> called = CalledFunctions(function);
  return std::any_of(called.begin(), called.end(), [&](const std::string& name) {
    return draws(function.graph.library()->Get(name).graph);
  });
}

void CheckSize(const Graph& graph, const Needs& needs) {
  const double size = RunSizes().Of(graph, needs);
  if (size <= static_cast<double>(kMaxInlined)) return;
  // What draws is inlined all the same.
  const bool draws = std::any_of(needs.called.begin(), needs.called.end(), [](const auto& node) {
    return std::any_of(node.second.begin(), node.second.end(),
                       [](const CalleeNeeds& c) { return Draws(*c.function); });
  });
  const int64_t most = draws ? kMaxInlined : kMaxRunNodes;
  if (size <= static_cast<double>(most)) return;
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g", size);
  throw Error(Code::kResourceExhausted,
              "the functions that the run calls come to " + std::string(text) +
                  " nodes, each counted wherever it is called; the limit is " +
                  std::to_string(most) + (draws ? ", since they draw random numbers" : ""));
}

}  // namespace graphrun
