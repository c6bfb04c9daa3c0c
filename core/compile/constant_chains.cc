#include "core/compile/constant_chains.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/graph/op_def.h"
#include "core/graph/op_registry.h"

namespace graphrun {
namespace {

// The output of an op of two tensors.
Tensor ComputeBinary(const OpRegistry& registry, const std::string& op, const Tensor& a,
                     const Tensor& b, const KernelEnvironment& env) {
  Graph graph(&registry);
  const NodeId id =
      graph.AddNode(op, "binary", {graph.AddConst("a", a), graph.AddConst("b", b)}, {}, {});
  const std::vector<Shape> shapes = {graph.shape({id, 0})};
  Tensor x = a, y = b, z(graph.dtype({id, 0}), shapes[0], env.pool);
  const std::vector<Tensor*> in = {&x, &y}, out = {&z};
  KernelContext context(graph.node(id), env, in, out, shapes, nullptr, nullptr);
  RunOnce(context);
  return z;
}

}  // namespace

ConstantChains::ConstantChains(const Graph& graph, const Needs& needs,
                               const std::set<Output>& given)
    : graph_(graph), given_(given) {
  std::vector<int> uses(graph.num_ids(), 0);
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (!needs.has(id) || needs.by_type[id]) continue;
    for (Output o : graph.node(id).inputs) ++uses[o.node];
  }
  for (Output o : needs.fetched) uses[o.node] += 2;
  for (int n : uses) inner_.push_back(n == 1);
}

std::optional<ConstantChains::Link> ConstantChains::LinkOf(NodeId id) const {
  const Node& node = graph_.node(id);
  if (!node.op->chain || given_.contains({id, 0}) || !IsFloating(graph_.dtype({id, 0})))
    return std::nullopt;
  // One that waits, or whose constant waits, stays where it is.
  if (!node.control_inputs.empty()) return std::nullopt;
  const auto constant = [&](int i) {
    const Output o = node.inputs[i];
    const bool waits = !graph_.node(o.node).control_inputs.empty();
    return waits || given_.contains(o) ? nullptr : graph_.ConstValue(o);
  };
  const Tensor *first = constant(0), *second = constant(1);
  if ((first == nullptr) == (second == nullptr)) return std::nullopt;
  if (first != nullptr) return Link{node.op, first, 0, node.inputs[1]};
  return Link{node.op, second, 1, node.inputs[0]};
}

std::optional<JoinedConstants> ConstantChains::Find(NodeId id, const KernelEnvironment& env) const {
  std::vector<Link> links;  // from the last to the first
  for (std::optional<Link> link = LinkOf(id); link; link = LinkOf(link->value.node)) {
    if (!links.empty() && link->op->chain->join != links[0].op->chain->join) break;
    links.push_back(*link);
    if (!inner_[link->value.node] || given_.contains(link->value)) break;
  }
  if (links.size() < 2) return std::nullopt;
  const std::string join = links[0].op->chain->join, inverse = links[0].op->chain->inverse;
  JoinedConstants all;
  bool inverts = false;  // all.value and the constant are joined by the inverse
  for (auto link = links.rbegin(); link != links.rend(); ++link) {
    const Tensor& k = *link->constant;
    const bool first = link->constant_input == 0, inverse_link = link->op->chain->inverts;
    if (link == links.rbegin()) {
      all = {.value = link->value, .op = {}, .constant = k, .constant_first = first};
      inverts = inverse_link;
      continue;
    }
    // Three forms, written as sums: value + c, value - c, c - value.
    const Tensor& c = all.constant;
    const bool minus_c = inverts && !all.constant_first, minus_value = inverts && !minus_c;
    const auto compute = [&](bool inverted, const Tensor& a, const Tensor& b) {
      return ComputeBinary(graph_.registry(), inverted ? inverse : join, a, b, env);
    };
    const int64_t most = std::max(c.num_elements(), k.num_elements());
    Tensor joined;
    if (!inverse_link) {
      joined = minus_c ? compute(true, k, c) : compute(false, c, k);
      inverts = minus_value;
      all.constant_first = minus_value;
    } else if (!first) {
      joined = compute(!minus_c, c, k);
    } else {
      joined = compute(!minus_c, k, c);
      inverts = !minus_value;
      all.constant_first = inverts;
    }
    if (joined.num_elements() > most) return std::nullopt;
    all.constant = joined;
  }
  all.op = inverts ? inverse : join;
  return all;
}

Tensor RunStep(const OpRegistry& registry, const JoinedConstants& step, const Tensor& value,
               const KernelEnvironment& env) {
  return step.constant_first ? ComputeBinary(registry, step.op, step.constant, value, env)
                             : ComputeBinary(registry, step.op, value, step.constant, env);
}

}  // namespace graphrun
