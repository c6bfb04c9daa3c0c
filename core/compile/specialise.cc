#include "core/compile/specialise.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "core/base/error.h"
#include "core/base/size.h"
#include "core/compile/needs.h"
#include "core/compile/order.h"
#include "core/graph/function_attr.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

// Larger constants are cheaper to compute again than to keep.
constexpr size_t kMaxFoldedBytes = 1 << 16;

// What a parameter of a function becomes: a parameter of the copy, or a known value.
struct Argument {
  ValueType type;
  const Tensor* value = nullptr;
};

// Copies a graph, or the part of a function that is needed, into another graph.
class Copier {
 public:
  Copier(const Graph& from, Graph* to, std::string path, const KernelEnvironment* folding)
      : from_(from), to_(*to), path_(std::move(path)), folding_(folding) {}

  // REQUIRES: maps are set for the fed outputs.
  void Map(Output from, Output to) { map_[from] = to; }
  Output Mapped(Output from) const { return map_.at(from); }
  // Copies the needed nodes. `needs` must live as long as this.
  void Copy(const Needs& needs);
  // The copied targets that still do something, and effects that only what was folded away needs.
  std::vector<NodeId> ControlResults() const;

 private:
  void CopyNode(NodeId id);
  std::vector<NodeId> ControlInputs(NodeId id) const;
  bool Fold(NodeId id, const std::vector<Output>& inputs);
  bool FoldKnown(NodeId id, NodeId copy);
  void CopyWhile(NodeId id, const std::vector<Output>& inputs);
  void CopyIf(NodeId id, const std::vector<Output>& inputs);
  void Inline(NodeId id, const CalleeNeeds& callee, const std::vector<Output>& inputs);
  // A fed output stays what it is fed with.
  void SetCopy(Output from, Output to) { map_.try_emplace(from, to); }
  bool Effectful(NodeId copy) const {
    return copy < static_cast<NodeId>(effect_.size()) && effect_[copy];
  }
  void Finish(NodeId id, NodeId copy);

  const Graph& from_;
  Graph& to_;
  const std::string path_;
  const KernelEnvironment* folding_;
  const Needs* needs_ = nullptr;
  std::map<Output, Output> map_;
  std::map<NodeId, NodeId> nodes_;  // copies of nodes; a node without one left nothing to wait for
  std::vector<bool> effect_;        // of to_'s nodes: an effect in itself or in what it waits for
};

// `keep_args` are the parameters that stay, `args` what they become.
std::unique_ptr<Function> SpecialiseFunction(const CalleeNeeds& callee, const Graph& owner,
                                             const std::vector<int>& keep_args,
                                             const std::vector<Argument>& args,
                                             const std::string& path,
                                             const KernelEnvironment* folding) {
  const Function& f = *callee.function;
  auto copy = std::make_unique<Function>(owner.library()->UniqueName(f.name), owner);
  Copier copier(f.graph, &copy->graph, path, folding);
  for (size_t k = 0; k < keep_args.size(); ++k) {
    const NodeId arg = f.args[keep_args[k]];
    const std::string& arg_name = f.graph.node(arg).name;
    const Output made = copy->AddArg(arg_name, args[k].type);
    if (args[k].value) {
      copier.Map({arg, 0}, copy->graph.AddConst(arg_name, *args[k].value));
    } else {
      copier.Map({arg, 0}, made);
    }
  }
  copier.Copy(*callee.needs);
  for (size_t r = 0; r < callee.results.size(); ++r) {
    if (callee.results[r]) copy->results.push_back(copier.Mapped(f.results[r]));
  }
  copy->control_results = copier.ControlResults();
  return copy;
}

void Copier::Copy(const Needs& needs) {
  needs_ = &needs;
  std::set<Output> fed;
  for (const auto& [from, to] : map_) fed.insert(from);
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
  for (NodeId id : needs_->targets) {
    if (const auto it = nodes_.find(id); it != nodes_.end()) out.push_back(it->second);
  }
  for (NodeId id = 0; id < to_.num_ids(); ++id) {
    if (to_.exists(id) && MustRun(to_, id)) out.push_back(id);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<NodeId> Copier::ControlInputs(NodeId id) const {
  std::vector<NodeId> out;
  for (NodeId c : from_.node(id).control_inputs) {
    const auto it = nodes_.find(c);
    if (it != nodes_.end() && Effectful(it->second)) out.push_back(it->second);
  }
  // An input that is not passed on is waited for all the same.
  for (size_t i = 0; i < from_.node(id).inputs.size(); ++i) {
    if (needs_->passes(id, i)) continue;
    const auto it = map_.find(from_.node(id).inputs[i]);
    if (it != map_.end() && Effectful(it->second.node)) out.push_back(it->second.node);
  }
  return out;
}

// Records what became of a node.
void Copier::Finish(NodeId id, NodeId copy) {
  nodes_[id] = copy;
  effect_.resize(to_.num_ids(), false);
  const Node& node = to_.node(copy);
  bool effect = HasEffect(to_, copy);
  for (Output o : node.inputs) effect = effect || effect_[o.node];
  for (NodeId c : node.control_inputs) effect = effect || effect_[c];
  effect_[copy] = effect;
}

// Whether output 0 is a known constant, or a tensor that exists already.
bool Copier::Fold(NodeId id, const std::vector<Output>& inputs) {
  const Node& node = from_.node(id);
  const OpDef& op = *node.op;
  if (!op.pure() || op.structure != Structure::kNone || op.handles || !ControlInputs(id).empty())
    return false;
  if (op.same_as) {
    std::vector<ValueType> in, out(1);
    for (Output o : inputs) in.push_back(to_.type(o));
    const ShapeContext::Values values{[&](int i) { return to_.ConstValue(inputs[i]); }, {}};
    const ShapeContext context(node, *to_.library(), in, out, values);
    const int same = op.same_as(context);
    // Who waits for this node waits for all of its inputs.
    const bool waits = std::any_of(inputs.begin(), inputs.end(), [&](Output o) {
      return same >= 0 && o != inputs[same] && Effectful(o.node);
    });
    if (same >= 0 && !waits) {
      SetCopy({id, 0}, inputs[same]);
      nodes_[id] = inputs[same].node;
      return true;
    }
  }
  if (op.inputs.empty()) return false;
  std::vector<Tensor> values;
  for (Output o : inputs) {
    const Tensor* value = to_.ConstValue(o);
    if (!value || Effectful(o.node)) return false;
    values.push_back(*value);
  }
  std::vector<ValueType> in, out;
  for (const Tensor& t : values) in.push_back(TypeOf(t));
  for (int i = 0; i < from_.num_outputs(id); ++i) {
    out.push_back({.dtype = from_.dtype({id, i})});
    if (DTypeSize(out.back().dtype) == 0) return false;
  }
  const ShapeContext::Values known{[&](int i) { return &values[i]; }, {}};
  ShapeContext context(node, *to_.library(), in, out, known);
  std::vector<Tensor> results(out.size());
  std::vector<Tensor*> in_pointers, out_pointers;
  std::vector<Shape> shapes;
  for (Tensor& t : values) in_pointers.push_back(&t);
  try {
    op.shape(context);
    for (size_t i = 0; i < out.size(); ++i) {
      shapes.push_back(out[i].shape);
      out_pointers.push_back(&results[i]);
      const bool by_kernel = op.allocates_outputs || (op.view_of >= 0 && i == 0);
      if (by_kernel) continue;
      if (CheckedBytes(out[i].shape.num_elements(), out[i].dtype) > kMaxFoldedBytes) return false;
      results[i] = Tensor(out[i].dtype, out[i].shape);
    }
    KernelContext kernel(node, *folding_, in_pointers, out_pointers, shapes, nullptr, nullptr);
    op.kernel(kernel);
  } catch (const Error&) {
    return false;  // the error belongs to the run, which may never get here
  }
  for (size_t i = 0; i < results.size(); ++i) {
    const Output o{id, static_cast<int>(i)};
    if (needs_->has(o) && !map_.contains(o)) SetCopy(o, to_.AddConst(node.name, results[i].Copy()));
  }
  return true;
}

// Whether every used output is known by its type alone, as that of Shape is.
bool Copier::FoldKnown(NodeId id, NodeId copy) {
  const Node& node = to_.node(copy);
  if (!node.op->pure() || !node.op->partial || !node.control_inputs.empty()) return false;
  const auto elements = to_.PartialValue({copy, 0});
  if (!elements || !elements->fully_known()) return false;
  const ValueType& type = to_.type({copy, 0});
  const int64_t most = type.dtype == DType::kInt32 ? std::numeric_limits<int32_t>::max()
                                                   : std::numeric_limits<int64_t>::max();
  // A size that the type cannot hold is an error of the run.
  if (std::ranges::any_of(elements->dims(), [&](int64_t d) { return d > most; })) return false;
  Tensor value(type.dtype, type.shape);
  ForInt(type.dtype, [&](auto z) {
    for (int i = 0; i < elements->rank(); ++i) {
      value.data<decltype(z)>()[i] = static_cast<decltype(z)>((*elements)[i]);
    }
  });
  const std::string name = node.name;
  if (std::any_of(node.inputs.begin(), node.inputs.end(),
                  [&](Output o) { return Effectful(o.node); })) {
    Finish(id, copy);  // for those who wait for it
  } else {
    to_.RemoveNode(copy);
  }
  SetCopy({id, 0}, to_.AddConst(name, value));
  return true;
}

void Copier::CopyNode(NodeId id) {
  const Node& node = from_.node(id);
  std::vector<Output> inputs;
  for (size_t i = 0; i < node.inputs.size(); ++i)
    inputs.push_back(needs_->passes(id, i) ? map_.at(node.inputs[i]) : Output());
  switch (node.op->structure) {
    case Structure::kWhile:
      return CopyWhile(id, inputs);
    case Structure::kIf:
      return CopyIf(id, inputs);
    case Structure::kCall:
      return Inline(id, needs_->callees(id)[0], inputs);
    case Structure::kPlaceholder:
      ThrowInvalid("placeholder '" + node.name + "' (" + from_.type({id, 0}).ToString() +
                   ") is needed and must be fed");
    default:
      break;
  }
  if (Fold(id, inputs)) return;
  AttrMap attrs = node.attrs;
  if (node.op->effect == Effect::kRandom) attrs.insert_or_assign(kStreamAttr, path_ + node.name);
  const NodeId copy =
      to_.AddNode(node.op->name, node.name, inputs, std::move(attrs), ControlInputs(id));
  if (from_.num_outputs(id) == 1 && FoldKnown(id, copy)) return;
  for (int i = 0; i < from_.num_outputs(id); ++i) {
    SetCopy({id, i}, {copy, i});
  }
  Finish(id, copy);
}

void Copier::Inline(NodeId id, const CalleeNeeds& callee, const std::vector<Output>& inputs) {
  const Function& f = *callee.function;
  const NodeId first = to_.num_ids();
  Copier inner(f.graph, &to_, path_ + from_.node(id).name + "/", folding_);
  std::vector<NodeId> waits = ControlInputs(id);
  for (size_t i = 0; i < f.args.size(); ++i) {
    if (!inputs[i].valid()) continue;
    inner.Map({f.args[i], 0}, inputs[i]);
    // Who waits for a parameter waits for what is passed.
    inner.nodes_[f.args[i]] = inputs[i].node;
  }
  for (Output o : from_.node(id).inputs) {
    const auto it = map_.find(o);
    if (it != map_.end() && Effectful(it->second.node)) waits.push_back(it->second.node);
  }
  // What the call waits for, its effects wait for.
  inner.effect_ = effect_;
  inner.Copy(*callee.needs);
  effect_ = inner.effect_;
  effect_.resize(to_.num_ids(), false);
  std::vector<NodeId> effects;
  for (NodeId target : callee.needs->targets) {
    if (const auto it = inner.nodes_.find(target); it != inner.nodes_.end())
      effects.push_back(it->second);
  }
  for (const auto& [from, copy] : inner.nodes_) {
    if (copy < first || !to_.exists(copy) || !HasEffect(to_, copy)) continue;
    for (NodeId c : waits) to_.AddControlInput(copy, c);
  }
  for (size_t r = 0; r < f.results.size(); ++r) {
    if (callee.results[r]) SetCopy({id, static_cast<int>(r)}, inner.Mapped(f.results[r]));
  }
  if (!effects.empty()) {
    const NodeId done = to_.AddNode("NoOp", from_.node(id).name, {}, {}, effects);
    Finish(id, done);
  }
}

void Copier::CopyIf(NodeId id, const std::vector<Output>& inputs) {
  const Node& node = from_.node(id);
  const std::vector<CalleeNeeds>& branches = needs_->callees(id);
  if (const Tensor* pred = to_.ConstValue(inputs[0]); pred && pred->dtype() == DType::kBool) {
    return Inline(id, branches[pred->scalar<bool>() ? 0 : 1], {inputs.begin() + 1, inputs.end()});
  }
  std::vector<int> keep;
  std::vector<Output> kept = {inputs[0]};
  std::vector<Argument> arguments;
  for (size_t i = 1; i < inputs.size(); ++i) {
    if (!inputs[i].valid()) continue;
    keep.push_back(static_cast<int>(i) - 1);
    kept.push_back(inputs[i]);
    arguments.push_back({to_.type(inputs[i]), to_.ConstValue(inputs[i])});
  }
  const std::string path = path_ + node.name + "/";
  AttrMap attrs = {};
  if (const auto lowered = node.attrs.find(kLoweredAttr); lowered != node.attrs.end())
    attrs.insert(*lowered);
  const std::vector<const char*> names = {"then_branch", "else_branch"};
  for (size_t b = 0; b < branches.size(); ++b) {
    std::unique_ptr<Function> copy;
    try {
      copy = SpecialiseFunction(branches[b], to_, keep, arguments, path, folding_);
    } catch (const Error&) {
      // Shapes that do not fit this branch are no error unless it is taken.
      const Function& f = *branches[b].function;
      std::vector<Argument> unknown;
      for (int i : keep) unknown.push_back({f.graph.type({f.args[i], 0}), nullptr});
      copy = SpecialiseFunction(branches[b], to_, keep, unknown, path, folding_);
    }
    attrs.insert_or_assign(names[b], FuncRef{copy->name});
    to_.library()->Add(std::move(copy));
  }
  std::vector<int> results;
  std::vector<DType> types;
  for (int r = 0; r < from_.num_outputs(id); ++r) {
    if (!branches[0].results[r]) continue;
    results.push_back(r);
    types.push_back(from_.dtype({id, r}));
  }
  attrs.insert_or_assign("Tout", types);
  const NodeId copy = to_.AddNode(node.op->name, node.name, kept, attrs, ControlInputs(id));
  for (size_t k = 0; k < results.size(); ++k)
    SetCopy({id, results[k]}, {copy, static_cast<int>(k)});
  Finish(id, copy);
}

void Copier::CopyWhile(NodeId id, const std::vector<Output>& inputs) {
  const Node& node = from_.node(id);
  const CalleeNeeds &cond = needs_->callees(id)[0], &body = needs_->callees(id)[1];
  const Function& f = *body.function;
  std::vector<int> live;
  std::vector<Argument> args;
  std::vector<Output> initial;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].valid()) continue;
    const bool invariant = f.results[i] == Output{f.args[i], 0};
    live.push_back(static_cast<int>(i));
    initial.push_back(inputs[i]);
    args.push_back({to_.type(inputs[i]), invariant ? to_.ConstValue(inputs[i]) : nullptr});
  }
  const std::string path = path_ + node.name + "/";
  std::unique_ptr<Function> new_body;
  // Loop variables start as special as their initial values and become as general as the body makes
  // them.
  for (bool changed = true; changed;) {
    changed = false;
    new_body = SpecialiseFunction(body, to_, live, args, path, folding_);
    for (size_t k = 0; k < live.size(); ++k) {
      const ValueType fit = Generalize(args[k].type, new_body->graph.type(new_body->results[k]));
      if (args[k].value || fit == args[k].type) continue;
      args[k].type = fit;
      changed = true;
    }
    if (changed) {
      for (const std::string& called : CalledFunctions(*new_body)) to_.library()->Remove(called);
    }
  }
  // A constant stays the loop variable's value, although the body knows it.
  for (size_t k = 0; k < live.size(); ++k) {
    if (args[k].value) new_body->results[k] = {new_body->args[k], 0};
  }
  auto new_cond = SpecialiseFunction(cond, to_, live, args, path + "cond/", folding_);
  AttrMap attrs = {{"cond", FuncRef{new_cond->name}}, {"body", FuncRef{new_body->name}}};
  if (const auto lowered = node.attrs.find(kLoweredAttr); lowered != node.attrs.end())
    attrs.insert(*lowered);
  to_.library()->Add(std::move(new_cond));
  to_.library()->Add(std::move(new_body));
  const NodeId copy = to_.AddNode(node.op->name, node.name, initial, attrs, ControlInputs(id));
  for (size_t k = 0; k < live.size(); ++k) {
    SetCopy({id, live[k]}, args[k].value ? initial[k] : Output{copy, static_cast<int>(k)});
  }
  Finish(id, copy);
}

}  // namespace

std::unique_ptr<Function> Specialise(const Graph& graph, const RunSignature& signature) {
  auto f = std::make_unique<Function>("main", Graph(&graph.registry()));
  VariableStore no_variables;
  const std::shared_ptr<BufferPool> pool = BufferPool::Create();
  const KernelEnvironment folding{pool.get(), &no_variables};
  NeedsFinder finder;
  Copier copier(graph, &f->graph, "", &folding);
  std::set<Output> fed;
  for (const auto& [output, type] : signature.feeds) {
    copier.Map(output, f->AddArg(graph.node(output.node).name, type));
    fed.insert(output);
  }
  const Needs needs = finder.OfRun(graph, fed, signature.fetches, signature.targets);
  copier.Copy(needs);
  for (Output o : signature.fetches) f->results.push_back(copier.Mapped(o));
  f->control_results = copier.ControlResults();
  return f;
}

}  // namespace graphrun
