#include "core/io/dot_picture.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "core/base/error.h"
#include "core/graph/op_def.h"
#include "core/graph/print.h"

namespace graphrun {
namespace {

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string TypeText(const ValueType& t) {
  if (t.element_dtype != DType::kInvalid) {
    return (t.dtype == DType::kVariant ? "list of " : "") +
           TypeText({t.element_dtype, t.element_shape});
  }
  const std::string shape = t.shape.known_rank() ? t.shape.ToString() : "[...]";
  return t.dtype == DType::kFloat ? shape : std::string(DTypeName(t.dtype)) + shape;
}

// Scopes of one structure have one colour.
std::string_view Pastel(size_t structure) {
  constexpr std::array<std::string_view, 8> kColours = {"#dbe9f6", "#e3f1d9", "#fdeac9", "#ecdff2",
                                                        "#d8f0ec", "#fbdfdc", "#f5f0c8", "#e4e4ee"};
  return kColours[structure % kColours.size()];
}

std::string Times(int n) { return n > 1 ? " \u00d7" + std::to_string(n) : ""; }

std::string Counted(int n, const char* what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

}  // namespace

DotPicture::DotPicture(std::string id, const Graph& graph, const Function* function, bool is_loop,
                       const DotOptions& options)
    : id_(std::move(id)),
      graph_(graph),
      function_(function),
      is_loop_(is_loop),
      options_(options),
      tree_(graph, !options.expand) {
  const auto& items = tree_.items();
  if (!function && !options.scope.empty()) {
    std::vector<std::string> paths;
    root_ = -1;
    for (size_t i = 1; i < items.size(); ++i) {
      if (!items[i].scope()) continue;
      paths.push_back(items[i].path);
      const bool prefix =
          items[i].path == options.scope || items[i].path.starts_with(options.scope + "/");
      if (root_ < 0 && prefix) root_ = static_cast<int>(i);
    }
    if (root_ < 0) {
      ThrowNotFound("no scope '" + options.scope + "' in the graph" +
                    DidYouMean(options.scope, paths));
    }
  }
  inside_.assign(items.size(), false);
  for (size_t i = 0; i < items.size(); ++i) {
    inside_[i] = static_cast<int>(i) == root_ || (items[i].parent >= 0 && inside_[items[i].parent]);
  }
  FindHidden();
  copy_.assign(items.size(), false);
  for (const ScopeItem& item : items) {
    std::set<std::string> names;
    for (int c : item.children) copy_[c] = !names.insert(WithoutNumbers(items[c].name)).second;
  }
  open_.assign(items.size(), false);
  Open(0);
}

void DotPicture::FindHidden() {
  const auto& items = tree_.items();
  std::vector<bool> used(graph_.num_ids(), false);
  for (NodeId n = 0; n < graph_.num_ids(); ++n) {
    if (!graph_.exists(n)) continue;
    for (Output o : graph_.node(n).inputs) used[o.node] = true;
  }
  hidden_.assign(items.size(), !options_.expand);
  hidden_[0] = false;
  for (size_t i = items.size(); i-- > 1;) {
    for (NodeId n : items[i].nodes) {
      const Structure structure = graph_.node(n).op->structure;
      const bool idle =
          structure == Structure::kConst || (structure == Structure::kArg && !used[n]);
      if (!idle) hidden_[i] = false;
    }
    if (!hidden_[i]) hidden_[items[i].parent] = false;
  }
}

int DotPicture::VisibleParts(int item) const {
  const ScopeItem& it = tree_.items()[item];
  int parts = it.nodes.empty() ? 0 : 1;
  for (int c : it.children) parts += !hidden_[c];
  return parts;
}

bool DotPicture::IsVariable(int item) const {
  const ScopeItem& it = tree_.items()[item];
  return !it.nodes.empty() && graph_.node(it.nodes[0]).op->handles;
}

void DotPicture::Show() {
  const auto& items = tree_.items();
  shown_.assign(items.size(), -1);
  for (size_t i = 0; i < items.size(); ++i) {
    const int self = static_cast<int>(i);
    if (hidden_[i]) continue;
    const int parent = items[i].parent;
    // Outside the scope that was asked for, everything stays in the topmost item that does not
    // contain it.
    const bool own = parent < 0 || open_[parent];
    shown_[i] = own ? self : shown_[parent];
  }
}

int DotPicture::num_boxes() const {
  int n = 0;
  for (size_t i = 0; i < shown_.size(); ++i) n += inside_[i] && IsBox(static_cast<int>(i));
  return n;
}

bool DotPicture::IsBox(int item) const {
  if (item == 0 || shown_[item] != item) return false;
  if (!inside_[item] && !neighbour_[item]) return false;
  return !open_[item] || !tree_.items()[item].nodes.empty();
}

void DotPicture::Open(int boxes) {
  const auto& items = tree_.items();
  neighbour_.assign(items.size(), false);
  for (int i = root_; i >= 0; i = items[i].parent) open_[i] = true;
  if (options_.expand || options_.depth >= 0) {
    for (size_t i = 0; i < items.size(); ++i) {
      const int level = items[i].depth - items[root_].depth;
      if (inside_[i] && items[i].scope() && (options_.expand || level <= options_.depth))
        open_[i] = true;
    }
  } else {
    OpenWithin(boxes);
  }
  Show();
  CollectEdges();
}

// The scopes nearest to the top first, of these the largest: what they hold tells most. Of copies
// only the first.
void DotPicture::OpenWithin(int boxes) {
  const auto& items = tree_.items();
  Show();
  int shown = num_boxes();
  while (true) {
    int best = -1;
    std::pair<int, int> best_rank;
    for (size_t i = 0; i < items.size(); ++i) {
      const int self = static_cast<int>(i);
      if (!inside_[i] || open_[i] || shown_[i] != self || !items[i].scope() || copy_[i] ||
          IsVariable(self))
        continue;
      const std::pair rank(items[i].depth, -items[i].size);
      if (shown + VisibleParts(self) - 1 > boxes || (best >= 0 && best_rank <= rank)) continue;
      best = self;
      best_rank = rank;
    }
    if (best < 0) return;
    open_[best] = true;
    shown += VisibleParts(best) - 1;
    Show();
  }
}

void DotPicture::CollectEdges() {
  edges_.clear();
  const auto find = [&](NodeId from, NodeId to) -> Edge* {
    const int a = shown_[tree_.item_of(from)], b = shown_[tree_.item_of(to)];
    if (a < 0 || b < 0 || a == b || a == 0 || b == 0 || (!inside_[a] && !inside_[b]))
      return nullptr;
    neighbour_[a] = neighbour_[a] || !inside_[a];
    neighbour_[b] = neighbour_[b] || !inside_[b];
    return &edges_[{a, b}];
  };
  for (NodeId n = 0; n < graph_.num_ids(); ++n) {
    if (!graph_.exists(n)) continue;
    for (Output o : graph_.node(n).inputs) {
      Edge* e = find(o.node, n);
      if (!e || (e->tensors > 0 && e->only == o)) continue;
      ++e->tensors;
      e->only = o;
      e->type = TypeText(graph_.type(o));
    }
    for (NodeId c : graph_.node(n).control_inputs) {
      if (Edge* e = find(c, n)) ++e->controls;
    }
  }
}

std::string DotPicture::AnyBox() const {
  for (size_t i = 1; i < shown_.size(); ++i) {
    if (inside_[i] && IsBox(static_cast<int>(i))) return BoxName(static_cast<int>(i));
  }
  return "";
}

std::string DotPicture::Types(const ScopeItem& item) const {
  constexpr int kMost = 2;
  const int n = graph_.num_outputs(item.nodes[0]);
  std::string text;
  for (int i = 0; i < std::min(n, kMost); ++i) {
    ValueType type = graph_.type({item.nodes[0], i});
    for (NodeId other : item.nodes) {
      if (i < graph_.num_outputs(other)) type = Generalize(type, graph_.type({other, i}));
    }
    text += (i ? ", " : "") + TypeText(type);
  }
  return n > kMost ? text + ", ... (" + std::to_string(n) + ")" : text;
}

// A frame around one thing says no more than a longer name of that.
bool DotPicture::HasFrame(int item) const {
  return open_[item] && item != 0 &&
         (VisibleParts(item) > 1 || tree_.items()[item].repeats > 1 || item == root_);
}

std::string DotPicture::Label(int item) const {
  const ScopeItem& it = tree_.items()[item];
  std::string label = inside_[item] ? it.name : it.path;
  for (int p = it.parent; inside_[item] && p > 0 && p != root_ && !HasFrame(p);
       p = tree_.items()[p].parent) {
    label = tree_.items()[p].name + "/" + label;
  }
  label += Times(it.repeats);
  if (it.nodes.empty()) return label + "\n" + Counted(it.size, "node");
  const std::string& op = NameOfOp(graph_.node(it.nodes[0]));
  const std::string types = Types(it);
  if (IsVariable(item)) return label + "\n" + types;
  const bool more = !open_[item] && VisibleParts(item) > 1;
  if (op != WithoutNumbers(it.name) && op != "_Arg") label += "\n" + op;
  if (!types.empty()) label += "\n" + types;
  return more ? label + "\n" + Counted(it.size, "node") : label;
}

std::string DotPicture::Style(int item) const {
  const ScopeItem& it = tree_.items()[item];
  if (!inside_[item]) return "shape=plaintext, fontcolor=\"#777777\", style=\"\"";
  if (it.nodes.empty()) {
    return "shape=box, style=\"rounded,filled,bold\", fillcolor=" + Quoted(Pastel(it.structure));
  }
  switch (graph_.node(it.nodes[0]).op->structure) {
    case Structure::kPlaceholder:
      return "shape=invhouse, fillcolor=\"#c9e7c1\"";
    case Structure::kArg:
      return "shape=ellipse, fillcolor=\"#eeeeee\"";
    case Structure::kConst:
      return "shape=plaintext, style=\"\"";
    case Structure::kWhile:
    case Structure::kIf:
    case Structure::kCall:
    case Structure::kCountedLoop:
      return "shape=box, style=\"rounded,filled,bold\", fillcolor=\"#d9c7e8\"";
    case Structure::kUnavailable:
      return "shape=box, style=dashed, fontcolor=\"#777777\"";
    default:
      break;
  }
  if (IsVariable(item)) return "shape=cylinder, fillcolor=\"#f9cf9c\"";
  return "shape=box, fillcolor=white";
}

void DotPicture::WriteBoxes(const std::string& indent, std::string* out) const {
  const auto& items = tree_.items();
  const auto write_box = [&](int i, const std::string& in) {
    *out += in + BoxName(i) + " [label=" + Quoted(Label(i)) + ", tooltip=" + Quoted(items[i].path) +
            ", " + Style(i) + "];\n";
  };
  struct Step {
    int item;
    int level;
    bool close;
  };
  std::vector<Step> stack = {{root_, 0, false}};
  while (!stack.empty()) {
    const Step s = stack.back();
    stack.pop_back();
    const std::string in = indent + std::string(2 * s.level, ' ');
    if (s.close) {
      *out += in + "}\n";
      continue;
    }
    const bool frame = HasFrame(s.item);
    if (frame) {
      *out += in + "subgraph cluster_" + BoxName(s.item) + " {\n" + in + "  label=" +
              Quoted((s.item == root_ ? items[s.item].path : items[s.item].name) +
                     Times(items[s.item].repeats)) +
              ";\n";
      stack.push_back({s.item, s.level, true});
    }
    const int inner = s.level + (frame ? 1 : 0);
    if (IsBox(s.item)) write_box(s.item, indent + std::string(2 * inner, ' '));
    if (!open_[s.item]) continue;
    const auto& children = items[s.item].children;
    for (auto c = children.rbegin(); c != children.rend(); ++c) {
      if (!hidden_[*c]) stack.push_back({*c, inner, false});
    }
  }
  for (size_t i = 1; i < items.size(); ++i) {
    if (neighbour_[i] && IsBox(static_cast<int>(i))) write_box(static_cast<int>(i), indent);
  }
}

void DotPicture::WriteEdges(const std::string& indent, std::string* out) const {
  for (const auto& [ends, e] : edges_) {
    *out += indent + BoxName(ends.first) + " -> " + BoxName(ends.second);
    if (e.tensors == 0) {
      *out += " [style=dashed]";
    } else if (e.tensors > 1) {
      *out += " [label=\"" + std::to_string(e.tensors) +
              "\", penwidth=" + (e.tensors > 4 ? "2.5" : "1.7") + "]";
    } else if (tree_.items()[ends.first].nodes.empty()) {  // a node shows its type itself
      *out += " [label=" + Quoted(e.type) + "]";
    }
    *out += ";\n";
  }
  if (!function_ || !is_loop_) return;
  std::set<std::pair<int, int>> ways;
  for (size_t i = 0; i < function_->results.size(); ++i) {
    const int from = shown_[tree_.item_of(function_->results[i].node)];
    const int to = shown_[tree_.item_of(function_->args[i])];
    if (from >= 0 && to >= 0 && from != to) ways.emplace(from, to);
  }
  for (const auto& [from, to] : ways) {
    *out += indent + BoxName(from) + " -> " + BoxName(to) +
            " [constraint=false, color=\"#8a5bab\", penwidth=2];\n";
  }
}

}  // namespace graphrun
