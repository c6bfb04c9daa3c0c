#include "core/import/call_rewriter.h"

#include "core/autodiff/backward_pass.h"
#include "core/base/error.h"
#include "core/build/control_flow.h"
#include "core/graph/function_attr.h"
#include "core/graph/gradient_rule.h"
#include "core/graph/op_def.h"
#include "core/import/attr_proto.h"
#include "core/import/node_attrs.h"
#include "core/import/unavailable_function.h"
#include "proto/attr_value.pb.h"
#include "proto/node_def.pb.h"
#include "proto/op_def.pb.h"

namespace graphrun {
namespace {

template <typename T>
T RequiredAttr(const pb::NodeDef& def, const char* name, const char* kind, ImportBudget* budget) {
  const auto it = def.attr().find(name);
  if (it == def.attr().end()) ThrowInvalid("attribute " + std::string(name) + " is missing");
  const AttrValue value = AttrFromProto(it->second, kind, budget);
  const T* typed = std::get_if<T>(&value);
  if (!typed) ThrowInvalid("attribute " + std::string(name) + " is no " + kind);
  return *typed;
}

// What a Case calls.
struct Branches {
  const char* op;   // of the calls
  AttrMap lowered;  // the attribute that says whether to run as a whole, if there is one
  std::vector<FuncRef> functions;
  std::vector<DType> types;  // of the results
  Expr index;
  std::vector<Expr> inputs;
};

// The node that calls the branch of number `index` if that is k or more: an If for each branch but
// the last, which TensorFlow also takes for all other numbers.
Expr CallFrom(const Branches& c, const Scope& scope, size_t k) {
  const auto call = [&](const Scope& inside) {
    AttrMap attrs = c.lowered;
    attrs.insert({{"f", c.functions[k]}, {"Tout", c.types}});
    return inside.WithName("call").Add(c.op, c.inputs, std::move(attrs));
  };
  if (k + 1 == c.functions.size()) return call(scope);
  const Scope s = scope.NameScope("branch" + std::to_string(k));
  const Expr number = s.Const(Tensor::Scalar(static_cast<int32_t>(k)));
  const Expr taken = s.Add("Equal", {c.index, number});
  const auto build = [&](const char* name, const auto& fn) {
    FunctionScope f(s, name);
    const Expr node = fn(s.In(*f));
    std::vector<Expr> results;
    for (size_t i = 0; i < c.types.size(); ++i)
      results.push_back(node.sibling(static_cast<int>(i)));
    return std::pair{&*f, results};
  };
  const auto [then_body, then_results] = build("then", call);
  const auto [else_body, else_results] =
      build("else", [&](const Scope& inside) { return CallFrom(c, inside, k + 1); });
  const Expr node = FinishCond(s, taken, *then_body, then_results, *else_body, else_results);
  for (const auto& [name, value] : c.lowered) scope.graph().SetAttr(node.node(), name, value);
  return node;
}

// A function of the parameters of f and the gradients of its results: the gradients of the
// parameters, zeros where none comes. Returns its name.
std::string MakeGradientFunction(const Function& f, BuildContext* context) {
  FunctionLibrary& library = *f.graph.library();
  auto function = std::make_unique<Function>(library.UniqueName(f.name + "_grad"), f.graph);
  FunctionBuilder* home = context->Wrap(nullptr, function.get());
  const Scope s = home->scope();
  BackwardRequest request{.forward = home, .scope = s, .ys = {}, .dys = {}, .xs = {}};
  std::vector<Expr> parameters;
  for (NodeId arg : f.args) {
    parameters.push_back(home->AddArg(f.graph.node(arg).name, f.graph.type({arg, 0})));
    request.xs.push_back(parameters.back().output());
  }
  std::vector<DType> types;
  for (Output o : f.results) types.push_back(f.graph.dtype(o));
  const std::vector<Expr> results = s.AddMulti(
      "PartitionedCall", parameters,
      {{"f", FuncRef{f.name}}, {"Tout", types}, {kGradientOpType, std::string(kSymbolicGradient)}});
  for (const Expr& result : results) {
    const Expr dy = home->AddArg("dy", result.type());
    if (!Differentiable(result.type())) continue;
    request.ys.push_back(result.output());
    request.dys.push_back(dy);
  }
  const std::vector<Grad> grads = BackwardPass(request);
  for (size_t k = 0; k < grads.size(); ++k) {
    const Expr dx = grads[k].none() ? ZerosLike(s, parameters[k]) : ToDense(s, grads[k]);
    function->results.push_back(home->Resolve(dx));
  }
  const std::string name = function->name;
  library.Add(std::move(function));
  return name;
}

}  // namespace

void CallRewriter::CheckFunctions(RewriteBlock& b, int i) const {
  const FunctionLibrary& library = *b.graph().library();
  for (const std::string& name : FunctionNames(*foreign_.node(i).def)) {
    const Function* f = library.Find(name);
    if (!f) {
      std::vector<std::string> names;
      for (const auto& [key, other] : library.functions()) names.push_back(key);
      ThrowInvalid("function '" + name + "' is not in the library" + DidYouMean(name, names));
    }
    // Without parameters and results it fits no call.
    if (!f->args.empty() || !f->results.empty()) continue;
    if (const Node* body = UnavailableBody(*f)) {
      throw Error(static_cast<Code>(std::get<int64_t>(body->attrs.find("code")->second)),
                  std::get<std::string>(body->attrs.find("reason")->second));
    }
  }
}

void CallRewriter::EmitCase(RewriteBlock& b, int i) {
  const pb::NodeDef& def = *foreign_.node(i).def;
  Branches c{
      .op = def.op() == "Case" ? "StatefulPartitionedCall" : "PartitionedCall",
      .lowered = {},
      .functions = RequiredAttr<std::vector<FuncRef>>(def, "branches", "list(func)", budget_),
      .types = RequiredAttr<std::vector<DType>>(def, "Tout", "list(type)", budget_),
      .index = {},
      .inputs = {}};
  if (c.functions.empty()) ThrowInvalid("it has no branches");
  if (const auto it = def.attr().find(kLoweredAttr); it != def.attr().end())
    c.lowered.emplace(kLoweredAttr, it->second.b());
  for (Output o : blocks_.Inputs(b, i)) c.inputs.emplace_back(b.builder, o);
  c.index = c.inputs[0];
  c.inputs.erase(c.inputs.begin());
  if (c.index.dtype() != DType::kInt32 || !c.index.shape().CompatibleWith({}))
    ThrowInvalid("branch_index is an int32 scalar, not " + c.index.type().ToString());

  const Scope scope = b.builder->scope().NameScope(foreign_.node(i).name);
  const NodeId made = CallFrom(c, scope, 0).node();
  // The outermost node has the name of the Case.
  const Node copy = b.graph().node(made);
  b.graph().RemoveNode(made);
  AttrMap attrs = copy.attrs;
  if (attrs.contains("output_shapes") && def.attr().contains("output_shapes")) {
    attrs["output_shapes"] =
        RequiredAttr<std::vector<Shape>>(def, "output_shapes", "list(shape)", budget_);
  }
  if (const std::optional<std::string> given = GradientOpType(def))
    attrs.insert_or_assign(kGradientOpType, *given);
  const NodeId id = blocks_.Add(b, i, copy.op->name, copy.inputs, std::move(attrs));
  for (int k = 0; k < b.graph().num_outputs(id); ++k) b.values[{i, k}] = {id, k};
}

// Version 1 calls a function by an op of its name. Its gradient is symbolic there, unless the node
// says otherwise.
void CallRewriter::EmitCall(RewriteBlock& b, int i) {
  const pb::NodeDef& def = *foreign_.node(i).def;
  const std::string& name = def.op();
  AttrMap attrs = {{"f", FuncRef{name}},
                   {"Tout", unavailable_.TypesOf(i)},
                   {kGradientOpType, std::string(kSymbolicGradient)},
                   {kCalledByNameAttr, true}};
  if (const std::optional<std::string> given = GradientOpType(def))
    attrs.insert_or_assign(kGradientOpType, *given);
  const bool stateful = foreign_.ProducerOp(name)->is_stateful();
  const NodeId id = blocks_.Add(b, i, stateful ? "StatefulPartitionedCall" : "PartitionedCall",
                                blocks_.Inputs(b, i), std::move(attrs));
  for (int k = 0; k < b.graph().num_outputs(id); ++k) b.values[{i, k}] = {id, k};
}

// Of the inputs of a function and the gradients of its results: the gradients of its inputs.
// Becomes a call of the function's own gradient function, or of one that reverse mode makes.
void CallRewriter::EmitSymbolicGradient(RewriteBlock& b, int i) {
  const pb::NodeDef& def = *foreign_.node(i).def;
  const FuncRef of = RequiredAttr<FuncRef>(def, "f", "func", budget_);
  const auto types = RequiredAttr<std::vector<DType>>(def, "Tout", "list(type)", budget_);
  CheckFunctions(b, i);
  const Function* f = b.graph().library()->Find(of.name);
  FuncRef gradient{f->gradient};
  if (gradient.name.empty()) {
    try {
      gradient.name = MakeGradientFunction(*f, b.builder->context());
    } catch (const Error& e) {
      if (e.code() != Code::kUnimplemented) throw;
      return unavailable_.Emit(b, i, Problem::Of(e));
    }
  }
  const NodeId id = blocks_.Add(b, i, "PartitionedCall", blocks_.Inputs(b, i),
                                {{"f", gradient}, {"Tout", types}});
  for (int k = 0; k < b.graph().num_outputs(id); ++k) b.values[{i, k}] = {id, k};
}

}  // namespace graphrun
