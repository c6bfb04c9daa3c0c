#include "models/nn/optimizers.h"

#include "models/nn/initializers.h"
#include "models/nn/naming.h"

namespace graphrun::train {
namespace {

// Hyperparameters are float32 unless they come as tensors; updates want the variable's dtype.
Expr As(const Scope& s, Expr x, DType dtype) {
  return x.dtype() == dtype ? x : op::Cast(s, x, dtype);
}

void CheckFits(const GradAndVar& pair) {
  const Variable& v = pair.variable;
  const Grad& g = pair.grad;
  const Expr values = g.sparse() ? g.slices.values : g.dense;
  Shape expected = v.shape;
  if (g.sparse() && v.shape.known_rank() && v.shape.rank() > 0) expected.Set(0, kUnknownDim);
  if (values.dtype() != v.dtype || !values.shape().CompatibleWith(expected)) {
    ThrowInvalid("the gradient of '" + v.name + "' is " + values.type().ToString() +
                 ", the variable " + std::string(DTypeName(v.dtype)) + v.shape.ToString());
  }
}

std::string Names(const std::vector<GradAndVar>& gradients) {
  std::string names;
  for (const GradAndVar& g : gradients) names += (names.empty() ? "" : ", ") + g.variable.name;
  return names;
}

void RequireSome(const std::vector<GradAndVar>& gradients) {
  if (gradients.empty()) ThrowInvalid("there are no variables to optimize");
  for (const GradAndVar& g : gradients) {
    if (!g.grad.none()) return;
  }
  ThrowInvalid("none of the variables has a gradient: " + Names(gradients) +
               "; the loss does not depend on them by differentiable ops");
}

}  // namespace

std::vector<GradAndVar> Optimizer::ComputeGradients(const Scope& scope, Expr loss,
                                                    std::vector<Variable> variables,
                                                    Expr grad_loss) const {
  if (variables.empty()) variables = scope.Variables(keys::kTrainableVariables);
  if (variables.empty()) ThrowInvalid("there are no variables to optimize");
  std::vector<Expr> xs;
  for (const Variable& v : variables) xs.push_back(v.value);
  std::vector<Grad> grads = Gradients(
      scope, {loss}, xs, grad_loss.valid() ? std::vector{grad_loss} : std::vector<Expr>{});
  std::vector<GradAndVar> pairs;
  for (size_t i = 0; i < xs.size(); ++i) pairs.push_back({std::move(grads[i]), variables[i]});
  return pairs;
}

Expr Optimizer::ApplyGradients(const Scope& scope, const std::vector<GradAndVar>& gradients,
                               const ApplyOptions& options) {
  RequireSome(gradients);
  std::vector<Variable> variables;
  for (const GradAndVar& g : gradients) {
    if (g.grad.none()) continue;
    CheckFits(g);
    variables.push_back(g.variable);
  }
  CreateSlots(scope, variables);
  const Scope own = Named(scope, options.name.empty() ? name_ : options.name);
  const Scope inside = scope.NameScope(own.name_scope() + "/");
  Prepare(inside);
  std::vector<Expr> updates;
  for (const GradAndVar& g : gradients) {
    if (g.grad.none()) continue;
    const Scope s = inside.NameScope("update_" + g.variable.name);
    const IndexedSlices& slices = g.grad.slices;
    updates.push_back(g.grad.sparse()
                          ? ApplySparseRepeated(s, slices.values, slices.indices, g.variable)
                          : ApplyDense(s, g.grad.dense, g.variable));
  }
  for (Expr e : AfterUpdates(inside, updates)) updates.push_back(e);
  Expr train_op;
  if (options.global_step) {
    const Expr updated = inside.WithName("update").Group(updates);
    const Variable& step = *options.global_step;
    const Expr one = ScalarConst(inside, step.dtype, 1);
    train_op = op::AssignAddVariable(own.WithControlDependencies({updated}), step.handle, one);
  } else {
    train_op = own.Group(updates);
  }
  scope.AddToCollection(keys::kTrainOp, train_op);
  return train_op;
}

Expr Optimizer::Minimize(const Scope& scope, Expr loss, const MinimizeOptions& options) {
  const std::vector<GradAndVar> gradients =
      ComputeGradients(scope, loss, options.variables, options.grad_loss);
  return ApplyGradients(scope, gradients,
                        {.global_step = options.global_step, .name = options.name});
}

Expr Optimizer::ApplySparseRepeated(const Scope& s, Expr values, Expr indices,
                                    const Variable& variable) {
  const std::vector<Expr> unique = op::Unique(s, indices);
  const Expr rows = ElementAt(s, op::Shape(s, unique[0]), 0);
  return ApplySparse(s, op::UnsortedSegmentSum(s, values, unique[1], rows), unique[0], variable);
}

std::optional<Variable> Optimizer::Slot(const Variable& variable, const std::string& slot) const {
  const auto it = slots_.find({variable.name, slot});
  if (it == slots_.end()) return std::nullopt;
  return it->second;
}

Variable Optimizer::GetSlot(const Variable& variable, const std::string& slot) const {
  const auto found = Slot(variable, slot);
  Check(found.has_value(), "Optimizer::GetSlot: CreateSlots made it");
  return *found;
}

Variable Optimizer::MakeSlot(const Scope& scope, const Variable& variable, const std::string& slot,
                             const Initializer& initializer) {
  const auto [it, fresh] = slots_.try_emplace({variable.name, slot});
  if (!fresh) return it->second;
  // As TensorFlow, below the current variable scope: model/model/w/Adam when it is "model".
  const std::string& outer = scope.variable_scope();
  const std::string base = variable.name + "/" + name_;
  std::string leaf = base;
  const auto taken = [&](const std::string& name) {
    return scope.meta().FindVariable(outer.empty() ? name : outer + "/" + name) != nullptr;
  };
  for (int i = 1; taken(leaf); ++i) leaf = base + "_" + std::to_string(i);
  it->second =
      scope.GetVariable(leaf, variable.shape,
                        {.dtype = variable.dtype, .initializer = initializer, .trainable = false});
  return it->second;
}

GradientDescentOptimizer::GradientDescentOptimizer(Hyper learning_rate, std::string name)
    : Optimizer(std::move(name)), learning_rate_(learning_rate) {}

void GradientDescentOptimizer::Prepare(const Scope& s) {
  rate_ = learning_rate_.AsExpr(s, "learning_rate");
}

Expr GradientDescentOptimizer::ApplyDense(const Scope& s, Expr grad, const Variable& v) {
  return s.Add("ResourceApplyGradientDescent", {v.handle, As(s, rate_, v.dtype), grad});
}

Expr GradientDescentOptimizer::ApplySparse(const Scope& s, Expr values, Expr indices,
                                           const Variable& v) {
  return ApplySparseRepeated(s, values, indices, v);
}

Expr GradientDescentOptimizer::ApplySparseRepeated(const Scope& s, Expr values, Expr indices,
                                                   const Variable& v) {
  const Expr step = op::Mul(s.WithName("mul"), op::Neg(s, values), As(s, rate_, v.dtype));
  return op::ResourceScatterAdd(s, v.handle, indices, step);
}

MomentumOptimizer::MomentumOptimizer(Hyper learning_rate, Hyper momentum, bool use_nesterov,
                                     std::string name)
    : Optimizer(std::move(name)),
      learning_rate_(learning_rate),
      momentum_(momentum),
      use_nesterov_(use_nesterov) {}

void MomentumOptimizer::CreateSlots(const Scope& s, const std::vector<Variable>& variables) {
  for (const Variable& v : variables) MakeSlot(s, v, "momentum", init::Zeros());
}

void MomentumOptimizer::Prepare(const Scope& s) {
  rate_ = learning_rate_.AsExpr(s, "learning_rate");
  momentum_value_ = momentum_.AsExpr(s, "momentum");
}

Expr MomentumOptimizer::ApplyDense(const Scope& s, Expr grad, const Variable& v) {
  return s.Add("ResourceApplyMomentum",
               {v.handle, GetSlot(v, "momentum").handle, As(s, rate_, v.dtype), grad,
                As(s, momentum_value_, v.dtype)},
               {{"use_nesterov", use_nesterov_}});
}

Expr MomentumOptimizer::ApplySparse(const Scope& s, Expr values, Expr indices, const Variable& v) {
  return s.Add("ResourceSparseApplyMomentum",
               {v.handle, GetSlot(v, "momentum").handle, As(s, rate_, v.dtype), values, indices,
                As(s, momentum_value_, v.dtype)},
               {{"use_nesterov", use_nesterov_}});
}

AdagradOptimizer::AdagradOptimizer(Hyper learning_rate, double initial_accumulator_value,
                                   std::string name)
    : Optimizer(std::move(name)),
      learning_rate_(learning_rate),
      initial_(initial_accumulator_value) {
  if (!(initial_ > 0)) {
    ThrowInvalid("Adagrad: initial_accumulator_value must be positive, not " +
                 std::to_string(initial_));
  }
}

void AdagradOptimizer::CreateSlots(const Scope& s, const std::vector<Variable>& variables) {
  for (const Variable& v : variables) MakeSlot(s, v, "accumulator", init::Constant(initial_));
}

void AdagradOptimizer::Prepare(const Scope& s) {
  rate_ = learning_rate_.AsExpr(s, "learning_rate");
}

Expr AdagradOptimizer::ApplyDense(const Scope& s, Expr grad, const Variable& v) {
  return s.Add("ResourceApplyAdagrad",
               {v.handle, GetSlot(v, "accumulator").handle, As(s, rate_, v.dtype), grad});
}

Expr AdagradOptimizer::ApplySparse(const Scope& s, Expr values, Expr indices, const Variable& v) {
  return s.Add("ResourceSparseApplyAdagrad", {v.handle, GetSlot(v, "accumulator").handle,
                                              As(s, rate_, v.dtype), values, indices});
}

RMSPropOptimizer::RMSPropOptimizer(Hyper learning_rate, Options options)
    : Optimizer(options.name), learning_rate_(learning_rate), options_(std::move(options)) {}

void RMSPropOptimizer::CreateSlots(const Scope& s, const std::vector<Variable>& variables) {
  for (const Variable& v : variables) {
    MakeSlot(s, v, "rms", init::Ones());
    if (options_.centered) MakeSlot(s, v, "mg", init::Zeros());
    MakeSlot(s, v, "momentum", init::Zeros());
  }
}

void RMSPropOptimizer::Prepare(const Scope& s) {
  rate_ = learning_rate_.AsExpr(s, "learning_rate");
  decay_ = options_.decay.AsExpr(s, "decay");
  momentum_ = options_.momentum.AsExpr(s, "momentum");
  epsilon_ = options_.epsilon.AsExpr(s, "epsilon");
}

Expr RMSPropOptimizer::Apply(const Scope& s, const char* op, const Variable& v, Expr grad,
                             Expr indices) const {
  std::vector<Expr> inputs = {v.handle};
  if (options_.centered) inputs.push_back(GetSlot(v, "mg").handle);
  for (Expr e :
       {GetSlot(v, "rms").handle, GetSlot(v, "momentum").handle, As(s, rate_, v.dtype),
        As(s, decay_, v.dtype), As(s, momentum_, v.dtype), As(s, epsilon_, v.dtype), grad}) {
    inputs.push_back(e);
  }
  if (indices.valid()) inputs.push_back(indices);
  return s.Add(op, inputs);
}

Expr RMSPropOptimizer::ApplyDense(const Scope& s, Expr grad, const Variable& v) {
  return Apply(s, options_.centered ? "ResourceApplyCenteredRMSProp" : "ResourceApplyRMSProp", v,
               grad, Expr());
}

Expr RMSPropOptimizer::ApplySparse(const Scope& s, Expr values, Expr indices, const Variable& v) {
  const char* op =
      options_.centered ? "ResourceSparseApplyCenteredRMSProp" : "ResourceSparseApplyRMSProp";
  return Apply(s, op, v, values, indices);
}

AdamOptimizer::AdamOptimizer(Hyper learning_rate, Options options)
    : Optimizer(options.name), learning_rate_(learning_rate), options_(std::move(options)) {}

void AdamOptimizer::CreateSlots(const Scope& s, const std::vector<Variable>& variables) {
  const auto power = [&](const Hyper& beta, const char* name) {
    return s.NewVariable(beta.AsExpr(s, "initial_value"), name, /*trainable=*/false);
  };
  if (!beta1_power_) {
    beta1_power_ = power(options_.beta1, "beta1_power");
    beta2_power_ = power(options_.beta2, "beta2_power");
  }
  for (const Variable& v : variables) {
    MakeSlot(s, v, "m", init::Zeros());
    MakeSlot(s, v, "v", init::Zeros());
  }
}

void AdamOptimizer::Prepare(const Scope& s) {
  rate_ = learning_rate_.AsExpr(s, "learning_rate");
  beta1_ = options_.beta1.AsExpr(s, "beta1");
  beta2_ = options_.beta2.AsExpr(s, "beta2");
  epsilon_ = options_.epsilon.AsExpr(s, "epsilon");
}

Expr AdamOptimizer::ApplyDense(const Scope& s, Expr grad, const Variable& v) {
  const auto as = [&](Expr x) { return As(s, x, v.dtype); };
  return s.Add("ResourceApplyAdam",
               {v.handle, GetSlot(v, "m").handle, GetSlot(v, "v").handle, as(beta1_power_->value),
                as(beta2_power_->value), as(rate_), as(beta1_), as(beta2_), as(epsilon_), grad});
}

Expr AdamOptimizer::ApplySparse(const Scope& s, Expr values, Expr indices, const Variable& v) {
  const auto as = [&](Expr x) { return As(s, x, v.dtype); };
  const auto one_minus = [&](Expr x) { return WithNumber(s, "sub", "Sub", 1, x); };
  const auto times = [&](Expr a, Expr b) { return op::Mul(s.WithName("mul"), a, b); };
  const auto over = [&](Expr a, Expr b) { return op::RealDiv(s.WithName("truediv"), a, b); };
  // slot = beta · slot everywhere, plus `added` in its rows; the value afterwards.
  const auto decay = [&](const Variable& slot, Expr beta, Expr added) {
    const Expr decayed = op::AssignVariable(s, slot.handle, times(slot.value, beta));
    const Scope then = s.WithControlDependencies({decayed});
    const Expr scattered = op::ResourceScatterAdd(then, slot.handle, indices, added);
    return op::ReadVariable(then.WithControlDependencies({scattered}), slot.handle);
  };
  const Expr root = op::Sqrt(s, one_minus(as(beta2_power_->value)));
  const Expr rate = over(times(as(rate_), root), one_minus(as(beta1_power_->value)));
  const Expr beta1 = as(beta1_), beta2 = as(beta2_);
  const Expr m = decay(GetSlot(v, "m"), beta1, times(values, one_minus(beta1)));
  const Expr squares = times(values, values);
  const Expr second = decay(GetSlot(v, "v"), beta2, times(squares, one_minus(beta2)));
  const Expr bottom = op::AddV2(s.WithName("add"), op::Sqrt(s, second), as(epsilon_));
  const Expr update = op::AssignSubVariable(s, v.handle, over(times(rate, m), bottom));
  return s.Group({update, m, second});
}

std::vector<Expr> AdamOptimizer::AfterUpdates(const Scope& s, const std::vector<Expr>& updates) {
  const auto advance = [&](const Variable& power, Expr beta) {
    const Expr next = op::Mul(s.WithName("mul"), power.value, beta);
    return op::AssignVariable(s.WithControlDependencies(updates), power.handle, next);
  };
  return {advance(*beta1_power_, beta1_), advance(*beta2_power_, beta2_)};
}

std::vector<GradAndVar> ClipByGlobalNorm(const Scope& scope, std::vector<GradAndVar> gradients,
                                         const Hyper& clip_norm) {
  std::vector<Grad> grads;
  for (const GradAndVar& g : gradients) grads.push_back(g.grad);
  grads = ClipByGlobalNorm(scope, grads, clip_norm).grads;
  for (size_t i = 0; i < grads.size(); ++i) gradients[i].grad = std::move(grads[i]);
  return gradients;
}

Expr ExponentialDecay(const Scope& scope, const Hyper& learning_rate, Expr global_step,
                      const Hyper& decay_steps, const Hyper& decay_rate, bool staircase) {
  const Scope own = Named(scope, "ExponentialDecay");
  const Scope inside = scope.NameScope(own.name_scope() + "/");
  const Expr rate = learning_rate.AsExpr(inside, "initial_learning_rate");
  const DType dtype = rate.dtype();
  const Expr steps = As(inside, decay_steps.AsExpr(inside, "decay_steps", dtype), dtype);
  const Expr factor = As(inside, decay_rate.AsExpr(inside, "decay_rate", dtype), dtype);
  Expr power = op::RealDiv(inside.WithName("truediv"), As(inside, global_step, dtype), steps);
  if (staircase) power = op::Floor(inside, power);
  return op::Mul(own, rate, op::Pow(inside, factor, power));
}

}  // namespace graphrun::train
