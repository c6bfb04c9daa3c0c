#include "core/compile/memory_plan.h"

#include <algorithm>
#include <numeric>

#include "core/base/buffer.h"

namespace graphrun {

MemoryPlan PlanMemory(const std::vector<MemoryRequest>& requests) {
  // A chain of sharing requests is one block of memory with the life of all.
  struct Block {
    size_t bytes;
    int first, last;
    size_t offset = 0;
  };
  std::vector<Block> blocks;
  std::vector<int> block_of(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    const MemoryRequest& r = requests[i];
    const size_t bytes = Aligned(r.bytes);
    if (r.shares >= 0) {
      Block& b = blocks[block_of[i] = block_of[r.shares]];
      b = {std::max(b.bytes, bytes), std::min(b.first, r.first), std::max(b.last, r.last)};
    } else {
      block_of[i] = static_cast<int>(blocks.size());
      blocks.push_back({bytes, r.first, r.last});
    }
  }
  std::vector<int> by_size(blocks.size());
  std::iota(by_size.begin(), by_size.end(), 0);
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](int a, int b) { return blocks[a].bytes > blocks[b].bytes; });

  MemoryPlan plan;
  std::vector<const Block*> placed;  // by offset
  for (int i : by_size) {
    Block& b = blocks[i];
    size_t offset = 0;
    for (const Block* other : placed) {
      if (other->last < b.first || b.last < other->first) continue;
      if (offset + b.bytes <= other->offset) break;
      offset = std::max(offset, other->offset + other->bytes);
    }
    b.offset = offset;
    plan.bytes = std::max(plan.bytes, offset + b.bytes);
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), &b,
                         [](const Block* x, const Block* y) { return x->offset < y->offset; }),
        &b);
  }
  for (int b : block_of) plan.offsets.push_back(blocks[b].offset);
  return plan;
}

}  // namespace graphrun
