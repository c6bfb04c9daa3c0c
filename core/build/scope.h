// Scope: where new nodes go: their name prefix, control dependencies, attributes, variable scope,
// and the graph itself.
#ifndef GRAPHRUN_CORE_BUILD_SCOPE_H_
#define GRAPHRUN_CORE_BUILD_SCOPE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/source_location.h"
#include "core/build/expr.h"
#include "core/graph/meta_graph.h"

namespace graphrun {

class BuildContext;

// Initial values of a shape, built under the given scope.
using Initializer = std::function<Expr(const Scope&, const Shape&, DType)>;
// A scalar loss for a variable's value.
using Regularizer = std::function<Expr(const Scope&, Expr)>;

// Whether GetVariable makes variables, finds them, or does whichever applies. Under a reusing
// parent, kFalse reuses too.
enum class Reuse { kFalse, kTrue, kAuto };

struct VariableScopeOptions {
  Reuse reuse = Reuse::kFalse;
  // Inherited from the parent when not set.
  Initializer initializer = {};
  Regularizer regularizer = {};
  DType dtype = DType::kInvalid;
  // False: the name scope stays the one that holds (also with Reopen).
  bool auxiliary_name_scope = true;
};

struct VariableOptions {
  DType dtype = DType::kInvalid;  // the scope's, float32 by default
  Initializer initializer = {};   // the scope's, Glorot uniform by default (zeros for integers)
  Regularizer regularizer = {};   // the scope's, none by default
  bool trainable = true;
  std::vector<std::string> collections = {keys::kGlobalVariables};
};

// A variable of the model. Stands for its value where an Expr is asked for.
struct Variable {
  Expr handle;
  Expr value;  // read once, before any write of the same run
  Expr initial_value;
  Expr initializer;  // the op that assigns initial_value
  std::string name;  // "model/embedding"
  Shape shape;
  DType dtype = DType::kInvalid;
  bool trainable = true;
  operator Expr() const { return value; }  // NOLINT: as in TensorFlow
};

// A cheap value type; every method returns a new Scope and leaves this one as it is.
//
//   MetaGraph meta(&registry);
//   Scope root = Scope::Root(meta);
//   Scope model = root.VariableScope("model", {.initializer = init::RandomUniform(-0.1, 0.1)});
//   Expr y = op::MatMul(model, x, model.GetVariable("w", {200, 10}));  // "model/MatMul"
//
// Not thread-safe: one thread builds a graph.
class Scope {
 public:
  // The top of a model. All roots of one MetaGraph share their names, variables and seed.
  static Scope Root(MetaGraph& meta);

  // --- names
  // A child name scope: "a", then "a_1" when a scope or node of that name exists.
  // As in TensorFlow, a name that ends with '/' is a whole name, taken as it is:
  // NameScope("rnn/cell/") enters a scope again, and WithName("w/Initializer/zeros/") names the
  // node that has its scope's own name.
  Scope NameScope(std::string_view name) const;
  // Nodes made directly with the returned scope get this name (made unique) instead of their op's.
  Scope WithName(std::string_view name) const;
  const std::string& name_scope() const { return prefix_; }  // "model/rnn", "" at the top

  // --- properties of nodes
  // Added to those there are.
  Scope WithControlDependencies(const std::vector<Expr>& operations) const;
  Scope WithoutControlDependencies() const;
  Scope WithAttr(std::string_view name, AttrValue value) const;
  Scope WithDevice(std::string_view device) const;
  // The top of a body that is being built, in the same variable scope.
  Scope In(FunctionBuilder& home) const;

  // --- nodes
  // Adds a node; inputs from an enclosing graph are captured. Returns output 0 (also for ops
  // without outputs).
  Expr Add(std::string_view op, const std::vector<Expr>& inputs, AttrMap attrs = {}) const;
  // All outputs of a new node.
  std::vector<Expr> AddMulti(std::string_view op, const std::vector<Expr>& inputs,
                             AttrMap attrs = {}) const;
  // The same for a node that is named like this name scope itself ("rnn/while").
  Expr AddAsScope(std::string_view op, const std::vector<Expr>& inputs, AttrMap attrs = {}) const;
  Expr Const(Tensor value) const;
  Expr Group(const std::vector<Expr>& operations) const;  // a NoOp after all of them

  // --- random seeds, by TensorFlow's rules (framework/random_seed.py)
  void SetRandomSeed(int64_t seed) const;  // the graph-level seed, from now on
  // (seed, seed2) for a new random op that may have a seed of its own. Neither set: (0, 0), drawn
  // by the session.
  std::pair<int64_t, int64_t> Seeds(std::optional<int64_t> op_seed) const;

  // --- variables
  // Opens a variable scope and a name scope of that name.
  Scope VariableScope(std::string_view name, VariableScopeOptions options = {}) const;
  // The same under `default_name`, made unique among this scope's children.
  Scope DefaultVariableScope(std::string_view default_name,
                             VariableScopeOptions options = {}) const;
  // The variables of `scope` again, under a new name scope here.
  Scope Reopen(const Scope& scope, VariableScopeOptions options = {}) const;
  const std::string& variable_scope() const;  // "model/rnn"
  Reuse reuse() const;                        // the flag that holds here, inherited ones included
  DType variable_dtype() const;
  // Makes or finds the variable variable_scope()/name. ALREADY_EXISTS when it exists and may not be
  // reused, NOT_FOUND when it may only be reused and does not exist, INVALID_ARGUMENT when it has
  // another shape or dtype; each says where the variable was made.
  graphrun::Variable GetVariable(std::string_view name, const Shape& shape,
                                 VariableOptions options = {},
                                 SourceLocation where = SourceLocation::Current()) const;
  // A plain variable, as tf.Variable: never shared, its name ("Variable" if empty) made unique
  // under the name scope.
  graphrun::Variable NewVariable(Expr initial_value, std::string_view name = "",
                                 bool trainable = true,
                                 SourceLocation where = SourceLocation::Current()) const;
  // Variables of a collection (keys::kTrainableVariables, ...) in order of creation; of all when
  // `collection` is empty.
  std::vector<graphrun::Variable> Variables(std::string_view collection = {}) const;
  // The variable `global_step` (int64 scalar, not trainable), made when there is none.
  graphrun::Variable GlobalStep() const;
  // An op that initializes all variables that there are now.
  Expr GlobalVariablesInitializer() const;

  // --- collections of tensors and operations
  void AddToCollection(std::string_view collection, Expr member) const;
  std::vector<Expr> Collection(std::string_view collection) const;

  MetaGraph& meta() const;
  FunctionBuilder* home() const { return home_; }
  Graph& graph() const;

 private:
  friend class BuildContext;
  friend class FunctionBuilder;
  friend Scope ScopeForOperands(std::initializer_list<Expr> operands);
  struct VariableScopeState;

  Scope() = default;
  // A scope in the same model with nothing but a prefix.
  static Scope At(BuildContext* context, FunctionBuilder* home, std::string prefix);
  Scope OpenVariableScope(std::string full_name, std::string_view leaf,
                          const VariableScopeOptions& inherited,
                          const VariableScopeOptions& options) const;
  graphrun::Variable MakeVariable(std::string full_name, const Shape& shape,
                                  const VariableOptions& options,
                                  const std::function<Expr(const Scope&)>& initial_value,
                                  const SourceLocation& where) const;

  BuildContext* context_ = nullptr;
  FunctionBuilder* home_ = nullptr;
  std::string prefix_;
  std::string next_name_;
  std::vector<NodeId> control_inputs_;
  AttrMap attrs_;
  std::string device_;
  std::shared_ptr<VariableScopeState> variables_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BUILD_SCOPE_H_
