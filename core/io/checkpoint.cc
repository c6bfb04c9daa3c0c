// Reading the values of a checkpoint.
#include "core/io/checkpoint.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>

#include "core/base/error.h"
#include "core/io/crc32c.h"

namespace graphrun {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "values are little endian");

[[noreturn]] void ThrowDataLoss(const std::string& message) {
  throw Error(Code::kDataLoss, message);
}

// Bytes [offset, offset + size) of a file, which is checked to be long enough before anything is
// allocated for them.
class DataRange {
 public:
  DataRange(std::string path, int64_t offset, int64_t size)
      : path_(std::move(path)), offset_(offset), size_(size) {
    fd_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat info {};
    if (fd_ < 0) ThrowDataLoss("cannot open " + path_ + ": " + std::strerror(errno));
    if (fstat(fd_, &info) != 0 || !S_ISREG(info.st_mode) || size > info.st_size ||
        offset > info.st_size - size) {
      close(fd_);
      ThrowDataLoss(fmt::format("{} is cut off: bytes {} to {} are needed, and it has {}", path_,
                                offset, offset + size, info.st_size));
    }
  }
  ~DataRange() { close(fd_); }
  DataRange(const DataRange&) = delete;
  DataRange& operator=(const DataRange&) = delete;

  // All of it, to `to`. Returns the masked CRC.
  uint32_t Read(char* to) const {
    Crc32c crc;
    for (int64_t done = 0; done < size_;) {
      // Piece by piece: what was just read is still in the cache for its checksum.
      const int64_t want = std::min<int64_t>(size_ - done, 1 << 20);
      const ssize_t n = pread(fd_, to + done, want, offset_ + done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) ThrowDataLoss("cannot read " + path_ + ": " + std::strerror(n < 0 ? errno : EIO));
      crc.Append({to + done, static_cast<size_t>(n)});
      done += n;
    }
    return crc.masked();
  }
  void ThrowChanged() const {
    ThrowDataLoss(
        fmt::format("bytes {} to {} of {} are not as they were written (their checksum "
                    "is another)",
                    offset_, offset_ + size_, path_));
  }

 private:
  const std::string path_;
  const int64_t offset_, size_;
  int fd_ = -1;
};

// Strings lie as all their lengths (varints), a checksum of the lengths, then all their bytes. The
// checksums are of the lengths as 4 bytes (8 when they need more), not of the varints. Returns the
// checksum of everything, nothing when the bytes are no such strings.
std::optional<uint32_t> UnpackStrings(std::string_view bytes, std::span<std::string> out) {
  Crc32c crc;
  std::vector<uint64_t> lengths;
  for (size_t i = 0; i < out.size(); ++i) {
    uint64_t length = 0;
    for (int shift = 0;; shift += 7) {
      if (bytes.empty() || shift > 63) return std::nullopt;
      const auto byte = static_cast<uint8_t>(bytes.front());
      bytes.remove_prefix(1);
      length |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    lengths.push_back(length);
    crc.Append({reinterpret_cast<const char*>(&length), length <= UINT32_MAX ? 4u : 8u});
  }
  const uint32_t checksum = crc.masked();
  if (bytes.size() < 4 || std::memcmp(bytes.data(), &checksum, 4) != 0) return std::nullopt;
  crc.Append(bytes.substr(0, 4));
  bytes.remove_prefix(4);
  for (size_t i = 0; i < out.size(); ++i) {
    if (lengths[i] > bytes.size()) return std::nullopt;
    out[i] = std::string(bytes.substr(0, lengths[i]));
    crc.Append(out[i]);
    bytes.remove_prefix(lengths[i]);
  }
  if (!bytes.empty()) return std::nullopt;
  return crc.masked();
}

}  // namespace

std::vector<std::string> CheckpointReader::names() const {
  std::vector<std::string> names;
  for (const auto& [name, record] : records_) names.push_back(name);
  return names;
}

const CheckpointReader::Entry* CheckpointReader::Find(std::string_view name) const {
  const auto it = records_.find(name);
  return it == records_.end() ? nullptr : &it->second.entry;
}

std::string CheckpointReader::DataFile(int shard) const {
  return fmt::format("{}.data-{:05d}-of-{:05d}", prefix_, shard, num_shards_);
}

Tensor CheckpointReader::ReadPart(DType dtype, const Shape& shape, const Part& part) const {
  const DataRange range(DataFile(part.shard), part.offset, part.size);
  if (dtype == DType::kString) {
    std::string bytes(part.size, '\0');
    range.Read(bytes.data());
    Tensor out(dtype, shape);
    if (UnpackStrings(bytes, out.span<std::string>()) != part.crc) range.ThrowChanged();
    return out;
  }
  Tensor out(dtype, shape);
  if (range.Read(static_cast<char*>(out.raw())) != part.crc) range.ThrowChanged();
  if (dtype == DType::kBool) {  // any other byte in a bool is undefined behaviour
    auto* bytes = static_cast<uint8_t*>(out.raw());
    std::transform(bytes, bytes + part.size, bytes, [](uint8_t b) { return b != 0; });
  }
  return out;
}

Tensor CheckpointReader::ReadSlices(const Record& record) const {
  const Shape& full = record.entry.shape;
  const DType dtype = record.entry.dtype;
  const int rank = full.rank();
  // Slices that name the same bytes again and again would ask for more than the files have.
  std::map<int, int64_t> left;
  for (const Slice& s : record.slices) {
    std::error_code error;
    const auto [it, is_new] = left.try_emplace(s.part.shard);
    if (is_new) it->second = static_cast<int64_t>(fs::file_size(DataFile(s.part.shard), error));
    if (error) ThrowDataLoss("cannot open " + DataFile(s.part.shard) + ": " + error.message());
    it->second -= s.part.size;
    if (it->second < 0) ThrowDataLoss(DataFile(s.part.shard) + " is cut off");
  }
  Tensor out(dtype, full);
  std::vector<bool> filled(out.num_elements());
  for (const Slice& s : record.slices) {
    const Tensor part = ReadPart(dtype, s.shape, s.part);
    const int64_t row = rank > 0 ? s.shape[rank - 1] : 1;
    for (int64_t from = 0; from < part.num_elements(); from += row) {
      int64_t to = 0, rest = from, stride = 1;
      for (int i = rank - 1; i >= 0; --i) {
        to += (s.start[i] + rest % s.shape[i]) * stride;
        rest /= s.shape[i];
        stride *= full[i];
      }
      std::fill(filled.begin() + to, filled.begin() + to + row, true);
      if (dtype == DType::kString) {
        std::copy_n(part.data<std::string>() + from, row, out.data<std::string>() + to);
      } else {
        const auto size = static_cast<int64_t>(DTypeSize(dtype));
        std::memcpy(static_cast<char*>(out.raw()) + to * size,
                    static_cast<const char*>(part.raw()) + from * size, row * size);
      }
    }
  }
  // There are as many elements as places, so those that meet leave others empty.
  if (std::find(filled.begin(), filled.end(), false) != filled.end()) {
    ThrowDataLoss("its slices overlap");
  }
  return out;
}

Tensor CheckpointReader::Read(std::string_view name) const {
  const auto it = records_.find(name);
  if (it == records_.end()) {
    ThrowNotFound("checkpoint " + prefix_ + " has no '" + std::string(name) + "'" +
                  DidYouMean(name, names()));
  }
  const Record& record = it->second;
  if (record.entry.dtype == DType::kInvalid) {
    throw Error(Code::kUnimplemented, "'" + it->first + "' of checkpoint " + prefix_ + " is " +
                                          record.entry.type + ", which is not supported");
  }
  return WithContext([&] { return "while reading '" + it->first + "' of checkpoint " + prefix_; },
                     [&] {
                       return record.slices.empty()
                                  ? ReadPart(record.entry.dtype, record.entry.shape, record.part)
                                  : ReadSlices(record);
                     });
}

bool CheckpointExists(const std::string& prefix) {
  std::error_code ignored;
  return fs::is_regular_file(prefix + ".index", ignored);
}

}  // namespace graphrun
