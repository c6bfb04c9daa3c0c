// Reading the index of a checkpoint.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/io/checkpoint.h"
#include "core/io/checkpoint_slices.h"
#include "core/io/table_file.h"
#include "proto/tensor_bundle.pb.h"

namespace graphrun {
namespace {

namespace fs = std::filesystem;

constexpr int kVersion = 1;  // of the format
constexpr int64_t kLargestIndex = int64_t{1} << 28;

[[noreturn]] void ThrowDataLoss(const std::string& message) {
  throw Error(Code::kDataLoss, message);
}

bool IsTableFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string footer(kTableFooterSize, '\0');
  const auto size = static_cast<std::streamoff>(footer.size());
  return in.seekg(-size, std::ios::end) && in.read(footer.data(), size) && IsTable(footer);
}

// Says why there is no index under this prefix, and what to do.
[[noreturn]] void ThrowNoIndex(const std::string& prefix) {
  std::error_code ignored;
  if (fs::is_directory(prefix, ignored)) {
    ThrowNotFound(prefix + " is a folder; give a checkpoint in it, as " + prefix +
                  "/NAME without .index");
  }
  if (fs::is_regular_file(prefix, ignored)) {
    for (const char* suffix : {".index", ".meta", ".data-"}) {
      const size_t at = prefix.rfind(suffix);
      if (at == prefix.npos) continue;
      ThrowNotFound(prefix + " is one file of a checkpoint; give " + prefix.substr(0, at));
    }
    if (IsTableFile(prefix)) {
      throw Error(Code::kUnimplemented,
                  prefix + " is a V1 checkpoint, of TensorFlow before 0.12; save it again with " +
                      "tf.compat.v1.train.Saver(write_version=2)");
    }
  }
  ThrowNotFound("no checkpoint " + prefix + ": there is no file " + prefix + ".index");
}

// The bytes that a fully known shape takes; nothing when that does not fit.
std::optional<int64_t> Bytes(DType dtype, const Shape& shape) {
  int64_t bytes = std::max<int64_t>(1, static_cast<int64_t>(DTypeSize(dtype)));
  bool none = false;
  for (const int64_t d : shape.dims()) {
    none = none || d == 0;
    if (d > 0 && __builtin_mul_overflow(bytes, d, &bytes)) return std::nullopt;
  }
  return none ? 0 : bytes;
}

}  // namespace

// Turns the index into records.
struct CheckpointReader::Parser {
  CheckpointReader* reader;
  TableEntries table;

  void ParseHeader() {
    const auto it = table.find("");
    pb::BundleHeaderProto header;
    if (it == table.end() || !header.ParseFromString(it->second)) {
      ThrowDataLoss("it has no header of a checkpoint");
    }
    if (header.endianness() != pb::BundleHeaderProto::LITTLE) {
      throw Error(Code::kUnimplemented,
                  "it was written on a big-endian machine, and only little-endian checkpoints are "
                  "read");
    }
    const auto& bad = header.version().bad_consumers();
    if (header.version().min_consumer() > kVersion ||
        std::find(bad.begin(), bad.end(), kVersion) != bad.end()) {
      throw Error(Code::kUnimplemented,
                  fmt::format("it is of version {}, which readers of version {} must not read",
                              header.version().producer(), kVersion));
    }
    if (header.num_shards() < 1) ThrowDataLoss("it has no data files");
    reader->num_shards_ = header.num_shards();
  }

  pb::BundleEntryProto ParseMessage(const std::string& name, const std::string& bytes) const {
    pb::BundleEntryProto message;
    if (!message.ParseFromString(bytes)) ThrowDataLoss("its entry for '" + name + "' is no such");
    return message;
  }

  // What a message says besides slices.
  Record ParseRecord(const std::string& name, const pb::BundleEntryProto& message) const {
    Record record;
    Entry& entry = record.entry;
    const auto fail = [&](const std::string& what) {
      ThrowDataLoss(fmt::format("its entry for '{}' is wrong: {}", name, what));
    };
    std::vector<int64_t> dims;
    for (const auto& d : message.shape().dim()) {
      if (d.size() < 0) fail("its shape is not known");
      dims.push_back(d.size());
    }
    if (message.shape().unknown_rank()) fail("its shape is not known");
    const auto dtype = static_cast<DType>(message.dtype());
    if ((DTypeSize(dtype) == 0 && dtype != DType::kString) || dims.size() > Shape::kMaxRank) {
      entry.type = pb::DataType_IsValid(message.dtype())
                       ? pb::DataType_Name(message.dtype())
                       : fmt::format("type {}", static_cast<int>(message.dtype()));
      if (dims.size() > Shape::kMaxRank) entry.type += fmt::format(" of rank {} ", dims.size());
      return record;
    }
    entry.dtype = dtype;
    entry.shape = Shape(std::span<const int64_t>(dims));
    entry.type = DTypeName(dtype);
    const auto bytes = Bytes(dtype, entry.shape);
    if (!bytes) fail("its shape " + entry.shape.ToString() + " is too large");
    if (message.slices_size() > 0) return record;
    int64_t end = 0;
    if (message.shard_id() < 0 || message.shard_id() >= reader->num_shards_) {
      fail(fmt::format("it lies in data file {} of {}", message.shard_id(), reader->num_shards_));
    }
    if (message.offset() < 0 || message.size() < 0 ||
        __builtin_add_overflow(message.offset(), message.size(), &end)) {
      fail(fmt::format("it has {} bytes at {}", message.size(), message.offset()));
    }
    // A string takes a byte at least, its length.
    if (dtype == DType::kString ? message.size() < *bytes : message.size() != *bytes) {
      fail(fmt::format("{} takes {} bytes, and it has {}", entry.ToString(), *bytes,
                       message.size()));
    }
    record.part = {message.shard_id(), message.offset(), message.size(), message.crc32c()};
    return record;
  }

  void ParseSlices(const std::string& name, const pb::BundleEntryProto& message,
                   Record* record) const {
    const Shape& full = record->entry.shape;
    const auto fail = [&](const std::string& what) {
      ThrowDataLoss(fmt::format("the slices of '{}' in it are wrong: {}", name, what));
    };
    int64_t elements = 0;
    for (const pb::TensorSliceProto& proto : message.slices()) {
      std::vector<Extent> extents;
      Slice slice;
      if (proto.extent_size() != full.rank()) fail("one has another rank");
      for (int i = 0; i < full.rank(); ++i) {
        const auto& e = proto.extent(i);
        const bool whole = e.has_length_case() == pb::TensorSliceProto::Extent::HAS_LENGTH_NOT_SET;
        extents.push_back({e.start(), whole ? Extent::kFull : e.length()});
        const int64_t length = whole ? full[i] : e.length();
        if (e.start() < 0 || length < 0 || length > full[i] || e.start() > full[i] - length) {
          fail("one goes beyond " + full.ToString());
        }
        slice.start.push_back(e.start());
        slice.shape.Append(length);
      }
      const auto found = table.find(SliceKey(name, extents));
      if (found == table.end()) fail(slice.shape.ToString() + " is missing");
      const pb::BundleEntryProto own = ParseMessage(name, found->second);
      if (own.slices_size() > 0) fail("one has slices itself");
      const Record part = ParseRecord(name, own);
      if (part.entry.dtype != record->entry.dtype || part.entry.shape != slice.shape) {
        fail(part.entry.ToString() + " is in the place of " + slice.shape.ToString());
      }
      slice.part = part.part;
      if (__builtin_add_overflow(elements, slice.shape.num_elements(), &elements)) fail("too many");
      record->slices.push_back(std::move(slice));
    }
    if (elements != full.num_elements()) {
      fail(fmt::format("they have {} elements together, and {} has {}", elements, full.ToString(),
                       full.num_elements()));
    }
  }

  void Parse() {
    ParseHeader();
    for (const auto& [name, bytes] : table) {
      if (name.empty() || name.front() == '\0') continue;
      const pb::BundleEntryProto message = ParseMessage(name, bytes);
      Record record = ParseRecord(name, message);
      if (message.slices_size() > 0 && record.entry.dtype != DType::kInvalid) {
        ParseSlices(name, message, &record);
      }
      reader->records_.emplace_hint(reader->records_.end(), name, std::move(record));
    }
  }
};

CheckpointReader::CheckpointReader(const std::string& prefix) : prefix_(prefix) {
  if (!CheckpointExists(prefix)) ThrowNoIndex(prefix);
  const std::string path = prefix + ".index";
  WithContext([&] { return "while reading " + path; },
              [&] {
                Parser{this, ParseTable(ReadFile(path, kLargestIndex))}.Parse();
              });
}

}  // namespace graphrun
