// SplitProducts.
#include <algorithm>
#include <utility>

#include "core/compile/matrix_product.h"
#include "core/compile/passes.h"
#include "core/graph/counted_node.h"
#include "core/graph/function_attr.h"
#include "core/graph/graph_algo.h"
#include "core/graph/int_consts.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

// One body of a _CountedLoop.
class Splitter {
 public:
  Splitter(Unit& unit, Function& body, const CountedLoopAttrs& t)
      : unit_(unit), f_(body), g_(body.graph), t_(t) {}

  void Run() {
    FindComponents();
    for (NodeId id : TopologicalOrder(g_)) {
      if (id >= static_cast<NodeId>(component_.size()) || !IsProduct(id) || !Recurs(id)) continue;
      if (!SplitInner(id)) SplitColumns(id);
    }
  }

 private:
  bool Static(Output o) const { return g_.shape(o).fully_known(); }
  // A plain product by what is the same in all trips.
  bool IsProduct(NodeId id) const {
    const Node& node = g_.node(id);
    return node.op->meaning == Meaning::kMatrixProduct && node.control_inputs.empty() &&
           !TransposesOf(node).a && Static(node.inputs[0]) && Static(node.inputs[1]) &&
           invariant_[node.inputs[1].node];
  }
  bool Recurs(NodeId id) const { return sizes_[component_[id]] > 1; }
  bool Beside(NodeId a, NodeId b) const { return component_[a] == component_[b]; }

  void FindComponents() {
    std::vector<std::vector<int>> next(g_.num_ids());
    invariant_.assign(g_.num_ids(), false);
    for (size_t i = t_.first_invariant() - 1; i < f_.args.size(); ++i)
      invariant_[f_.args[i]] = true;
    for (NodeId id : TopologicalOrder(g_)) {
      const Node& node = g_.node(id);
      for (Output o : node.inputs) next[o.node].push_back(id);
      for (NodeId c : node.control_inputs) next[c].push_back(id);
      if (node.op->structure == Structure::kConst) invariant_[id] = true;
      if (node.op->structure == Structure::kNone && node.op->pure() && node.control_inputs.empty())
        invariant_[id] = std::all_of(node.inputs.begin(), node.inputs.end(),
                                     [&](Output o) { return invariant_[o.node]; });
    }
    for (int64_t i = 0; i < t_.carried; ++i) next[f_.results[i].node].push_back(f_.args[i]);
    component_ = StrongComponents(next);
    sizes_.assign(component_.size(), 0);
    for (NodeId id = 0; id < g_.num_ids(); ++id) {
      if (g_.exists(id)) ++sizes_[component_[id]];
    }
  }

  // Rows [begin, begin + n) of the matrix that b is when it is multiplied, or columns.
  Output Part(const std::string& name, Output b, int axis, int64_t begin, int64_t n) {
    std::vector<int64_t> from = {0, 0}, size = {-1, -1};
    from[axis] = begin;
    size[axis] = n;
    const Output first = AddInts(g_, name, from), count = AddInts(g_, name, size);
    return {g_.AddNode("Slice", name, {b, first, count}), 0};
  }

  // concat(x, h)·W, of which only h recurs: x·W₁ + h·W₂.
  bool SplitInner(NodeId id) {
    const Node product = g_.node(id);
    const NodeId joined = product.inputs[0].node;
    const Node join = g_.node(joined);
    if (join.op->meaning != Meaning::kJoin || !join.control_inputs.empty()) return false;
    const Tensor* axis = g_.ConstValue(join.inputs.back());
    if (!axis || (axis->int_at(0) != 1 && axis->int_at(0) != -1)) return false;
    const size_t n = join.inputs.size() - 1;
    size_t outside = 0;
    for (size_t k = 0; k < n; ++k) {
      if (!Static(join.inputs[k])) return false;
      if (!Beside(join.inputs[k].node, id)) ++outside;
    }
    if (outside == 0 || outside == n) return false;
    const bool tb = TransposesOf(product).b;
    int64_t row = 0;
    Output sum;
    for (size_t k = 0; k < n; ++k) {
      const int64_t rows = g_.shape(join.inputs[k])[1];
      const Output weight = Part(product.name, product.inputs[1], tb ? 1 : 0, row, rows);
      const Output part = AddProduct(g_, id, join.inputs[k], weight, tb);
      sum = sum.valid() ? Output{g_.AddNode("AddV2", product.name, {sum, part}), 0} : part;
      row += rows;
    }
    unit_.ReplaceUses(f_, {id, 0}, sum);
    return true;
  }

  // Columns of g·W, of which some recur and others do not: a product for each. Or some that recur,
  // and others that nobody uses: a product for those.
  void SplitColumns(NodeId id) {
    const Node product = g_.node(id);
    const std::vector<Use> uses = unit_.UsesOf(f_, {id, 0});
    const Shape& whole = g_.shape({id, 0});
    struct Box {
      NodeId node;
      int64_t begin, size;
    };
    std::vector<Box> boxes;
    bool some = false;
    for (const Use& use : uses) {
      if (use.node == kNoNode || use.index != 0) return;
      const Node& node = g_.node(use.node);
      if (node.op->meaning != Meaning::kBox || !node.control_inputs.empty()) return;
      const Tensor* begin = g_.ConstValue(node.inputs[1]);
      const Shape& part = g_.shape({use.node, 0});
      if (!begin || !part.fully_known() || part[0] != whole[0]) return;
      boxes.push_back({use.node, begin->int_at(1), part[1]});
      some = some || !Beside(use.node, id);
    }
    const bool part = boxes.size() == 1 && boxes[0].size < whole[1];
    if (!part && (!some || boxes.size() < 2)) return;
    std::vector<std::pair<int64_t, int64_t>> ranges;
    for (const Box& box : boxes) ranges.emplace_back(box.begin, box.begin + box.size);
    std::sort(ranges.begin(), ranges.end());
    for (size_t k = 1; k < ranges.size(); ++k) {
      if (ranges[k].first < ranges[k - 1].second) return;  // would be computed twice
    }
    const bool tb = TransposesOf(product).b;
    for (const Box& box : boxes) {
      const Output weight = Part(product.name, product.inputs[1], tb ? 0 : 1, box.begin, box.size);
      unit_.ReplaceUses(f_, {box.node, 0}, AddProduct(g_, id, product.inputs[0], weight, tb));
    }
  }

  Unit& unit_;
  Function& f_;
  Graph& g_;
  const CountedLoopAttrs& t_;
  std::vector<int> component_, sizes_;
  std::vector<bool> invariant_;
};

}  // namespace

void SplitProducts(Unit& unit) {
  for (Function* f : unit.functions()) {
    for (NodeId id = 0, n = f->graph.num_ids(); id < n; ++id) {
      if (!f->graph.exists(id)) continue;
      const Node& node = f->graph.node(id);
      if (node.op->structure != Structure::kCountedLoop) continue;
      Function& body = f->graph.library()->Get(RegionFunction(f->graph, node, 0).name);
      Splitter(unit, body, CountedAttrs(node)).Run();
      unit.RemoveDeadNodes(body);
    }
  }
}

}  // namespace graphrun
