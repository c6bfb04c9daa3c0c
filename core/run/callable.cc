// Preparing and carrying out runs: which outputs are given and computed, and what the caller gets.
#include "core/run/callable.h"

#include <algorithm>
#include <cstring>

#include "core/base/denormals.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/compile/compile.h"
#include "core/compile/shape_feeds.h"
#include "core/graph/fixed_constants.h"
#include "core/graph/op_def.h"
#include "core/graph/op_registry.h"
#include "core/graph/reference.h"
#include "core/run/interpreter.h"
#include "core/run/run_observer.h"
#include "core/run/truth.h"

namespace graphrun {

namespace {

// A variable's own name can be fetched. Of a resource variable that is its value, read before the
// writes of the run.
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

// The nodes of the functions that the nodes of `needed` call, and of those that they call.
std::vector<const Node*> NodesInside(const Graph& graph, const std::vector<bool>& needed) {
  std::vector<std::string> open;
  std::set<std::string> seen;
  std::vector<const Node*> nodes;
  const auto call = [&](const Node& node) {
    for (std::string& name : FunctionNames(node)) {
      if (seen.insert(name).second) open.push_back(std::move(name));
    }
  };
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (needed[id]) call(graph.node(id));
  }
  for (size_t i = 0; i < open.size(); ++i) {
    const Graph& body = graph.library()->Get(open[i]).graph;
    for (NodeId id = 0; id < body.num_ids(); ++id) {
      if (!body.exists(id)) continue;
      nodes.push_back(&body.node(id));
      call(body.node(id));
    }
  }
  return nodes;
}

// Whether the node is a read that is made in the place of what `name` hands on.
bool ReadsThrough(const Node& node, const std::string& name) {
  const auto it = node.attrs.find(kThroughAttr);
  if (it == node.attrs.end()) return false;
  const auto* names = std::get_if<std::vector<std::string>>(&it->second);
  return names && std::find(names->begin(), names->end(), name) != names->end();
}

}  // namespace

void Session::Callable::Impl::AddFeeds(const std::vector<TensorName>& names) {
  const Graph& g = session->graph;
  std::set<Output> fed;
  for (const TensorName& name : names) {
    const Output o = WithContext([] { return "while resolving a feed"; },
                                 [&] { return g.FindOutput(name.str()); });
    if (g.num_outputs(o.node) == 0)
      ThrowInvalid("'" + name.str() + "' is an operation; only tensors are fed");
    if (!fed.insert(o).second) ThrowInvalid("'" + name.str() + "' is fed twice");
    sources.push_back(static_cast<int>(feeds.size()));
    feeds.push_back(o);
    as_fed = as_fed && !FeedsVariable(o);
  }
}

// Who feeds a node that hands on a reference variable's memory feeds all that is read through it.
void Session::Callable::Impl::FeedReadsThrough(const std::vector<bool>& needed) {
  const Graph& g = session->graph;
  const size_t asked = feeds.size();
  for (size_t i = 0; i < asked; ++i) {
    if (!IsReference(g.node(feeds[i].node)) || g.node(feeds[i].node).op->handles) continue;
    const std::string& name = g.node(feeds[i].node).name;
    for (NodeId id = 0; id < g.num_ids(); ++id) {
      if (!needed[id] || !ReadsThrough(g.node(id), name)) continue;
      feeds.push_back({id, 0});
      sources.push_back(static_cast<int>(i));
      as_fed = false;
    }
    for (const Node* node : NodesInside(g, needed)) {
      if (!ReadsThrough(*node, name)) continue;
      throw Error(Code::kUnimplemented,
                  "'" + name + "' is read again in a loop or cond by '" + node->name +
                      "', which a feed does not reach; feed the variable itself");
    }
  }
}

int Session::Callable::Impl::AddFetch(Output o) {
  fetches.push_back(o);
  return static_cast<int>(fetches.size()) - 1;
}

int Session::Callable::Impl::AddMemory(const MemoryFinder& finder, int place,
                                       std::map<int, int>* added) {
  if (place < 0) return -1;
  if (const auto it = added->find(place); it != added->end()) return it->second;
  const MemoryFinder::Place& p = finder.place(place);
  Memory memory;
  if (p.handle.valid()) {
    memory.handle = AddFetch(p.handle);
  } else {
    memory.predicate = AddFetch(p.predicate);
    for (const int side : {0, 1}) memory.sides[side] = AddMemory(finder, p.sides[side], added);
  }
  memories.push_back(memory);
  return (*added)[place] = static_cast<int>(memories.size()) - 1;
}

// `written` are the handles through which the run writes.
void Session::Callable::Impl::AddFetches(const std::vector<TensorName>& names,
                                         const std::set<Output>& written) {
  const Graph& g = session->graph;
  MemoryFinder finder(g);
  std::map<int, int> added;
  bool as_they_are = true;
  for (const TensorName& name : names) {
    const Output o = g.FindOutput(name.str());
    Fetched from;
    if (g.node(o.node).op->handles && IsReference(g.node(o.node))) {
      memories.push_back({.handle = AddFetch(o)});
      from.memory = static_cast<int>(memories.size()) - 1;
    } else {
      from.fetch = AddFetch(g.node(o.node).op->handles ? ReadOf(g, o) : o);
      const int place = finder.Find(fetches[from.fetch]);
      const std::set<Output> variables = finder.Variables(place);
      const auto is_written = [&](Output v) { return written.contains(v); };
      if (std::any_of(variables.begin(), variables.end(), is_written)) {
        if (!finder.Decided(place)) {
          throw Error(Code::kUnimplemented,
                      "'" + name.str() +
                          "' is the memory of a variable that the run writes, or "
                          "of another, as a cond inside a cond decides; fetch the variables");
        }
        from.memory = AddMemory(finder, place, &added);
      }
    }
    as_they_are = as_they_are && from.memory < 0;
    fetched_from.push_back(from);
  }
  if (as_they_are) fetched_from.clear();
}

void Session::Callable::Impl::FreeConstants(const std::set<Output>& fed) {
  const Graph& g = session->graph;
  feeds_constants = std::any_of(fed.begin(), fed.end(), [&](Output o) { return g.ConstValue(o); });
  freed = WithoutCopies::Make(g, fed);
}

// In TensorFlow what writes a variable refuses the copy that is fed.
void Session::Callable::Impl::CheckWrites(const std::set<Output>& written) const {
  for (Output o : feeds) {
    if (!FeedsVariable(o) || !written.contains(o)) continue;
    ThrowInvalid("variable '" + session->graph.node(o.node).name +
                 "' is fed, and the run writes it; only its reads can take what is fed");
  }
}

// A reference variable may be fed by its own name.
bool Session::Callable::Impl::FeedsVariable(Output feed) const {
  const Node& node = session->graph.node(feed.node);
  return node.op->handles && IsReference(node);
}

void Session::Callable::Impl::CheckFeed(size_t i, const Tensor& value) const {
  const Graph& g = session->graph;
  const ValueType& type = g.type(feeds[i]);
  const bool variable = FeedsVariable(feeds[i]);
  if (value.dtype() != (variable ? type.element_dtype : type.dtype) ||
      !value.shape().CompatibleWith(variable ? type.element_shape : type.shape)) {
    ThrowInvalid("'" + g.OutputName(feeds[i]) + "' is " + type.ToString() +
                 " and cannot be fed with " + TypeOf(value).ToString());
  }
  const bool fixed = g.node(feeds[i].node).attrs.contains(kFixedAttr);
  if (const Tensor* has = fixed ? g.ConstValue(feeds[i]) : nullptr;
      has && !AttrEqual(*has, value)) {
    ThrowInvalid("'" + g.OutputName(feeds[i]) +
                 "' may not be fed with another value: gradients were built for the one it has");
  }
}

std::vector<Tensor> Session::Callable::Impl::Given(const std::vector<Tensor>& values) const {
  std::vector<Tensor> given;
  for (size_t i = 0; i < feeds.size(); ++i) {
    const Tensor& value = values[sources[i]];
    if (!FeedsVariable(feeds[i])) {
      given.push_back(value);
      continue;
    }
    const std::string name = session->graph.node(feeds[i].node).name;
    RefPtr<VariableState> variable(new VariableState(name, value.dtype(), value.shape()));
    variable->Assign(value.Own(session->env.pool()));
    given.push_back(Tensor::Object(DType::kResource, variable));
  }
  return given;
}

namespace {

bool SameBytes(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

}  // namespace

bool Session::Callable::Impl::Fits(const PlanKey& key, const std::vector<Tensor>& values) const {
  for (size_t i = 0, k = 0; i < feeds.size(); ++i) {
    if (!used[i]) continue;
    const Tensor& value = values[sources[i]];
    if (value.shape() != key.shapes[k]) return false;
    if (!key.values[k].empty() && !SameBytes(value, key.values[k])) return false;
    ++k;
  }
  return true;
}

// A plan for these feeds, and what others it is for.
std::unique_ptr<Plan> Session::Callable::Impl::MakePlan(const std::vector<Tensor>& given,
                                                        PlanKey* key) {
  const CompileOptions& options = session->options.compile;
  RunSignature signature{.feeds = {}, .fetches = fetches, .targets = targets};
  std::vector<const Tensor*> fed;
  for (size_t i = 0; i < feeds.size(); ++i) {
    if (!used[i]) continue;
    signature.feeds.emplace_back(feeds[i], TypeOf(given[i]));
    fed.push_back(&given[i]);
  }
  std::unique_ptr<Plan> plan;
  if (shape_feeds.empty()) {
    plan = Compile(graph(), signature, options);
    for (const bool decides : ParametersInShapes(*plan->function))
      shape_feeds.push_back({.decides = decides, .values = {}});
  }
  signature.values.resize(fed.size());
  bool any = false;
  for (size_t k = 0; k < fed.size(); ++k) {
    ShapeFeed& feed = shape_feeds[k];
    if (!feed.decides || fed[k]->num_elements() > kMaxShapeElements) continue;
    const auto is = [&](const Tensor& value) { return SameBytes(value, *fed[k]); };
    if (std::none_of(feed.values.begin(), feed.values.end(), is)) {
      if (feed.values.size() == kMostValues) continue;
      feed.values.push_back(fed[k]->Copy());
    }
    signature.values[k] = fed[k]->Copy();
    any = true;
  }
  if (any || !plan) plan = Compile(graph(), signature, options);
  key->values = std::move(signature.values);
  return plan;
}

std::shared_ptr<Executor> Session::Callable::Impl::Find(const std::vector<Tensor>& values,
                                                        const std::vector<Tensor>& given) {
  PlanCache& cache = *session->plans;
  const auto fits = [&](const PlanKey& key) { return Fits(key, values); };
  if (auto executor = cache.Find(this, fits)) return executor;
  const std::lock_guard lock(mutex);
  if (auto executor = cache.Find(this, fits)) return executor;  // another thread made it
  PlanKey key;
  for (size_t i = 0; i < feeds.size(); ++i) {
    if (used[i]) key.shapes.push_back(values[sources[i]].shape());
  }
  auto executor = std::make_shared<Executor>(MakePlan(given, &key), &session->env);
  cache.Add(this, std::move(key), executor);
  return executor;
}

void Session::Callable::Impl::RunGiven(const std::vector<Tensor>& values,
                                       const std::vector<Tensor>& given,
                                       std::vector<Tensor>* fetched) {
  if (session->options.interpret) {
    std::map<Output, Tensor> fed;
    for (size_t i = 0; i < given.size(); ++i) {
      if (used[i]) fed[feeds[i]] = given[i];
    }
    // What was inferred from a constant says nothing when another value is fed.
    const InterpreterOptions options{.check_nan = session->options.check_nan,
                                     .check_shapes = !feeds_constants};
    *fetched = Interpreter(graph(), &session->env, options).Run(fed, fetches, targets);
    return;
  }
  Find(values, given)->Run(given, used, fetched);
}

void Session::Callable::Impl::Run(const std::vector<Tensor>& values, std::vector<Tensor>* fetched) {
  size_t asked = 0;
  while (asked < sources.size() && sources[asked] == static_cast<int>(asked)) ++asked;
  Check(values.size() == asked, "a callable gets as many feeds as it was prepared for");
  for (size_t i = 0; i < values.size(); ++i) CheckFeed(i, values[i]);
  const FlushDenormals flush;
  const ThreadScope threads(session->options.threads);
  const std::vector<Tensor> made = as_fed ? std::vector<Tensor>() : Given(values);
  const std::vector<Tensor>& given = as_fed ? values : made;
  RunObserver* const observer = session->env.observer();
  if (observer) observer->BeginRun();
  if (fetched_from.empty()) {
    RunGiven(values, given, fetched);
  } else {
    std::vector<Tensor> run;
    RunGiven(values, given, &run);
    fetched->clear();
    for (const Fetched& from : fetched_from) fetched->push_back(AfterRun(from, run));
  }
  if (observer) observer->EndRun();
}

// What the caller gets: what was fetched, or the variable whose memory it was as it is by now.
Tensor Session::Callable::Impl::AfterRun(const Fetched& from,
                                         const std::vector<Tensor>& fetched) const {
  int at = from.memory;
  while (at >= 0 && memories[at].handle < 0)
    at = memories[at].sides[IsTrue(fetched[memories[at].predicate])];
  if (at < 0) return fetched[from.fetch];
  const auto& variable = static_cast<const VariableState&>(*fetched[memories[at].handle].object());
  if (from.fetch < 0) return variable.Read();
  const Tensor& read = fetched[from.fetch];
  const Tensor now = variable.Peek();
  // A value of another size has other memory, and the one that was read is as it was.
  const bool same = !now.empty() && now.num_elements() == read.num_elements();
  return same ? now.Reshaped(read.shape()) : read;
}

}  // namespace graphrun
