#include "core/run/session.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "core/base/error.h"
#include "core/compile/compile.h"
#include "core/compile/needs.h"
#include "core/graph/op_def.h"
#include "core/graph/op_registry.h"
#include "core/run/environment.h"
#include "core/run/executor.h"
#include "core/run/interpreter.h"

namespace graphrun {

struct Session::Impl {
  Impl(const Graph& g, const SessionOptions& o) : graph(g), options(o), env(o.seed) {}

  const Graph& graph;
  const SessionOptions options;
  Environment env;
  std::mutex mutex;  // guards callables
  std::map<std::string, Callable> callables;
  uint64_t callables_version = 0;
};

struct Session::Callable::Impl {
  Session::Impl* session;
  std::vector<Output> feeds;
  std::vector<uint8_t> used;  // whether the fetches need this feed
  std::vector<Output> fetches;
  std::vector<NodeId> targets;

  // Plans by the shapes of the used feeds; the one that ran last is tried first.
  struct Compiled {
    std::vector<Shape> shapes;
    std::shared_ptr<Executor> executor;
  };
  std::mutex mutex;
  std::vector<Compiled> compiled;
  size_t last = 0;

  void CheckFeed(size_t i, const Tensor& value) const;
  bool Fits(const Compiled& c, const std::vector<Tensor>& values) const;
  std::shared_ptr<Executor> Find(const std::vector<Tensor>& values);
  void Run(const std::vector<Tensor>& values, std::vector<Tensor>* fetched);
};

void Session::Callable::Impl::CheckFeed(size_t i, const Tensor& value) const {
  const Graph& g = session->graph;
  const ValueType& type = g.type(feeds[i]);
  if (value.dtype() != type.dtype || !value.shape().CompatibleWith(type.shape)) {
    ThrowInvalid("'" + g.OutputName(feeds[i]) + "' is " + type.ToString() +
                 " and cannot be fed with " + TypeOf(value).ToString());
  }
}

bool Session::Callable::Impl::Fits(const Compiled& c, const std::vector<Tensor>& values) const {
  for (size_t i = 0, k = 0; i < values.size(); ++i) {
    if (used[i] && values[i].shape() != c.shapes[k++]) return false;
  }
  return true;
}

std::shared_ptr<Executor> Session::Callable::Impl::Find(const std::vector<Tensor>& values) {
  std::lock_guard lock(mutex);
  if (last < compiled.size() && Fits(compiled[last], values)) return compiled[last].executor;
  for (size_t i = 0; i < compiled.size(); ++i) {
    if (Fits(compiled[i], values)) {
      last = i;
      return compiled[i].executor;
    }
  }
  RunSignature signature{.feeds = {}, .fetches = fetches, .targets = targets};
  Compiled c;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!used[i]) continue;
    signature.feeds.emplace_back(feeds[i], TypeOf(values[i]));
    c.shapes.push_back(values[i].shape());
  }
  c.executor = std::make_shared<Executor>(Compile(session->graph, signature), &session->env);
  last = compiled.size();
  compiled.push_back(std::move(c));
  return compiled.back().executor;
}

void Session::Callable::Impl::Run(const std::vector<Tensor>& values, std::vector<Tensor>* fetched) {
  Check(values.size() == feeds.size(), "a callable gets as many feeds as it was prepared for");
  for (size_t i = 0; i < values.size(); ++i) CheckFeed(i, values[i]);
  if (session->options.interpret) {
    std::map<Output, Tensor> given;
    for (size_t i = 0; i < values.size(); ++i) {
      if (used[i]) given[feeds[i]] = values[i];
    }
    *fetched = Interpreter(session->graph, &session->env, session->options.check_nan)
                   .Run(given, fetches, targets);
    return;
  }
  Find(values)->Run(values, used, fetched);
}

Session::Session(const Graph& graph, SessionOptions options)
    : impl_(std::make_shared<Impl>(graph, options)) {}
Session::~Session() = default;

namespace {

// In TensorFlow 1 a variable's own name can be fetched. That is its value, read before the writes
// of the run.
Output ReadOf(const Graph& g, Output handle) {
  const OpDef* read = g.registry().Find("ReadVariableOp");
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    const Node& node = g.node(id);
    if (node.op == read && node.inputs[0] == handle && node.control_inputs.empty()) return {id, 0};
  }
  ThrowInvalid("'" + g.OutputName(handle) +
               "' is the handle of a variable that the graph never reads; fetch its value by "
               "VariableValue");
}

}  // namespace

Session::Callable Session::Prepare(const std::vector<TensorName>& feeds,
                                   const std::vector<TensorName>& fetches,
                                   const std::vector<TensorName>& targets) {
  const Graph& g = impl_->graph;
  Callable callable;
  callable.impl_ = std::make_shared<Callable::Impl>();
  Callable::Impl& c = *callable.impl_;
  c.session = impl_.get();
  std::set<Output> fed;
  for (const TensorName& name : feeds) {
    const Output o = WithContext([] { return "while resolving a feed"; },
                                 [&] { return g.FindOutput(name.str()); });
    if (g.num_outputs(o.node) == 0)
      ThrowInvalid("'" + name.str() + "' is an operation; only tensors are fed");
    if (!fed.insert(o).second) ThrowInvalid("'" + name.str() + "' is fed twice");
    c.feeds.push_back(o);
  }
  for (const TensorName& name : fetches) {
    const Output o = WithContext([] { return "while resolving a fetch"; },
                                 [&] { return g.FindOutput(name.str()); });
    if (g.num_outputs(o.node) == 0) {
      ThrowInvalid("'" + name.str() + "' is an operation without outputs; give it as a target");
    }
    c.fetches.push_back(g.node(o.node).op->handles ? ReadOf(g, o) : o);
  }
  for (const TensorName& name : targets) {
    c.targets.push_back(WithContext([] { return "while resolving a target"; },
                                    [&] { return g.FindOutput(name.str()).node; }));
  }
  const Needs needs = NeedsFinder().OfRun(g, fed, c.fetches, c.targets);
  CheckAvailable(g, needs);
  std::set<NodeId> waited;
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    if (!needs.has(id)) continue;
    const std::vector<NodeId>& controls = g.node(id).control_inputs;
    waited.insert(controls.begin(), controls.end());
  }
  for (Output o : c.feeds)
    c.used.push_back(needs.has(o) || (o.index == 0 && waited.contains(o.node)));
  return callable;
}

std::vector<Tensor> Session::Run(const Feeds& feeds, const std::vector<TensorName>& fetches,
                                 const std::vector<TensorName>& targets) {
  std::string key;
  std::vector<TensorName> names;
  std::vector<Tensor> values;
  for (const auto& [name, value] : feeds) {
    names.push_back(name);
    values.push_back(value);
    key += name.str() + ",";
  }
  key += ";";
  for (const TensorName& name : fetches) key += name.str() + ",";
  key += ";";
  for (const TensorName& name : targets) key += name.str() + ",";
  Callable callable;
  {
    std::lock_guard lock(impl_->mutex);
    // A plan of a graph that was changed since may be of other nodes.
    if (impl_->callables_version != impl_->graph.version()) {
      impl_->callables.clear();
      impl_->callables_version = impl_->graph.version();
    }
    Callable& kept = impl_->callables[key];
    if (!kept.impl_) kept = Prepare(names, fetches, targets);
    callable = kept;
  }
  return callable(values);
}

void Session::Callable::operator()(const std::vector<Tensor>& feeds,
                                   std::vector<Tensor>* fetched) const {
  impl_->Run(feeds, fetched);
}

std::vector<Tensor> Session::Callable::operator()(const std::vector<Tensor>& feeds) const {
  std::vector<Tensor> fetched;
  impl_->Run(feeds, &fetched);
  return fetched;
}

Tensor Session::VariableValue(std::string_view name) const {
  const RefPtr<VariableState> variable = impl_->env.variables().Find(name);
  if (variable && variable->initialized()) return variable->value;
  const NodeId id = impl_->graph.Find(name);
  if (id == kNoNode) {
    ThrowNotFound("no variable '" + std::string(name) + "'" +
                  DidYouMean(name, impl_->graph.NodeNames()));
  }
  throw Error(Code::kFailedPrecondition, "variable '" + std::string(name) + "' has no value yet");
}

void Session::SetVariable(std::string_view name, const Tensor& value) {
  const Graph& g = impl_->graph;
  const NodeId id = g.Find(name);
  if (id == kNoNode || !g.node(id).op->handles) {
    ThrowNotFound("no variable '" + std::string(name) + "'" + DidYouMean(name, g.NodeNames()));
  }
  const ValueType& type = g.type({id, 0});
  if (value.dtype() != type.element_dtype || !value.shape().CompatibleWith(type.element_shape)) {
    ThrowInvalid("variable '" + std::string(name) + "' is " + type.ToString() +
                 " and cannot be set to " + TypeOf(value).ToString());
  }
  const RefPtr<VariableState> variable =
      impl_->env.variables().LookupOrCreate(name, type.element_dtype, type.element_shape);
  variable->value = value.Copy(impl_->env.pool());
}

VariableStore& Session::variables() { return impl_->env.variables(); }
const Graph& Session::graph() const { return impl_->graph; }

}  // namespace graphrun
