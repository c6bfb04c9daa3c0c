// What a Session and its Callables are made of.
#ifndef GRAPHRUN_CORE_RUN_CALLABLE_H_
#define GRAPHRUN_CORE_RUN_CALLABLE_H_

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "core/run/environment.h"
#include "core/run/executor.h"
#include "core/run/fed_constants.h"
#include "core/run/plan_cache.h"
#include "core/run/references.h"
#include "core/run/session.h"

namespace graphrun {

struct Session::Impl {
  Impl(const Graph& g, const SessionOptions& o)
      : graph(g),
        options(o),
        env(o.seed, o.max_steps, o.observer),
        plans(std::make_shared<PlanCache>(o.plan_cache_bytes)) {}

  const Graph& graph;
  const SessionOptions options;
  Environment env;
  const std::shared_ptr<PlanCache> plans;
  std::mutex mutex;  // guards callables
  std::map<std::string, Callable> callables;
  uint64_t callables_version = 0;
};

struct Session::Callable::Impl {
  Session::Impl* session;
  std::unique_ptr<WithoutCopies> freed;  // the graph to run when constants are fed
  bool feeds_constants = false;
  // What is given to a run: the caller's feeds, then outputs that are fed with the same. A handle
  // is given a variable that holds what is fed.
  std::vector<Output> feeds;
  std::vector<int> sources;   // which of the caller's feeds each is
  std::vector<uint8_t> used;  // whether the fetches need this feed
  bool as_fed = true;         // feeds are the caller's as they come
  std::vector<Output> fetches;
  std::vector<NodeId> targets;

  // Where the caller's fetches come from: one of `fetches`, or the memory of a variable after the
  // run. Empty: they are `fetches`.
  struct Fetched {
    int fetch = -1;
    int memory = -1;
  };
  struct Memory {
    int handle = -1;     // a fetch, or:
    int predicate = -1;  // a fetch
    int sides[2] = {-1, -1};
  };
  std::vector<Fetched> fetched_from;
  std::vector<Memory> memories;

  // A feed whose value decides shapes: plans are made for its first values, then one for all.
  struct ShapeFeed {
    bool decides = false;
    std::vector<Tensor> values;  // that plans were made for
  };
  static constexpr size_t kMostValues = 8;

  std::weak_ptr<PlanCache> plans;      // the session's, which has ours by the used feeds
  std::mutex mutex;                    // held while one is made; guards:
  std::vector<ShapeFeed> shape_feeds;  // by used feed; empty before the first plan

  ~Impl() {
    if (const auto cache = plans.lock()) cache->Drop(this);
  }

  const Graph& graph() const { return freed ? freed->graph() : session->graph; }
  bool FeedsVariable(Output feed) const;
  void AddFeeds(const std::vector<TensorName>& names);
  void FeedReadsThrough(const std::vector<bool>& needed);
  void AddFetches(const std::vector<TensorName>& names, const std::set<Output>& written);
  int AddMemory(const MemoryFinder& finder, int place, std::map<int, int>* added);
  int AddFetch(Output o);
  void FreeConstants(const std::set<Output>& fed);
  void CheckWrites(const std::set<Output>& written) const;
  void CheckFeed(size_t i, const Tensor& value) const;
  std::vector<Tensor> Given(const std::vector<Tensor>& values) const;
  bool Fits(const PlanKey& key, const std::vector<Tensor>& given) const;
  std::unique_ptr<Plan> MakePlan(const std::vector<Tensor>& given, PlanKey* key);
  std::shared_ptr<Executor> Find(const std::vector<Tensor>& values,
                                 const std::vector<Tensor>& given);
  void RunGiven(const std::vector<Tensor>& values, const std::vector<Tensor>& given,
                std::vector<Tensor>* fetched);
  void Run(const std::vector<Tensor>& values, std::vector<Tensor>* fetched);
  Tensor AfterRun(const Fetched& from, const std::vector<Tensor>& fetched) const;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_RUN_CALLABLE_H_
