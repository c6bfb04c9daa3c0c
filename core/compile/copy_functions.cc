// Calls, Ifs and Whiles: copied with functions of their own, or inlined.
#include <algorithm>

#include "core/compile/copier.h"
#include "core/graph/function_attr.h"
#include "core/graph/op_def.h"

namespace graphrun {

std::unique_ptr<Function> SpecialiseFunction(const CalleeNeeds& callee, const Graph& owner,
                                             const std::vector<int>& keep_args,
                                             const std::vector<Argument>& args,
                                             const std::string& path, CopyContext* context) {
  const Function& f = *callee.function;
  auto copy = std::make_unique<Function>(owner.library()->UniqueName(f.name), owner);
  Copier copier(f.graph, &copy->graph, path, context);
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

// A result of a call, so that effects after it come after what the call waits for. Nodes from
// `first` on are of the call.
Output Copier::AfterCall(Output result, NodeId first, const std::string& name,
                         const std::vector<NodeId>& waits) {
  if (waits.empty()) return result;
  if (const Tensor* value = to_.ConstValue(result); value && result.node < first) {
    result = to_.AddConst(name, *value);
  } else if (result.node < first) {
    result = {to_.AddNode("Identity", name, {result}), 0};
  }
  AddWaits(result.node, waits);
  return result;
}

// A call of a function that all calls of equal types share.
void Copier::CopyCall(NodeId id, const CalleeNeeds& callee, const std::vector<Output>& inputs,
                      std::vector<NodeId> controls) {
  std::vector<int> keep;
  std::vector<Output> kept;
  std::vector<Argument> args;
  std::string key = callee.function->name + ":";
  for (const bool wanted : callee.results) key += wanted ? '1' : '0';
  for (size_t i = 0; i < inputs.size(); ++i) {
    key += ",";
    if (!inputs[i].valid()) continue;
    keep.push_back(static_cast<int>(i));
    kept.push_back(inputs[i]);
    args.push_back({to_.type(inputs[i]), nullptr});
    key += to_.type(inputs[i]).ToString();
  }
  auto it = context_->called.find(key);
  if (it == context_->called.end()) {
    auto copy = SpecialiseFunction(callee, to_, keep, args, key + "/", context_);
    it = context_->called.emplace(key, copy->name).first;
    to_.library()->Add(std::move(copy));
  }
  std::vector<int> results;
  std::vector<DType> types;
  for (int r = 0; r < from_.num_outputs(id); ++r) {
    if (!callee.results[r]) continue;
    results.push_back(r);
    types.push_back(from_.dtype({id, r}));
  }
  const Node& node = from_.node(id);
  for (NodeId w : Waits(inputs)) controls.push_back(w);
  const NodeId copy =
      to_.AddNode(node.op->name, node.name, kept,
                  {{node.op->regions[0].attr, FuncRef{it->second}}, {"Tout", types}}, controls);
  for (size_t k = 0; k < results.size(); ++k)
    SetCopy({id, results[k]}, {copy, static_cast<int>(k)});
  Finish(id, copy);
}

void Copier::Inline(NodeId id, size_t k, const std::vector<Output>& inputs,
                    const std::vector<NodeId>& controls) {
  const CalleeNeeds& callee = needs_->callees(id)[k];
  const Function& f = *callee.function;
  const std::string& name = from_.node(id).name;
  Copier inner(f.graph, &to_, CalleePath(path_, from_.node(id), k), context_);
  inner.made_ = made_;
  const NodeId first = to_.num_ids();
  const std::pair call{callee.needs.get(), inputs};
  const bool once = controls.empty() && !HasEffect(from_, id);
  if (const auto it = made_->calls.find(call); once && it != made_->calls.end()) {
    for (size_t r = 0; r < f.results.size(); ++r) {
      if (callee.results[r]) SetCopy({id, static_cast<int>(r)}, it->second[r]);
    }
    return;
  }
  if (context_->calls && from_.node(id).op->structure == Structure::kCall && !Draws(f) &&
      context_->sizes.Of(f.graph, *callee.needs) >= static_cast<double>(kCalledFrom)) {
    CopyCall(id, callee, inputs, controls);
    if (!once) return;
    std::vector<Output>& results = made_->calls[call];
    results.resize(f.results.size());
    for (size_t r = 0; r < f.results.size(); ++r) {
      if (callee.results[r]) results[r] = map_.at({id, static_cast<int>(r)});
    }
    return;
  }
  std::vector<NodeId> waits = controls;
  for (size_t i = 0; i < f.args.size(); ++i) {
    if (!inputs[i].valid()) continue;
    inner.Map({f.args[i], 0}, inputs[i]);
    // Who waits for a parameter waits for what is passed.
    inner.nodes_[f.args[i]] = inputs[i].node;
  }
  for (Output o : from_.node(id).inputs) {
    const auto it = map_.find(o);
    if (it != map_.end()) AppendWaits(it->second.node, &waits);
  }
  inner.Copy(*callee.needs);
  // What the call waits for, its effects wait for.
  for (const auto& [from, copy] : inner.nodes_) {
    if (copy < first || !to_.exists(copy) || !HasEffect(to_, copy)) continue;
    for (NodeId c : waits) to_.AddControlInput(copy, c);
  }
  std::vector<NodeId> orders;
  for (NodeId c : controls) {
    if (Ordering(c)) orders.push_back(c);
  }
  std::vector<Output> results(f.results.size());
  for (size_t r = 0; r < f.results.size(); ++r) {
    if (!callee.results[r]) continue;
    results[r] = AfterCall(inner.Mapped(f.results[r]), first, name, orders);
    SetCopy({id, static_cast<int>(r)}, results[r]);
  }
  if (once) made_->calls[call] = std::move(results);
  std::vector<NodeId> done = controls;
  for (NodeId target : callee.needs->targets) {
    if (const NodeId copy = inner.Gate(target); copy != kNoNode) inner.AppendWaits(copy, &done);
  }
  if (!done.empty()) Finish(id, to_.AddNode("NoOp", name, {}, {}, done));
}

void Copier::CopyIf(NodeId id, const std::vector<Output>& inputs) {
  const Node& node = from_.node(id);
  const std::vector<CalleeNeeds>& branches = needs_->callees(id);
  if (const Tensor* pred = to_.ConstValue(inputs[0]); pred && pred->dtype() == DType::kBool) {
    // Who waits for the If waits for the predicate too.
    std::vector<NodeId> controls = ControlInputs(id);
    AppendWaits(inputs[0].node, &controls);
    return Inline(id, pred->scalar<bool>() ? 0 : 1, {inputs.begin() + 1, inputs.end()}, controls);
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
  AttrMap attrs = {};
  if (const auto lowered = node.attrs.find(kLoweredAttr); lowered != node.attrs.end())
    attrs.insert(*lowered);
  for (size_t b = 0; b < branches.size(); ++b) {
    auto copy =
        SpecialiseFunction(branches[b], to_, keep, arguments, CalleePath(path_, node, b), context_);
    attrs.insert_or_assign(node.op->regions[b].attr, FuncRef{copy->name});
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
  std::vector<NodeId> controls = ControlInputs(id);
  for (NodeId w : Waits(inputs)) controls.push_back(w);
  const NodeId copy = to_.AddNode(node.op->name, node.name, kept, attrs, std::move(controls));
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
  const std::string path = CalleePath(path_, node, 1);
  std::unique_ptr<Function> new_body;
  std::vector<ValueType>& known = context_->loop_types[{body.needs.get(), path}];
  for (size_t k = 0; k < known.size(); ++k) {
    if (!args[k].value) args[k].type = Generalize(args[k].type, known[k]);
  }
  // Loop variables start as special as their initial values and become as general as the body makes
  // them.
  for (bool changed = true; changed;) {
    changed = false;
    new_body = SpecialiseFunction(body, to_, live, args, path, context_);
    for (size_t k = 0; k < live.size(); ++k) {
      const ValueType fit = Generalize(args[k].type, new_body->graph.type(new_body->results[k]));
      if (args[k].value || fit == args[k].type) continue;
      args[k].type = fit;
      changed = true;
    }
    if (changed && !context_->calls) {
      for (const std::string& called : CalledFunctions(*new_body)) to_.library()->Remove(called);
    }
  }
  known.clear();
  for (const Argument& arg : args) known.push_back(arg.type);
  // A constant stays the loop variable's value, although the body knows it.
  for (size_t k = 0; k < live.size(); ++k) {
    if (args[k].value) new_body->results[k] = {new_body->args[k], 0};
  }
  auto new_cond = SpecialiseFunction(cond, to_, live, args, CalleePath(path_, node, 0), context_);
  AttrMap attrs = {{node.op->regions[0].attr, FuncRef{new_cond->name}},
                   {node.op->regions[1].attr, FuncRef{new_body->name}}};
  if (const auto lowered = node.attrs.find(kLoweredAttr); lowered != node.attrs.end())
    attrs.insert(*lowered);
  to_.library()->Add(std::move(new_cond));
  to_.library()->Add(std::move(new_body));
  std::vector<NodeId> controls = ControlInputs(id);
  for (NodeId w : Waits(inputs)) controls.push_back(w);
  const NodeId copy = to_.AddNode(node.op->name, node.name, initial, attrs, std::move(controls));
  for (size_t k = 0; k < live.size(); ++k) {
    SetCopy({id, live[k]}, args[k].value ? initial[k] : Output{copy, static_cast<int>(k)});
  }
  Finish(id, copy);
}

}  // namespace graphrun
