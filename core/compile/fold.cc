// FoldConstants.
#include <algorithm>

#include "core/compile/folding.h"
#include "core/compile/needs.h"
#include "core/compile/passes.h"
#include "core/compile/refine_types.h"
#include "core/graph/counted_node.h"
#include "core/graph/function_attr.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

class Folder {
 public:
  explicit Folder(Unit& unit) : unit_(unit), calls_(unit.CallCounts()) {}

  void Fold(Function& f) {
    Graph& g = f.graph;
    // A constant in the place of what comes after an effect would not wait for it.
    const std::vector<bool> effects = AfterEffects(g);
    const auto after = [&](NodeId id) {
      return id < static_cast<NodeId>(effects.size()) && effects[id];
    };
    for (NodeId id : TopologicalOrder(g)) {
      const Node& node = g.node(id);
      if (!node.op->regions.empty()) {
        FoldInto(f, id);
        continue;
      }
      RefineNode(g, id);
      const auto& controls = node.control_inputs;
      if (!IsFoldable(node) || std::any_of(controls.begin(), controls.end(), after)) continue;
      const int same = SameInput(node, g, node.inputs);
      const bool alone = std::all_of(node.inputs.begin(), node.inputs.end(), [&](Output o) {
        return same >= 0 && (o == node.inputs[same] || !after(o.node));
      });
      if (same >= 0 && alone) {
        unit_.ReplaceUses(f, {id, 0}, Output(node.inputs[same]));
      } else if (!after(id)) {
        FoldNode(f, id);
      }
    }
  }

 private:
  void FoldNode(Function& f, NodeId id) {
    Graph& g = f.graph;
    const std::string name = g.node(id).name;
    if (const std::optional<Tensor> value = ValueByType(g, id)) {
      if (!unit_.UsesOf(f, {id, 0}).empty())
        unit_.ReplaceUses(f, {id, 0}, g.AddConst(name, *value));
      return;
    }
    std::vector<DType> types;
    for (int i = 0; i < g.num_outputs(id); ++i) types.push_back(g.dtype({id, i}));
    const auto values = FoldedValues(g.node(id), g, g.node(id).inputs, types, environment_);
    for (size_t i = 0; values && i < values->size(); ++i) {
      const Output o{id, static_cast<int>(i)};
      if (!unit_.UsesOf(f, o).empty()) unit_.ReplaceUses(f, o, g.AddConst(name, (*values)[i]));
    }
  }

  // Constants among the inputs become constants of the functions that get them.
  void FoldInto(Function& f, NodeId id) {
    Graph& g = f.graph;
    const Node node = g.node(id);
    for (const Region& region : node.op->regions) {
      if (calls_[&RegionFunction(g, node, region)] > 1) return;
    }
    const bool divides = node.op->regions[0].divides;
    for (size_t i = node.op->regions[0].first_input; i < node.inputs.size(); ++i) {
      const Tensor* value = g.ConstValue(node.inputs[i]);
      if (!value || (divides && i < static_cast<size_t>(CountedAttrs(node).first_invariant())))
        continue;
      const size_t k = i - node.op->regions[0].first_input;
      const auto changes = [&](const Region& region) {
        const Function& callee = RegionFunction(g, node, region);
        return region.repeats && callee.results[k] != Output{callee.args[k], 0};
      };
      if (std::any_of(node.op->regions.begin(), node.op->regions.end(), changes)) continue;
      for (const Region& region : node.op->regions)
        FoldParameter(g.library()->Get(RegionFunction(g, node, region).name), k, *value, region);
    }
  }

  void FoldParameter(Function& callee, size_t k, const Tensor& value, const Region& region) {
    const Output parameter = {callee.args[k], 0};
    const std::vector<Use>& uses = unit_.UsesOf(callee, parameter);
    const bool handed_on = region.repeats;
    const bool used = std::any_of(uses.begin(), uses.end(), [&](const Use& use) {
      return use.node != kNoNode || !handed_on || static_cast<size_t>(use.index) != k;
    });
    if (!used) return;
    unit_.ReplaceUses(callee, parameter,
                      callee.graph.AddConst(callee.graph.node(parameter.node).name, value));
    if (!handed_on) return;
    // The loop variable stays what it is.
    callee.results[k] = parameter;
    unit_.Touch(callee);
  }

  Unit& unit_;
  std::unordered_map<const Function*, int> calls_;
  VariableStore no_variables_;
  const std::shared_ptr<BufferPool> pool_ = BufferPool::Create();
  const KernelEnvironment environment_{pool_.get(), &no_variables_};
};

}  // namespace

// Callers first: constants go from them into what they call.
void FoldConstants(Unit& unit) {
  Folder folder(unit);
  for (size_t k = unit.functions().size(); k-- > 0;) folder.Fold(*unit.functions()[k]);
}

}  // namespace graphrun
