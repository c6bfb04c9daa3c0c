#include "core/compile/specialise.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "core/base/error.h"
#include "core/base/size.h"
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
  // Copies the nodes that the outputs and targets need.
  void Copy(const std::vector<Output>& outputs, const std::vector<NodeId>& targets);
  // The copied targets that still do something.
  std::vector<NodeId> MappedTargets(const std::vector<NodeId>& targets) const;

 private:
  void CopyNode(NodeId id);
  std::vector<NodeId> ControlInputs(NodeId id) const;
  bool Fold(NodeId id, const std::vector<Output>& inputs);
  bool FoldKnown(NodeId id, NodeId copy);
  void CopyWhile(NodeId id, const std::vector<Output>& inputs);
  void CopyIf(NodeId id, const std::vector<Output>& inputs);
  void Inline(NodeId id, const Function& f, const std::vector<Output>& inputs);
  std::vector<int> LiveVariables(NodeId id, const Function& cond, const Function& body) const;
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
  std::map<Output, Output> map_;
  std::map<NodeId, NodeId> nodes_;  // copies of nodes; a node without one left nothing to wait for
  std::set<Output> used_;           // outputs that somebody needs
  std::vector<bool> effect_;        // of to_'s nodes: an effect in itself or in what it waits for
};

std::unique_ptr<Function> SpecialiseFunction(const Function& f, const std::string& name,
                                             const Graph& owner, const std::vector<int>& keep_args,
                                             const std::vector<Argument>& args,
                                             const std::vector<int>& keep_results,
                                             const std::string& path,
                                             const KernelEnvironment* folding) {
  auto copy = std::make_unique<Function>(owner.library()->UniqueName(name), owner);
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
  std::vector<Output> results;
  for (int r : keep_results) results.push_back(f.results[r]);
  copier.Copy(results, f.control_results);
  for (Output o : results) copy->results.push_back(copier.Mapped(o));
  copy->control_results = copier.MappedTargets(f.control_results);
  return copy;
}

void Copier::Copy(const std::vector<Output>& outputs, const std::vector<NodeId>& targets) {
  std::set<Output> fed;
  for (const auto& [from, to] : map_) fed.insert(from);
  const std::vector<bool> needed = NeededNodes(from_, fed, outputs, targets);
  used_.insert(outputs.begin(), outputs.end());
  for (NodeId id = 0; id < from_.num_ids(); ++id) {
    if (needed[id]) used_.insert(from_.node(id).inputs.begin(), from_.node(id).inputs.end());
  }
  for (NodeId id : ExecutionOrder(from_, needed, fed)) {
    WithContext(
        [&] {
          return "while preparing '" + from_.node(id).name + "' (" + from_.node(id).op->name + ")";
        },
        [&] { CopyNode(id); });
  }
}

std::vector<NodeId> Copier::MappedTargets(const std::vector<NodeId>& targets) const {
  std::vector<NodeId> out;
  for (NodeId id : targets) {
    if (const auto it = nodes_.find(id); it != nodes_.end()) out.push_back(it->second);
  }
  return out;
}

std::vector<NodeId> Copier::ControlInputs(NodeId id) const {
  std::vector<NodeId> out;
  for (NodeId c : from_.node(id).control_inputs) {
    const auto it = nodes_.find(c);
    if (it != nodes_.end() && Effectful(it->second)) out.push_back(it->second);
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
    if (used_.contains(o) && !map_.contains(o))
      SetCopy(o, to_.AddConst(node.name, results[i].Copy()));
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
  for (Output o : node.inputs) inputs.push_back(map_.at(o));
  switch (node.op->structure) {
    case Structure::kWhile:
      return CopyWhile(id, inputs);
    case Structure::kIf:
      return CopyIf(id, inputs);
    case Structure::kCall:
      return Inline(id, FunctionAttr(from_, node, "f"), inputs);
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

void Copier::Inline(NodeId id, const Function& f, const std::vector<Output>& inputs) {
  const NodeId first = to_.num_ids();
  Copier inner(f.graph, &to_, path_ + from_.node(id).name + "/", folding_);
  for (size_t i = 0; i < f.args.size(); ++i) inner.Map({f.args[i], 0}, inputs[i]);
  // What the call waits for, its effects wait for.
  inner.effect_ = effect_;
  inner.Copy(f.results, f.control_results);
  effect_ = inner.effect_;
  effect_.resize(to_.num_ids(), false);
  std::vector<NodeId> waits = ControlInputs(id);
  for (Output o : from_.node(id).inputs) {
    if (const NodeId copy = map_.at(o).node; Effectful(copy)) waits.push_back(copy);
  }
  const std::vector<NodeId> effects = inner.MappedTargets(f.control_results);
  for (const auto& [from, copy] : inner.nodes_) {
    if (copy < first || !to_.exists(copy) || !HasEffect(to_, copy)) continue;
    for (NodeId c : waits) to_.AddControlInput(copy, c);
  }
  for (size_t i = 0; i < f.results.size(); ++i)
    SetCopy({id, static_cast<int>(i)}, inner.Mapped(f.results[i]));
  if (!effects.empty()) {
    const NodeId done = to_.AddNode("NoOp", from_.node(id).name, {}, {}, effects);
    Finish(id, done);
  }
}

void Copier::CopyIf(NodeId id, const std::vector<Output>& inputs) {
  const Node& node = from_.node(id);
  const Function& then_f = FunctionAttr(from_, node, "then_branch");
  const Function& else_f = FunctionAttr(from_, node, "else_branch");
  const std::vector<Output> args(inputs.begin() + 1, inputs.end());
  if (const Tensor* pred = to_.ConstValue(inputs[0]); pred && pred->dtype() == DType::kBool) {
    return Inline(id, pred->scalar<bool>() ? then_f : else_f, args);
  }
  // Outputs that nobody uses are not computed.
  std::vector<int> results, keep(args.size());
  for (int i = 0; i < from_.num_outputs(id); ++i) {
    if (used_.contains({id, i})) results.push_back(i);
  }
  std::vector<Argument> arguments;
  for (size_t i = 0; i < args.size(); ++i) {
    keep[i] = static_cast<int>(i);
    arguments.push_back({to_.type(args[i]), to_.ConstValue(args[i])});
  }
  const std::string path = path_ + node.name + "/";
  AttrMap attrs;
  std::vector<DType> types;
  for (int r : results) types.push_back(from_.dtype({id, r}));
  for (const auto& [attr, f] :
       {std::pair{"then_branch", &then_f}, std::pair{"else_branch", &else_f}}) {
    std::unique_ptr<Function> copy;
    try {
      copy = SpecialiseFunction(*f, f->name, to_, keep, arguments, results, path, folding_);
    } catch (const Error&) {
      // Shapes that do not fit this branch are no error unless it is taken.
      std::vector<Argument> unknown;
      for (NodeId arg : f->args) unknown.push_back({f->graph.type({arg, 0}), nullptr});
      copy = SpecialiseFunction(*f, f->name, to_, keep, unknown, results, path, folding_);
    }
    attrs.insert_or_assign(attr, FuncRef{copy->name});
    to_.library()->Add(std::move(copy));
  }
  attrs.insert_or_assign("Tout", types);
  const NodeId copy = to_.AddNode(node.op->name, node.name, inputs, attrs, ControlInputs(id));
  for (size_t k = 0; k < results.size(); ++k)
    SetCopy({id, results[k]}, {copy, static_cast<int>(k)});
  Finish(id, copy);
}

// The loop variables that used outputs, the condition or effects need, in order.
std::vector<int> Copier::LiveVariables(NodeId id, const Function& cond,
                                       const Function& body) const {
  const int n = static_cast<int>(body.args.size());
  std::vector<bool> live(n, false);
  const std::vector<bool> tested = NeededNodes(cond.graph, {}, cond.results, cond.control_results);
  for (int i = 0; i < n; ++i) live[i] = used_.contains({id, i}) || tested[cond.args[i]];
  for (bool changed = true; changed;) {
    changed = false;
    std::vector<Output> results;
    for (int i = 0; i < n; ++i) {
      if (live[i]) results.push_back(body.results[i]);
    }
    const std::vector<bool> needed = NeededNodes(body.graph, {}, results, body.control_results);
    for (int i = 0; i < n; ++i) {
      if (!live[i] && needed[body.args[i]]) live[i] = changed = true;
    }
  }
  std::vector<int> out;
  for (int i = 0; i < n; ++i) {
    if (live[i]) out.push_back(i);
  }
  return out;
}

void Copier::CopyWhile(NodeId id, const std::vector<Output>& inputs) {
  const Node& node = from_.node(id);
  const Function& cond = FunctionAttr(from_, node, "cond");
  const Function& body = FunctionAttr(from_, node, "body");
  const std::vector<int> live = LiveVariables(id, cond, body);
  std::vector<Argument> args;
  std::vector<Output> initial;
  for (int i : live) {
    const bool invariant = body.results[i] == Output{body.args[i], 0};
    initial.push_back(inputs[i]);
    args.push_back({to_.type(inputs[i]), invariant ? to_.ConstValue(inputs[i]) : nullptr});
  }
  const std::string path = path_ + node.name + "/";
  std::unique_ptr<Function> new_body;
  // Loop variables start as special as their initial values and become as general as the body makes
  // them.
  for (bool changed = true; changed;) {
    changed = false;
    new_body = SpecialiseFunction(body, body.name, to_, live, args, live, path, folding_);
    for (size_t k = 0; k < live.size(); ++k) {
      const ValueType fit = Generalize(args[k].type, new_body->graph.type(new_body->results[k]));
      if (args[k].value || fit == args[k].type) continue;
      args[k].type = fit;
      changed = true;
    }
    if (changed) {
      for (const std::string& f : CalledFunctions(*new_body)) to_.library()->Remove(f);
    }
  }
  // A constant stays the loop variable's value, although the body knows it.
  for (size_t k = 0; k < live.size(); ++k) {
    if (args[k].value) new_body->results[k] = {new_body->args[k], 0};
  }
  auto new_cond =
      SpecialiseFunction(cond, cond.name, to_, live, args, {0}, path + "cond/", folding_);
  AttrMap attrs = {{"cond", FuncRef{new_cond->name}}, {"body", FuncRef{new_body->name}}};
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
  Copier copier(graph, &f->graph, "", &folding);
  for (const auto& [output, type] : signature.feeds) {
    copier.Map(output, f->AddArg(graph.node(output.node).name, type));
  }
  copier.Copy(signature.fetches, signature.targets);
  for (Output o : signature.fetches) f->results.push_back(copier.Mapped(o));
  f->control_results = copier.MappedTargets(signature.targets);
  return f;
}

}  // namespace graphrun
