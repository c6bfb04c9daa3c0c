// Writing and removing checkpoints.
#include <unistd.h>

#include <filesystem>
#include <map>
#include <span>

#include "core/base/error.h"
#include "core/base/output_file.h"
#include "core/io/checkpoint.h"
#include "core/io/crc32c.h"
#include "core/io/table_file.h"
#include "proto/tensor_bundle.pb.h"

namespace graphrun {
namespace {

namespace fs = std::filesystem;

std::string FolderOf(const std::string& prefix) { return fs::path(prefix).parent_path().string(); }

// The layout is UnpackStrings' in checkpoint.cc.
std::string PackStrings(std::span<const std::string> strings, uint32_t* masked_crc) {
  std::string bytes;
  Crc32c crc;
  for (const std::string& s : strings) {
    uint64_t length = s.size();
    crc.Append({reinterpret_cast<const char*>(&length), length <= UINT32_MAX ? 4u : 8u});
    for (; length >= 0x80; length >>= 7) bytes += static_cast<char>(length | 0x80);
    bytes += static_cast<char>(length);
  }
  const uint32_t checksum = crc.masked();
  const size_t body = bytes.size();
  bytes.append(reinterpret_cast<const char*>(&checksum), 4);
  for (const std::string& s : strings) bytes += s;
  crc.Append(std::string_view(bytes).substr(body));
  *masked_crc = crc.masked();
  return bytes;
}

// Appends the values to the data file; returns the index's message of where they are.
pb::BundleEntryProto AppendTensor(const Tensor& tensor, int64_t offset, OutputFile* data) {
  pb::BundleEntryProto entry;
  entry.set_dtype(static_cast<pb::DataType>(tensor.dtype()));
  auto* shape = entry.mutable_shape();
  for (const int64_t d : tensor.shape().dims()) shape->add_dim()->set_size(d);
  std::string packed;
  std::string_view bytes;
  if (tensor.dtype() == DType::kString) {
    uint32_t crc = 0;
    bytes = packed = PackStrings(tensor.span<std::string>(), &crc);
    entry.set_crc32c(crc);
  } else {
    bytes = {static_cast<const char*>(tensor.raw()), tensor.bytes()};
    entry.set_crc32c(MaskedCrc32c(bytes));
  }
  data->Append(bytes);
  entry.set_offset(offset);
  entry.set_size(static_cast<int64_t>(bytes.size()));
  return entry;
}

}  // namespace

void WriteCheckpoint(const std::string& prefix,
                     const std::vector<std::pair<std::string, Tensor>>& tensors) {
  std::map<std::string_view, const Tensor*> sorted;
  for (const auto& [name, tensor] : tensors) {
    if (name.empty() || name.front() == '\0') {
      ThrowInvalid("a checkpoint has no place for a tensor named '" + name + "'");
    }
    if (DTypeSize(tensor.dtype()) == 0 && tensor.dtype() != DType::kString) {
      ThrowInvalid("'" + name + "' is " + tensor.ToString() + ", which a checkpoint cannot hold");
    }
    if (!sorted.emplace(name, &tensor).second) {
      ThrowInvalid("'" + name + "' comes twice in one checkpoint");
    }
  }
  OutputFile data(prefix + ".data-00000-of-00001"), index(prefix + ".index");
  pb::BundleHeaderProto header;
  header.set_num_shards(1);
  header.mutable_version()->set_producer(1);
  TableEntries entries{{"", header.SerializeAsString()}};
  int64_t offset = 0;
  for (const auto& [name, tensor] : sorted) {
    const pb::BundleEntryProto entry = AppendTensor(*tensor, offset, &data);
    offset += entry.size();
    entries.emplace(name, entry.SerializeAsString());
  }
  index.Append(FormatTable(entries));
  data.Sync();
  index.Sync();
  // An old index must not be taken for one of the new data when we are killed in between.
  unlink((prefix + ".index").c_str());
  data.Commit();
  index.Commit();
  SyncFolder(FolderOf(prefix));
}

void RemoveCheckpoint(const std::string& prefix) {
  std::error_code ignored;
  fs::remove(prefix + ".index", ignored);  // first: without it there is no checkpoint
  fs::remove(prefix + ".meta", ignored);
  const std::string folder = FolderOf(prefix), start = fs::path(prefix).filename().string();
  std::vector<fs::path> files;
  for (fs::directory_iterator it(folder.empty() ? "." : folder, ignored), end; it != end;
       it.increment(ignored)) {
    if (it->path().filename().string().starts_with(start + ".data-")) files.push_back(it->path());
  }
  for (const fs::path& file : files) fs::remove(file, ignored);
}

}  // namespace graphrun
