#include "core/graph/gradient_rule.h"

#include <algorithm>
#include <vector>

#include "core/base/error.h"
#include "core/graph/function_attr.h"
#include "core/graph/node_signature.h"
#include "core/graph/op_def.h"
#include "core/graph/op_registry.h"

namespace graphrun {
namespace {

using Kind = GradientRule::Kind;

constexpr std::string_view kNotDifferentiable[] = {
#include "core/graph/not_differentiable.inc"
};

// Types of TensorFlow that only nodes which cannot run here have.
constexpr auto kComplex64 = static_cast<DType>(8), kComplex128 = static_cast<DType>(18);

GradientRule Unknown(std::string why) {
  return {
      .kind = Kind::kUnknown, .op = nullptr, .attrs = {}, .function = {}, .why = std::move(why)};
}

GradientRule OwnRule(const Graph& graph, const Node& node) {
  const OpDef& op = *node.op;
  if (op.not_differentiable) return {.kind = Kind::kCut};
  if (op.structure == Structure::kUnavailable) {
    return NotDifferentiableInTensorFlow(OpName(node)) ? GradientRule{.kind = Kind::kCut}
                                                       : Unknown("graphrun does not know the op");
  }
  if (op.structure == Structure::kCall) {
    const Function& f = RegionFunction(graph, node, 0);
    if (!f.gradient.empty()) return {.kind = Kind::kOfCall, .function = f.gradient};
  }
  if (op.grad) return {.kind = Kind::kOp, .op = &op, .attrs = node.parsed};
  return Unknown(op.no_gradient);
}

GradientRule OfNode(const Node& node, const std::string& function) {
  GradientRule rule{.kind = Kind::kOfNode, .function = function};
  const auto captures = node.attrs.find(kGradientCaptures);
  const auto results = node.attrs.find(kGradientResults);
  if (captures != node.attrs.end())
    rule.captures = std::get<std::vector<std::string>>(captures->second);
  if (results != node.attrs.end()) rule.results = std::get<std::vector<int64_t>>(results->second);
  return rule;
}

// The gradient of `op` for a node of another op, which has to look like a node of that one.
GradientRule Borrowed(const Graph& graph, NodeId id, const OpDef& op) {
  const Node& node = graph.node(id);
  const std::string what = "its gradient is that of " + op.name;
  if (!op.grad) return Unknown(what + ", which has none: " + op.no_gradient);
  AttrMap attrs;
  for (const AttrDef& attr : op.attrs) {
    const auto it = node.attrs.find(attr.name);
    if (it != node.attrs.end()) {
      attrs.insert(*it);
    } else if (attr.store) {
      return Unknown(what + ", which has an attribute " + attr.name + ", and this node has none");
    }
  }
  std::vector<DType> inputs, outputs;
  for (Output o : node.inputs) inputs.push_back(graph.dtype(o));
  for (int i = 0; i < graph.num_outputs(id); ++i) outputs.push_back(graph.dtype({id, i}));
  try {
    attrs = CompleteAttrs(op, inputs, std::move(attrs));
  } catch (const Error& e) {
    if (e.broken()) throw;
    return Unknown(what + ", which does not fit: " + e.message());
  }
  if (op.structure != Structure::kNone || OutputTypes(op, attrs) != outputs)
    return Unknown(what + ", whose outputs are others");
  return {.kind = Kind::kOp, .op = &op, .attrs = ParseAttrs(op, attrs)};
}

}  // namespace

std::string_view GivenGradient(const Node& node) {
  const auto it = node.attrs.find(kGradientOpType);
  const auto* name = it == node.attrs.end() ? nullptr : std::get_if<std::string>(&it->second);
  return name == nullptr ? std::string_view() : std::string_view(*name);
}

bool NotDifferentiableInTensorFlow(std::string_view op) {
  return std::binary_search(std::begin(kNotDifferentiable), std::end(kNotDifferentiable), op);
}

bool Differentiable(const ValueType& type) {
  switch (type.dtype) {
    case DType::kVariant:
      return IsFloating(type.element_dtype) || type.element_dtype == DType::kVariant ||
             type.element_dtype == DType::kInvalid;
    case DType::kResource:
      return true;
    default:
      return IsFloating(type.dtype) || type.dtype == kComplex64 || type.dtype == kComplex128;
  }
}

std::string OpName(const Node& node) {
  if (node.op->structure != Structure::kUnavailable) return node.op->name;
  // "Cast of complex64" for an op that is here for other types.
  const auto& op = std::get<std::string>(node.attrs.find("op")->second);
  return op.substr(0, op.find(' '));
}

std::string QuotedWithOp(const Node& node) { return "'" + node.name + "' (" + OpName(node) + ")"; }

GradientRule RuleFor(const Graph& graph, NodeId id, bool overrides) {
  const Node& node = graph.node(id);
  const std::string_view name = overrides ? GivenGradient(node) : std::string_view();
  if (name.empty() || name == OpName(node)) return OwnRule(graph, node);
  const auto& registered = graph.library()->registered_gradients;
  if (const auto it = registered.find(name); it != registered.end())
    return OfNode(node, it->second);
  if (NotDifferentiableInTensorFlow(name)) return {.kind = Kind::kCut};
  if (const OpDef* op = graph.registry().Find(name)) return Borrowed(graph, id, *op);
  // Calls of TensorFlow 2 carry a name of the Python function that differentiates the called one;
  // TensorFlow too does that itself where it does not know the name.
  if (node.op->structure == Structure::kCall) return OwnRule(graph, node);
  return Unknown("its gradient is '" + std::string(name) +
                 "', a function of the Python program that made the graph, which the file only "
                 "names");
}

bool CutsGradient(const Graph& graph, NodeId id, bool overrides) {
  const Node& node = graph.node(id);
  // The usual case, without the words of RuleFor.
  if (node.op->grad && (!overrides || GivenGradient(node).empty())) return false;
  return RuleFor(graph, id, overrides).kind == Kind::kCut;
}

}  // namespace graphrun
