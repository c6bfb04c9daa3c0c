#include "core/run/plan_cache.h"

#include <utility>

namespace graphrun {

void PlanCache::Add(const void* owner, PlanKey key, std::shared_ptr<Executor> executor) {
  const size_t bytes = executor->plan().Bytes();
  const std::lock_guard lock(mutex_);
  entries_.push_front({owner, std::move(key), std::move(executor), bytes});
  bytes_ += bytes;
  while (bytes_ > most_bytes_ && entries_.size() > 1) {
    bytes_ -= entries_.back().bytes;
    entries_.pop_back();
  }
}

void PlanCache::Drop(const void* owner) {
  const std::lock_guard lock(mutex_);
  for (auto it = entries_.begin(); it != entries_.end();) {
    if (it->owner != owner) {
      ++it;
      continue;
    }
    bytes_ -= it->bytes;
    it = entries_.erase(it);
  }
}

size_t PlanCache::plans() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

size_t PlanCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace graphrun
