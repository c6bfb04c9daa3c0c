// Checkpoints and their state file: round trips, TensorFlow's bytes, and every fault.
#include "core/io/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <leveldb/env.h>
#include <leveldb/options.h>
#include <leveldb/table_builder.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>

#include "core/base/file.h"
#include "core/base/output_file.h"
#include "core/io/checkpoint_slices.h"
#include "core/io/checkpoint_state.h"
#include "core/io/crc32c.h"
#include "core/io/table_file.h"
#include "proto/tensor_bundle.pb.h"
#include "tests/checkpoint_fixture.h"
#include "tests/error_of.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Crc32c, KnownValues) {
  Crc32c crc;
  EXPECT_EQ(crc.value(), 0u);
  crc.Append("1234");
  crc.Append("");
  crc.Append("56789");
  EXPECT_EQ(crc.value(), 0xe3069283u);  // the check value of CRC-32C
  Crc32c zeros;
  zeros.Append(std::string(32, '\0'));
  EXPECT_EQ(zeros.value(), 0x8a9136aau);
}

TEST(SliceKeys, AreTensorFlows) {
  const std::vector<Extent> extents = {{63, 2}, {64, 100}};
  EXPECT_EQ(SliceKey(std::string("a\0b\xc3\xbf", 5), extents),
            FromHex("00610"
                    "0ff62c3bf00010102bf82c040c064"));
  const std::vector<Extent> whole = {{0, Extent::kFull}, {8192, int64_t{1} << 62}};
  EXPECT_EQ(SliceKey("\xff", whole), FromHex("00ff0000010102807fe02000ffc04000000000000000"));
}

TEST_F(CheckpointTest, WritesTensorFlowsBytes) {
  Tensors tensors = Sample();
  std::reverse(tensors.begin(), tensors.end());  // sorted by the writer
  WriteCheckpoint(Path("model"), tensors);
  EXPECT_EQ(ReadFile(Path("model.index")), FromHex(kSampleIndex));
  EXPECT_EQ(ReadFile(Path("model.data-00000-of-00001")), FromHex(kSampleData));
  int files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder_)) ++files;
  EXPECT_EQ(files, 2) << "nothing else is left";
}

TEST_F(CheckpointTest, ReadsTensorFlowsBytes) {
  WriteFile(Path("tf.index"), FromHex(kSampleIndex));
  WriteFile(Path("tf.data-00000-of-00001"), FromHex(kSampleData));
  ExpectSame(ReadAll(Path("tf")), Sample());
}

TEST_F(CheckpointTest, RoundTripOfEveryTypeAndManyNames) {
  Tensors tensors;
  for (DType dtype : kPlainTypes) {
    if (dtype == DType::kBool) continue;  // has only two values
    Tensor t(dtype, {3, 2, 5});
    for (size_t i = 0; i < t.bytes(); ++i) static_cast<uint8_t*>(t.raw())[i] = i * 37 & 0xff;
    tensors.emplace_back("a/" + std::string(DTypeName(dtype)), t);
  }
  std::sort(tensors.begin(), tensors.end(),
            [](const auto& x, const auto& y) { return x.first < y.first; });
  tensors.emplace_back("b", Tensor::Vector<bool>({true, false, true}));
  tensors.emplace_back("long", Tensor::Vector<std::string>({std::string(300, 'x'), "\xff"}));
  // Several blocks of the index.
  for (int i = 10000; i < 23000; ++i) {
    tensors.emplace_back("model/of/long/names/weights_" + std::to_string(i),
                         Tensor::Scalar<int32_t>(i));
  }
  WriteCheckpoint(Path("model"), tensors);
  EXPECT_GT(fs::file_size(Path("model.index")), 1u << 18);
  ExpectSame(ReadAll(Path("model")), tensors);
  const CheckpointReader reader(Path("model"));
  EXPECT_EQ(reader.Find("a/float16")->ToString(), "float16[3,2,5]");
  EXPECT_EQ(reader.Find("c"), nullptr);
  const std::string error = ErrorOf(Code::kNotFound, [&] { reader.Read("a/float46"); });
  EXPECT_THAT(error, HasSubstr("model has no 'a/float46'; did you mean 'a/float16'"));
}

TEST_F(CheckpointTest, ReadsCompressedBlocks) {
  leveldb::Options options;
  options.compression = leveldb::kSnappyCompression;
  leveldb::WritableFile* raw = nullptr;
  ASSERT_TRUE(options.env->NewWritableFile(Path("table"), &raw).ok());
  const std::unique_ptr<leveldb::WritableFile> file(raw);
  leveldb::TableBuilder builder(options, file.get());
  TableEntries entries;
  for (int i = 100; i < 400; ++i) entries["key" + std::to_string(i)] = std::string(i, 'v');
  for (const auto& [key, value] : entries) builder.Add(key, value);
  ASSERT_TRUE(builder.Finish().ok());
  ASSERT_TRUE(file->Close().ok());
  const std::string bytes = ReadFile(Path("table"));
  EXPECT_LT(bytes.size(), 30000u) << "of 75 kB";
  EXPECT_EQ(ParseTable(bytes), entries);
  EXPECT_THAT(ErrorOf(Code::kResourceExhausted, [&] { ParseTable(bytes, 75000); }),
              HasSubstr("more than 75000 bytes"));
}

// A table of one entry whose three lengths are these numbers.
std::string TableOf(const std::vector<std::string>& lengths) {
  std::string bytes;
  const auto add = [&](const std::string& entries) {
    std::string block = entries + std::string("\0\0\0\0\1\0\0\0\0", 9);
    const uint32_t crc = MaskedCrc32c(block);
    bytes += block.append(reinterpret_cast<const char*>(&crc), 4);
    return static_cast<char>(block.size() - 5);
  };
  const auto at = [&](char offset, char size) { return std::string{offset, size}; };
  std::string entry;
  for (const std::string& length : lengths) entry += length;
  const std::string data = at(0, add(entry + "key and value"));
  const char index = static_cast<char>(bytes.size());
  std::string footer = at(index, add(std::string("\0\1\2l", 4) + data));
  const char meta = static_cast<char>(bytes.size());
  footer = at(meta, add("")) + footer;
  footer.resize(40);
  return bytes + footer + "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
}

TEST_F(CheckpointTest, LengthsInATableAreNotBelieved) {
  const std::string zero(1, '\0'), huge = "\xff\xff\xff\xff\x0f";  // 2^32 - 1
  const TableEntries good = {{"key", " and value"}};
  EXPECT_EQ(ParseTable(TableOf({zero, "\x03", "\x0a"})), good);
  const auto fails = [&](const std::vector<std::string>& lengths) {
    return ErrorOf(Code::kDataLoss, [&] { ParseTable(TableOf(lengths)); });
  };
  EXPECT_THAT(fails({"\x01", "\x03", "\x0a"}), HasSubstr("shares more than there is"));
  EXPECT_THAT(fails({huge, "\x03", "\x0a"}), HasSubstr("shares more than there is"));
  EXPECT_THAT(fails({zero, huge, "\x05"}), HasSubstr("goes beyond its block"));
  EXPECT_THAT(fails({zero, "\x03", huge}), HasSubstr("goes beyond its block"));
  EXPECT_THAT(fails({zero, "\x03", std::string(11, '\xff')}), HasSubstr("does not end"));
  // A block that ends within its trailer, at the largest size there is.
  std::string beyond = TableOf({zero, "\x03", "\x0a"});
  const size_t handle = beyond.size() - 46;  // of the index block: 2^64 - 3 bytes
  beyond.replace(handle, 12, "\x01\xfd\xff\xff\xff\xff\xff\xff\xff\xff\x01" + zero);
  EXPECT_THAT(ErrorOf(Code::kDataLoss, [&] { ParseTable(beyond); }),
              HasSubstr("beyond the end of the file"));
}

TEST_F(CheckpointTest, ReadsSlicesOfPartitionedVariables) {
  // [3,4] in two parts of columns, the second one first in the file.
  std::string data;
  for (const float v : {3.f, 4.f, 7.f, 8.f, 11.f, 12.f, 1.f, 2.f, 5.f, 6.f, 9.f, 10.f}) {
    data.append(reinterpret_cast<const char*>(&v), 4);
  }
  const auto key = [](int64_t column, int64_t length) {
    return SliceKey("w", std::vector<Extent>{{0, Extent::kFull}, {column, length}});
  };
  const auto full = [](std::vector<std::pair<int64_t, int64_t>> columns) {
    pb::BundleEntryProto entry;
    entry.set_dtype(pb::DT_FLOAT);
    for (const int64_t d : {3, 4}) entry.mutable_shape()->add_dim()->set_size(d);
    for (const auto& [start, length] : columns) {
      pb::TensorSliceProto* slice = entry.add_slices();
      slice->add_extent();
      slice->add_extent()->set_start(start);
      slice->mutable_extent(1)->set_length(length);
    }
    return entry;
  };
  std::map<std::string, pb::BundleEntryProto> parts = {
      {"w", full({{0, 2}, {2, 2}})},
      {key(0, 2), EntryOf(DType::kFloat, {3, 2}, data, 24, 24)},
      {key(2, 2), EntryOf(DType::kFloat, {3, 2}, data, 0, 24)}};
  WriteParts("whole", parts, data, Header());
  EXPECT_THAT(CheckpointReader(Path("whole")).names(), ElementsAre("w"));
  ExpectSame(ReadAll(Path("whole")),
             {{"w", Tensor::Of<float>({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, {3, 4})}});

  const auto fails = [&](const std::map<std::string, pb::BundleEntryProto>& broken) {
    WriteParts("broken", broken, data, Header());
    return ErrorOf(Code::kDataLoss, [&] { ReadAll(Path("broken")); });
  };
  parts["w"] = full({{0, 2}});
  EXPECT_THAT(fails(parts), HasSubstr("they have 6 elements together, and [3,4] has 12"));
  parts["w"] = full({{0, 2}, {0, 2}});
  EXPECT_THAT(fails(parts), HasSubstr("overlap"));
  parts["w"] = full({{0, 2}, {3, 2}});
  EXPECT_THAT(fails(parts), HasSubstr("one goes beyond [3,4]"));
  parts["w"] = full({{0, 2}, {1, 2}});
  EXPECT_THAT(fails(parts), HasSubstr("[3,2] is missing"));
  parts["w"] = full({{0, 2}, {2, 2}});
  parts[key(2, 2)] = EntryOf(DType::kInt32, {3, 2}, data, 0, 24);
  EXPECT_THAT(fails(parts), HasSubstr("int32[3,2] is in the place of [3,2]"));
  parts[key(2, 2)] = parts["w"];
  EXPECT_THAT(fails(parts), HasSubstr("one has slices itself"));
}

TEST_F(CheckpointTest, SaysWhatIsWrongWithAnEntry) {
  const std::string data(24, 'x');
  const auto fails = [&](const pb::BundleEntryProto& entry, Code code = Code::kDataLoss) {
    WriteParts("m", {{"w", entry}}, data, Header());
    const std::string error = ErrorOf(code, [&] { ReadAll(Path("m")); });
    EXPECT_THAT(error, HasSubstr(Path("m")));
    return error;
  };
  const auto entry = [&](const std::vector<int64_t>& dims, int64_t offset, int64_t size) {
    pb::BundleEntryProto e = EntryOf(DType::kFloat, dims, data, 0, 24);
    e.set_offset(offset);
    e.set_size(size);
    return e;
  };
  EXPECT_THAT(fails(entry({2, 3}, 0, 20)), HasSubstr("float32[2,3] takes 24 bytes, and it has 20"));
  EXPECT_THAT(fails(entry({2, 3}, 4, 24)), HasSubstr("is cut off: bytes 4 to 28"));
  EXPECT_THAT(fails(entry({2, 3}, -4, 24)), HasSubstr("24 bytes at -4"));
  EXPECT_THAT(fails(entry({2, 3}, INT64_MAX, 24)), HasSubstr("24 bytes at 9223372036854775807"));
  EXPECT_THAT(fails(entry({2, -1}, 0, 24)), HasSubstr("shape is not known"));
  const int64_t huge = int64_t{1} << 40;
  EXPECT_THAT(fails(entry({huge, huge}, 0, 24)), HasSubstr("is too large"));
  EXPECT_THAT(fails(entry({huge, huge, 0}, 0, 0)), HasSubstr("is too large"));
  EXPECT_THAT(fails(entry({huge}, 0, huge * 4)), HasSubstr("is cut off"));
  pb::BundleEntryProto other = entry({2, 3}, 0, 24);
  other.set_shard_id(1);
  EXPECT_THAT(fails(other), HasSubstr("data file 1 of 1"));
  other = entry({2, 3}, 0, 24);
  other.set_crc32c(1);
  EXPECT_THAT(fails(other), HasSubstr("not as they were written"));
  other.set_dtype(pb::DT_COMPLEX64);
  EXPECT_THAT(fails(other, Code::kUnimplemented), HasSubstr("'w' of checkpoint"));
  EXPECT_THAT(fails(other, Code::kUnimplemented), HasSubstr("is DT_COMPLEX64"));
  other = entry(std::vector<int64_t>(255, 1), 0, 24);
  EXPECT_THAT(fails(other, Code::kUnimplemented), HasSubstr("DT_FLOAT of rank 255"));
  other = entry({huge}, 0, 24);
  other.set_dtype(pb::DT_STRING);
  EXPECT_THAT(fails(other), HasSubstr("string[1099511627776] takes 1099511627776 bytes"));
}

TEST_F(CheckpointTest, RefusesOtherKindsOfCheckpoints) {
  const auto fails = [&](Code code, const pb::BundleHeaderProto& header) {
    WriteParts("m", {}, "", header);
    return ErrorOf(code, [&] { CheckpointReader reader(Path("m")); });
  };
  pb::BundleHeaderProto header = Header();
  header.set_endianness(pb::BundleHeaderProto::BIG);
  EXPECT_THAT(fails(Code::kUnimplemented, header), HasSubstr("big-endian"));
  header = Header();
  header.mutable_version()->set_min_consumer(2);
  header.mutable_version()->set_producer(3);
  EXPECT_THAT(fails(Code::kUnimplemented, header), HasSubstr("it is of version 3"));
  header = Header();
  header.set_num_shards(0);
  EXPECT_THAT(fails(Code::kDataLoss, header), HasSubstr("no data files"));

  WriteFile(Path("old"), FormatTable({{"", "what version 1 has here"}}));
  EXPECT_THAT(ErrorOf(Code::kUnimplemented, [&] { CheckpointReader reader(Path("old")); }),
              HasSubstr("is a V1 checkpoint"));
  EXPECT_THAT(ErrorOf(Code::kNotFound, [&] { CheckpointReader reader(Path("m.index")); }),
              HasSubstr("give " + Path("m")));
  EXPECT_THAT(ErrorOf(Code::kNotFound, [&] { CheckpointReader reader(folder_.string()); }),
              HasSubstr("is a folder"));
  EXPECT_THAT(ErrorOf(Code::kNotFound, [&] { CheckpointReader reader(Path("none")); }),
              HasSubstr("there is no file " + Path("none") + ".index"));
  WriteFile(Path("text.index"), "model_checkpoint_path: and more text than a footer's length");
  EXPECT_THAT(ErrorOf(Code::kDataLoss, [&] { CheckpointReader reader(Path("text")); }),
              HasSubstr("the magic number at its end is missing"));
}

TEST_F(CheckpointTest, StateFileNamesWhatIsThere) {
  const Tensors one = {{"w", Tensor::Scalar(2.f)}};
  EXPECT_EQ(LatestCheckpoint(folder_.string()), "");
  for (const char* name : {"m-2", "m-10", "m-9"}) WriteCheckpoint(Path(name), one);
  WriteCheckpointState(folder_.string(), {Path("m-2"), Path("gone"), Path("m-10")});
  EXPECT_EQ(ReadFile(Path("checkpoint")),
            "model_checkpoint_path: \"m-10\"\nall_model_checkpoint_paths: \"m-2\"\n"
            "all_model_checkpoint_paths: \"gone\"\nall_model_checkpoint_paths: \"m-10\"\n");
  EXPECT_THAT(ReadCheckpointState(folder_.string()), ElementsAre(Path("m-2"), Path("m-10")));
  EXPECT_EQ(LatestCheckpoint(folder_.string()), Path("m-10"));

  // Absolute paths of another machine, and the newest only under its own name.
  WriteFile(Path("checkpoint"),
            "model_checkpoint_path: \"/nowhere/run/m-9\"\n"
            "all_model_checkpoint_paths: \"/nowhere/run/m-2\"\n"
            "all_model_checkpoint_timestamps: 1.5e9\nlast_preserved_timestamp: 1.25e9\n");
  EXPECT_THAT(ReadCheckpointState(folder_.string()), ElementsAre(Path("m-2"), Path("m-9")));
  // The newest was removed by hand.
  RemoveCheckpoint(Path("m-9"));
  EXPECT_EQ(LatestCheckpoint(folder_.string()), Path("m-2"));

  for (const char* wrong : {"model_checkpoint_path: m-2\n", "\x01\x02", "model_checkpoint_path:"}) {
    WriteFile(Path("checkpoint"), wrong);
    EXPECT_THAT(ErrorOf(Code::kDataLoss, [&] { LatestCheckpoint(folder_.string()); }),
                HasSubstr(Path("checkpoint") + " does not say"));
  }
  WriteFile(Path("checkpoint"), "");
  EXPECT_EQ(LatestCheckpoint(folder_.string()), "");
}

}  // namespace
}  // namespace graphrun
