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
      if (!IsProduct(id) || !Recurs(id)) continue;
      if (!SplitInner(id)) SplitColumns(id);
      // What is new recurs as the product did.
      component_.resize(g_.num_ids(), component_[id]);
      invariant_.resize(g_.num_ids(), false);
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

  // Whether a node joins columns, at an axis that is known.
  bool JoinsColumns(NodeId id) const {
    const Node& join = g_.node(id);
    if (join.op->meaning != Meaning::kJoin || !join.control_inputs.empty()) return false;
    const Tensor* axis = g_.ConstValue(join.inputs.back());
    return axis && (axis->int_at(0) == 1 || axis->int_at(0) == -1);
  }
  // What a join of columns joins, and joins among that which recur with `id`. Few of them: joins of
  // the same double what they join.
  std::vector<Output> Joined(NodeId join, NodeId id) const {
    constexpr size_t kMostParts = 64;
    std::vector<Output> parts, rest;  // rest: the next one last
    const auto open = [&](NodeId node) {
      const std::vector<Output>& inputs = g_.node(node).inputs;
      rest.insert(rest.end(), inputs.rbegin() + 1, inputs.rend());
    };
    open(join);
    while (!rest.empty()) {
      const Output o = rest.back();
      rest.pop_back();
      if (parts.size() + rest.size() < kMostParts && Beside(o.node, id) && JoinsColumns(o.node)) {
        open(o.node);
      } else {
        parts.push_back(o);
      }
    }
    return parts;
  }
  Output JoinColumns(const std::string& name, std::vector<Output> parts) {
    if (parts.size() == 1) return parts[0];
    parts.push_back(AddInt(g_, name, 1));
    return {g_.AddNode("ConcatV2", name, parts), 0};
  }

  // concat(x, h)·W, of which only h recurs: x·W₁ + h·W₂.
  bool SplitInner(NodeId id) {
    const Node product = g_.node(id);
    if (!JoinsColumns(product.inputs[0].node)) return false;
    const std::vector<Output> parts = Joined(product.inputs[0].node, id);
    const auto recurs = [&](Output o) { return Beside(o.node, id); };
    if (!std::all_of(parts.begin(), parts.end(), [&](Output o) { return Static(o); })) return false;
    if (std::all_of(parts.begin(), parts.end(), recurs) ||
        std::none_of(parts.begin(), parts.end(), recurs)) {
      return false;
    }
    const bool tb = TransposesOf(product).b;
    int64_t row = 0;
    Output sum;
    for (size_t k = 0; k < parts.size();) {
      // Neighbours that recur stay one operand.
      size_t end = k + 1;
      while (recurs(parts[k]) && end < parts.size() && recurs(parts[end])) ++end;
      const Output operand = JoinColumns(product.name, {parts.begin() + k, parts.begin() + end});
      const int64_t rows = g_.shape(operand)[1];
      const Output weight = Part(product.name, product.inputs[1], tb ? 1 : 0, row, rows);
      const Output part = AddProduct(g_, id, operand, weight, tb);
      sum = sum.valid() ? Output{g_.AddNode("AddV2", product.name, {sum, part}), 0} : part;
      row += rows;
      k = end;
    }
    unit_.ReplaceUses(f_, {id, 0}, sum);
    return true;
  }

  struct Box {
    NodeId node;
    int64_t begin, size;  // columns
  };
  // The uses of a value, whose first column is `from`, where all take columns. Returns false, and
  // adds none, when something else uses it.
  bool AddBoxes(Output o, int64_t from, std::vector<Box>* boxes) {
    const size_t before = boxes->size();
    for (const Use& use : unit_.UsesOf(f_, o)) {
      const bool takes = use.node != kNoNode && use.index == 0 &&
                         g_.node(use.node).op->meaning == Meaning::kBox &&
                         g_.node(use.node).control_inputs.empty();
      const Tensor* begin = takes ? g_.ConstValue(g_.node(use.node).inputs[1]) : nullptr;
      const Shape part = takes ? g_.shape({use.node, 0}) : Shape::Unknown();
      if (!begin || !part.fully_known() || part[0] != g_.shape(o)[0]) {
        boxes->resize(before);
        return false;
      }
      boxes->push_back({use.node, from + begin->int_at(1), part[1]});
    }
    return true;
  }
  // The columns of a product that are used, where its uses take columns, and others those of them;
  // none when something else uses it.
  std::vector<Box> FindBoxes(NodeId product) {
    std::vector<Box> found, rest;
    AddBoxes({product, 0}, 0, &rest);
    for (size_t k = 0; k < rest.size(); ++k) {
      const Box box = rest[k];
      if (!AddBoxes({box.node, 0}, box.begin, &rest)) found.push_back(box);
    }
    return found;
  }

  // Columns of g·W, of which some recur and others do not: a product for each. Or some that recur,
  // and others that nobody uses: a product for those.
  void SplitColumns(NodeId id) {
    const Node product = g_.node(id);
    const Shape& whole = g_.shape({id, 0});
    const std::vector<Box> boxes = FindBoxes(id);
    const bool some = std::any_of(boxes.begin(), boxes.end(),
                                  [&](const Box& box) { return !Beside(box.node, id); });
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
