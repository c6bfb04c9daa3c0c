// PlanMemory on recorded and random traces of allocations.
#include "core/compile/memory_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/base/buffer.h"

namespace graphrun {
namespace {

using Requests = std::vector<MemoryRequest>;

MemoryRequest Request(size_t lines, int first, int last, int shares = -1) {
  return {.bytes = lines * kAlignment, .first = first, .last = last, .shares = shares};
}

// The first request of a chain that shares memory.
int Root(const Requests& requests, int i) {
  while (requests[i].shares >= 0) i = requests[i].shares;
  return i;
}

// The most bytes that live at one time, where a chain of sharing requests counts as one: no plan
// takes less.
size_t LowerBound(const Requests& requests) {
  int end = 0;
  for (const MemoryRequest& r : requests) end = std::max(end, r.last);
  size_t bound = 0;
  for (int time = 0; time <= end; ++time) {
    size_t live = 0;
    for (const MemoryRequest& r : requests) {
      if (r.first <= time && time <= r.last && r.shares < 0) live += r.bytes;
    }
    bound = std::max(bound, live);
  }
  return bound;
}

// Fails when two requests that live at one time overlap, or one leaves the arena.
void ExpectSound(const Requests& requests) {
  const MemoryPlan plan = PlanMemory(requests);
  ASSERT_EQ(plan.offsets.size(), requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    const MemoryRequest& a = requests[i];
    EXPECT_EQ(plan.offsets[i] % kAlignment, 0);
    EXPECT_LE(plan.offsets[i] + a.bytes, plan.bytes);
    if (a.shares >= 0) {
      EXPECT_EQ(plan.offsets[i], plan.offsets[a.shares]) << i;
    }
    for (size_t j = 0; j < i; ++j) {
      const MemoryRequest& b = requests[j];
      if (Root(requests, i) == Root(requests, j) || a.last < b.first || b.last < a.first) continue;
      EXPECT_TRUE(plan.offsets[i] + a.bytes <= plan.offsets[j] ||
                  plan.offsets[j] + b.bytes <= plan.offsets[i])
          << "requests " << j << " and " << i << " overlap";
    }
  }
}

TEST(MemoryPlan, OfNothing) {
  EXPECT_EQ(PlanMemory({}).bytes, 0);
  EXPECT_EQ(PlanMemory({Request(0, 0, 1)}).bytes, 0);
}

TEST(MemoryPlan, SizesAreRoundedUpToTheAlignment) {
  const Requests requests = {{.bytes = 1, .first = 0, .last = 1},
                             {.bytes = 65, .first = 0, .last = 1}};
  ExpectSound(requests);
  EXPECT_EQ(PlanMemory(requests).bytes, 3 * kAlignment);
}

TEST(MemoryPlan, BothEndsOfALifeCount) {
  EXPECT_EQ(PlanMemory({Request(1, 0, 1), Request(1, 1, 2)}).bytes, 2 * kAlignment);
  EXPECT_EQ(PlanMemory({Request(1, 0, 1), Request(1, 2, 3)}).bytes, kAlignment);
}

// a -> b -> c -> ...: each value is read by the next alone.
TEST(MemoryPlan, AChainOfEqualSizesTakesTwo) {
  Requests requests;
  for (int i = 0; i < 100; ++i) requests.push_back(Request(7, i, i + 1));
  ExpectSound(requests);
  EXPECT_EQ(PlanMemory(requests).bytes, 2 * 7 * kAlignment);
}

TEST(MemoryPlan, AChainOfVaryingSizesTakesLittleMoreThanItsPeak) {
  Requests requests;
  for (int i = 0; i < 100; ++i) requests.push_back(Request(1 + i * 37 % 23, i, i + 1));
  ExpectSound(requests);
  EXPECT_LE(PlanMemory(requests).bytes, LowerBound(requests) * 5 / 4);
}

// A forward and a backward step: value i lives until its gradient is computed.
TEST(MemoryPlan, AForwardAndABackwardStepTakeTheirPeak) {
  Requests requests;
  const int n = 40;
  for (int i = 0; i < n; ++i) requests.push_back(Request(4, i, 2 * n - i));
  for (int i = 0; i < n; ++i) requests.push_back(Request(4, n + i + 1, n + i + 2));
  ExpectSound(requests);
  EXPECT_LE(PlanMemory(requests).bytes, LowerBound(requests) + 8 * kAlignment);
}

TEST(MemoryPlan, SharingRequestsAreOneBlockWithTheLifeOfAll) {
  // 1 takes over 0's memory, 2 takes over 1's; 3 lives beside 2, 4 after all.
  const Requests requests = {Request(2, 0, 1), Request(2, 1, 2, 0), Request(2, 2, 5, 1),
                             Request(2, 4, 5), Request(2, 6, 7)};
  ExpectSound(requests);
  EXPECT_EQ(PlanMemory(requests).bytes, 4 * kAlignment);
}

TEST(MemoryPlan, ALargerRequestThatSharesMakesItsBlockLarger) {
  const Requests requests = {Request(1, 0, 1), Request(5, 1, 2, 0), Request(1, 0, 2)};
  ExpectSound(requests);
  EXPECT_EQ(PlanMemory(requests).bytes, 6 * kAlignment);
}

TEST(MemoryPlan, RandomTracesAreSoundAndCompact) {
  std::mt19937 random(1);
  for (int trace = 0; trace < 200; ++trace) {
    Requests requests;
    const int n = 1 + static_cast<int>(random() % 60);
    std::vector<bool> taken(n, false);
    for (int i = 0; i < n; ++i) {
      MemoryRequest r{
          .bytes = random() % 2000, .first = i, .last = i + static_cast<int>(random() % 12)};
      // As for an op that works in place: the source's life ends where this one's begins.
      const int source = static_cast<int>(random() % n);
      if (source < i && requests[source].last <= i && !taken[source] && random() % 2) {
        r.shares = source;
        taken[source] = true;
      }
      requests.push_back(r);
    }
    ExpectSound(requests);
    size_t all = 0;
    for (const MemoryRequest& r : requests) all += r.bytes + kAlignment;
    EXPECT_LE(PlanMemory(requests).bytes, all);
    if (HasFailure()) FAIL() << "trace " << trace;
  }
}

}  // namespace
}  // namespace graphrun
