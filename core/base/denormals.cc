#include "core/base/denormals.h"

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

}  // namespace

FlushDenormals::FlushDenormals() : before_(Mode()) { SetMode(before_ | kFlush); }
FlushDenormals::~FlushDenormals() { SetMode(before_); }

bool FlushDenormals::Active() { return (Mode() & kFlush) != 0; }

void FlushDenormals::Follow(bool active) {
  const unsigned mode = Mode(), wanted = active ? mode | kFlush : mode & ~kFlush;
  if (mode != wanted) SetMode(wanted);
}

void FlushDenormals::ChangeWorkers() {
  thread_local bool done = false;
  if (done || !Active()) return;
  done = true;
#pragma omp parallel
  Follow(true);
}

}  // namespace graphrun
