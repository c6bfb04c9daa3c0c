#include "core/io/table_file.h"

#include <leveldb/env.h>
#include <leveldb/options.h>
#include <leveldb/table_builder.h>
#include <snappy.h>

#include <cstdint>
#include <cstring>
#include <optional>

#include "core/base/error.h"
#include "core/io/crc32c.h"

namespace graphrun {
namespace {

constexpr size_t kTrailerSize = 5;  // type and CRC
constexpr uint64_t kMagic = 0xdb4775248b80fb57;
enum BlockType : char { kPlain = 0, kSnappy = 1 };

[[noreturn]] void ThrowBroken(const std::string& what) { throw Error(Code::kDataLoss, what); }

template <typename T>
T LoadLittleEndian(std::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

uint64_t TakeVarint(std::string_view* bytes) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (bytes->empty()) break;
    const auto byte = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  ThrowBroken("a number in it does not end");
}

std::string_view Take(std::string_view* bytes, uint64_t n) {
  if (n > bytes->size()) ThrowBroken("an entry in it goes beyond its block");
  const std::string_view taken = bytes->substr(0, n);
  bytes->remove_prefix(n);
  return taken;
}

// Reading is our own: LevelDB's reader adds lengths from the file in 32 bits and believes the sum,
// so that a file made for it leads it out of a block.
class TableReader {
 public:
  TableReader(std::string_view file, size_t limit) : file_(file), limit_(limit) {}

  TableEntries Read() {
    if (!IsTable(file_)) {
      ThrowBroken(
          "it is no checkpoint's index or was cut off: the magic number at its end is missing");
    }
    std::string_view footer = file_.substr(file_.size() - kTableFooterSize, kTableFooterSize);
    const std::string metaindex = Block(&footer);
    const std::string index = Block(&footer);
    TableEntries entries;
    size_t bytes = 0;
    ForEntries(metaindex, [](const std::string&, std::string_view) {});
    ForEntries(index, [&](const std::string&, std::string_view handle) {
      const size_t before = entries.size();
      ForEntries(Block(&handle), [&](const std::string& key, std::string_view value) {
        // Keys rise over the whole table, so a block that is named twice ends the reading.
        if (!entries.empty() && key <= entries.rbegin()->first)
          ThrowBroken("its keys are not in order");
        bytes += key.size() + value.size();
        if (bytes > limit_) {
          throw Error(Code::kResourceExhausted,
                      "its entries take more than " + std::to_string(limit_) + " bytes");
        }
        entries.emplace_hint(entries.end(), key, value);
      });
      if (entries.size() == before) ThrowBroken("a block in it is empty");
    });
    return entries;
  }

 private:
  // The content of the block whose handle is taken from the front of *handle.
  std::string Block(std::string_view* handle) {
    const uint64_t offset = TakeVarint(handle), size = TakeVarint(handle);
    const uint64_t end = file_.size() - kTableFooterSize;
    if (offset > end || size > end - offset || end - offset - size < kTrailerSize) {
      ThrowBroken("a block in it goes beyond the end of the file");
    }
    const std::string_view content = file_.substr(offset, size);
    const std::string_view with_type = file_.substr(offset, size + 1);
    if (MaskedCrc32c(with_type) != LoadLittleEndian<uint32_t>(file_.substr(offset + size + 1, 4))) {
      ThrowBroken("the checksum of a block in it is wrong");
    }
    if (with_type.back() == kPlain) return std::string(content);
    if (with_type.back() != kSnappy) {
      ThrowBroken("a block in it is compressed by an unknown method (" +
                  std::to_string(static_cast<uint8_t>(with_type.back())) + ")");
    }
    size_t length = 0;
    std::string plain;
    // Three bytes of Snappy's stand for 64 at most.
    if (!snappy::GetUncompressedLength(content.data(), content.size(), &length) ||
        length / 64 > content.size() ||
        !snappy::Uncompress(content.data(), content.size(), &plain)) {
      ThrowBroken("a compressed block in it is broken");
    }
    return plain;
  }

  // Calls fn(key, value) for each entry.
  template <typename Fn>
  static void ForEntries(std::string_view block, Fn&& fn) {
    if (block.size() < 4) ThrowBroken("a block in it is too short");
    const uint64_t restarts = LoadLittleEndian<uint32_t>(block.substr(block.size() - 4));
    if (restarts > block.size() / 4 - 1) ThrowBroken("a block in it is too short");
    block.remove_suffix(4 * (restarts + 1));
    std::string key;
    while (!block.empty()) {
      const uint64_t shared = TakeVarint(&block);
      const uint64_t unshared = TakeVarint(&block);
      const uint64_t value_size = TakeVarint(&block);
      if (shared > key.size()) ThrowBroken("an entry in it shares more than there is");
      key.resize(shared);
      key += Take(&block, unshared);
      fn(key, Take(&block, value_size));
    }
  }

  const std::string_view file_;
  const size_t limit_;
};

// What LevelDB writes, in memory.
class StringFile final : public leveldb::WritableFile {
 public:
  leveldb::Status Append(const leveldb::Slice& data) override {
    bytes.append(data.data(), data.size());
    return leveldb::Status::OK();
  }
  leveldb::Status Close() override { return leveldb::Status::OK(); }
  leveldb::Status Flush() override { return leveldb::Status::OK(); }
  leveldb::Status Sync() override { return leveldb::Status::OK(); }

  std::string bytes;
};

}  // namespace

bool IsTable(std::string_view bytes) {
  return bytes.size() >= kTableFooterSize &&
         LoadLittleEndian<uint64_t>(bytes.substr(bytes.size() - 8)) == kMagic;
}

TableEntries ParseTable(std::string_view bytes, size_t limit) {
  return TableReader(bytes, limit).Read();
}

std::string FormatTable(const TableEntries& entries) {
  leveldb::Options options;
  options.compression = leveldb::kNoCompression;
  options.block_size = size_t{1} << 18;
  StringFile file;
  leveldb::TableBuilder builder(options, &file);
  for (const auto& [key, value] : entries) builder.Add(key, value);
  const leveldb::Status status = builder.Finish();
  Check(status.ok(), "a table is written to memory without errors");
  return std::move(file.bytes);
}

}  // namespace graphrun
