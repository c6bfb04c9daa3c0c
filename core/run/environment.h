// What all runs of one session share.
#ifndef GRAPHRUN_CORE_RUN_ENVIRONMENT_H_
#define GRAPHRUN_CORE_RUN_ENVIRONMENT_H_

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/base/philox.h"
#include "core/graph/op_context.h"

namespace graphrun {

class RunObserver;

class Environment {
 public:
  Environment(std::optional<int64_t> seed, std::optional<int64_t> max_steps, RunObserver* observer)
      : pool_(BufferPool::Create()), seed_(seed), max_steps_(max_steps), observer_(observer) {
    kernels_ = {pool_.get(), &variables_};
  }
  const KernelEnvironment& kernels() const { return kernels_; }
  BufferPool* pool() const { return pool_.get(); }
  VariableStore& variables() { return variables_; }
  RunObserver* observer() const { return observer_; }  // may be null
  // The stream of the random node at `path`: its name, after the names of the calls that lead to
  // it.
  RandomStream* Stream(const std::string& path);
  // RESOURCE_EXHAUSTED naming the loop when one that made `trips` may not make another.
  void CheckTrips(const Node& loop, int64_t trips) const;

 private:
  std::shared_ptr<BufferPool> pool_;
  VariableStore variables_;
  KernelEnvironment kernels_;
  std::optional<int64_t> seed_;
  std::optional<int64_t> max_steps_;
  RunObserver* const observer_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<RandomStream>> streams_;
};

// "'model/MatMul' (MatMul) of float32[2,3], float32[4,5]", for error contexts.
std::string DescribeNode(const Node& node, std::span<Tensor* const> inputs);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_RUN_ENVIRONMENT_H_
