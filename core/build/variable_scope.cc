// Variables: scopes, sharing, creation.
#include <cmath>

#include "core/base/error.h"
#include "core/build/build_context.h"
#include "core/build/raw_ops.h"
#include "core/build/scope.h"
#include "core/build/variable_scope_state.h"

namespace graphrun {
namespace {

const char* ReuseName(Reuse reuse) {
  return reuse == Reuse::kTrue ? "true" : reuse == Reuse::kAuto ? "auto" : "false";
}

// Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
// AISTATS 2010; fans as TensorFlow computes them.
Expr GlorotUniform(const Scope& scope, const Shape& shape, DType dtype) {
  double receptive = 1;
  for (int i = 0; i + 2 < shape.rank(); ++i) receptive *= static_cast<double>(shape[i]);
  const int rank = shape.rank();
  const double fan_in = rank == 0   ? 1
                        : rank == 1 ? shape[0]
                                    : receptive * static_cast<double>(shape[rank - 2]);
  const double fan_out = rank == 0 ? 1 : receptive * static_cast<double>(shape[rank - 1]);
  const double limit = std::sqrt(6.0 / std::max(1.0, fan_in + fan_out));
  const Scope s = scope.NameScope("random_uniform");
  std::vector<int32_t> dims(shape.dims().begin(), shape.dims().end());
  const Expr shape_value = s.WithName("shape").Const(Tensor::Vector(dims));
  const auto scalar = [&](const char* name, double value) {
    Tensor t(dtype, Shape{});
    ForFloat(dtype, [&](auto z) { *t.data<decltype(z)>() = static_cast<decltype(z)>(value); });
    return s.WithName(name).Const(std::move(t));
  };
  const Expr low = scalar("min", -limit), high = scalar("max", limit);
  const auto [seed, seed2] = s.Seeds({});
  const Expr unit = raw_ops::RandomUniform(s, shape_value, dtype, seed, seed2);
  const Expr range = raw_ops::Sub(s.WithName("sub"), high, low);
  return s.AddAsScope("AddV2", {raw_ops::Mul(s.WithName("mul"), unit, range), low});
}

Expr DefaultInitialValue(const Scope& scope, const Shape& shape, DType dtype) {
  if (IsFloating(dtype)) return GlorotUniform(scope, shape, dtype);
  if (IsInteger(dtype) || dtype == DType::kBool) {
    return scope.WithName("zeros").Const(Tensor::Zeros(dtype, shape));
  }
  ThrowInvalid("a variable of " + std::string(DTypeName(dtype)) + " needs an initializer");
}

std::string MadeAt(const SourceLocation& where) {
  return std::string(where.file) + ":" + std::to_string(where.line);
}

std::string Describe(const BuildContext::VariableRecord& r) {
  return std::string(DTypeName(r.variable.dtype)) + r.variable.shape.ToString() + ", made at " +
         r.made_at;
}

}  // namespace

Scope Scope::OpenVariableScope(std::string full_name, std::string_view leaf,
                               const VariableScopeOptions& inherited,
                               const VariableScopeOptions& options) const {
  Scope s = options.auxiliary_name_scope ? NameScope(leaf) : WithName("");
  s.variables_ = std::make_shared<VariableScopeState>();
  s.variables_->name = std::move(full_name);
  VariableScopeOptions& o = s.variables_->options;
  o = inherited;
  if (options.reuse != Reuse::kFalse) o.reuse = options.reuse;
  if (options.initializer) o.initializer = options.initializer;
  if (options.regularizer) o.regularizer = options.regularizer;
  if (options.dtype != DType::kInvalid) o.dtype = options.dtype;
  return s;
}

Scope Scope::VariableScope(std::string_view name, VariableScopeOptions options) const {
  if (name.empty()) ThrowInvalid("a variable scope needs a name");
  ++variables_->children[std::string(name)];
  return OpenVariableScope(InScope(variables_->name, name), name, variables_->options, options);
}

Scope Scope::DefaultVariableScope(std::string_view default_name,
                                  VariableScopeOptions options) const {
  std::string name(default_name);
  const auto taken = [&](const std::string& n) {
    const auto it = variables_->children.find(n);
    return it != variables_->children.end() && it->second > 0;
  };
  for (int i = 1; taken(name); ++i) name = std::string(default_name) + "_" + std::to_string(i);
  ++variables_->children[name];
  return OpenVariableScope(InScope(variables_->name, name), default_name, variables_->options,
                           options);
}

Scope Scope::Reopen(const Scope& scope, VariableScopeOptions options) const {
  const std::string& full = scope.variables_->name;
  if (full.empty()) {
    Scope s = *this;
    s.variables_ = std::make_shared<VariableScopeState>(*scope.variables_);
    return s;
  }
  // As in TensorFlow, the flag is that of `scope`; the one that holds here does not matter.
  return OpenVariableScope(full, full.substr(full.rfind('/') + 1), scope.variables_->options,
                           options);
}

const std::string& Scope::variable_scope() const { return variables_->name; }
Reuse Scope::reuse() const { return variables_->options.reuse; }
DType Scope::variable_dtype() const {
  return variables_->options.dtype == DType::kInvalid ? DType::kFloat : variables_->options.dtype;
}

Variable Scope::GetVariable(std::string_view name, const Shape& shape, VariableOptions options,
                            SourceLocation where) const {
  const std::string full = InScope(variables_->name, name);
  const bool dtype_given = options.dtype != DType::kInvalid;
  if (!dtype_given) options.dtype = variable_dtype();
  if (!options.initializer) options.initializer = variables_->options.initializer;
  if (!options.regularizer) options.regularizer = variables_->options.regularizer;
  const std::string here =
      "; variable scope '" + variables_->name + "' has reuse=" + ReuseName(reuse());

  const auto it = context_->variables.find(full);
  if (it != context_->variables.end()) {
    const BuildContext::VariableRecord& record = it->second;
    if (reuse() == Reuse::kFalse) {
      throw Error(Code::kAlreadyExists,
                  "variable '" + full + "' exists already (" + Describe(record) + ")" + here +
                      "; open the scope with Reuse::kTrue or Reuse::kAuto to share it");
    }
    if (!record.variable.shape.CompatibleWith(shape) || record.variable.dtype != options.dtype) {
      ThrowInvalid("variable '" + full + "' is to be shared as " +
                   std::string(DTypeName(options.dtype)) + shape.ToString() + ", but it is " +
                   Describe(record) + here);
    }
    return record.variable;
  }
  if (reuse() == Reuse::kTrue) {
    std::vector<std::string> names;
    for (const auto& [key, record] : context_->variables) names.push_back(key);
    ThrowNotFound("variable '" + full + "' of shape " + shape.ToString() +
                  " does not exist and may not be made" + here +
                  "; make it first, or open the scope with Reuse::kAuto" + DidYouMean(full, names));
  }
  if (!shape.fully_known()) {
    ThrowInvalid("variable '" + full + "' needs a fully known shape, not " + shape.ToString());
  }
  const Initializer initializer = options.initializer ? options.initializer : DefaultInitialValue;
  Variable v = MakeVariable(
      full, shape, options, [&](const Scope& s) { return initializer(s, shape, options.dtype); },
      where);
  if (options.regularizer) {
    const Scope at = At(context_, context_->root(), v.handle.node_name() + "/Regularizer");
    if (const Expr loss = options.regularizer(at, v.value); loss.valid()) {
      AddToCollection(keys::kRegularizationLosses, loss);
    }
  }
  return v;
}

Variable Scope::NewVariable(Expr initial_value, std::string_view name, bool trainable,
                            SourceLocation where) const {
  if (initial_value.home() != context_->root()) {
    ThrowInvalid("the initial value '" + initial_value.name() +
                 "' is inside a body; variables are made in the main graph");
  }
  VariableOptions options{.dtype = initial_value.dtype(), .trainable = trainable};
  return MakeVariable(
      InScope(prefix_, name.empty() ? "Variable" : name), initial_value.shape(), options,
      [&](const Scope&) { return initial_value; }, where);
}

Variable Scope::MakeVariable(std::string full_name, const Shape& shape,
                             const VariableOptions& options,
                             const std::function<Expr(const Scope&)>& initial_value,
                             const SourceLocation& where) const {
  FunctionBuilder* root = context_->root();
  // The handle takes the name first, so that shared_name and checkpoint key are the node's final
  // name.
  const Scope top = At(context_, root, "");
  Variable v;
  v.name = top.graph().UniqueName(full_name);
  v.shape = shape;
  v.dtype = options.dtype;
  v.trainable = options.trainable;
  const NodeId handle = top.graph().AddNodeNamed(
      "VarHandleOp", v.name, {}, {{"dtype", v.dtype}, {"shape", shape}, {"shared_name", v.name}});
  v.handle = Expr(root, {handle, 0});
  v.initial_value = initial_value(At(context_, root, v.name + "/Initializer"));
  if (v.initial_value.dtype() != v.dtype || !v.initial_value.shape().CompatibleWith(shape)) {
    ThrowInvalid("variable '" + v.name + "' is " + std::string(DTypeName(v.dtype)) +
                 shape.ToString() + ", but its initial value is " +
                 v.initial_value.type().ToString());
  }
  const Scope inside = At(context_, root, v.name);
  v.initializer = raw_ops::AssignVariableOp(inside.WithName("Assign"), v.handle, v.initial_value);
  v.value = raw_ops::ReadVariableOp(inside.WithName("read"), v.handle, v.dtype);

  MetaGraph& m = meta();
  m.variables.push_back({.name = v.name,
                         .initializer = v.initializer.node_name(),
                         .initial_value = v.initial_value.name(),
                         .snapshot = v.value.name(),
                         .dtype = v.dtype,
                         .shape = shape,
                         .trainable = v.trainable});
  for (const std::string& c : options.collections) m.variable_lists[c].push_back(v.name);
  if (v.trainable) m.variable_lists[keys::kTrainableVariables].push_back(v.name);
  context_->variables[v.name] = {v, MadeAt(where)};
  return v;
}

std::vector<Variable> Scope::Variables(std::string_view collection) const {
  std::vector<Variable> out;
  const auto push = [&](const std::string& name) {
    const auto it = context_->variables.find(name);
    if (it != context_->variables.end()) out.push_back(it->second.variable);
  };
  if (collection.empty()) {
    for (const VariableInfo& info : meta().variables) push(info.name);
  } else if (const auto it = meta().variable_lists.find(std::string(collection));
             it != meta().variable_lists.end()) {
    for (const std::string& name : it->second) push(name);
  }
  return out;
}

Variable Scope::GlobalStep() const {
  const auto it = meta().variable_lists.find(keys::kGlobalStep);
  if (it != meta().variable_lists.end() && !it->second.empty()) {
    return context_->variables.at(it->second.front()).variable;
  }
  VariableOptions options{.dtype = DType::kInt64, .trainable = false};
  options.collections.push_back(keys::kGlobalStep);
  return MakeVariable(
      "global_step", {}, options,
      [](const Scope& s) { return s.WithName("zeros").Const(Tensor::Scalar<int64_t>(0)); },
      SourceLocation::Current());
}

Expr Scope::GlobalVariablesInitializer() const {
  std::vector<Expr> initializers;
  for (const Variable& v : Variables(keys::kGlobalVariables)) initializers.push_back(v.initializer);
  const Scope top = At(context_, context_->root(), prefix_);
  return top.WithName(next_name_.empty() ? "init" : next_name_).Group(initializers);
}

}  // namespace graphrun
