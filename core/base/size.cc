#include "core/base/size.h"

#include <unistd.h>

#include <string>

#include "core/base/error.h"

namespace graphrun {
namespace size_internal {

void ThrowOverflow(int64_t a, char op, int64_t b) {
  ThrowInvalid("a size is too large: " + std::to_string(a) + ' ' + op + ' ' + std::to_string(b) +
               " does not fit 64 bits");
}

}  // namespace size_internal

size_t MaxTensorBytes() {
  static const size_t bytes = [] {
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    // Where the system does not say: below what an address may be.
    return pages > 0 && page > 0 ? static_cast<size_t>(pages) * static_cast<size_t>(page)
                                 : size_t{1} << 46;
  }();
  return bytes;
}

size_t CheckedBytes(int64_t elements, size_t element_bytes) {
  Check(elements >= 0, "a tensor has at least 0 elements");
  size_t bytes;
  if (__builtin_mul_overflow(static_cast<size_t>(elements), element_bytes, &bytes) ||
      bytes > MaxTensorBytes()) {
    throw Error(Code::kResourceExhausted, std::to_string(elements) + " elements of " +
                                              std::to_string(element_bytes) +
                                              " bytes are more than the machine's memory of " +
                                              std::to_string(MaxTensorBytes()) + " bytes");
  }
  return bytes;
}

size_t CheckedBytes(int64_t elements, DType dtype) {
  return CheckedBytes(elements, dtype == DType::kString ? sizeof(std::string) : DTypeSize(dtype));
}

}  // namespace graphrun
