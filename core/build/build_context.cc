#include "core/build/build_context.h"

#include <set>

#include "core/graph/fixed_constants.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

// A constant of at most this size is copied into a body instead of being passed: shape functions
// then see it.
constexpr size_t kCopiedConstantBytes = 64;

// Of an enclosing function after which others are named.
constexpr size_t kLongestOuterName = 256;

std::string Leaf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

}  // namespace

FunctionBuilder::FunctionBuilder(BuildContext* context, FunctionBuilder* parent,
                                 std::unique_ptr<Function> function)
    : context_(context),
      parent_(parent),
      graph_(&function->graph),
      function_(function.get()),
      unfinished_(std::move(function)) {}

Scope FunctionBuilder::scope() { return Scope::At(context_, this, ""); }

Expr FunctionBuilder::AddArg(std::string_view name, const ValueType& type) {
  return {this, function_->AddArg(name, type)};
}

Output FunctionBuilder::Resolve(const Expr& e) {
  if (!e.valid()) ThrowInvalid("a tensor is missing: an invalid Expr is used as an input");
  if (e.home() == this) return e.output();
  if (resolver_) {
    if (const Output found = resolver_(e); found.valid()) return found;
  }
  if (!parent_) {
    ThrowInvalid("'" + e.name() + "' belongs to another graph, or to a body that is finished");
  }
  const Output outer = parent_->Resolve(e);
  const Graph& g = parent_->graph();
  const Tensor* value = g.ConstValue(outer);
  // What waits for something is handed over, so that its users wait too.
  const bool waits = !g.node(outer.node).control_inputs.empty();
  if (value && !waits && value->dtype() != DType::kString &&
      value->bytes() <= kCopiedConstantBytes) {
    const auto [it, fresh] = constants_.try_emplace(outer);
    if (fresh) {
      const bool from_main = parent_->function_ == nullptr;
      it->second = CopyConstant(g, from_main, outer, Leaf(g.node(outer.node).name), graph_);
    }
    return it->second;
  }
  return {CaptureArg(Expr(parent_, outer)), 0};
}

NodeId FunctionBuilder::CaptureArg(const Expr& outer) {
  const auto it = capture_args_.find({outer.home(), outer.output()});
  if (it != capture_args_.end()) return it->second;
  const NodeId arg = function_->AddArg(Leaf(outer.node_name()), outer.type()).node;
  BindCapture(arg, outer);
  return arg;
}

void FunctionBuilder::BindCapture(NodeId arg, const Expr& outer) {
  captures_.push_back({outer, arg});
  capture_args_.try_emplace({outer.home(), outer.output()}, arg);
}

Expr FunctionBuilder::ShapeNode(Output o) {
  const auto [it, fresh] = shapes_.try_emplace(o);
  if (fresh) it->second = {graph_->AddNode("Shape", graph_->node(o.node).name + "/Shape", {o}), 0};
  return {this, it->second};
}

void FunctionBuilder::Finish(const std::vector<Expr>& results) {
  for (const Expr& e : results) function_->results.push_back(Resolve(e));
  function_->CollectEffects();
  graph_->library()->Add(std::move(unfinished_));
}

BuildContext::BuildContext(MetaGraph* m) : meta(m) {
  builders_.push_back(std::make_unique<FunctionBuilder>(this, &m->graph));
  open_.push_back(root());
}

FunctionBuilder* BuildContext::Push(FunctionBuilder* parent, std::unique_ptr<Function> function) {
  builders_.push_back(std::make_unique<FunctionBuilder>(this, parent, std::move(function)));
  open_.push_back(builders_.back().get());
  return open_.back();
}

FunctionBuilder* BuildContext::Wrap(FunctionBuilder* parent, Function* function) {
  builders_.push_back(std::make_unique<FunctionBuilder>(this, parent, function));
  return builders_.back().get();
}

FunctionScope::FunctionScope(const Scope& outer, const std::string& name) {
  // Named after the enclosing function too, as its nodes would be, but names of functions that are
  // nested many times over do not add up.
  std::string full;
  if (outer.home()->parent() && outer.home()->function().name.size() <= kLongestOuterName)
    full = outer.home()->function().name + "/";
  full += outer.name_scope().empty() ? name : outer.name_scope() + "/" + name;
  auto function =
      std::make_unique<Function>(outer.graph().library()->UniqueName(full), outer.graph());
  builder_ = outer.home()->context()->Push(outer.home(), std::move(function));
}

FunctionScope::FunctionScope(FunctionBuilder* parent, std::unique_ptr<Function> function)
    : builder_(parent->context()->Push(parent, std::move(function))) {}

std::vector<Expr> UnifyCaptures(FunctionBuilder& a, size_t leading_a, FunctionBuilder& b,
                                size_t leading_b) {
  std::vector<Expr> captures;
  std::set<std::pair<FunctionBuilder*, Output>> seen;
  for (FunctionBuilder* f : {&a, &b}) {
    for (const auto& c : f->captures()) {
      if (seen.insert({c.outer.home(), c.outer.output()}).second) captures.push_back(c.outer);
    }
  }
  for (auto [f, leading] : {std::pair{&a, leading_a}, std::pair{&b, leading_b}}) {
    std::vector<NodeId> order(f->function().args.begin(), f->function().args.begin() + leading);
    for (const Expr& outer : captures) order.push_back(f->CaptureArg(outer));
    f->function().ReorderArgs(order);
  }
  return captures;
}

}  // namespace graphrun
