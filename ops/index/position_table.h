// PositionTable: a hash table of positions, for ops that look for equal elements.
#ifndef GRAPHRUN_OPS_INDEX_POSITION_TABLE_H_
#define GRAPHRUN_OPS_INDEX_POSITION_TABLE_H_

#include <algorithm>
#include <bit>
#include <cstdint>

#include "core/graph/op_context.h"

namespace graphrun::ops {

// What a position stands for is the caller's business: it gives the hash and tells equal ones.
// The memory is the kernel's scratch.
class PositionTable {
 public:
  // For at most n positions.
  PositionTable(KernelContext& k, int64_t n)
      : mask_(std::bit_ceil<uint64_t>(2 * n + 1) - 1),
        table_(k.Scratch(DType::kInt64, {static_cast<int64_t>(mask_ + 1)})),
        slots_(table_.data<int64_t>()) {
    std::fill_n(slots_, mask_ + 1, -1);
  }

  // The position kept for which equal(position), or -1. `hash` is that of what is looked for.
  template <typename Equal>
  int64_t Find(uint64_t hash, const Equal& equal) const {
    return slots_[SlotOf(hash, equal)];
  }
  // The same; where there is none, keeps `position` and returns it.
  template <typename Equal>
  int64_t FindOrKeep(uint64_t hash, int64_t position, const Equal& equal) {
    int64_t& slot = slots_[SlotOf(hash, equal)];
    if (slot < 0) slot = position;
    return slot;
  }

 private:
  template <typename Equal>
  uint64_t SlotOf(uint64_t hash, const Equal& equal) const {
    uint64_t at = hash * 0x9E3779B97F4A7C15ull >> 7 & mask_;
    while (slots_[at] >= 0 && !equal(slots_[at])) at = (at + 1) & mask_;
    return at;
  }

  uint64_t mask_;
  Tensor table_;
  int64_t* slots_;  // -1 where free
};

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_INDEX_POSITION_TABLE_H_
