// Executor: runs a Plan.
#ifndef GRAPHRUN_CORE_RUN_EXECUTOR_H_
#define GRAPHRUN_CORE_RUN_EXECUTOR_H_

#include <memory>
#include <mutex>
#include <vector>

#include "core/compile/plan.h"
#include "core/run/environment.h"

namespace graphrun {

// A plan with the memory to run it. Thread-safe: runs that overlap in time get a frame each.
class Executor {
 public:
  Executor(std::unique_ptr<const Plan> plan, Environment* env);
  ~Executor();
  // The plan's parameters are those values for which `used` is true. Fetched tensors own their
  // memory. REQUIRES: they fit the plan.
  void Run(const std::vector<Tensor>& values, const std::vector<uint8_t>& used,
           std::vector<Tensor>* fetched);
  const Plan& plan() const { return *plan_; }

 private:
  struct Frame;
  struct Kept;
  std::unique_ptr<Frame> NewFrame();

  std::unique_ptr<const Plan> plan_;
  Environment* env_;
  std::vector<RandomStream*> streams_;       // by instruction stream number
  std::vector<std::unique_ptr<Kept>> kept_;  // by Instruction::kept
  std::mutex mutex_;
  std::vector<std::unique_ptr<Frame>> idle_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_RUN_EXECUTOR_H_
