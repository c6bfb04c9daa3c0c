#include <algorithm>
#include <map>
#include <memory>

#include "core/autodiff/backward_pass.h"
#include "core/autodiff/control_flow_gradients.h"
#include "core/base/error.h"
#include "core/build/raw_ops.h"
#include "core/graph/counted_loop.h"
#include "core/graph/fixed_constants.h"
#include "core/graph/function_attr.h"
#include "core/graph/gradient_rule.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

Expr Int(const Scope& s, int32_t value) { return s.Const(Tensor::Scalar(value)); }

// The int32 vector that gives a list's element shape, -1 for unknown dimensions; scalar -1 for
// unknown rank.
Expr ElementShape(const Scope& s, const Shape& shape) {
  if (!shape.known_rank()) return Int(s, -1);
  return s.Const(Tensor::Vector(std::vector<int32_t>(shape.dims().begin(), shape.dims().end())));
}

class WhileDifferentiator {
 public:
  explicit WhileDifferentiator(GradContext& g)
      : g_(g),
        outer_(g.forward()),
        node_(g.node()),
        cond_(RegionFunction(outer_->graph(), node_, 0)),
        old_body_(RegionFunction(outer_->graph(), node_, 1)),
        n_(g.num_inputs()) {}

  std::vector<Grad> Run();

 private:
  bool Invariant(int i) const { return body().results[i] == Output{body().args[i], 0}; }
  Function& body() const { return *body_; }
  void FindActive();
  // For a counter, the amount that each trip adds (in the body); invalid otherwise.
  Output Step(int i) const {
    const LoopVariable& v = loop_.variables[i];
    return v.role == Role::kCounter && !v.falls ? v.value : Output();
  }
  int FindTripCounter() const;
  Output Resolve(const Expr& e);
  Output CloneInvariant(Output o);
  Output Save(Output o);
  void ExtendForward();

  GradContext& g_;
  FunctionBuilder* outer_;  // the graph of the forward While
  const Node node_;         // as it was before
  const Function& cond_;
  const Function& old_body_;
  const int n_;

  std::unique_ptr<Function>
      new_body_;  // a copy of the body, with the same ids, that will save values
  Function* body_ = nullptr;
  FunctionBuilder* body_builder_ = nullptr;  // wraps it
  std::vector<bool> active_;                 // loop variables through which gradients flow
  CountedLoop loop_;                         // as it was

  FunctionBuilder* back_ = nullptr;  // the gradient's body
  Expr trip_, trips_;                // its trip counter, and how many there are
  std::map<Output, Output> resolved_;
  struct Saved {
    Output value;      // in the forward body
    Expr list;         // parameter of the gradient's body
    Output remaining;  // the list after this trip's pop
  };
  std::vector<Saved> saved_;
  int counter_ = -1;  // the loop variable that counts trips from 0; n_ when one is to be added
};

// Activity analysis: variables that the wanted inputs influence and that influence an output with a
// gradient, from trip to trip.
void WhileDifferentiator::FindActive() {
  std::vector<std::vector<bool>> influences(n_,
                                            std::vector<bool>(n_, false));  // [argument][result]
  for (int i = 0; i < n_; ++i) {
    const Output arg{body().args[i], 0};
    if (!Differentiable(body().graph.type(arg))) continue;
    const auto depends = DependsOn(body().graph, {arg}, g_.overrides());
    for (int j = 0; j < n_; ++j)
      influences[i][j] = depends[body().results[j].node][body().results[j].index];
  }
  std::vector<bool> varied(n_), useful(n_);
  for (int i = 0; i < n_; ++i) {
    varied[i] = g_.Needs(i);
    useful[i] = g_.HasDOut(i);
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (int i = 0; i < n_; ++i) {
      for (int j = 0; j < n_; ++j) {
        if (!influences[i][j]) continue;
        if (varied[i] && !varied[j]) varied[j] = changed = true;
        if (useful[j] && !useful[i]) useful[i] = changed = true;
      }
    }
  }
  active_.resize(n_);
  for (int i = 0; i < n_; ++i)
    active_[i] = varied[i] && useful[i] && (g_.Needs(i) || !Invariant(i));
}

int WhileDifferentiator::FindTripCounter() const {
  const auto is = [](const Tensor* t, int64_t value) {
    return t && t->num_elements() == 1 && t->int_at(0) == value;
  };
  for (int i = 0; i < n_; ++i) {
    const Output step = Step(i);
    if (step.valid() && outer_->graph().dtype(node_.inputs[i]) == DType::kInt32 &&
        is(outer_->graph().ConstValue(node_.inputs[i]), 0) &&
        is(body().graph.ConstValue(step), 1)) {
      Graph* main = &outer_->context()->root()->graph();
      FixConstant(main, outer_->graph(), node_.inputs[i]);
      FixConstant(main, body().graph, step);
      return i;
    }
  }
  return n_;
}

// A tensor of the forward body as one of the gradient's body.
Output WhileDifferentiator::Resolve(const Expr& e) {
  if (e.home() != body_builder_) return {};
  const Output o = e.output();
  if (const auto it = resolved_.find(o); it != resolved_.end()) return it->second;
  const auto arg = std::find(body().args.begin(), body().args.end(), o.node);
  Output found;
  if (arg != body().args.end()) {
    const int i = static_cast<int>(arg - body().args.begin());
    if (Invariant(i)) {
      found = back_->Resolve(Expr(outer_, node_.inputs[i]));
    } else if (const Output step = Step(i); step.valid()) {
      // The value in trip trips - 1 - trip of a variable that grows by `step`.
      const Scope s = back_->scope();
      Expr trip = raw_ops::Sub(s, raw_ops::Sub(s, trips_, Int(s, 1)), trip_);
      const DType dtype = body().graph.dtype(o);
      if (dtype != DType::kInt32) trip = raw_ops::Cast(s, trip, dtype);
      const Expr grown = raw_ops::Mul(s, trip, Expr(back_, CloneInvariant(step)));
      found = raw_ops::AddV2(s, Expr(outer_, node_.inputs[i]), grown).output();
    } else {
      found = Save(o);
    }
  } else if (o.node < static_cast<NodeId>(loop_.invariant_nodes.size()) &&
             loop_.invariant_nodes[o.node]) {
    found = CloneInvariant(o);
  } else {
    found = Save(o);
  }
  resolved_[o] = found;
  return found;
}

// Computes an invariant value of the forward body again.
Output WhileDifferentiator::CloneInvariant(Output o) {
  const Graph& g = body().graph;
  std::vector<NodeId> open = {o.node};
  std::map<NodeId, NodeId> copies;
  while (!open.empty()) {
    const NodeId id = open.back();
    const Node& node = g.node(id);
    std::vector<Output> inputs;
    bool ready = true;
    for (Output in : node.inputs) {
      if (const auto it = resolved_.find(in); it != resolved_.end()) {
        inputs.push_back(it->second);
      } else if (const auto copy = copies.find(in.node); copy != copies.end()) {
        inputs.push_back({copy->second, in.index});
      } else if (g.node(in.node).op->structure == Structure::kArg) {
        inputs.push_back(Resolve(Expr(body_builder_, in)));
      } else {
        open.push_back(in.node);
        ready = false;
      }
    }
    if (!ready) continue;
    open.pop_back();
    if (copies.contains(id)) continue;
    copies[id] = back_->graph().AddNode(node.op->name, node.name, inputs, node.attrs);
    for (int k = 0; k < g.num_outputs(id); ++k) resolved_[{id, k}] = {copies[id], k};
  }
  return {copies[o.node], o.index};
}

Output WhileDifferentiator::Save(Output o) {
  const ValueType type = body().graph.type(o);
  if (type.dtype == DType::kResource) {
    ThrowInvalid("'" + body().graph.node(o.node).name +
                 "' chooses a variable inside the loop; its handle cannot be saved");
  }
  const ValueType list{DType::kVariant, Shape{}, type.dtype, type.shape};
  const Expr arg = back_->AddArg("saved_" + std::to_string(saved_.size()), list);
  const Scope s = back_->scope();
  const Expr pop = raw_ops::TensorListPopBack(s, arg, ElementShape(s, type.shape), type.dtype)[0];
  ValueType popped = back_->graph().type(pop.sibling(1).output());
  popped.element_dtype = type.element_dtype;
  popped.element_shape = type.element_shape;
  back_->graph().SetType(pop.sibling(1).output(), popped);
  saved_.push_back({o, arg, pop.output()});
  return pop.sibling(1).output();
}

// Replaces the forward While by one whose body saves, keeping its node id and first outputs.
void WhileDifferentiator::ExtendForward() {
  FunctionLibrary& library = *outer_->graph().library();
  auto new_cond = std::make_unique<Function>(library.UniqueName(cond_.name), cond_.graph.Clone());
  new_cond->args = cond_.args;
  new_cond->results = cond_.results;
  new_cond->control_results = cond_.control_results;

  std::vector<Output> inputs = node_.inputs;
  Graph& outer = outer_->graph();
  const auto add_variable = [&](const std::string& name, const ValueType& type, Output initial) {
    inputs.push_back(initial);
    new_cond->AddArg(name, type);
    return body().AddArg(name, type);
  };
  const auto outer_const = [&](Tensor t) {
    return outer.AddConst(node_.name + "/Const", std::move(t));
  };
  if (counter_ == n_) {
    const Output arg =
        add_variable("trips", {DType::kInt32, Shape{}}, outer_const(Tensor::Scalar<int32_t>(0)));
    const Output one = body().graph.AddConst("one", Tensor::Scalar<int32_t>(1));
    body().results.push_back({body().graph.AddNode("AddV2", "trips_next", {arg, one}), 0});
  }
  for (const Saved& s : saved_) {
    const ValueType type = body().graph.type(s.value);
    std::vector<int32_t> dims(type.shape.dims().begin(), type.shape.dims().end());
    const Output shape =
        outer_const(type.shape.known_rank() ? Tensor::Vector(dims) : Tensor::Scalar<int32_t>(-1));
    const Output empty{outer.AddNode("EmptyTensorList", node_.name + "/saved",
                                     {shape, outer_const(Tensor::Scalar<int32_t>(-1))},
                                     {{"element_dtype", type.dtype}}),
                       0};
    const Output arg = add_variable("saved", outer.type(empty), empty);
    body().results.push_back(
        {body().graph.AddNode("TensorListPushBack", "save", {arg, s.value}), 0});
  }
  AttrMap attrs = node_.attrs;
  attrs.erase("T");
  attrs.insert_or_assign("output_shapes", std::vector<Shape>());
  attrs.insert_or_assign("cond", FuncRef{new_cond->name});
  attrs.insert_or_assign("body", FuncRef{body().name});
  library.Add(std::move(new_cond));
  library.Add(std::move(new_body_));
  outer.ReplaceNode(g_.id(), node_.op->name, inputs, attrs);
}

std::vector<Grad> WhileDifferentiator::Run() {
  BuildContext* context = outer_->context();
  FunctionLibrary& library = *outer_->graph().library();
  new_body_ =
      std::make_unique<Function>(library.UniqueName(old_body_.name), old_body_.graph.Clone());
  body_ = new_body_.get();
  body_->args = old_body_.args;
  body_->results = old_body_.results;
  body_->control_results = old_body_.control_results;
  LearnHandles(outer_->graph(), node_, 0, body_);
  body_builder_ = context->Wrap(outer_, body_);
  FindActive();
  loop_ = AnalyseLoop(cond_, body());
  counter_ = FindTripCounter();

  // Variables of the gradient loop: trip, trips, gradients of carried variables, sums for invariant
  // ones, saved lists.
  const Scope s = g_.scope().NameScope("while");
  std::vector<int> carried, summed;
  for (int i = 0; i < n_; ++i) {
    if (active_[i]) (Invariant(i) ? summed : carried).push_back(i);
  }
  FunctionScope body_scope(s, "body");
  back_ = &*body_scope;
  trip_ = back_->AddArg("trip", {DType::kInt32, Shape{}});
  trips_ = back_->AddArg("trips", {DType::kInt32, Shape{}});
  back_->set_resolver([this](const Expr& e) { return Resolve(e); });
  BackwardRequest request{.forward = body_builder_,
                          .scope = back_->scope(),
                          .ys = {},
                          .dys = {},
                          .xs = {},
                          .overrides = g_.overrides()};
  std::vector<Expr> inputs = {Int(s.WithName("trip"), 0), Expr()};
  std::vector<Expr> variables;
  const auto add = [&](int i, Expr initial) {
    inputs.push_back(initial);
    // A saved or extended list may be less known than the forward one; shapes are those of the
    // forward variable.
    ValueType type = initial.type();
    const ValueType& variable = body().graph.type({body().args[i], 0});
    type.shape = Generalize(
        type.shape, variable.dtype == DType::kResource ? variable.element_shape : variable.shape);
    variables.push_back(back_->AddArg("grad_" + std::to_string(i), type));
    request.xs.push_back({body().args[i], 0});
    return variables.back();
  };
  for (int i : carried) {
    const Expr arg = add(i, g_.DOut(i));
    request.ys.push_back(body().results[i]);
    request.dys.push_back(arg);
  }
  for (int i : summed)
    request.initial[{body().args[i], 0}] =
        add(i, g_.HasDOut(i) ? g_.DOut(i) : g_.ZerosOf(g_.In(i)));

  const std::vector<Grad> grads = BackwardPass(request);
  const Scope inside = back_->scope();
  std::vector<Expr> results = {raw_ops::AddV2(inside, trip_, Int(inside, 1)), trips_};
  for (size_t k = 0; k < grads.size(); ++k) {
    results.push_back(grads[k].none() ? raw_ops::ZerosLike(inside, variables[k])
                                      : ToDense(inside, grads[k]));
  }
  ExtendForward();

  const int first_saved = n_ + (counter_ == n_ ? 1 : 0);
  inputs[1] = Expr(outer_, {g_.id(), counter_});
  for (size_t k = 0; k < saved_.size(); ++k) {
    inputs.push_back(Expr(outer_, {g_.id(), first_saved + static_cast<int>(k)}));
    results.push_back(Expr(back_, saved_[k].remaining));
  }
  // Parameters for saved lists were made between captures; own parameters come first.
  std::vector<NodeId> own = {trip_.node(), trips_.node()};
  for (const Expr& e : variables) own.push_back(e.node());
  for (const Saved& v : saved_) own.push_back(v.list.node());
  std::vector<NodeId> order = own;
  for (const auto& c : back_->captures()) order.push_back(c.arg);
  back_->function().ReorderArgs(order);
  const size_t leading = own.size();

  FunctionScope cond_scope(s, "cond");
  for (NodeId arg : own)
    cond_scope->AddArg(back_->graph().node(arg).name, back_->graph().type({arg, 0}));
  const auto cond_arg = [&](int i) {
    return Expr(&*cond_scope, {cond_scope->function().args[i], 0});
  };
  const Expr test = raw_ops::Less(cond_scope->scope(), cond_arg(0), cond_arg(1));
  for (const Expr& capture : UnifyCaptures(*back_, leading, *cond_scope, leading)) {
    inputs.push_back(capture);
    results.emplace_back(back_, Output{back_->CaptureArg(capture), 0});
  }
  for (Expr& e : results) e = Expr(back_, back_->Resolve(e));
  const FuncRef cond_ref{cond_scope->function().name}, body_ref{back_->function().name};
  cond_scope->Finish({test});
  back_->Finish(results);
  AttrMap attrs = {{"cond", cond_ref}, {"body", body_ref}};
  if (const auto lowered = node_.attrs.find(kLoweredAttr); lowered != node_.attrs.end())
    attrs.insert(*lowered);
  const Expr loop = s.AddAsScope(node_.op->name, inputs, std::move(attrs));

  std::vector<Grad> out(n_);
  int k = 2;
  for (int i : carried) out[i] = loop.sibling(k++);
  for (int i : summed) out[i] = loop.sibling(k++);
  return out;
}

}  // namespace

std::vector<Grad> WhileGradient(GradContext& g) { return WhileDifferentiator(g).Run(); }

}  // namespace graphrun
