#include "core/compile/shape_feeds.h"

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/graph/function_attr.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

// Whether the op's shape function asks for the value of input i.
bool ReadsValue(const Graph& g, NodeId id, size_t i) {
  const Node& node = g.node(id);
  std::vector<ValueType> in, out;
  for (Output o : node.inputs) in.push_back(g.type(o));
  for (int k = 0; k < g.num_outputs(id); ++k) out.push_back({.dtype = g.dtype({id, k})});
  bool read = false;
  const auto note = [&](int k) { read = read || static_cast<size_t>(k) == i; };
  const ShapeContext::Values values{[&](int k) {
                                      note(k);
                                      return g.ConstValue(node.inputs[k]);
                                    },
                                    [&](int k) {
                                      note(k);
                                      return g.PartialValue(node.inputs[k]);
                                    }};
  ShapeContext context(node, *g.library(), in, out, values);
  try {
    node.op->shape(context);
  } catch (const Error& e) {
    if (e.broken()) throw;  // others the run will report
  }
  return read;
}

// Finds what one parameter reaches, in the function and in those that it is handed to.
class Reach {
 public:
  bool Find(const Function& f, size_t parameter) {
    Enter(f, parameter);
    while (!open_.empty() && !barred_) {
      const auto [function, k] = open_.back();
      open_.pop_back();
      Follow(*function, k);
    }
    return found_ && !barred_;
  }

 private:
  void Enter(const Function& f, size_t parameter) {
    if (seen_.emplace(&f, parameter).second) open_.emplace_back(&f, parameter);
  }

  void Follow(const Function& f, size_t parameter) {
    const Graph& g = f.graph;
    std::vector<bool> reached(g.num_ids(), false);
    reached[f.args[parameter]] = true;
    for (NodeId id : TopologicalOrder(g)) {
      const Node& node = g.node(id);
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        const Output from = node.inputs[i];
        if (reached[from.node] && MaySpellShape(g.type(from)) && Through(g, id, i))
          reached[id] = true;
      }
    }
  }

  // Whether outputs of the node may be made of input i.
  bool Through(const Graph& g, NodeId id, size_t i) {
    const Node& node = g.node(id);
    if (!node.op->regions.empty()) {
      for (const Region& region : node.op->regions) {
        if (i >= static_cast<size_t>(region.first_input))
          Enter(RegionFunction(g, node, region), i - region.first_input);
      }
      return true;
    }
    if (!node.op->pure() || !node.op->shape) return false;
    bool known = true;
    for (int k = 0; k < g.num_outputs(id); ++k) known = known && g.shape({id, k}).fully_known();
    if (!known && ReadsValue(g, id, i)) {
      found_ = true;
      // A kernel that finds the shapes itself may find others than its shape function expects (of a
      // list's elements), which nobody minds as long as they are not known.
      barred_ = barred_ || node.op->allocates_outputs;
    }
    return true;
  }

  std::set<std::pair<const Function*, size_t>> seen_;
  std::vector<std::pair<const Function*, size_t>> open_;
  bool found_ = false, barred_ = false;
};

}  // namespace

bool MaySpellShape(const ValueType& type) {
  return (type.dtype == DType::kInt32 || type.dtype == DType::kInt64) &&
         (!type.shape.fully_known() || type.shape.num_elements() <= kMaxShapeElements);
}

std::vector<bool> ParametersInShapes(const Function& f) {
  std::vector<bool> in_shapes;
  for (size_t k = 0; k < f.args.size(); ++k) {
    const ValueType& type = f.graph.type({f.args[k], 0});
    in_shapes.push_back(MaySpellShape(type) && Reach().Find(f, k));
  }
  return in_shapes;
}

}  // namespace graphrun
