#include "core/import/foreign_graph.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <queue>

#include "core/base/error.h"
#include "core/graph/op_registry.h"
#include "core/import/foreign_ops.h"
#include "proto/node_def.pb.h"
#include "proto/op_def.pb.h"

namespace graphrun {
namespace {

std::string Quote(std::string_view s) { return "'" + std::string(s) + "'"; }

std::string_view NodeOf(std::string_view input) {
  if (input.starts_with('^')) input.remove_prefix(1);
  return input.substr(0, input.find(':'));
}

std::optional<int> ParseIndex(std::string_view text) {
  int index = -1;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (text.empty() || ec != std::errc() || end != text.data() + text.size() || index < 0)
    return std::nullopt;
  return index;
}

// How many tensors a declared output stands for, by the attributes of the file.
int64_t Repeats(const pb::NodeDef& def, std::string_view number, std::string_view list) {
  const auto it = def.attr().find(std::string(number.empty() ? list : number));
  if (number.empty() && list.empty()) return 1;
  if (it == def.attr().end()) return 1;
  return number.empty() ? it->second.list().type_size() : it->second.i();
}

}  // namespace

Problem Problem::Of(const Error& error) {
  std::string reason = error.message();
  for (const std::string& context : error.contexts()) reason += ", " + context;
  return {error.code(), std::move(reason)};
}

ForeignGraph::ForeignGraph(const OpRegistry& registry, const ProducerOps& producer_ops,
                           bool in_function, const std::vector<std::string>& parameters,
                           const std::vector<const pb::NodeDef*>& defs, int producer)
    : registry_(registry),
      in_function_(in_function),
      producer_(producer),
      producer_ops_(producer_ops) {
  nodes_.reserve(parameters.size() + defs.size());
  for (const std::string& name : parameters) {
    nodes_.push_back({.def = nullptr,
                      .name = name,
                      .kind = ForeignKind::kParameter,
                      .inputs = {},
                      .controls = {}});
  }
  for (const pb::NodeDef* def : defs) {
    if (def->name().empty()) ThrowInvalid("a node of op " + Quote(def->op()) + " has no name");
    nodes_.push_back({.def = def,
                      .name = def->name(),
                      .kind = KindOf(def->op(), registry),
                      .inputs = {},
                      .controls = {}});
    const ForeignKind kind = nodes_.back().kind;
    has_control_flow_ =
        has_control_flow_ || (kind >= ForeignKind::kEnter && kind <= ForeignKind::kLoopCond);
  }
  for (int i = 0; i < size(); ++i) {
    if (!by_name_.emplace(nodes_[i].name, i).second)
      ThrowInvalid("two nodes are named " + Quote(nodes_[i].name));
  }
  consumers_.resize(nodes_.size());
  control_consumers_.resize(nodes_.size());
  for (int i = 0; i < size(); ++i) {
    if (!nodes_[i].def) continue;
    WithContext([&] { return "while importing node " + Describe(i); }, [&] { Connect(i); });
  }
  Sort();
  for (int i : order_) CheckInputs(i);
}

void ForeignGraph::Connect(int i) {
  ForeignNode& node = nodes_[i];
  for (const std::string& input : node.def->input()) {
    if (input.starts_with('^')) {
      node.controls.push_back(ResolveNode(input));
      control_consumers_[node.controls.back()].push_back(i);
    } else if (node.controls.empty()) {
      const Port port = Resolve(input);
      consumers_[port.node].push_back({i, static_cast<int>(node.inputs.size())});
      node.inputs.push_back(port);
    } else {
      ThrowInvalid("input " + Quote(input) + " follows a control input");
    }
  }
}

void ForeignGraph::CheckInputs(int i) {
  const ForeignNode& node = nodes_[i];
  const auto fail = [&](std::string reason) {
    Break(i, {Code::kInvalidArgument, Describe(i) + std::move(reason)});
  };
  const int has = static_cast<int>(node.inputs.size());
  const InputCount needs = InputsOf(node.kind);
  if (has < needs.least || has > needs.most) {
    return fail(" has " + std::to_string(has) + " inputs and needs " +
                std::to_string(has < needs.least ? needs.least : needs.most));
  }
  for (const std::string_view attr : RequiredAttrs(node.kind)) {
    if (!node.def->attr().contains(std::string(attr)))
      return fail(" needs attribute " + std::string(attr));
  }
  if (node.kind == ForeignKind::kMerge && node.def->attr().at("N").i() != has) {
    return fail(" has " + std::to_string(has) + " inputs and says that it has " +
                std::to_string(node.def->attr().at("N").i()));
  }
  for (const Port& p : node.inputs) {
    const ForeignNode& producer = nodes_[p.node];
    if (InputsOf(producer.kind).least == 0 || producer.kind == ForeignKind::kVariableWrite ||
        producer.kind == ForeignKind::kCase)
      continue;
    if (p.index >= static_cast<int>(ForeignOutputNames(producer.def->op()).size()))
      return fail(" uses an output that " + Describe(p.node) + " does not have");
  }
}

void ForeignGraph::Break(int i, Problem problem) {
  ForeignNode& node = nodes_[i];
  if (node.kind == ForeignKind::kBroken) return;
  for (Port p : node.inputs) {
    const ForeignNode& input = nodes_[p.node];
    if (input.kind != ForeignKind::kBroken) continue;
    problem = input.problem;
    break;
  }
  node.kind = ForeignKind::kBroken;
  node.problem = std::move(problem);
}

void ForeignGraph::Detach(int i, Problem problem) {
  Break(i, std::move(problem));
  ForeignNode& node = nodes_[i];
  for (Port p : node.inputs)
    std::erase_if(consumers_[p.node], [&](const ForeignConsumer& c) { return c.node == i; });
  for (int c : node.controls) std::erase(control_consumers_[c], i);
  node.inputs.clear();
  node.controls.clear();
  node.detached = true;
}

// Kahn's algorithm.
void ForeignGraph::Sort() {
  const auto closes_loop = [&](int producer, int consumer) {
    return nodes_[producer].kind == ForeignKind::kNextIteration &&
           nodes_[consumer].kind == ForeignKind::kMerge;
  };
  std::vector<int> missing(nodes_.size(), 0);
  for (int i = 0; i < size(); ++i) {
    for (Port p : nodes_[i].inputs) missing[i] += closes_loop(p.node, i) ? 0 : 1;
    missing[i] += static_cast<int>(nodes_[i].controls.size());
  }
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < size(); ++i) {
    if (missing[i] == 0) ready.push(i);
  }
  order_.reserve(nodes_.size());
  while (!ready.empty()) {
    const int i = ready.top();
    ready.pop();
    order_.push_back(i);
    for (const ForeignConsumer& c : consumers_[i]) {
      if (!closes_loop(i, c.node) && --missing[c.node] == 0) ready.push(c.node);
    }
    for (int c : control_consumers_[i]) {
      if (--missing[c] == 0) ready.push(c);
    }
  }
  if (static_cast<int>(order_.size()) < size()) ThrowCycle(missing);
}

// REQUIRES: a node with missing[i] > 0 has a producer of which the same is true.
void ForeignGraph::ThrowCycle(const std::vector<int>& missing) const {
  int at = 0;
  while (missing[at] == 0) ++at;
  const auto waits_for = [&](int i) {
    for (Port p : nodes_[i].inputs) {
      if (missing[p.node] > 0) return p.node;
    }
    return *std::find_if(nodes_[i].controls.begin(), nodes_[i].controls.end(),
                         [&](int c) { return missing[c] > 0; });
  };
  std::vector<int> path;
  std::vector<bool> seen(nodes_.size(), false);
  while (!seen[at]) {
    seen[at] = true;
    path.push_back(at);
    at = waits_for(at);
  }
  path.erase(path.begin(), std::find(path.begin(), path.end(), at));
  constexpr size_t kShown = 8;
  std::string text;
  for (size_t k = path.size(); k-- > 0;) {  // from producer to consumer
    if (path.size() - k > kShown) {
      text += "... (" + std::to_string(path.size()) + " nodes) -> ";
      break;
    }
    text += Quote(nodes_[path[k]].name) + " -> ";
  }
  ThrowInvalid("the graph has a cycle: " + text + Quote(nodes_[path.back()].name));
}

int ForeignGraph::Find(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? -1 : it->second;
}

int ForeignGraph::ResolveNode(std::string_view text) const {
  const std::string_view name = NodeOf(text);
  const int i = Find(name);
  if (i < 0 || (text.starts_with('^') && text.find(':') != text.npos)) {
    std::vector<std::string> names;
    for (const ForeignNode& n : nodes_) names.emplace_back(n.name);
    ThrowInvalid("input " + Quote(text) + " does not exist" + DidYouMean(name, names));
  }
  return i;
}

Port ForeignGraph::Resolve(std::string_view text) const {
  Port port{ResolveNode(text), 0};
  const ForeignNode& node = nodes_[port.node];
  std::string_view rest = text.substr(NodeOf(text).size());
  const auto fail = [&] { ThrowInvalid(Quote(text) + " is no output of " + Describe(port.node)); };
  if (rest.empty()) return port;
  rest.remove_prefix(1);
  if (!in_function_ || !node.def) {
    const std::optional<int> index = ParseIndex(rest);
    if (!index) fail();
    port.index = *index;
    return port;
  }
  const std::string_view name = rest.substr(0, rest.find(':'));
  const std::optional<int> index =
      ParseIndex(rest.size() > name.size() ? rest.substr(name.size() + 1) : "0");
  std::vector<std::pair<std::string_view, int64_t>> outputs;  // name, number of tensors
  for (const DeclaredOutput& o : DeclaredOutputs(port.node))
    outputs.emplace_back(o.name, Repeats(*node.def, o.number_attr, o.type_list_attr));
  if (outputs.empty()) {
    const bool many =
        node.kind == ForeignKind::kCase || node.kind == ForeignKind::kSymbolicGradient;
    for (const std::string_view output : ForeignOutputNames(node.def->op()))
      outputs.emplace_back(output, many ? Repeats(*node.def, "", "Tout") : 1);
  }
  // Nothing is known of the op: it has one output, as most do.
  if (outputs.empty()) outputs.emplace_back(name, 1 << 16);
  int64_t first = 0;
  size_t k = 0;
  for (; k < outputs.size() && outputs[k].first != name; ++k) first += outputs[k].second;
  if (k == outputs.size() || !index || *index >= outputs[k].second) fail();
  port.index = static_cast<int>(first) + *index;
  return port;
}

std::vector<DeclaredOutput> ForeignGraph::DeclaredOutputs(int i) const {
  std::vector<DeclaredOutput> outputs;
  const std::string& name = nodes_[i].def->op();
  if (const OpDef* op = registry_.Find(name)) {
    for (const ArgDef& arg : op->outputs) {
      outputs.push_back({arg.name, static_cast<int>(arg.fixed), arg.type_attr, arg.number_attr,
                         arg.type_list_attr});
    }
  } else if (const pb::OpDef* declared = ProducerOp(name)) {
    for (const auto& arg : declared->output_arg()) {
      outputs.push_back({arg.name(), static_cast<int>(arg.type()), arg.type_attr(),
                         arg.number_attr(), arg.type_list_attr()});
    }
  }
  return outputs;
}

const pb::OpDef* ForeignGraph::ProducerOp(std::string_view op) const {
  const auto it = producer_ops_.find(op);
  return it == producer_ops_.end() ? nullptr : it->second;
}

std::string ForeignGraph::Describe(int i) const {
  return Quote(nodes_[i].name) + (nodes_[i].def ? " (" + nodes_[i].def->op() + ")" : "");
}

}  // namespace graphrun
