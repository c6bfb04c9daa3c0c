#include "core/run/session.h"

#include "core/base/error.h"
#include "core/compile/limits.h"
#include "core/compile/needs.h"
#include "core/graph/op_def.h"
#include "core/run/callable.h"

namespace graphrun {
namespace {

SessionOptions WithTripLimit(SessionOptions options) {
  options.compile.max_trips = options.max_steps;
  return options;
}

}  // namespace

Session::Session(const Graph& graph, SessionOptions options)
    : impl_(std::make_shared<Impl>(graph, WithTripLimit(options))) {
  for (const std::string& name : options.compile.disabled_passes)
    CheckPassName(name, /*disable=*/true);
}
Session::~Session() = default;

Session::Callable Session::Prepare(const std::vector<TensorName>& feeds,
                                   const std::vector<TensorName>& fetches,
                                   const std::vector<TensorName>& targets) {
  const Graph& g = impl_->graph;
  Callable callable;
  callable.impl_ = std::make_shared<Callable::Impl>();
  Callable::Impl& c = *callable.impl_;
  c.session = impl_.get();
  c.plans = impl_->plans;
  c.AddFeeds(feeds);
  std::vector<Output> asked;
  for (const TensorName& name : fetches) {
    asked.push_back(WithContext([] { return "while resolving a fetch"; },
                                [&] { return g.FindOutput(name.str()); }));
    if (g.num_outputs(asked.back().node) == 0) {
      ThrowInvalid("'" + name.str() + "' is an operation without outputs; give it as a target");
    }
  }
  for (const TensorName& name : targets) {
    c.targets.push_back(WithContext([] { return "while resolving a target"; },
                                    [&] { return g.FindOutput(name.str()).node; }));
  }
  CheckNesting(g);
  std::set<Output> fed(c.feeds.begin(), c.feeds.end());
  const Needs asked_for = NeedsFinder().OfRun(g, fed, asked, c.targets);
  c.FeedReadsThrough(asked_for.nodes);
  const std::set<Output> written = WrittenHandles(g, asked_for.nodes);
  c.CheckWrites(written);
  c.AddFetches(fetches, written);
  fed = std::set<Output>(c.feeds.begin(), c.feeds.end());
  c.FreeConstants(fed);
  const Needs needs = NeedsFinder().OfRun(c.graph(), fed, c.fetches, c.targets);
  CheckAvailable(c.graph(), needs);
  CheckSize(c.graph(), needs);
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
  if (Tensor value = variable ? variable->Peek() : Tensor(); !value.empty()) return value;
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
  variable->Assign(value.Copy(impl_->env.pool()));
}

VariableStore& Session::variables() { return impl_->env.variables(); }
const Graph& Session::graph() const { return impl_->graph; }

std::pair<size_t, size_t> Session::CachedPlans() const {
  return {impl_->plans->plans(), impl_->plans->bytes()};
}

}  // namespace graphrun
