#include "core/run/references.h"

#include "core/graph/function_attr.h"
#include "core/graph/op_def.h"
#include "core/graph/reference.h"

namespace graphrun {
namespace {

// Conds behind conds that are looked through.
constexpr int kMaxDepth = 100;

}  // namespace

int MemoryFinder::Add(Place place) {
  places_.push_back(place);
  return static_cast<int>(places_.size()) - 1;
}

int MemoryFinder::Find(Output output) { return Search({&graph_, output, -1}, 0); }

// From a parameter to what the caller gives for it.
bool MemoryFinder::LeaveFunction(Position* at) const {
  if (at->context < 0 || at->graph->node(at->output.node).op->structure != Structure::kArg)
    return false;
  const Context& c = contexts_[at->context];
  size_t arg = 0;
  while (c.function->args[arg] != at->output.node) ++arg;
  // A loop variable that the trips change is no input of the loop.
  const bool loop = c.outer->node(c.caller).op->structure == Structure::kWhile;
  if (loop && c.function->results[arg] != at->output) return false;
  *at = {c.outer, c.outer->node(c.caller).inputs[c.first_input + arg], c.parent};
  return true;
}

// From an output to an input of the same node that it is, in the same memory.
bool MemoryFinder::HandOn(Position* at) const {
  const Node& node = at->graph->node(at->output.node);
  if (node.op->structure == Structure::kWhile) {
    const Function& body = RegionFunction(*at->graph, node, 1);
    const int k = at->output.index;
    if (body.results[k] != Output{body.args[k], 0}) return false;
    at->output = node.inputs[k];
    return true;
  }
  if (node.op->view_of < 0 || at->output.index != 0) return false;
  at->output = node.inputs[node.op->view_of];
  return true;
}

Output MemoryFinder::OnTop(Position at) const {
  while (LeaveFunction(&at) || (at.context >= 0 && HandOn(&at))) {
  }
  return at.context < 0 ? at.output : Output();
}

int MemoryFinder::Enter(const Position& at, size_t region) {
  const Node& node = at.graph->node(at.output.node);
  contexts_.push_back({&RegionFunction(*at.graph, node, region), at.graph, at.output.node,
                       node.op->regions[region].first_input, at.context});
  return static_cast<int>(contexts_.size()) - 1;
}

Output MemoryFinder::TripsOf(const Position& at) const {
  const Node& node = at.graph->node(at.output.node);
  const Function& body = RegionFunction(*at.graph, node, 1);
  const Node& next = body.graph.node(body.results[0].node);
  const Tensor* start = at.graph->ConstValue(node.inputs[0]);
  const bool counts = start && start->dtype() == DType::kInt32 && start->shape().rank() == 0 &&
                      start->int_at(0) == 0 && next.op->meaning == Meaning::kSum &&
                      next.inputs.size() == 2 && next.inputs[0] == Output{body.args[0], 0};
  const Tensor* step = counts ? body.graph.ConstValue(next.inputs[1]) : nullptr;
  if (!step || step->num_elements() != 1 || step->int_at(0) != 1) return {};
  return OnTop({at.graph, {at.output.node, 0}, at.context});
}

int MemoryFinder::Search(Position at, int depth) {
  std::vector<Output> passed;  // of the main graph
  int found = -1;
  for (;;) {
    if (at.context < 0) {
      if (const auto it = known_.find(at.output); it != known_.end()) {
        found = it->second;
        break;
      }
      passed.push_back(at.output);
    }
    const Node& node = at.graph->node(at.output.node);
    if (IsReference(node) && node.op->effect == Effect::kRead) {
      Position handle = {at.graph, node.inputs[0], at.context};
      while (LeaveFunction(&handle) || HandOn(&handle)) {
      }
      if (handle.context < 0) found = Add({.handle = handle.output, .predicate = {}});
      break;
    }
    if (LeaveFunction(&at) || HandOn(&at)) continue;
    if (node.op->structure == Structure::kCall) {
      const int inner = Enter(at, 0);
      const Function& f = *contexts_[inner].function;
      at = {&f.graph, f.results[at.output.index], inner};
      continue;
    }
    if (depth == kMaxDepth) break;
    if (node.op->structure == Structure::kWhile) {
      Place place{.handle = {}, .predicate = TripsOf(at)};
      const Output initial = node.inputs[at.output.index];
      place.sides[0] = Search({at.graph, initial, at.context}, depth + 1);
      const int inner = Enter(at, 1);
      const Function& f = *contexts_[inner].function;
      place.sides[1] = Search({&f.graph, f.results[at.output.index], inner}, depth + 1);
      if (place.sides[0] >= 0 || place.sides[1] >= 0) found = Add(place);
      break;
    }
    if (node.op->structure != Structure::kIf) break;
    Place place{.handle = {}, .predicate = OnTop({at.graph, node.inputs[0], at.context})};
    for (const bool side : {false, true}) {
      const int inner = Enter(at, side ? 0 : 1);
      const Function& f = *contexts_[inner].function;
      place.sides[side] = Search({&f.graph, f.results[at.output.index], inner}, depth + 1);
    }
    if (place.sides[0] >= 0 || place.sides[1] >= 0) found = Add(place);
    break;
  }
  for (Output o : passed) known_[o] = found;
  return found;
}

std::set<Output> MemoryFinder::Variables(int place) const {
  std::set<Output> variables;
  std::vector<int> open = {place};
  std::set<int> seen;
  while (!open.empty()) {
    const int i = open.back();
    open.pop_back();
    if (i < 0 || !seen.insert(i).second) continue;
    if (places_[i].handle.valid()) variables.insert(places_[i].handle);
    open.insert(open.end(), places_[i].sides, places_[i].sides + 2);
  }
  return variables;
}

bool MemoryFinder::Decided(int place) const {
  std::vector<int> open = {place};
  std::set<int> seen;
  while (!open.empty()) {
    const int i = open.back();
    open.pop_back();
    if (i < 0 || !seen.insert(i).second || places_[i].handle.valid()) continue;
    if (!places_[i].predicate.valid()) return false;
    open.insert(open.end(), places_[i].sides, places_[i].sides + 2);
  }
  return true;
}

namespace {

// Which inputs of nodes are written through, by function.
class Writes {
 public:
  std::set<Output> Of(const Graph& graph, const std::vector<bool>& needed) {
    std::set<Output> written;
    for (NodeId id = 0; id < graph.num_ids(); ++id) {
      if (!graph.exists(id) || (!needed.empty() && !needed[id])) continue;
      const Node& node = graph.node(id);
      for (const Access& access : node.op->accesses) {
        if (access.write) written.insert(Source(graph, node.inputs[access.input]));
      }
      for (const Region& region : node.op->regions) {
        const std::vector<bool>& args = ArgsOf(RegionFunction(graph, node, region));
        for (size_t k = 0; k < args.size(); ++k) {
          if (args[k]) written.insert(Source(graph, node.inputs[region.first_input + k]));
        }
      }
    }
    return written;
  }

 private:
  static Output Source(const Graph& graph, Output o) {
    for (;;) {
      const Node& node = graph.node(o.node);
      if (node.op->view_of < 0 || o.index != 0) return o;
      o = node.inputs[node.op->view_of];
    }
  }
  const std::vector<bool>& ArgsOf(const Function& f) {
    const auto [it, fresh] = args_.try_emplace(f.name);
    if (!fresh) return it->second;
    const std::set<Output> written = Of(f.graph, {});
    std::vector<bool> args;
    for (NodeId arg : f.args) args.push_back(written.contains({arg, 0}));
    return args_[f.name] = std::move(args);
  }

  std::map<std::string, std::vector<bool>> args_;
};

}  // namespace

std::set<Output> WrittenHandles(const Graph& graph, const std::vector<bool>& needed) {
  return Writes().Of(graph, needed);
}

}  // namespace graphrun
