// BuildContext and FunctionBuilder: what the scopes of one model share while it is being built.
#ifndef GRAPHRUN_CORE_BUILD_BUILD_CONTEXT_H_
#define GRAPHRUN_CORE_BUILD_BUILD_CONTEXT_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/build/scope.h"

namespace graphrun {

// The name in the scope that the prefix names; the name itself at the top.
inline std::string InScope(const std::string& prefix, std::string_view name) {
  return prefix.empty() ? std::string(name) : prefix + "/" + std::string(name);
}

// One graph under construction: the model's main graph, or the body of a function. In a body,
// tensors of enclosing graphs become parameters (captures) when they are first used.
class FunctionBuilder {
 public:
  // The main graph.
  FunctionBuilder(BuildContext* context, Graph* graph) : context_(context), graph_(graph) {}
  // A function inside `parent`; it is added to the library, with effects collected, by Finish.
  FunctionBuilder(BuildContext* context, FunctionBuilder* parent,
                  std::unique_ptr<Function> function);

  // The same for a function that somebody else owns, and hands to the library.
  FunctionBuilder(BuildContext* context, FunctionBuilder* parent, Function* function)
      : context_(context), parent_(parent), graph_(&function->graph), function_(function) {}

  BuildContext* context() const { return context_; }
  FunctionBuilder* parent() const { return parent_; }
  Graph& graph() const { return *graph_; }
  Function& function() const { return *function_; }  // REQUIRES: not the main graph
  Scope scope();                                     // at the top of this graph

  Expr AddArg(std::string_view name, const ValueType& type);
  // `e` as an output of this graph: itself, a copy of a small constant, or a capture.
  // INVALID_ARGUMENT when e belongs neither here nor to an enclosing graph.
  Output Resolve(const Expr& e);
  // Asked before enclosing graphs are, for tensors of other graphs; kNoNode to decline.
  void set_resolver(std::function<Output(const Expr&)> resolver) {
    resolver_ = std::move(resolver);
  }

  struct Capture {
    Expr outer;  // in the parent
    NodeId arg;
  };
  const std::vector<Capture>& captures() const { return captures_; }
  // The parameter for an outer tensor, made if need be.
  NodeId CaptureArg(const Expr& outer);
  // Makes an argument that was added by AddArg the capture of `outer`.
  void BindCapture(NodeId arg, const Expr& outer);
  // A Shape (int32) of an output of this graph, made once.
  Expr ShapeNode(Output o);
  // Sets the results and hands the function to the library.
  void Finish(const std::vector<Expr>& results);

 private:
  BuildContext* context_;
  FunctionBuilder* parent_ = nullptr;
  Graph* graph_;
  Function* function_ = nullptr;
  std::unique_ptr<Function> unfinished_;
  std::vector<Capture> captures_;
  std::map<std::pair<FunctionBuilder*, Output>, NodeId> capture_args_;  // outer -> parameter
  std::map<Output, Output> constants_;  // copies of constants of the parent
  std::map<Output, Output> shapes_;     // of this graph's outputs
  std::function<Output(const Expr&)> resolver_;
};

class BuildContext {
 public:
  explicit BuildContext(MetaGraph* meta);

  MetaGraph* meta;
  FunctionBuilder* root() { return builders_.front().get(); }
  // The innermost function being built: where operators put their nodes.
  FunctionBuilder* innermost() const { return open_.back(); }
  // A new function inside `parent`, named after the scope; operators go there until Pop. See
  // FunctionScope.
  FunctionBuilder* Push(FunctionBuilder* parent, std::unique_ptr<Function> function);
  void Pop() { open_.pop_back(); }
  // A builder for a function that somebody else owns; its parent is where its node is.
  FunctionBuilder* Wrap(FunctionBuilder* parent, Function* function);

  struct VariableRecord {
    Variable variable;
    std::string made_at;  // "models/ptb.cc:41"
  };
  std::map<std::string, VariableRecord> variables;
  std::optional<int64_t> seed;

 private:
  std::vector<std::unique_ptr<FunctionBuilder>> builders_;  // kept, since Exprs point to them
  std::vector<FunctionBuilder*> open_;
};

// A function being built for as long as the object lives.
class FunctionScope {
 public:
  FunctionScope(const Scope& outer, const std::string& name);
  FunctionScope(FunctionBuilder* parent, std::unique_ptr<Function> function);
  ~FunctionScope() { builder_->context()->Pop(); }
  FunctionScope(const FunctionScope&) = delete;
  FunctionBuilder* operator->() const { return builder_; }
  FunctionBuilder& operator*() const { return *builder_; }

 private:
  FunctionBuilder* builder_;
};

// Gives both functions the same captures, after their `leading` own parameters, and returns them as
// outer tensors.
std::vector<Expr> UnifyCaptures(FunctionBuilder& a, size_t leading_a, FunctionBuilder& b,
                                size_t leading_b);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BUILD_BUILD_CONTEXT_H_
