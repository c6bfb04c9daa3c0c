// CheckpointTest: a folder for checkpoints, their parts, and what TensorFlow wrote.
#ifndef GRAPHRUN_TESTS_CHECKPOINT_FIXTURE_H_
#define GRAPHRUN_TESTS_CHECKPOINT_FIXTURE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/file.h"
#include "core/io/checkpoint.h"
#include "core/io/crc32c.h"
#include "core/io/table_file.h"
#include "proto/tensor_bundle.pb.h"

namespace graphrun {

namespace fs = std::filesystem;
using Tensors = std::vector<std::pair<std::string, Tensor>>;

inline std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

class CheckpointTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              (std::string("graphrun_checkpoint_") +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  // WriteFile waits for the disk, which thousands of files cannot.
  static void Put(const std::string& path, const std::string& bytes) {
    fs::remove(path);  // file systems wait for the disk when content is replaced
    std::ofstream(path, std::ios::binary) << bytes;
  }
  static Tensors ReadAll(const std::string& prefix) {
    const CheckpointReader reader(prefix);
    Tensors all;
    for (const std::string& name : reader.names()) all.emplace_back(name, reader.Read(name));
    return all;
  }
  static std::string Bytes(const Tensor& t) {
    std::string bytes = t.ToString(0);
    if (t.dtype() != DType::kString) {
      return bytes.append(static_cast<const char*>(t.raw()), t.bytes());
    }
    for (const std::string& s : t.span<std::string>()) bytes += s + "\n";
    return bytes;
  }
  static void ExpectSame(const Tensors& a, const Tensors& b) {
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].first, b[i].first);
      EXPECT_EQ(Bytes(a[i].second), Bytes(b[i].second)) << a[i].first;
    }
  }
  // Writes an index of these messages and one data file.
  void WriteParts(const std::string& name, const std::map<std::string, pb::BundleEntryProto>& parts,
                  const std::string& data, const pb::BundleHeaderProto& header) const {
    TableEntries entries{{"", header.SerializeAsString()}};
    for (const auto& [key, message] : parts) entries[key] = message.SerializeAsString();
    WriteFile(Path(name) + ".index", FormatTable(entries));
    WriteFile(Path(name) + ".data-00000-of-00001", data);
  }

  fs::path folder_;
};

inline pb::BundleHeaderProto Header() {
  pb::BundleHeaderProto header;
  header.set_num_shards(1);
  header.mutable_version()->set_producer(1);
  return header;
}

inline pb::BundleEntryProto EntryOf(DType dtype, const std::vector<int64_t>& dims,
                                    const std::string& data, int64_t offset, int64_t size) {
  pb::BundleEntryProto entry;
  entry.set_dtype(static_cast<pb::DataType>(dtype));
  for (const int64_t d : dims) entry.mutable_shape()->add_dim()->set_size(d);
  entry.set_offset(offset);
  entry.set_size(size);
  entry.set_crc32c(MaskedCrc32c(std::string_view(data).substr(offset, size)));
  return entry;
}

// What TensorFlow 2.15's SaveV2 wrote for these.
inline Tensors Sample() {
  return {
      {"cell/bias", Tensor::Vector<float>({.5f, -2})},
      {"cell/kernel", Tensor::Of<double>({1, 2, 3, 4, 5, 6}, {2, 3})},
      {"mask", Tensor(DType::kBool, {0, 2})},
      {"names", Tensor::Vector<std::string>({"a", "", "bcd"})},
      {"step", Tensor::Scalar<int64_t>(7)},
  };
}
inline constexpr char kSampleData[] =
    "0000003f000000c0000000000000f03f00000000000000400000000000000840000000000000104000000000"
    "0000144000000000000018400100033fdb2b73616263640700000000000000";
inline constexpr char kSampleIndex[] =
    "00000608011a02080100090f63656c6c2f6269617308011204120208022808355457c22c0506156b65726e65"
    "6c08021208120208021202080320082830359b2e70850004116d61736b080a1206120012020802203835d8ea"
    "82a20005116e616d657308071204120208032038280b351ec44a2500040d73746570080912002043280835bb"
    "d79f110000000001000000000c793b62000000000100000000c0f2a1b000010374008f010000000001000000"
    "00166e11a3940108a1010f000000000000000000000000000000000000000000000000000000000000000000"
    "0057fb808b247547db";

}  // namespace graphrun

#endif  // GRAPHRUN_TESTS_CHECKPOINT_FIXTURE_H_
