#include "core/base/denormals.h"

#include <omp.h>

#ifdef __SSE__
#include <xmmintrin.h>
#endif

namespace graphrun {
namespace {

#ifdef __SSE__
constexpr unsigned kFlush = 0x8000 | 0x0040;  // results to zero, and operands as zero
unsigned Mode() { return _mm_getcsr(); }
void SetMode(unsigned mode) { _mm_setcsr(mode); }
#else
constexpr unsigned kFlush = 0;
unsigned Mode() { return 0; }
void SetMode(unsigned) {}
#endif

// As many workers of this thread, itself among them, are known to flush: until a loop of ours in
// which it does not.
thread_local int flushing_workers = 0;

}  // namespace

FlushDenormals::FlushDenormals() : before_(Mode()) { SetMode(before_ | kFlush); }
FlushDenormals::~FlushDenormals() { SetMode(before_); }

bool FlushDenormals::Active() { return (Mode() & kFlush) != 0; }

void FlushDenormals::Follow(bool active) {
  const unsigned mode = Mode(), wanted = active ? mode | kFlush : mode & ~kFlush;
  if (mode != wanted) SetMode(wanted);
  if (!active) flushing_workers = 0;  // in the caller, which has a part of its loops
}

void FlushDenormals::ChangeWorkers() {
  const int threads = omp_get_max_threads();
  if (threads <= flushing_workers || !Active()) return;
  flushing_workers = threads;
#pragma omp parallel num_threads(threads)
  Follow(true);
}

}  // namespace graphrun
