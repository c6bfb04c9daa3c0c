// ParallelFor: loops over OpenMP's threads, split by size and thread count only, so that results do
// not vary.
#ifndef GRAPHRUN_CORE_BASE_PARALLEL_H_
#define GRAPHRUN_CORE_BASE_PARALLEL_H_

#include <algorithm>
#include <cstdint>
#include <exception>

namespace graphrun {

// Threads that kernels use when this thread calls them: a ThreadScope's, else OMP_NUM_THREADS, else
// all processors.
int NumThreads();
// Has kernels that this thread calls use `n` threads, for as long as it lives; 0 changes nothing.
class ThreadScope {
 public:
  explicit ThreadScope(int n);
  ~ThreadScope();
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  int before_ = 0;  // 0: nothing was changed
};
// Whether the caller already is inside a ParallelFor: nested loops run on its thread.
bool InParallelFor();

namespace internal {
// Calls chunk(context, i) for i in [0, chunks) on as many threads; the first exception is thrown
// again.
void RunChunks(int chunks, void (*chunk)(void* context, int i), void* context);
}  // namespace internal

// Calls fn(begin, end) on disjoint ranges that cover [0, n). A range has at least `grain` elements
// when there is more than one. fn must not depend on how the range is cut.
template <typename Fn>
void ParallelFor(int64_t n, int64_t grain, Fn&& fn) {
  if (n <= 0) return;
  const int64_t most = std::max<int64_t>(1, n / std::max<int64_t>(1, grain));
  const int chunks =
      most == 1 || InParallelFor() ? 1 : static_cast<int>(std::min<int64_t>(most, NumThreads()));
  if (chunks == 1) return fn(int64_t{0}, n);
  struct Context {
    Fn& fn;
    int64_t n;
    int chunks;
  } context{fn, n, chunks};
  internal::RunChunks(
      chunks,
      [](void* p, int i) {
        const Context& c = *static_cast<Context*>(p);
        c.fn(c.n * i / c.chunks, c.n * (i + 1) / c.chunks);
      },
      &context);
}

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_PARALLEL_H_
