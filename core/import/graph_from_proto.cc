#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "core/base/error.h"
#include "core/build/scope.h"
#include "core/graph/gradient_rule.h"
#include "core/graph/meta_graph.h"
#include "core/graph/op_registry.h"
#include "core/import/attr_proto.h"
#include "core/import/foreign_ops.h"
#include "core/import/graph_proto.h"
#include "core/import/node_attrs.h"
#include "core/import/registered_gradients.h"
#include "core/import/rewriter.h"
#include "core/import/unavailable_function.h"
#include "proto/graph.pb.h"
#include "proto/op_def.pb.h"

namespace graphrun {
namespace {

// The library of a file.
struct FunctionDefs {
  std::unordered_map<std::string, const pb::FunctionDef*> functions;
  std::unordered_map<std::string, std::string> gradients;  // function -> its gradient function
  RegisteredGradients registered;
};

template <typename Nodes>
std::vector<std::string> FunctionsOf(const Nodes& nodes, const FunctionDefs& defs) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  const auto add = [&](const std::string& name) {
    if (seen.insert(name).second) names.push_back(name);
  };
  for (const pb::NodeDef& node : nodes) {
    // Version 1 calls a function by an op of its name.
    if (defs.functions.contains(node.op())) add(node.op());
    for (const std::string& name : FunctionNames(node)) {
      add(name);
      // Becomes a call of the gradient function.
      if (node.op() != kSymbolicGradient) continue;
      if (const auto it = defs.gradients.find(name); it != defs.gradients.end()) add(it->second);
    }
  }
  return names;
}

// The gradient functions of nodes.
template <typename Nodes>
void AppendGradientFunctions(const Nodes& nodes, const FunctionDefs& defs,
                             std::vector<std::string>* names) {
  for (const pb::NodeDef& node : nodes) {
    if (const std::string* gradient = defs.registered.FunctionOf(node)) names->push_back(*gradient);
  }
}

// The functions that the graph reaches, gradient functions included, each after those that it
// refers to itself but for those in *recursive, which it calls while it is called by them.
std::vector<const pb::FunctionDef*> FunctionsInOrder(const pb::GraphDef& graph,
                                                     const FunctionDefs& defs,
                                                     std::set<std::string>* recursive) {
  enum State { kOpen = 1, kDone };
  struct Frame {
    const pb::FunctionDef* def;
    std::vector<std::string> callees;
    size_t next = 0;
  };
  std::vector<const pb::FunctionDef*> order;
  std::unordered_map<std::string, State> states;
  std::vector<Frame> stack = {{nullptr, FunctionsOf(graph.node(), defs)}};
  // A gradient function may call the function whose gradient it is, so it comes after all others.
  std::vector<std::string> gradients;
  AppendGradientFunctions(graph.node(), defs, &gradients);
  while (!stack.empty()) {
    Frame& top = stack.back();
    if (top.next == top.callees.size()) {
      if (top.def) {
        const std::string& name = top.def->signature().name();
        states[name] = kDone;
        order.push_back(top.def);
        AppendGradientFunctions(top.def->node_def(), defs, &gradients);
        if (const auto it = defs.gradients.find(name); it != defs.gradients.end())
          gradients.push_back(it->second);
      }
      stack.pop_back();
      if (stack.empty() && !gradients.empty())
        stack.push_back({nullptr, std::exchange(gradients, {})});
      continue;
    }
    const std::string name = top.callees[top.next++];
    const auto it = defs.functions.find(name);
    if (it == defs.functions.end()) continue;  // the node that names it will be refused
    State& state = states[name];
    if (state == kDone) continue;
    if (state == kOpen) {
      recursive->insert(name);
      continue;
    }
    state = kOpen;
    stack.push_back({it->second, FunctionsOf(it->second->node_def(), defs)});
  }
  return order;
}

// Imports one file; `shapes` are what an import of the same file into another graph found, by
// function (the main graph's is the last).
class Importer {
 public:
  Importer(int producer, const ProducerOps& producer_ops, ImportBudget* budget, MetaGraph* meta,
           const std::vector<ElementShapes>& known)
      : producer_(producer),
        producer_ops_(producer_ops),
        budget_(budget),
        meta_(meta),
        known_(known) {}

  // What cannot be rewritten becomes an unavailable function.
  void AddFunction(const pb::FunctionDef& def, const FunctionDefs& defs);
  void AddMain(const pb::GraphDef& def);
  const std::vector<ElementShapes>& found() const { return found_; }

 private:
  std::unique_ptr<Function> MakeFunction(const pb::FunctionDef& def);
  ElementShapes Known() const {
    return found_.size() < known_.size() ? known_[found_.size()] : ElementShapes();
  }

  const int producer_;
  const ProducerOps& producer_ops_;
  ImportBudget* const budget_;
  MetaGraph* const meta_;
  const std::vector<ElementShapes>& known_;
  std::vector<ElementShapes> found_;
};

void Importer::AddFunction(const pb::FunctionDef& def, const FunctionDefs& defs) {
  const size_t before = found_.size();
  const std::string& name = def.signature().name();
  FunctionLibrary& library = *meta_->graph.library();
  try {
    WithContext([&] { return "while importing function '" + name + "'"; },
                [&] {
                  std::unique_ptr<Function> function = MakeFunction(def);
                  defs.registered.Note(function.get());
                  library.Add(std::move(function));
                });
  } catch (const Error& e) {
    if (e.broken()) throw;
    library.Add(MakeUnavailableFunction(def, Problem::Of(e), meta_->graph));
    found_.resize(before + 1);
  }
  if (const auto it = defs.gradients.find(name); it != defs.gradients.end())
    library.Get(name).gradient = it->second;
}

std::unique_ptr<Function> Importer::MakeFunction(const pb::FunctionDef& def) {
  const pb::OpDef& signature = def.signature();
  const Graph& owner = meta_->graph;
  auto function = std::make_unique<Function>(signature.name(), owner);
  const auto whole = def.attr().find(kNoInlineAttr);
  function->whole = whole != def.attr().end() && whole->second.b();
  std::vector<std::string> parameters;
  for (int i = 0; i < signature.input_arg_size(); ++i) {
    const std::string& name = signature.input_arg(i).name();
    if (function->graph.Find(name) != kNoNode)
      ThrowInvalid("two parameters are named '" + name + "'");
    const ValueType type = ArgumentType(def, i);
    const NodeId id = function->graph.AddNodeNamed(
        "_Arg", name, {}, {{"T", type.dtype}, {"index", static_cast<int64_t>(i)}});
    function->graph.SetType({id, 0}, type);
    function->args.push_back(id);
    parameters.push_back(name);
  }
  std::vector<const pb::NodeDef*> nodes;
  for (const pb::NodeDef& node : def.node_def()) nodes.push_back(&node);
  ForeignGraph foreign(owner.registry(), producer_ops_, /*in_function=*/true, parameters, nodes,
                       producer_);
  FunctionBuilder* home = Scope::Root(*meta_).home()->context()->Wrap(nullptr, function.get());
  Rewriter rewriter(&foreign, budget_, home, Known());
  for (size_t i = 0; i < parameters.size(); ++i)
    rewriter.BindParameter(static_cast<int>(i), {function->args[i], 0});
  for (const auto& arg : signature.output_arg()) {
    if (const auto it = def.ret().find(arg.name()); it != def.ret().end())
      rewriter.NoteResult(foreign.Resolve(it->second), it->second, static_cast<DType>(arg.type()));
  }
  for (const std::string& name : signature.control_output()) {
    if (const auto it = def.control_ret().find(name); it != def.control_ret().end())
      rewriter.NoteWaited(foreign.ResolveNode(it->second));
  }
  rewriter.Run();
  found_.push_back(rewriter.element_shapes());
  for (const auto& arg : signature.output_arg()) {
    const auto it = def.ret().find(arg.name());
    if (it == def.ret().end()) ThrowInvalid("result '" + arg.name() + "' is not defined");
    const Output result = rewriter.Result(foreign.Resolve(it->second));
    if (function->graph.dtype(result) != static_cast<DType>(arg.type())) {
      ThrowInvalid("result '" + arg.name() + "' is declared " +
                   std::string(DTypeName(static_cast<DType>(arg.type()))) + " and is " +
                   function->graph.type(result).ToString());
    }
    function->results.push_back(result);
  }
  for (const std::string& name : signature.control_output()) {
    const auto it = def.control_ret().find(name);
    if (it == def.control_ret().end()) ThrowInvalid("control output '" + name + "' is not defined");
    function->control_results.push_back(rewriter.Operation(foreign.ResolveNode(it->second)));
  }
  return function;
}

void Importer::AddMain(const pb::GraphDef& def) {
  std::vector<const pb::NodeDef*> nodes;
  for (const pb::NodeDef& node : def.node()) nodes.push_back(&node);
  ForeignGraph foreign(meta_->graph.registry(), producer_ops_, /*in_function=*/false, {}, nodes,
                       producer_);
  Rewriter rewriter(&foreign, budget_, Scope::Root(*meta_).home(), Known());
  rewriter.Run();
  found_.push_back(rewriter.element_shapes());
}

std::vector<ElementShapes> Import(const pb::GraphDef& def, const FunctionDefs& defs,
                                  const ProducerOps& producer_ops, ImportBudget* budget,
                                  const std::vector<ElementShapes>& known, MetaGraph* meta) {
  Importer importer(def.versions().producer(), producer_ops, budget, meta, known);
  FunctionLibrary& library = *meta->graph.library();
  // What becomes a function while we rewrite must not take the name of one that is to come.
  for (const auto& [name, f] : defs.functions) library.UniqueName(name);
  defs.registered.AddTo(&library);
  std::set<std::string> recursive;
  const auto functions = FunctionsInOrder(def, defs, &recursive);
  for (const std::string& name : recursive) {
    const Problem problem{Code::kUnimplemented, "function '" + name + "' calls itself"};
    library.Add(MakeUnavailableFunction(*defs.functions.at(name), problem, meta->graph));
  }
  for (const pb::FunctionDef* f : functions) {
    if (!recursive.contains(f->signature().name())) importer.AddFunction(*f, defs);
  }
  importer.AddMain(def);
  return importer.found();
}

void CheckVersions(const pb::VersionDef& versions) {
  if (versions.min_consumer() > kGraphVersion) {
    throw Error(Code::kUnimplemented, "the file asks for a reader of graph version " +
                                          std::to_string(versions.min_consumer()) +
                                          "; this one is of version " +
                                          std::to_string(kGraphVersion));
  }
  const auto& bad = versions.bad_consumers();
  if (std::find(bad.begin(), bad.end(), kGraphVersion) != bad.end()) {
    throw Error(Code::kUnimplemented,
                "the file refuses readers of graph version " + std::to_string(kGraphVersion));
  }
}

}  // namespace

void GraphFromProto(const pb::GraphDef& def, const pb::OpList* producer_ops, ImportBudget* budget,
                    const pb::SavedObjectGraph* objects, MetaGraph* meta) {
  Check(meta->graph.num_ids() == 0, "GraphFromProto fills an empty graph");
  CheckVersions(def.versions());
  FunctionDefs defs{
      .functions = {}, .gradients = {}, .registered = RegisteredGradients(def.library(), objects)};
  for (const pb::FunctionDef& f : def.library().function()) {
    if (!defs.functions.emplace(f.signature().name(), &f).second) {
      ThrowInvalid("two functions are named '" + f.signature().name() + "'");
    }
  }
  for (const pb::GradientDef& g : def.library().gradient())
    defs.gradients[g.function_name()] = g.gradient_func();
  ProducerOps ops;
  if (producer_ops) {
    for (const pb::OpDef& op : producer_ops->op()) ops[op.name()] = &op;
  }
  // An op may be one of these too.
  for (const pb::FunctionDef& f : def.library().function())
    ops[f.signature().name()] = &f.signature();
  // A list is made before we see what is put into it, so graphs with stacks and TensorArrays are
  // made twice: what is known of shapes decides how fast they run.
  const OpRegistry& registry = meta->graph.registry();
  const auto makes_list = [&](const pb::NodeDef& node) {
    const ForeignKind kind = KindOf(node.op(), registry);
    return kind == ForeignKind::kStack || kind == ForeignKind::kArray;
  };
  std::vector<ElementShapes> shapes;
  if (std::any_of(def.node().begin(), def.node().end(), makes_list)) {
    MetaGraph first(&registry);
    ImportBudget copy = *budget;
    shapes = Import(def, defs, ops, &copy, {}, &first);
  }
  Import(def, defs, ops, budget, shapes, meta);
}

}  // namespace graphrun
