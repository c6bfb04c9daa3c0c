// Optimizers, as tf.train: they turn gradients into updates of variables.
#ifndef GRAPHRUN_MODELS_NN_OPTIMIZERS_H_
#define GRAPHRUN_MODELS_NN_OPTIMIZERS_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/nn/clipping.h"

namespace graphrun::train {

struct GradAndVar {
  Grad grad;  // none: the loss does not depend on the variable
  Variable variable;
};

struct ApplyOptions {
  std::optional<Variable> global_step = {};  // grows by 1 after all updates
  std::string name = {};                     // of the training op; the optimizer's when empty
};
struct MinimizeOptions {
  std::vector<Variable> variables = {};  // all trainable ones when empty
  Expr grad_loss = {};                   // gradient that the loss receives, ones when invalid
  std::optional<Variable> global_step = {};
  std::string name = {};
};

// One optimizer object belongs to one model: it keeps the model's slots (variables that accompany a
// variable, named VARIABLE/OPTIMIZER, VARIABLE/OPTIMIZER_1, ...). Hyperparameters are numbers,
// tensors or variables.
//
// A sparse gradient reaches ApplySparse with each row once: repeated rows are added up first.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  // INVALID_ARGUMENT without variables.
  std::vector<GradAndVar> ComputeGradients(const Scope& scope, Expr loss,
                                           std::vector<Variable> variables = {},
                                           Expr grad_loss = {}) const;
  // The training op, which is also added to the collection train_op: all updates, then global_step.
  // Variables without gradient are left alone; INVALID_ARGUMENT naming them when none has one, or
  // when a gradient's dtype or shape is not the variable's.
  Expr ApplyGradients(const Scope& scope, const std::vector<GradAndVar>& gradients,
                      const ApplyOptions& options = {});
  // ApplyGradients(ComputeGradients(loss)).
  Expr Minimize(const Scope& scope, Expr loss, const MinimizeOptions& options = {});

  // The slot of a variable ("momentum", "m", ...), or nothing when there is none (yet).
  std::optional<Variable> Slot(const Variable& variable, const std::string& slot) const;
  const std::string& name() const { return name_; }

 protected:
  explicit Optimizer(std::string name) : name_(std::move(name)) {}

  // What an optimizer adds, in this order: slots for all variables; constants of hyperparameters,
  // under the name scope of the training op; one update for each gradient, under update_VARIABLE;
  // what follows all updates.
  virtual void CreateSlots(const Scope&, const std::vector<Variable>&) {}
  virtual void Prepare(const Scope& scope) = 0;
  virtual Expr ApplyDense(const Scope& scope, Expr grad, const Variable& variable) = 0;
  // values [n, ...] of different rows indices [n].
  virtual Expr ApplySparse(const Scope& scope, Expr values, Expr indices,
                           const Variable& variable) = 0;
  // The same with rows possibly repeated.
  virtual Expr ApplySparseRepeated(const Scope& scope, Expr values, Expr indices,
                                   const Variable& variable);
  virtual std::vector<Expr> AfterUpdates(const Scope&, const std::vector<Expr>&) { return {}; }

  Variable MakeSlot(const Scope& scope, const Variable& variable, const std::string& slot,
                    const Initializer& initializer);
  Variable GetSlot(const Variable& variable, const std::string& slot) const;

 private:
  std::string name_;
  std::map<std::pair<std::string, std::string>, Variable> slots_;  // by variable's name and slot
};

// var -= learning_rate · g.
class GradientDescentOptimizer final : public Optimizer {
 public:
  explicit GradientDescentOptimizer(Hyper learning_rate, std::string name = "GradientDescent");

 private:
  void Prepare(const Scope& scope) override;
  Expr ApplyDense(const Scope& scope, Expr grad, const Variable& variable) override;
  Expr ApplySparse(const Scope& scope, Expr values, Expr indices,
                   const Variable& variable) override;
  Expr ApplySparseRepeated(const Scope& scope, Expr values, Expr indices,
                           const Variable& variable) override;
  Hyper learning_rate_;
  Expr rate_;
};

// accum = momentum · accum + g;  var -= learning_rate · accum, or with Nesterov's momentum
// (Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013)
// learning_rate · (g + momentum · accum). Slot "momentum". A sparse gradient touches its rows only.
class MomentumOptimizer final : public Optimizer {
 public:
  MomentumOptimizer(Hyper learning_rate, Hyper momentum, bool use_nesterov = false,
                    std::string name = "Momentum");

 private:
  void CreateSlots(const Scope& scope, const std::vector<Variable>& variables) override;
  void Prepare(const Scope& scope) override;
  Expr ApplyDense(const Scope& scope, Expr grad, const Variable& variable) override;
  Expr ApplySparse(const Scope& scope, Expr values, Expr indices,
                   const Variable& variable) override;
  Hyper learning_rate_, momentum_;
  bool use_nesterov_;
  Expr rate_, momentum_value_;
};

// accum += g²;  var -= learning_rate · g / √accum. Slot "accumulator". A sparse gradient touches
// its rows only. After Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning
// and stochastic optimization", 2011.
class AdagradOptimizer final : public Optimizer {
 public:
  // INVALID_ARGUMENT unless initial_accumulator_value is positive.
  explicit AdagradOptimizer(Hyper learning_rate, double initial_accumulator_value = 0.1,
                            std::string name = "Adagrad");

 private:
  void CreateSlots(const Scope& scope, const std::vector<Variable>& variables) override;
  void Prepare(const Scope& scope) override;
  Expr ApplyDense(const Scope& scope, Expr grad, const Variable& variable) override;
  Expr ApplySparse(const Scope& scope, Expr values, Expr indices,
                   const Variable& variable) override;
  Hyper learning_rate_;
  double initial_;
  Expr rate_;
};

// rms = decay · rms + (1 - decay) · g²;  mom = momentum · mom + learning_rate · g / √(rms +
// epsilon);  var -= mom. Centered: mg = decay · mg + (1 - decay) · g, and rms - mg² in the root
// (Graves, "Generating sequences with recurrent neural networks", 2013). Slots "rms" (ones at
// first), "mg", "momentum". Sparse gradients touch their rows only. After Tieleman and Hinton,
// lecture 6.5, 2012.
class RMSPropOptimizer final : public Optimizer {
 public:
  struct Options {
    Hyper decay = 0.9;
    Hyper momentum = 0.0;
    Hyper epsilon = 1e-10;
    bool centered = false;
    std::string name = "RMSProp";
  };
  explicit RMSPropOptimizer(Hyper learning_rate) : RMSPropOptimizer(learning_rate, Options()) {}
  RMSPropOptimizer(Hyper learning_rate, Options options);

 private:
  void CreateSlots(const Scope& scope, const std::vector<Variable>& variables) override;
  void Prepare(const Scope& scope) override;
  Expr ApplyDense(const Scope& scope, Expr grad, const Variable& variable) override;
  Expr ApplySparse(const Scope& scope, Expr values, Expr indices,
                   const Variable& variable) override;
  Expr Apply(const Scope& scope, const char* op, const Variable& variable, Expr grad,
             Expr indices) const;
  Hyper learning_rate_;
  Options options_;
  Expr rate_, decay_, momentum_, epsilon_;
};

// Kingma and Ba, "Adam: a method for stochastic optimization", 2015, with the epsilon hat of its
// section 2:
//   m = β₁m + (1-β₁)g;  v = β₂v + (1-β₂)g²;  var -= learning_rate · √(1-β₂ᵗ)/(1-β₁ᵗ) · m / (√v +
//   epsilon)
// Slots "m" and "v"; variables beta1_power, beta2_power. As in TensorFlow a sparse gradient decays
// m and v of all rows, and moves all rows of the variable.
class AdamOptimizer final : public Optimizer {
 public:
  struct Options {
    Hyper beta1 = 0.9;
    Hyper beta2 = 0.999;
    Hyper epsilon = 1e-8;
    std::string name = "Adam";
  };
  explicit AdamOptimizer(Hyper learning_rate = 0.001) : AdamOptimizer(learning_rate, Options()) {}
  AdamOptimizer(Hyper learning_rate, Options options);

 private:
  void CreateSlots(const Scope& scope, const std::vector<Variable>& variables) override;
  void Prepare(const Scope& scope) override;
  Expr ApplyDense(const Scope& scope, Expr grad, const Variable& variable) override;
  Expr ApplySparse(const Scope& scope, Expr values, Expr indices,
                   const Variable& variable) override;
  std::vector<Expr> AfterUpdates(const Scope& scope, const std::vector<Expr>& updates) override;
  Hyper learning_rate_;
  Options options_;
  std::optional<Variable> beta1_power_, beta2_power_;
  Expr rate_, beta1_, beta2_, epsilon_;
};

// The gradients by ClipByGlobalNorm (clipping.h), each still with its variable.
std::vector<GradAndVar> ClipByGlobalNorm(const Scope& scope, std::vector<GradAndVar> gradients,
                                         const Hyper& clip_norm);

// learning_rate · decay_rate ^ (global_step / decay_steps), a scalar of learning_rate's dtype
// (float32 for a number); with `staircase` the quotient is rounded down.
Expr ExponentialDecay(const Scope& scope, const Hyper& learning_rate, Expr global_step,
                      const Hyper& decay_steps, const Hyper& decay_rate, bool staircase = false);

}  // namespace graphrun::train

#endif  // GRAPHRUN_MODELS_NN_OPTIMIZERS_H_
