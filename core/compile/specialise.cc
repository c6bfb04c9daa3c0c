#include "core/compile/specialise.h"

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/compile/copier.h"
#include "core/graph/node_signature.h"
#include "core/graph/op_def.h"
#include "core/graph/order.h"

namespace graphrun {

void Copier::Copy(const Needs& needs) {
  needs_ = &needs;
  std::set<Output> fed;
  for (const auto& [from, to] : map_) fed.insert(from);
  const ConstantChains chains(from_, needs, fed);
  chains_ = &chains;
  for (NodeId id : ExecutionOrder(from_, needs.nodes, fed)) {
    if (from_.node(id).op->structure == Structure::kArg) continue;
    WithContext(
        [&] {
          return "while preparing '" + from_.node(id).name + "' (" + from_.node(id).op->name + ")";
        },
        [&] { CopyNode(id); });
  }
}

std::vector<NodeId> Copier::ControlResults() const {
  std::vector<NodeId> out;
  for (const std::vector<NodeId>* run : {&needs_->targets, &needs_->kept}) {
    for (NodeId id : *run) {
      const auto it = nodes_.find(id);
      if (it != nodes_.end() && it->second != kNoNode) out.push_back(it->second);
    }
  }
  // An inlined one is what computes its results.
  for (NodeId id : needs_->kept) {
    for (auto it = map_.lower_bound({id, 0}); it != map_.end() && it->first.node == id; ++it)
      out.push_back(it->second.node);
  }
  for (NodeId id = 0; id < to_.num_ids(); ++id) {
    if (to_.exists(id) && HasEffect(to_, id)) out.push_back(id);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// A copy of the node. What its shape function refuses, now that more is known, fails when it is
// reached: it may lie in a branch that is not taken, or in a body that makes no trip.
NodeId Copier::AddCopy(const Node& node, const std::vector<Output>& inputs, AttrMap attrs,
                       const std::vector<NodeId>& controls) {
  try {
    return to_.AddNode(node.op->name, node.name, inputs, std::move(attrs), controls);
  } catch (const Error& e) {
    if (e.broken()) throw;
    return to_.AddNode("_Unavailable", node.name, inputs,
                       {{"op", node.op->name},
                        {"reason", e.message()},
                        {"code", static_cast<int64_t>(e.code())},
                        {"stateful", !node.op->pure()},
                        {"Tout", OutputTypes(*node.op, node.attrs)}},
                       controls);
  }
}

// Whether the node ends a chain of constants, and is copied as one step.
bool Copier::JoinConstants(NodeId id) {
  const std::optional<JoinedConstants> joined = chains_->Find(id, *context_->folding);
  if (!joined) return false;
  const std::string& name = from_.node(id).name;
  std::vector<Output> inputs = {map_.at(joined->value), to_.AddConst(name, joined->constant)};
  if (joined->constant_first) std::swap(inputs[0], inputs[1]);
  const NodeId copy = to_.AddNode(joined->op, name, inputs, {}, ControlInputs(id));
  AddWaits(copy, Waits(inputs));
  SetCopy({id, 0}, {copy, 0});
  Finish(id, copy);
  return true;
}

void Copier::CopyNode(NodeId id) {
  const Node& node = from_.node(id);
  if (needs_->by_type[id]) {
    const Output made = to_.AddConst(node.name, *ValueByType(from_, id));
    std::vector<NodeId> waits = ControlInputs(id);
    for (Output o : node.inputs) {
      const auto it = map_.find(o);
      const NodeId source = it == map_.end() ? Gate(o.node) : it->second.node;
      if (source != kNoNode) AppendWaits(source, &waits);
    }
    std::erase_if(waits, [&](NodeId w) { return !Ordering(w); });
    AddWaits(made.node, waits);
    SetCopy({id, 0}, made);
    nodes_[id] = made.node;
    return;
  }
  std::vector<Output> inputs;
  for (size_t i = 0; i < node.inputs.size(); ++i)
    inputs.push_back(needs_->passes(id, i) ? map_.at(node.inputs[i]) : Output());
  switch (node.op->structure) {
    case Structure::kWhile:
      return CopyWhile(id, inputs);
    case Structure::kIf:
      return CopyIf(id, inputs);
    case Structure::kCall:
      return Inline(id, 0, inputs, ControlInputs(id));
    case Structure::kPlaceholder:
      ThrowInvalid("placeholder '" + node.name + "' (" + from_.type({id, 0}).ToString() +
                   ") is needed and must be fed");
    default:
      break;
  }
  if (Fold(id, inputs) || JoinConstants(id)) return;
  AttrMap attrs = node.attrs;
  if (node.op->effect == Effect::kRandom) attrs.insert_or_assign(kStreamAttr, path_ + node.name);
  std::vector<NodeId> controls = ControlInputs(id), waits = Waits(inputs);
  if (node.op->effect == Effect::kWrite || node.op->effect == Effect::kOther)
    controls.insert(controls.end(), waits.begin(), waits.end());
  const NodeId copy = AddCopy(node, inputs, std::move(attrs), controls);
  AddWaits(copy, waits);
  if (from_.num_outputs(id) == 1 && FoldKnown(id, copy)) return;
  for (int i = 0; i < from_.num_outputs(id); ++i) {
    SetCopy({id, i}, {copy, i});
  }
  Finish(id, copy);
}

std::unique_ptr<Function> Specialise(const Graph& graph, const RunSignature& signature) {
  auto f = std::make_unique<Function>("main", Graph(&graph.registry()));
  VariableStore no_variables;
  const std::shared_ptr<BufferPool> pool = BufferPool::Create();
  const KernelEnvironment folding{pool.get(), &no_variables};
  CopyContext context;
  context.folding = &folding;
  Copier copier(graph, &f->graph, "", &context);
  std::set<Output> fed;
  for (size_t i = 0; i < signature.feeds.size(); ++i) {
    const auto& [output, type] = signature.feeds[i];
    const std::string& name = graph.node(output.node).name;
    const Output arg = f->AddArg(name, type);
    const bool known = i < signature.values.size() && !signature.values[i].empty();
    copier.Map(output, known ? f->graph.AddConst(name, signature.values[i]) : arg);
    fed.insert(output);
  }
  const Needs needs = context.finder.OfRun(graph, fed, signature.fetches, signature.targets);
  context.calls = context.sizes.Of(graph, needs) > static_cast<double>(kMaxInlined);
  copier.Copy(needs);
  for (Output o : signature.fetches) f->results.push_back(copier.Mapped(o));
  f->control_results = copier.ControlResults();
  return f;
}

}  // namespace graphrun
