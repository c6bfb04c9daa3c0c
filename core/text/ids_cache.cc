#include "core/text/ids_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "core/base/error.h"
#include "core/io/npy.h"

namespace graphrun {
namespace {

// FNV-1a, 64 bits, of numbers and strings one after the other.
class Hash {
 public:
  void Add(std::string_view bytes) {
    Add(bytes.size());  // so that "a", "bc" is not "ab", "c"
    for (const char c : bytes) AddByte(static_cast<unsigned char>(c));
  }
  void Add(uint64_t number) {
    for (int i = 0; i < 8; ++i) AddByte(static_cast<unsigned char>(number >> (8 * i)));
  }
  uint64_t value() const { return value_; }

 private:
  void AddByte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3; }
  uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace

std::string IdsCachePath(const std::string& file, std::string_view text, const pb::Corpus& corpus,
                         const Vocabulary& vocabulary) {
  Hash hash;
  hash.Add(text);
  hash.Add(static_cast<uint64_t>(corpus.tokenizer()));
  hash.Add(corpus.line_end());
  hash.Add(static_cast<uint64_t>(corpus.unknown().rule()));
  hash.Add(corpus.unknown().symbol());
  for (int64_t i = 0; i < vocabulary.size(); ++i) hash.Add(vocabulary.symbol(i));
  return fmt::format("{}.ids.{:016x}.npy", file, hash.value());
}

std::optional<std::vector<int32_t>> ReadIdsCache(const std::string& path, std::string_view text,
                                                 const pb::Corpus& corpus,
                                                 const Vocabulary& vocabulary) {
  try {
    const Tensor tensor = ReadNpy(path);
    if (tensor.dtype() != DType::kInt32 || tensor.shape().rank() != 1) return std::nullopt;
    const std::span<const int32_t> ids = tensor.span<int32_t>();
    // Comparing with the text is quicker than looking its symbols up, and believes no wrong file.
    SymbolReader reader(text, corpus);
    std::string_view symbol;
    for (const int32_t id : ids) {
      if (id < 0 || id >= vocabulary.size() || !reader.Next(&symbol) ||
          symbol != vocabulary.symbol(id)) {
        return std::nullopt;
      }
    }
    if (reader.Next(&symbol)) return std::nullopt;
    return std::vector<int32_t>(ids.begin(), ids.end());
  } catch (const Error& e) {
    if (e.broken()) throw;
    return std::nullopt;
  }
}

void WriteIdsCache(const std::string& path, std::span<const int32_t> ids) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(path).parent_path();
  std::error_code failure;
  const fs::perms allowed = fs::status(folder.empty() ? "." : folder, failure).permissions();
  const fs::perms writers =
      fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write;
  if (failure || (allowed & writers) == fs::perms::none) return;
  Tensor tensor(DType::kInt32, {std::ssize(ids)});
  std::copy(ids.begin(), ids.end(), tensor.data<int32_t>());
  try {
    WriteNpy(path, tensor);
  } catch (const Error& e) {
    if (e.broken()) throw;
    // The ids are at hand; only the next run is slower.
  }
}

}  // namespace graphrun
