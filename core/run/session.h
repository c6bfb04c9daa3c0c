// Session: runs parts of a graph; owns the variables, random streams, plans and memory of its runs.
#ifndef GRAPHRUN_CORE_RUN_SESSION_H_
#define GRAPHRUN_CORE_RUN_SESSION_H_

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/tensor.h"
#include "core/base/variable.h"
#include "core/compile/compile_options.h"

namespace graphrun {

class Graph;
class RunObserver;

// "x:0", "x" (output 0, or an operation), or what has such a name: an Expr.
class TensorName {
 public:
  TensorName(const char* name) : name_(name) {}             // NOLINT: implicit by design
  TensorName(std::string name) : name_(std::move(name)) {}  // NOLINT
  template <typename T>
  requires requires(const T& t) {
    { t.name() } -> std::same_as<std::string>;
  }
  TensorName(const T& named) : name_(named.name()) {}  // NOLINT
  const std::string& str() const { return name_; }

 private:
  std::string name_;
};
using Feeds = std::vector<std::pair<TensorName, Tensor>>;

struct SessionOptions {
  bool interpret = false;  // run every graph by the interpreter: no passes, checks of shapes; slow
  // With interpret: a NaN or infinity in any output is an error naming the node.
  bool check_nan = false;
  std::optional<int64_t> seed = {};  // makes random ops without seeds reproducible
  // A loop that would make more trips is RESOURCE_EXHAUSTED; without a value it runs on.
  std::optional<int64_t> max_steps = {};
  CompileOptions compile = {};  // of planned runs
  // That kernels use, whichever thread calls a run; 0: OMP_NUM_THREADS, else all processors. Other
  // numbers may add sums up in another order.
  int threads = 0;
  // Of the plans that are kept (Session::Prepare says by what); beyond it the least recently used
  // go.
  size_t plan_cache_bytes = size_t{2} << 30;
  // Is told what runs do, node by node (run_observer.h), and must outlive the session.
  RunObserver* observer = nullptr;
};

//   Session session(meta.graph);
//   session.Run({}, {}, {init});
//   std::vector<Tensor> out = session.Run({{x, Tensor::Scalar(2.0f)}}, {y, loss}, {train_op});
//
// Runs of one session may overlap in time, called by any number of threads. Each access to a
// variable is whole: a read gives what it was before a write or after it, and an optimizer's step
// on a variable and its slots is one; between two accesses of a run others may write, as in
// TensorFlow with use_locking. What was read or fetched never changes. The graph must outlive the
// session; nodes may be added to it while nothing runs.
class Session {
 public:
  explicit Session(const Graph& graph, SessionOptions options = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Values of `fetches`, after running them, what they need, and `targets`. Any tensor may be fed;
  // feeds that nothing needs are ignored, but must exist and fit. NOT_FOUND for a name that is not
  // there (with the nearest ones); INVALID_ARGUMENT for a feed of another dtype or shape, a
  // placeholder that is needed and not fed, or what an op refuses; FAILED_PRECONDITION for a
  // variable without a value; RESOURCE_EXHAUSTED for calls that multiply beyond what can be run
  // (limits.h).
  std::vector<Tensor> Run(const Feeds& feeds, const std::vector<TensorName>& fetches,
                          const std::vector<TensorName>& targets = {});

  // The same, with names resolved once. (Run keeps what it prepared until nodes of the graph are
  // changed: then all of it goes, since what it leads to may be something else. Added nodes change
  // nothing.) Feeds come in the order of `feeds`. Plans are kept by the shapes of the feeds, and by
  // the values of integers that decide shapes: by the first eight of each, then one plan has
  // dynamic shapes there.
  class Callable;
  Callable Prepare(const std::vector<TensorName>& feeds, const std::vector<TensorName>& fetches,
                   const std::vector<TensorName>& targets = {});

  // The value of a variable; FAILED_PRECONDITION when it has none, NOT_FOUND when there is no such
  // variable.
  Tensor VariableValue(std::string_view name) const;
  // Sets a variable, as a restored checkpoint does. The variable's node must be in the graph.
  void SetVariable(std::string_view name, const Tensor& value);

  VariableStore& variables();
  const Graph& graph() const;
  // Plans that are kept, and their bytes.
  std::pair<size_t, size_t> CachedPlans() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Valid as long as its session.
class Session::Callable {
 public:
  Callable() = default;
  // REQUIRES: feeds.size() and their dtypes are those prepared. Writes the fetched values to
  // *fetched, whose tensors' memory is recycled.
  void operator()(const std::vector<Tensor>& feeds, std::vector<Tensor>* fetched) const;
  std::vector<Tensor> operator()(const std::vector<Tensor>& feeds = {}) const;

 private:
  friend class Session;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_RUN_SESSION_H_
