// Whole files in and out.
#ifndef GRAPHRUN_CORE_BASE_FILE_H_
#define GRAPHRUN_CORE_BASE_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace graphrun {

// The bytes of a file. NOT_FOUND when it is not there or is no plain file; RESOURCE_EXHAUSTED when
// it is longer than `limit`; DATA_LOSS when reading fails.
std::string ReadFile(const std::string& path, int64_t limit = int64_t{1} << 31);

// Makes `bytes` the content of a file, old or new, as a whole: readers see the old content or the
// new one, also when we are killed half-way. INVALID_ARGUMENT when the folder is missing or not
// writable, DATA_LOSS when writing fails.
void WriteFile(const std::string& path, std::string_view bytes);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_FILE_H_
