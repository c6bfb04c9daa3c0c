#include "core/compile/refine_types.h"

#include <vector>

#include "core/base/error.h"
#include "core/graph/counted_node.h"
#include "core/graph/function_attr.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

// Whether more can be known of a value of that type.
bool IsOpen(const ValueType& type) {
  return type.dtype == DType::kVariant ? !type.element_shape.fully_known()
                                       : !type.shape.fully_known();
}

// By node and output.
std::vector<std::vector<ValueType>> TypesOf(const Graph& g) {
  std::vector<std::vector<ValueType>> types(g.num_ids());
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    for (int k = 0; k < g.num_outputs(id); ++k) types[id].push_back(g.type({id, k}));
  }
  return types;
}

void SetTypes(Graph& g, const std::vector<std::vector<ValueType>>& types) {
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    for (int k = 0; k < g.num_outputs(id); ++k) g.SetType({id, k}, types[id][k]);
  }
}

// What comes into the parameters of a loop's body at first, or with each trip.
std::vector<ValueType> InitialTypes(const Graph& g, const Node& node) {
  std::vector<ValueType> types;
  const auto first = static_cast<int>(node.op->regions.back().first_input);
  for (int i = first; i < static_cast<int>(node.inputs.size()); ++i) {
    ValueType& type = types.emplace_back(g.type(node.inputs[i]));
    if (node.op->structure != Structure::kCountedLoop) continue;
    const CountedLoopAttrs& t = CountedAttrs(node);
    if (i >= t.first_slice() && i < t.first_invariant() && type.shape.known_rank())
      type.shape = type.shape.From(1);
  }
  return types;
}

}  // namespace

ValueType MoreSpecial(const ValueType& a, const ValueType& b) {
  ValueType out = a;
  if (a.shape.CompatibleWith(b.shape)) out.shape = Merge(a.shape, b.shape);
  if (a.element_dtype == b.element_dtype && a.element_shape.CompatibleWith(b.element_shape))
    out.element_shape = Merge(a.element_shape, b.element_shape);
  return out;
}

void RefineNode(Graph& g, NodeId id) {
  if (g.node(id).op->structure != Structure::kNone) return;
  bool open = false;
  for (int k = 0; k < g.num_outputs(id); ++k) open = open || IsOpen(g.type({id, k}));
  if (!open) return;
  try {
    const std::vector<ValueType> inferred = g.InferredTypes(id);
    for (int k = 0; k < g.num_outputs(id); ++k)
      g.SetType({id, k}, MoreSpecial(g.type({id, k}), inferred[k]));
  } catch (const Error& e) {
    if (e.broken()) throw;
  }
}

void RefineTypes(Graph& g) {
  for (NodeId id : TopologicalOrder(g)) RefineNode(g, id);
}

void RefineLoop(Graph& g, NodeId loop) {
  constexpr int kMostRounds = 16;
  const Node& node = g.node(loop);
  const std::vector<Region>& regions = node.op->regions;
  Function& body = g.library()->Get(RegionFunction(g, node, regions.back()).name);
  Graph& b = body.graph;
  std::vector<ValueType> types = InitialTypes(g, node);
  bool more = false;
  for (size_t i = 0; i < types.size(); ++i) {
    const ValueType& declared = b.type({body.args[i], 0});
    types[i] = MoreSpecial(declared, types[i]);
    more = more || types[i] != declared;
  }
  // What the results of a trip are for the next.
  const size_t carried = node.op->structure == Structure::kWhile
                             ? types.size()
                             : static_cast<size_t>(CountedAttrs(node).carried);
  const std::vector<std::vector<ValueType>> before =
      more ? TypesOf(b) : std::vector<std::vector<ValueType>>();
  for (int round = 0; more; ++round) {
    if (round == kMostRounds) return SetTypes(b, before);
    for (size_t i = 0; i < types.size(); ++i) b.SetType({body.args[i], 0}, types[i]);
    RefineTypes(b);
    more = false;
    for (size_t i = 0; i < carried; ++i) {
      const ValueType fit = Generalize(types[i], b.type(body.results[i]));
      more = more || fit != types[i];
      types[i] = fit;
    }
    if (more) SetTypes(b, before);
  }
  if (node.op->structure == Structure::kWhile) {
    Function& cond = g.library()->Get(RegionFunction(g, node, regions[0]).name);
    for (size_t i = 0; i < types.size(); ++i) {
      const Output tested{cond.args[i], 0};
      cond.graph.SetType(tested, MoreSpecial(cond.graph.type(tested), types[i]));
    }
  }
  const std::vector<ValueType> outputs = g.InferredTypes(loop);
  for (int k = 0; k < g.num_outputs(loop); ++k)
    g.SetType({loop, k}, MoreSpecial(g.type({loop, k}), outputs[k]));
}

}  // namespace graphrun
