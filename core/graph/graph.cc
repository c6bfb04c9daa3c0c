#include "core/graph/graph.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>

#include "core/base/error.h"
#include "core/graph/node_signature.h"
#include "core/graph/op_context.h"
#include "core/graph/op_registry.h"
#include "core/graph/reference.h"

namespace graphrun {
namespace {

// Names that differ only in case are kept apart, as in TensorFlow: they may become files.
std::string NameKey(std::string_view name) {
  std::string out(name);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return out;
}

// The name of output `i` after a node's last, as kMoreOutputsAttr says; "" when there is none.
std::string MoreOutput(const Node& node, int i) {
  const auto it = node.attrs.find(kMoreOutputsAttr);
  if (i < 0 || it == node.attrs.end()) return "";
  const auto* names = std::get_if<std::vector<std::string>>(&it->second);
  if (!names || i >= static_cast<int>(names->size())) return "";
  return (*names)[i].find(':') == std::string::npos ? "" : (*names)[i];
}

bool Exists(const Graph& g, Output o) {
  return g.exists(o.node) && o.index >= 0 && o.index < g.num_outputs(o.node);
}

}  // namespace

std::string ValueType::ToString() const {
  std::string out = std::string(DTypeName(dtype)) + shape.ToString();
  if (element_dtype != DType::kInvalid) {
    out += " of " + std::string(DTypeName(element_dtype)) + element_shape.ToString();
  }
  return out;
}

ValueType Generalize(const ValueType& a, const ValueType& b) {
  ValueType out = a;
  out.shape = Generalize(a.shape, b.shape);
  if (a.element_dtype == b.element_dtype) {
    out.element_shape = Generalize(a.element_shape, b.element_shape);
  } else if (a.element_dtype == DType::kInvalid) {
    out.element_dtype = b.element_dtype;
    out.element_shape = b.element_shape;
  }
  return out;
}

Function& FunctionLibrary::Add(std::unique_ptr<Function> function) {
  const std::unique_lock lock(mutex_);
  const std::string name = function->name;
  const auto [it, added] = functions_.emplace(name, std::move(function));
  if (!added) ThrowInvalid("a function '" + name + "' exists already");
  it->second->graph.in_library_ = true;
  return *it->second;
}

Function* FunctionLibrary::Find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  return FindLocked(name);
}

Function* FunctionLibrary::FindLocked(std::string_view name) const {
  const auto it = functions_.find(name);
  return it == functions_.end() ? nullptr : it->second.get();
}

Function& FunctionLibrary::Get(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  if (Function* f = FindLocked(name)) return *f;
  std::vector<std::string> names;
  for (const auto& [key, f] : functions_) names.push_back(key);
  ThrowNotFound("no function '" + std::string(name) + "'" + DidYouMean(name, names));
}

void FunctionLibrary::Remove(std::string_view name) {
  const std::unique_lock lock(mutex_);
  const auto it = functions_.find(name);
  if (it == functions_.end()) return;
  functions_.erase(it);
  NoteChange();
}

std::string FunctionLibrary::UniqueName(const std::string& base) {
  const std::unique_lock lock(mutex_);
  std::string name = base;
  const auto [it, fresh] = promised_.try_emplace(base, 1);
  if (fresh && !functions_.contains(base)) return name;
  int& next = it->second;
  do {
    name = base + "_" + std::to_string(next++);
  } while (functions_.contains(name) || !promised_.try_emplace(name, 1).second);
  return name;
}

Graph::Graph(const OpRegistry* registry)
    : registry_(registry),
      owned_library_(std::make_shared<FunctionLibrary>()),
      library_(owned_library_.get()) {}

Graph Graph::Clone() const {
  Graph copy(*this);
  copy.in_library_ = false;
  return copy;
}

void Graph::NoteChange() {
  ++version_;
  if (in_library_) library_->NoteChange();
}

Node Graph::MakeNode(std::string_view op, std::vector<Output> inputs, AttrMap attrs) const {
  Node node;
  node.op = &registry_->Get(op);
  std::vector<DType> dtypes;
  for (Output o : inputs) {
    Check(Exists(*this, o), "graph invariant 3: an input exists");
    dtypes.push_back(dtype(o));
  }
  node.inputs = std::move(inputs);
  node.attrs = CompleteAttrs(*node.op, dtypes, std::move(attrs));
  node.parsed = ParseAttrs(*node.op, node.attrs);
  return node;
}

std::vector<ValueType> Graph::Infer(const Node& node) const {
  std::vector<ValueType> inputs, outputs;
  for (Output o : node.inputs) inputs.push_back(type(o));
  for (DType dtype : OutputTypes(*node.op, node.attrs)) outputs.push_back({.dtype = dtype});
  const ShapeContext::Values values{[&](int i) { return ConstValue(node.inputs[i]); },
                                    [&](int i) { return PartialValue(node.inputs[i]); }};
  ShapeContext context(node, *library_, inputs, outputs, values);
  node.op->shape(context);
  return outputs;
}

NodeId Graph::AddNode(std::string_view op, std::string_view name, std::vector<Output> inputs,
                      AttrMap attrs, std::vector<NodeId> control_inputs) {
  return Insert(op, name, /*make_unique=*/true, std::move(inputs), std::move(attrs),
                std::move(control_inputs));
}

NodeId Graph::AddNodeNamed(std::string_view op, std::string_view name, std::vector<Output> inputs,
                           AttrMap attrs, std::vector<NodeId> control_inputs) {
  Check(!by_name_.contains(std::string(name)), "graph invariant 2: names are unique");
  return Insert(op, name, /*make_unique=*/false, std::move(inputs), std::move(attrs),
                std::move(control_inputs));
}

NodeId Graph::Insert(std::string_view op, std::string_view name, bool make_unique,
                     std::vector<Output> inputs, AttrMap attrs,
                     std::vector<NodeId> control_inputs) {
  const std::vector<Output> given = inputs;
  return WithContext(
      [&] {
        std::string what = "while adding '" + std::string(name) + "' (" + std::string(op) + ")";
        for (size_t i = 0; i < given.size(); ++i) {
          what += i ? ", " : " of ";
          what += Exists(*this, given[i]) ? OutputName(given[i]) + " " + type(given[i]).ToString()
                                          : "<missing>";
        }
        return what;
      },
      [&] {
        Node node = MakeNode(op, std::move(inputs), std::move(attrs));
        node.name = name;
        std::sort(control_inputs.begin(), control_inputs.end());
        control_inputs.erase(std::unique(control_inputs.begin(), control_inputs.end()),
                             control_inputs.end());
        node.control_inputs = std::move(control_inputs);
        std::vector<ValueType> types = Infer(node);
        if (make_unique) {
          node.name = UniqueName(name);
        } else {
          names_in_use_.try_emplace(NameKey(name), 1);
        }
        const NodeId id = num_ids();
        by_name_[node.name] = id;
        nodes_.push_back(std::move(node));
        types_.push_back(std::move(types));
        ++num_nodes_;
        if (in_library_) library_->NoteChange();
        return id;
      });
}

Output Graph::AddConst(std::string_view name, Tensor value) {
  const DType dtype = value.dtype();
  return {AddNode("Const", name, {}, {{"value", std::move(value)}, {"dtype", dtype}}), 0};
}

void Graph::ReplaceNode(NodeId id, std::string_view op, std::vector<Output> inputs, AttrMap attrs) {
  WithContext([&] { return "while replacing '" + nodes_[id].name + "'"; },
              [&] {
                Node node = MakeNode(op, std::move(inputs), std::move(attrs));
                node.name = nodes_[id].name;
                node.control_inputs = nodes_[id].control_inputs;
                node.device = nodes_[id].device;
                std::vector<ValueType> types = Infer(node);
                const size_t had = types_[id].size();
                for (size_t i = 0; types.size() >= had && i < had; ++i)
                  Check(types[i].dtype == types_[id][i].dtype, "ReplaceNode keeps output types");
                nodes_[id] = std::move(node);
                types_[id] = std::move(types);
                NoteChange();
              });
}

void Graph::RemoveNode(NodeId id) {
  by_name_.erase(nodes_[id].name);
  nodes_[id] = Node();
  types_[id].clear();
  --num_nodes_;
  NoteChange();
}

void Graph::SetInput(NodeId id, int i, Output input) {
  nodes_[id].inputs[i] = input;
  NoteChange();
}

void Graph::AddControlInput(NodeId id, NodeId control) {
  auto& list = nodes_[id].control_inputs;
  const auto at = std::lower_bound(list.begin(), list.end(), control);
  if (at == list.end() || *at != control) list.insert(at, control);
  NoteChange();
}

void Graph::ClearControlInputs(NodeId id) {
  nodes_[id].control_inputs.clear();
  NoteChange();
}

void Graph::SetName(NodeId id, std::string_view name) {
  by_name_.erase(nodes_[id].name);
  nodes_[id].name = UniqueName(name);
  by_name_[nodes_[id].name] = id;
  NoteChange();
}

void Graph::SetType(Output output, const ValueType& type) {
  Check(types_[output.node][output.index].dtype == type.dtype, "SetType keeps the dtype");
  types_[output.node][output.index] = type;
  NoteChange();
}

bool Graph::InferTypes(NodeId id) {
  const Node& node = nodes_[id];
  if (node.op->structure == Structure::kArg) return false;
  std::vector<ValueType> types = WithContext(
      [&] { return "while inferring types of '" + node.name + "' (" + node.op->name + ")"; },
      [&] { return Infer(node); });
  if (types == types_[id]) return false;
  types_[id] = std::move(types);
  NoteChange();
  return true;
}

void Graph::SetAttr(NodeId id, std::string_view name, AttrValue value) {
  Node& node = nodes_[id];
  const AttrDef* def = node.op->FindAttr(name);
  Check(!def || AttrKind(value) == def->kind, "graph invariant 6: an attribute is of its kind");
  node.attrs.insert_or_assign(std::string(name), std::move(value));
  node.parsed = ParseAttrs(*node.op, node.attrs);
  NoteChange();
}

NodeId Graph::Find(std::string_view name) const {
  const auto it = by_name_.find(std::string(name));
  return it == by_name_.end() ? kNoNode : it->second;
}

Output Graph::FindOutput(std::string_view name) const {
  const size_t colon = name.rfind(':');
  const std::string_view node_name = name.substr(0, colon);
  int index = 0;
  if (colon != name.npos) {
    const std::string_view digits = name.substr(colon + 1);
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    if (ec != std::errc() || end != digits.data() + digits.size() || index < 0) {
      ThrowInvalid("'" + std::string(name) + "' is no tensor name; write node:0");
    }
  }
  const NodeId id = Find(node_name);
  if (const auto it = absent_.find(std::string(node_name)); id == kNoNode && it != absent_.end()) {
    ThrowInvalid("'" + it->first + "' " + it->second);
  }
  if (id == kNoNode) {
    ThrowNotFound("no node '" + std::string(node_name) + "' in the graph" +
                  DidYouMean(node_name, NodeNames()));
  }
  if (const std::string other = MoreOutput(nodes_[id], index - num_outputs(id)); !other.empty()) {
    const size_t end = other.rfind(':');
    const Output o{Find(other.substr(0, end)), std::atoi(other.c_str() + end + 1)};
    if (Exists(*this, o)) return o;
  }
  const OpDef& op = *nodes_[id].op;
  if (op.structure == Structure::kUnavailable && index >= num_outputs(id)) {
    // What is wrong may be what says how many outputs there are.
    const AttrMap& attrs = nodes_[id].attrs;
    throw Error(
        static_cast<Code>(std::get<int64_t>(attrs.find("code")->second)),
        "'" + std::string(name) + "': " + std::get<std::string>(attrs.find("reason")->second));
  }
  if (index >= std::max(1, num_outputs(id)) || (colon != name.npos && num_outputs(id) == 0)) {
    throw Error(Code::kOutOfRange, "'" + std::string(name) + "': node '" + std::string(node_name) +
                                       "' (" + nodes_[id].op->name + ") has " +
                                       std::to_string(num_outputs(id)) + " outputs");
  }
  return {id, index};
}

std::string Graph::OutputName(Output o) const {
  return nodes_[o.node].name + ":" + std::to_string(o.index);
}

std::vector<std::string> Graph::NodeNames() const {
  std::vector<std::string> names;
  for (const Node& n : nodes_) {
    if (n.op) names.push_back(n.name);
  }
  return names;
}

std::string Graph::UniqueName(std::string_view name) {
  const std::string base = NameKey(name);
  const auto [it, fresh] = names_in_use_.try_emplace(base, 1);
  if (fresh) return std::string(name);
  std::string candidate;
  int i = it->second;
  do {
    candidate = std::string(name) + "_" + std::to_string(i++);
  } while (!names_in_use_.try_emplace(NameKey(candidate), 1).second);
  names_in_use_[base] = i;
  return candidate;
}

const Tensor* Graph::ConstValue(Output o) const {
  const Node& node = nodes_[o.node];
  if (node.op->structure != Structure::kConst) return nullptr;
  return &std::get<Tensor>(node.attrs.find("value")->second);
}

std::optional<Shape> Graph::PartialValue(Output o) const { return PartialValue(o, 12); }

// Shapes are computed by short chains of Shape, Pack, StridedSlice; `depth` bounds the recursion on
// others.
std::optional<Shape> Graph::PartialValue(Output o, int depth) const {
  const ValueType& t = type(o);
  if (!IsInteger(t.dtype) || !t.shape.fully_known() || t.shape.rank() > 1 ||
      t.shape.num_elements() > Shape::kMaxRank) {
    return std::nullopt;
  }
  if (const Tensor* value = ConstValue(o)) {
    Shape elements;
    if (value->dtype() != DType::kInt32 && value->dtype() != DType::kInt64) return std::nullopt;
    for (int64_t i = 0; i < value->num_elements(); ++i) {
      elements.Append(std::max<int64_t>(kUnknownDim, value->int_at(i)));
    }
    return elements;
  }
  const Node& node = nodes_[o.node];
  const int n = static_cast<int>(t.shape.num_elements());
  if (!node.op->partial || o.index != 0 || depth == 0) return Shape::UnknownOfRank(n);
  std::vector<ValueType> inputs;
  for (Output i : node.inputs) inputs.push_back(type(i));
  const PartialContext context(
      node, inputs,
      [&](int i) { return PartialValue(node.inputs[i], depth - 1).value_or(Shape::Unknown()); },
      [&](int i) { return ConstValue(node.inputs[i]); });
  const Shape elements = node.op->partial(context);
  return elements.rank() == n ? elements : Shape::UnknownOfRank(n);
}

}  // namespace graphrun
