// PlanCache: the plans of a session. When they come to more bytes than they may, those that were
// used least recently go, and are made again when they are needed.
#ifndef GRAPHRUN_CORE_RUN_PLAN_CACHE_H_
#define GRAPHRUN_CORE_RUN_PLAN_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "core/base/shape.h"
#include "core/base/tensor.h"
#include "core/run/executor.h"

namespace graphrun {

// What the feeds of a run must be for a plan: of each that the run uses the shape and, if it is not
// empty, the value.
struct PlanKey {
  std::vector<Shape> shapes;
  std::vector<Tensor> values;
};

// Thread-safe. A plan that goes while it runs is there until it has run.
class PlanCache {
 public:
  explicit PlanCache(size_t most_bytes) : most_bytes_(most_bytes) {}

  // Of the owner's plans one for whose key fits(key) is true; null when there is none.
  template <typename Fits>
  std::shared_ptr<Executor> Find(const void* owner, Fits&& fits) {
    const std::lock_guard lock(mutex_);
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (it->owner != owner || !fits(it->key)) continue;
      entries_.splice(entries_.begin(), entries_, it);
      return it->executor;
    }
    return nullptr;
  }
  // The newest stays even if it is too large.
  void Add(const void* owner, PlanKey key, std::shared_ptr<Executor> executor);
  void Drop(const void* owner);

  size_t plans() const;
  size_t bytes() const;

 private:
  struct Entry {
    const void* owner;
    PlanKey key;
    std::shared_ptr<Executor> executor;
    size_t bytes;
  };
  const size_t most_bytes_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // the most recently used first
  size_t bytes_ = 0;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_RUN_PLAN_CACHE_H_
