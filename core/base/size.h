// Arithmetic of sizes: dimensions, counts of elements, bytes. All of it goes through here, so that
// no graph can name a size whose product wraps round.
#ifndef GRAPHRUN_CORE_BASE_SIZE_H_
#define GRAPHRUN_CORE_BASE_SIZE_H_

#include <cstddef>
#include <cstdint>

#include "core/base/types.h"

namespace graphrun {

namespace size_internal {
[[noreturn]] void ThrowOverflow(int64_t a, char op, int64_t b);
}  // namespace size_internal

// INVALID_ARGUMENT when the result does not fit int64.
inline int64_t CheckedMul(int64_t a, int64_t b) {
  int64_t out;
  if (__builtin_mul_overflow(a, b, &out)) size_internal::ThrowOverflow(a, '*', b);
  return out;
}
inline int64_t CheckedAdd(int64_t a, int64_t b) {
  int64_t out;
  if (__builtin_add_overflow(a, b, &out)) size_internal::ThrowOverflow(a, '+', b);
  return out;
}
inline int64_t CheckedSub(int64_t a, int64_t b) {
  int64_t out;
  if (__builtin_sub_overflow(a, b, &out)) size_internal::ThrowOverflow(a, '-', b);
  return out;
}
template <typename... More>
int64_t CheckedMul(int64_t a, int64_t b, int64_t c, More... more) {
  return CheckedMul(CheckedMul(a, b), c, more...);
}
template <typename... More>
int64_t CheckedAdd(int64_t a, int64_t b, int64_t c, More... more) {
  return CheckedAdd(CheckedAdd(a, b), c, more...);
}

// a / b rounded up. REQUIRES: b > 0.
inline int64_t CeilDiv(int64_t a, int64_t b) { return a / b + (a % b > 0 ? 1 : 0); }

// The most that one tensor may take: the machine's memory.
size_t MaxTensorBytes();

// Memory of that many elements of that many bytes each, or of a dtype's (a handle or list counts as
// nothing, a string as an empty one). RESOURCE_EXHAUSTED above MaxTensorBytes(). REQUIRES:
// elements >= 0.
size_t CheckedBytes(int64_t elements, size_t element_bytes);
size_t CheckedBytes(int64_t elements, DType dtype);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_SIZE_H_
