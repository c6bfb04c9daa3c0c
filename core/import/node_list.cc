#include "core/import/node_list.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <queue>

#include "core/base/error.h"
#include "core/graph/node_signature.h"
#include "core/graph/op_registry.h"
#include "core/import/attr_proto.h"
#include "proto/node_def.pb.h"
#include "proto/op_def.pb.h"

namespace graphrun {
namespace {

// More inputs or outputs than any graph has; a number in a file may not make us list them.
constexpr int64_t kMaxRepeat = 1 << 16;

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

void CheckRepeats(const OpDef& op, const AttrMap& attrs) {
  for (const auto* args : {&op.inputs, &op.outputs}) {
    for (const ArgDef& arg : *args) {
      const auto it = attrs.find(arg.number_attr);
      if (arg.number_attr.empty() || it == attrs.end()) continue;
      if (const int64_t* n = std::get_if<int64_t>(&it->second); n && *n > kMaxRepeat) {
        ThrowInvalid("attribute " + arg.number_attr + " asks for " + std::to_string(*n) +
                     " tensors; the limit is " + std::to_string(kMaxRepeat));
      }
    }
  }
}

}  // namespace

NodeList::NodeList(bool in_function, const pb::OpList* producer_ops, ImportBudget* budget,
                   Graph* graph)
    : in_function_(in_function), producer_ops_(producer_ops), budget_(budget), graph_(graph) {}

// Kahn's algorithm; of the nodes that are ready the first in the file comes first, because the
// order of nodes decides the order of variable accesses that no edge orders.
std::vector<int> NodeList::Order() const {
  const int n = static_cast<int>(defs_.size());
  std::unordered_map<std::string_view, int> by_name;
  for (int i = 0; i < n; ++i) {
    const std::string& name = defs_[i]->name();
    if (name.empty()) ThrowInvalid("a node of op " + Quote(defs_[i]->op()) + " has no name");
    if (!by_name.emplace(name, i).second || graph_->Find(name) != kNoNode) {
      ThrowInvalid("two nodes are named " + Quote(name));
    }
  }
  std::vector<std::vector<int>> producers(n), consumers(n);
  std::vector<int> missing(n, 0);
  for (int i = 0; i < n; ++i) {
    for (const std::string& input : defs_[i]->input()) {
      const std::string_view name = NodeOf(input);
      const auto it = by_name.find(name);
      if (it == by_name.end()) {
        if (graph_->Find(name) != kNoNode) continue;  // a parameter
        std::vector<std::string> names = graph_->NodeNames();
        for (const auto* def : defs_) names.push_back(def->name());
        ThrowInvalid("input " + Quote(input) + " of node " + Quote(defs_[i]->name()) +
                     " does not exist" + DidYouMean(name, names));
      }
      producers[i].push_back(it->second);
      consumers[it->second].push_back(i);
      ++missing[i];
    }
  }
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < n; ++i) {
    if (missing[i] == 0) ready.push(i);
  }
  std::vector<int> order;
  order.reserve(n);
  while (!ready.empty()) {
    const int i = ready.top();
    ready.pop();
    order.push_back(i);
    for (int c : consumers[i]) {
      if (--missing[c] == 0) ready.push(c);
    }
  }
  if (static_cast<int>(order.size()) < n) ThrowCycle(producers, missing);
  return order;
}

// REQUIRES: a node with missing[i] > 0 has a producer of which the same is true.
void NodeList::ThrowCycle(const std::vector<std::vector<int>>& producers,
                          const std::vector<int>& missing) const {
  int at = 0;
  while (missing[at] == 0) ++at;
  std::vector<int> path;
  std::vector<bool> seen(defs_.size(), false);
  while (!seen[at]) {
    seen[at] = true;
    path.push_back(at);
    at = *std::find_if(producers[at].begin(), producers[at].end(),
                       [&](int p) { return missing[p] > 0; });
  }
  path.erase(path.begin(), std::find(path.begin(), path.end(), at));
  constexpr size_t kShown = 8;
  std::string text;
  for (size_t k = path.size(); k-- > 0;) {  // from producer to consumer
    if (path.size() - k > kShown) {
      text += "... (" + std::to_string(path.size()) + " nodes) -> ";
      break;
    }
    text += Quote(defs_[path[k]]->name()) + " -> ";
  }
  ThrowInvalid("the graph has a cycle: " + text + Quote(defs_[path.back()]->name()));
}

void NodeList::AddAll() {
  for (int i : Order()) {
    const pb::NodeDef& def = *defs_[i];
    WithContext([&] { return "while importing node " + Quote(def.name()) + " (" + def.op() + ")"; },
                [&] { AddOne(def); });
  }
}

void NodeList::AddOne(const pb::NodeDef& def) {
  const OpDef& op = graph_->registry().Get(def.op());
  if (op.structure == Structure::kArg)
    ThrowInvalid("only the signature of a function makes parameters");
  std::vector<Output> inputs;
  std::vector<NodeId> controls;
  for (const std::string& input : def.input()) {
    if (input.starts_with('^')) {
      controls.push_back(ResolveNode(input));
    } else if (controls.empty()) {
      inputs.push_back(Resolve(input));
    } else {
      ThrowInvalid("input " + Quote(input) + " follows a control input");
    }
  }
  const NodeId id = graph_->AddNodeNamed(def.op(), def.name(), std::move(inputs), Attrs(def),
                                         std::move(controls));
  if (!def.device().empty()) graph_->SetDevice(id, def.device());
}

AttrMap NodeList::Attrs(const pb::NodeDef& def) const {
  const OpDef& op = graph_->registry().Get(def.op());
  AttrMap attrs;
  for (const auto& [name, value] : def.attr()) {
    if (name == "_class") continue;
    const AttrDef* declared = op.FindAttr(name);
    WithContext([&, key = &name] { return "in attribute " + Quote(*key); },
                [&, key = &name, proto = &value] {
                  AttrValue read = AttrFromProto(*proto, declared ? declared->kind : "", budget_);
                  const bool drop = !declared && !key->starts_with('_') &&
                                    IsProducersDefault(def.op(), *key, read);
                  if (!drop) attrs.emplace(*key, std::move(read));
                });
  }
  CheckRepeats(op, attrs);
  return attrs;
}

bool NodeList::IsProducersDefault(const std::string& op, const std::string& attr,
                                  const AttrValue& value) const {
  if (!producer_ops_) return false;
  for (const pb::OpDef& def : producer_ops_->op()) {
    if (def.name() != op) continue;
    for (const auto& a : def.attr()) {
      if (a.name() != attr || !a.has_default_value()) continue;
      return AttrEqual(value, AttrFromProto(a.default_value(), a.type(), budget_));
    }
  }
  return false;
}

NodeId NodeList::ResolveNode(std::string_view text) const {
  const NodeId id = graph_->Find(NodeOf(text));
  if (id == kNoNode || (text.starts_with('^') && text.find(':') != text.npos)) {
    ThrowInvalid("there is no node " + Quote(text));
  }
  return id;
}

Output NodeList::Resolve(std::string_view text) const {
  Output out{ResolveNode(text), 0};
  const Node& node = graph_->node(out.node);
  std::string_view port = text.substr(NodeOf(text).size());
  const auto fail = [&] {
    ThrowInvalid(Quote(text) + " is no output of " + Quote(node.name) + " (" + node.op->name + ")");
  };
  if (!port.empty()) port.remove_prefix(1);
  const std::string_view arg = port.substr(0, port.find(':'));
  if (!in_function_ || node.op->structure == Structure::kArg) {
    const std::optional<int> index = port.empty() ? 0 : ParseIndex(port);
    if (!index) fail();
    out.index = *index;
  } else if (!port.empty()) {
    const std::string_view digits = port.size() > arg.size() ? port.substr(arg.size() + 1) : "0";
    const std::vector<int> sizes = ArgSizes(node.op->outputs, node.attrs);
    const std::optional<int> index = ParseIndex(digits);
    size_t k = 0;
    for (; k < sizes.size() && node.op->outputs[k].name != arg; ++k) out.index += sizes[k];
    if (k == sizes.size() || !index || *index >= sizes[k]) fail();
    out.index += *index;
  }
  if (out.index >= graph_->num_outputs(out.node)) fail();
  return out;
}

}  // namespace graphrun
