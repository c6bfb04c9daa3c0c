// Profile: an observer that adds up what each node of a session's runs took.
#ifndef GRAPHRUN_CORE_RUN_PROFILE_H_
#define GRAPHRUN_CORE_RUN_PROFILE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/shape.h"
#include "core/graph/op_def.h"
#include "core/run/run_observer.h"

namespace graphrun {

// Of one session whose runs do not overlap in time. Its own work counts in no figure.
class Profile final : public RunObserver {
 public:
  // A node at one place.
  struct Entry {
    // The op; of a call that is one kernel, "fused" and the ops of its function.
    std::string node, op;
    bool kernel = true;         // of a While, an If or a call `seconds` is overhead
    std::vector<Shape> inputs;  // of the tensors with numbers, as of the last call
    int64_t calls = 0;
    double seconds = 0;  // without the nodes that ran within it
    // Of all calls: what the op's cost says, else all numbers that came in and went out.
    double flops = 0, bytes = 0;
  };
  // One call of it, in seconds since Clear.
  struct Call {
    int entry = 0;  // kRun for a whole run
    double begin = 0, end = 0;
  };
  static constexpr int kRun = -1;

  // Forgets what was seen and starts the clock; keeps each of the first `calls` calls.
  void Clear(size_t calls = 0);

  void BeginRun() override;
  void EndRun() override;
  void Begin(const StartingNode& starting) override;
  void End(std::span<Tensor* const> outputs) override;

  const std::vector<Entry>& entries() const { return entries_; }  // in the order of first calls
  const std::vector<Call>& calls() const { return calls_; }
  int64_t runs() const { return runs_; }
  // Of runs, but for what belongs to an entry: what the executor does between nodes.
  double run_seconds() const { return run_seconds_; }
  // That the observing itself took.
  double own_seconds() const { return own_seconds_; }

 private:
  using Clock = std::chrono::steady_clock;
  // A call in progress.
  struct Open {
    int entry = 0;
    const Node* node = nullptr;
    Clock::time_point begin;
    std::vector<const void*> memory;  // of the inputs with numbers
    std::vector<ValueType> inputs;
  };
  // Time since the last event goes to the innermost call in progress.
  Clock::time_point Charge();
  void Resume(Clock::time_point since);
  void Keep(int entry, Clock::time_point begin, Clock::time_point end);
  Open& Push(int entry);
  void AddEntry(const StartingNode& starting);

  std::vector<Entry> entries_;
  struct Source {
    const OpDef* op = nullptr;
    double fused_flops = 0;  // of a call of the function that is one kernel
  };
  std::vector<Source> sources_;                  // by entry
  std::unordered_map<const void*, int> places_;  // -> entry
  std::vector<Open> open_;                       // [0, depth_); the others keep their memory
  size_t depth_ = 0;
  std::vector<ValueType> outputs_;
  std::vector<Call> calls_;
  size_t most_calls_ = 0;
  int64_t runs_ = 0;
  double run_seconds_ = 0, own_seconds_ = 0;
  Clock::time_point start_ = Clock::now(), last_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_RUN_PROFILE_H_
