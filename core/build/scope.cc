#include "core/build/scope.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/build/build_context.h"
#include "core/build/variable_scope_state.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

// TensorFlow's constants (framework/random_seed.py).
constexpr int64_t kDefaultGraphSeed = 87654321;
constexpr int64_t kSeedModulus = 2147483647;

}  // namespace

Scope Scope::Root(MetaGraph& meta) {
  if (!meta.builder) meta.builder = std::make_shared<BuildContext>(&meta);
  return At(meta.builder.get(), meta.builder->root(), "");
}

Scope Scope::At(BuildContext* context, FunctionBuilder* home, std::string prefix) {
  Scope s;
  s.context_ = context;
  s.home_ = home;
  s.prefix_ = std::move(prefix);
  s.variables_ = std::make_shared<VariableScopeState>();
  return s;
}

Scope Scope::NameScope(std::string_view name) const {
  Scope s = *this;
  s.prefix_ = name.ends_with('/') ? std::string(name.substr(0, name.size() - 1))
                                  : graph().UniqueName(InScope(prefix_, name));
  s.next_name_.clear();
  return s;
}

Scope Scope::WithName(std::string_view name) const {
  Scope s = *this;
  s.next_name_ = name;
  return s;
}

Scope Scope::WithControlDependencies(const std::vector<Expr>& operations) const {
  Scope s = *this;
  for (const Expr& e : operations) {
    // A dependency on an enclosing graph holds already: the whole body runs after its captures and
    // its While or If.
    if (e.home() == home_) s.control_inputs_.push_back(e.node());
  }
  return s;
}

Scope Scope::WithoutControlDependencies() const {
  Scope s = *this;
  s.control_inputs_.clear();
  return s;
}

Scope Scope::WithAttr(std::string_view name, AttrValue value) const {
  Scope s = *this;
  s.attrs_.insert_or_assign(std::string(name), std::move(value));
  return s;
}

Scope Scope::WithDevice(std::string_view device) const {
  Scope s = *this;
  s.device_ = device;
  return s;
}

Scope Scope::In(FunctionBuilder& home) const {
  Scope s = At(context_, &home, "");
  s.variables_ = variables_;
  return s;
}

Expr Scope::Add(std::string_view op, const std::vector<Expr>& inputs, AttrMap attrs) const {
  std::vector<Output> outputs;
  outputs.reserve(inputs.size());
  for (const Expr& e : inputs) outputs.push_back(home_->Resolve(e));
  for (const auto& [name, value] : attrs_) attrs.insert_or_assign(name, value);
  const std::string_view leaf = next_name_.empty() ? op : std::string_view(next_name_);
  const NodeId id =
      leaf.ends_with('/')
          ? graph().AddNodeNamed(op, std::string(leaf.substr(0, leaf.size() - 1)),
                                 std::move(outputs), std::move(attrs), control_inputs_)
          : graph().AddNode(op, InScope(prefix_, leaf), std::move(outputs), std::move(attrs),
                            control_inputs_);
  if (!device_.empty()) graph().SetDevice(id, device_);
  return {home_, {id, 0}};
}

Expr Scope::AddAsScope(std::string_view op, const std::vector<Expr>& inputs, AttrMap attrs) const {
  return WithName(prefix_ + "/").Add(op, inputs, std::move(attrs));
}

std::vector<Expr> Scope::AddMulti(std::string_view op, const std::vector<Expr>& inputs,
                                  AttrMap attrs) const {
  const Expr first = Add(op, inputs, std::move(attrs));
  std::vector<Expr> outputs;
  for (int i = 0; i < graph().num_outputs(first.node()); ++i) outputs.push_back(first.sibling(i));
  return outputs;
}

Expr Scope::Const(Tensor value) const {
  const DType dtype = value.dtype();
  return Add("Const", {}, {{"value", std::move(value)}, {"dtype", dtype}});
}

Expr Scope::Group(const std::vector<Expr>& operations) const {
  Scope s = WithControlDependencies(operations);
  if (s.next_name_.empty()) s.next_name_ = "group_deps";
  return s.Add("NoOp", {});
}

void Scope::SetRandomSeed(int64_t seed) const { context_->seed = seed; }

std::pair<int64_t, int64_t> Scope::Seeds(std::optional<int64_t> op_seed) const {
  if (!context_->seed && !op_seed) return {0, 0};
  int64_t seed = context_->seed.value_or(kDefaultGraphSeed);
  int64_t seed2 = op_seed.value_or(graph().num_ids());
  seed = (seed % kSeedModulus + kSeedModulus) % kSeedModulus;
  seed2 = (seed2 % kSeedModulus + kSeedModulus) % kSeedModulus;
  if (seed == 0 && seed2 == 0) seed2 = kSeedModulus;
  return {seed, seed2};
}

void Scope::AddToCollection(std::string_view collection, Expr member) const {
  if (member.home() != context_->root()) {
    ThrowInvalid("'" + member.name() +
                 "' is inside a body; collections hold tensors of the main graph");
  }
  const bool tensor = member.graph().num_outputs(member.node()) > 0;
  meta().node_lists[std::string(collection)].push_back(tensor ? member.name() : member.node_name());
}

std::vector<Expr> Scope::Collection(std::string_view collection) const {
  std::vector<Expr> members;
  const auto it = meta().node_lists.find(std::string(collection));
  if (it == meta().node_lists.end()) return members;
  for (const std::string& name : it->second) {
    members.emplace_back(context_->root(), meta().graph.FindOutput(name));
  }
  return members;
}

MetaGraph& Scope::meta() const { return *context_->meta; }
Graph& Scope::graph() const { return home_->graph(); }

Scope ScopeForOperands(std::initializer_list<Expr> operands) {
  for (const Expr& e : operands) {
    if (!e.valid()) ThrowInvalid("an operand is missing: an invalid Expr is used in an operator");
  }
  BuildContext* context = operands.begin()->home()->context();
  FunctionBuilder* home = context->innermost();
  std::string prefix;
  for (const Expr& e : operands) {
    if (e.home() != home) continue;
    const std::string& name = home->graph().node(e.node()).name;
    const size_t slash = name.rfind('/');
    if (slash != name.npos) prefix = name.substr(0, slash);
    break;
  }
  return Scope::At(context, home, prefix);
}

}  // namespace graphrun
