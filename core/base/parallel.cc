#include "core/base/parallel.h"

#include <omp.h>

#include "core/base/denormals.h"

namespace graphrun {

int NumThreads() { return omp_get_max_threads(); }

ThreadScope::ThreadScope(int n) {
  if (n <= 0 || n == NumThreads()) return;
  before_ = NumThreads();
  omp_set_num_threads(n);
}
ThreadScope::~ThreadScope() {
  if (before_ > 0) omp_set_num_threads(before_);
}

bool InParallelFor() { return omp_in_parallel() != 0; }

namespace internal {

void RunChunks(int chunks, void (*chunk)(void* context, int i), void* context) {
  std::exception_ptr first;
  const bool flush = FlushDenormals::Active();
#pragma omp parallel for schedule(static) num_threads(chunks)
  for (int i = 0; i < chunks; ++i) {
    try {
      FlushDenormals::Follow(flush);
      chunk(context, i);
    } catch (...) {
#pragma omp critical(graphrun_run_chunks)
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace internal
}  // namespace graphrun
