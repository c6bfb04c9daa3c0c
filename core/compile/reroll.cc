// RerollLoops.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "core/compile/passes.h"
#include "core/compile/step_matcher.h"
#include "core/graph/copy_node.h"
#include "core/graph/counted_node.h"
#include "core/graph/int_consts.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

// Fewer steps are as fast one after the other.
constexpr int kLeastSteps = 4;
// So many elements of a stack are taken out one by one.
constexpr size_t kFewParts = 2;
// A loop of fewer nodes a step takes as long as the nodes.
constexpr size_t kLeastRows = 4;

using Source = MatchedSteps::Source;

// Matched steps on their way to a _CountedLoop.
class Reroller {
 public:
  Reroller(Unit& unit, Function& f, MatchedSteps steps)
      : unit_(unit), f_(f), g_(f.graph), m_(std::move(steps)) {
    RefreshInputs();
    for (size_t r = 0; r < m_.rows.size(); ++r) {
      for (int t = 0; t < m_.steps; ++t) at_[m_.rows[r][t]] = {static_cast<int>(r), t};
    }
  }

  void Run() {
    FunctionLibrary& library = *g_.library();
    const std::string name = g_.node(m_.rows[0][0]).name;
    made_ = &library.Add(std::make_unique<Function>(library.UniqueName("steps"), g_));
    MakeParameters();
    CopyStep();
    FindOutputs();
    parts_.trips = AddInt(g_, name, m_.steps);
    std::vector<NodeId> order = carried_args_;
    order.insert(order.end(), slice_args_.begin(), slice_args_.end());
    order.insert(order.end(), invariant_args_.begin(), invariant_args_.end());
    for (Output o : next_) made_->results.push_back(o);
    for (Output o : stacked_) made_->results.push_back(o);
    made_->ReorderArgs(order);
    loop_ = AddCountedLoop(g_, name, *made_, parts_);
    ReplaceOutputs();
  }

 private:
  // A value of a row: its nodes' output.
  struct Value {
    int row = 0, index = 0;
    auto operator<=>(const Value&) const = default;
  };
  Output At(Value v, int step) const { return {m_.rows[v.row][step], v.index}; }
  bool Inside(NodeId id) const { return at_.contains(id); }

  // What lies outside may have been replaced since the steps were matched.
  void RefreshInputs() {
    for (size_t r = 0; r < m_.rows.size(); ++r) {
      for (size_t k = 0; k < m_.inputs[r].size(); ++k) {
        MatchedSteps::Input& in = m_.inputs[r][k];
        for (size_t t = 0; t < in.outside.size(); ++t)
          in.outside[t] = g_.node(m_.rows[r][t]).inputs[k];
      }
    }
  }

  void MakeParameters() {
    for (size_t r = 0; r < m_.rows.size(); ++r) {
      for (size_t k = 0; k < m_.inputs[r].size(); ++k) {
        const MatchedSteps::Input& in = m_.inputs[r][k];
        if (in.source == Source::kInner) continue;
        const Output first = g_.node(m_.rows[r][0]).inputs[k];
        const std::string& name = g_.node(first.node).name;
        Output& arg = parameters_[{in.source, in.row, in.index, in.outside}];
        if (arg.valid()) continue;
        const Tensor* constant = in.source == Source::kInvariant ? g_.ConstValue(first) : nullptr;
        arg =
            constant ? made_->graph.AddConst(name, *constant) : made_->AddArg(name, g_.type(first));
        if (constant) continue;
        switch (in.source) {
          case Source::kCarried:
            carried_args_.push_back(arg.node);
            parts_.carried.push_back(in.outside[0]);
            carried_.push_back({in.row, in.index});
            break;
          case Source::kSliced:
            slice_args_.push_back(arg.node);
            parts_.slices.push_back(Stacked(in.outside));
            break;
          default:
            invariant_args_.push_back(arg.node);
            parts_.invariants.push_back(in.outside[0]);
        }
      }
    }
  }

  // Values of all steps as elements of one tensor.
  std::pair<Output, Walk> Stacked(const std::vector<Output>& values) {
    if (const auto parts = PartsOfOne(values)) return *parts;
    if (const auto boxes = BoxesOfOne(values)) return *boxes;
    const std::string name = g_.node(values[0].node).name;
    return {{g_.AddNode("Pack", name, values), 0}, Walk::Forward()};
  }
  // The walk that takes element at[t] in step t, if there is one.
  static std::optional<Walk> WalkThrough(const std::vector<int64_t>& at) {
    const int64_t step = at[1] - at[0];
    for (size_t t = 1; t < at.size(); ++t) {
      if (at[t] - at[t - 1] != step) return {};
    }
    if (step == 0) return {};
    return Walk{at[0], step, false};
  }
  std::optional<std::pair<Output, Walk>> PartsOfOne(const std::vector<Output>& values) const {
    const Node& node = g_.node(values[0].node);
    if (node.op->meaning != Meaning::kUnpack ||
        std::get<int64_t>(node.attrs.find("axis")->second) != 0) {
      return {};
    }
    std::vector<int64_t> at;
    for (Output o : values) {
      if (o.node != values[0].node) return {};
      at.push_back(o.index);
    }
    const std::optional<Walk> walk = WalkThrough(at);
    if (!walk) return {};
    return {{node.inputs[0], *walk}};
  }
  // Rows of one tensor that lie side by side.
  std::optional<std::pair<Output, Walk>> BoxesOfOne(const std::vector<Output>& values) {
    const Shape part = g_.shape(values[0]);
    const Output whole =
        g_.node(values[0].node).inputs.empty() ? Output() : g_.node(values[0].node).inputs[0];
    if (!whole.valid() || part.rank() < 1 || part[0] < 1) return {};
    const Shape shape = g_.shape(whole);
    if (!shape.fully_known() || shape.rank() != part.rank() || shape[0] % part[0] != 0 ||
        shape.From(1) != part.From(1)) {
      return {};
    }
    std::vector<int64_t> at;
    for (Output o : values) {
      const Node& node = g_.node(o.node);
      const Tensor* begin =
          node.op->meaning == Meaning::kBox ? g_.ConstValue(node.inputs[1]) : nullptr;
      if (!begin || node.inputs[0] != whole || begin->int_at(0) % part[0] != 0) return {};
      at.push_back(begin->int_at(0) / part[0]);
    }
    const std::optional<Walk> walk = WalkThrough(at);
    if (!walk) return {};
    const Shape parts = Concatenate({shape[0] / part[0]}, part);
    const std::string name = g_.node(whole.node).name;
    return {{{g_.AddNode("Reshape", name, {whole, AddDims(g_, name, parts)}), 0}, *walk}};
  }
  void CopyStep() {
    for (size_t r = 0; r < m_.rows.size(); ++r) {
      std::vector<Output> inputs;
      for (const MatchedSteps::Input& in : m_.inputs[r]) {
        inputs.push_back(in.source == Source::kInner
                             ? Output{copies_[in.row], in.index}
                             : parameters_.at({in.source, in.row, in.index, in.outside}));
      }
      copies_.push_back(CopyNode(g_, m_.rows[r][0], &made_->graph, inputs));
    }
    for (Value v : carried_) next_.push_back({copies_[v.row], v.index});
  }

  // ---- What others use of the steps

  bool UsedOutside(Value v, int step) {
    const auto& uses = unit_.UsesOf(f_, At(v, step));
    return std::any_of(uses.begin(), uses.end(),
                       [&](Use use) { return use.node == kNoNode || !Inside(use.node); });
  }

  // The nodes outside that add up a value of all steps, each once.
  std::set<NodeId> SumsOf(Value v) {
    std::map<NodeId, int> count;
    for (int t = 0; t < m_.steps; ++t) {
      for (const Use& use : unit_.UsesOf(f_, At(v, t))) {
        if (use.node != kNoNode && !Inside(use.node) &&
            g_.node(use.node).op->meaning == Meaning::kSum) {
          ++count[use.node];
        }
      }
    }
    std::set<NodeId> sums;
    for (const auto& [id, n] : count) {
      const std::vector<Output>& inputs = g_.node(id).inputs;
      bool each = n == m_.steps && inputs.size() > 2;
      for (int t = 0; each && t < m_.steps; ++t)
        each = std::count(inputs.begin(), inputs.end(), At(v, t)) == 1;
      if (each) sums.insert(id);
    }
    return sums;
  }

  void FindOutputs() {
    for (int r = 0; r < static_cast<int>(m_.rows.size()); ++r) {
      for (int k = 0; k < g_.num_outputs(m_.rows[r][0]); ++k) {
        const Value v{r, k};
        bool last = false, others = false;
        const std::set<NodeId> sums = SumsOf(v);
        if (!sums.empty()) AddSum(v, sums);
        for (int t = 0; t < m_.steps; ++t) {
          for (const Use& use : unit_.UsesOf(f_, At(v, t))) {
            if ((use.node != kNoNode && Inside(use.node)) || sums.contains(use.node)) continue;
            (t + 1 == m_.steps ? last : others) = true;
          }
        }
        const auto carried = std::find(carried_.begin(), carried_.end(), v);
        if (last && !others && carried != carried_.end()) {
          finals_[v] = static_cast<int>(carried - carried_.begin());
        } else if (last || others) {
          stacks_[v] = static_cast<int>(stacked_.size());
          stacked_.push_back({copies_[r], k});
          parts_.stacks.push_back({Walk::Forward(), m_.steps});
        }
      }
    }
  }

  // A further value that is carried: the sum so far.
  void AddSum(Value v, const std::set<NodeId>& users) {
    const Output value{copies_[v.row], v.index};
    const ValueType& type = made_->graph.type(value);
    const std::string name = g_.node(*users.begin()).name;
    const Output so_far = made_->AddArg(name, type);
    sums_.push_back({v, static_cast<int>(next_.size()), users});
    carried_args_.push_back(so_far.node);
    parts_.carried.push_back(g_.AddConst(name, Tensor::Zeros(type.dtype, type.shape)));
    carried_.push_back({-1, 0});
    next_.push_back({made_->graph.AddNode("AddV2", name, {so_far, value}), 0});
  }

  void ReplaceOutputs() {
    const int carried = static_cast<int>(next_.size());
    for (const Sum& s : sums_) {
      for (NodeId id : s.users) {
        const auto it = now_.find(id);
        ReplaceSum(id, it == now_.end() ? id : it->second, s.value, {loop_, s.carried});
      }
    }
    for (const auto& [v, k] : finals_) unit_.ReplaceUses(f_, At(v, m_.steps - 1), {loop_, k});
    for (const auto& [v, k] : stacks_) {
      const Output stack{loop_, carried + k};
      ReplaceJoins(v, stack);
      std::vector<int> used;
      for (int t = 0; t < m_.steps; ++t) {
        if (UsedOutside(v, t)) used.push_back(t);
      }
      if (used.empty()) continue;
      const std::string name = g_.node(loop_).name;
      if (used.size() <= kFewParts) {
        for (int t : used) unit_.ReplaceUses(f_, At(v, t), Part(name, stack, t));
        continue;
      }
      const NodeId parts =
          g_.AddNode("Unpack", name, {stack}, {{"num", static_cast<int64_t>(m_.steps)}});
      for (int t : used) unit_.ReplaceUses(f_, At(v, t), {parts, t});
    }
  }
  // Element t of a stack.
  Output Part(const std::string& name, Output stack, int t) {
    const Shape shape = g_.shape(stack);
    std::vector<int32_t> begin(shape.rank(), 0), size(shape.rank(), -1);
    begin[0] = t;
    size[0] = 1;
    const NodeId row = g_.AddNode(
        "Slice", name,
        {stack, g_.AddConst(name, Tensor::Vector(begin)), g_.AddConst(name, Tensor::Vector(size))});
    return {g_.AddNode("Reshape", name, {{row, 0}, AddDims(g_, name, shape.From(1))}), 0};
  }

  // The sum without the steps' values, and with what they come to.
  void ReplaceSum(NodeId first, NodeId id, Value v, Output total) {
    const Node node = g_.node(id);
    std::vector<Output> terms = {total};
    for (Output o : node.inputs) {
      const auto it = at_.find(o.node);
      if (it == at_.end() || it->second.first != v.row || o.index != v.index) terms.push_back(o);
    }
    Output sum = total;
    if (terms.size() > 1 || !node.control_inputs.empty()) {
      sum = {g_.AddNode(node.op->name, node.name, terms,
                        {{"N", static_cast<int64_t>(terms.size())}}, node.control_inputs),
             0};
    }
    unit_.ReplaceUses(f_, {id, 0}, sum);
    now_[first] = sum.node;
  }

  // Steps' values that are joined in order, row by row, are the stack in another shape.
  void ReplaceJoins(Value v, Output stack) {
    const std::vector<Use> uses = unit_.UsesOf(f_, At(v, 0));
    for (const Use& use : uses) {
      if (use.node == kNoNode || Inside(use.node)) continue;
      const Node node = g_.node(use.node);
      if (node.op->meaning != Meaning::kJoin ||
          static_cast<int>(node.inputs.size()) != m_.steps + 1)
        continue;
      const Tensor* axis = g_.ConstValue(node.inputs.back());
      bool all = axis && axis->num_elements() == 1 && axis->int_at(0) == 0;
      for (int t = 0; all && t < m_.steps; ++t) all = node.inputs[t] == At(v, t);
      if (!all) continue;
      const Shape shape = g_.shape({use.node, 0});
      const NodeId joined = g_.AddNode("Reshape", node.name, {stack, AddDims(g_, node.name, shape)},
                                       {}, node.control_inputs);
      unit_.ReplaceUses(f_, {use.node, 0}, {joined, 0});
      unit_.ReplaceWaits(f_, use.node, {joined});
      unit_.RemoveNode(f_, use.node);
    }
  }

  Unit& unit_;
  Function& f_;
  Graph& g_;
  MatchedSteps m_;
  std::map<NodeId, std::pair<int, int>> at_;  // row and step
  Function* made_ = nullptr;
  CountedLoopParts parts_;
  NodeId loop_ = kNoNode;
  std::map<std::tuple<Source, int, int, std::vector<Output>>, Output> parameters_;
  std::vector<NodeId> carried_args_, slice_args_, invariant_args_;
  std::vector<NodeId> copies_;            // by row
  std::vector<Value> carried_;            // row -1: a sum
  std::vector<Output> next_, stacked_;    // in the body
  std::map<Value, int> finals_, stacks_;  // by place among the carried, or the stacks
  struct Sum {
    Value value;
    int carried;
    std::set<NodeId> users;
  };
  std::vector<Sum> sums_;
  std::map<NodeId, NodeId> now_;  // what stands for a sum outside
};

}  // namespace

void RerollLoops(Unit& unit) {
  const std::vector<Function*> functions = unit.functions();
  for (Function* f : functions) {
    bool any = false;
    for (const MatchedSteps& m : MatchSteps(unit, *f, kLeastSteps)) {
      if (m.rows.size() < kLeastRows) continue;
      Reroller(unit, *f, m).Run();
      any = true;
    }
    if (any) unit.RemoveDeadNodes(*f);
  }
  unit.FindFunctions();
}

}  // namespace graphrun
