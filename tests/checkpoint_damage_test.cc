// Damaged checkpoints: every truncation, every flipped byte, and what cannot be held or written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "core/base/output_file.h"
#include "core/io/checkpoint_state.h"
#include "tests/checkpoint_fixture.h"
#include "tests/error_of.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using CheckpointDamageTest = CheckpointTest;

TEST_F(CheckpointDamageTest, EveryTruncationIsFound) {
  const Tensors tensors = Sample();
  WriteCheckpoint(Path("m"), tensors);
  for (const char* file : {"m.index", "m.data-00000-of-00001"}) {
    const std::string bytes = ReadFile(Path(file));
    for (size_t length = 0; length < bytes.size(); ++length) {
      Put(Path(file), bytes.substr(0, length));
      EXPECT_THAT(ErrorOf(Code::kDataLoss, [&] { ReadAll(Path("m")); }), HasSubstr(Path(file)))
          << length;
    }
    fs::remove(Path(file));
    if (file[2] == 'd') {
      EXPECT_THAT(ErrorOf(Code::kDataLoss, [&] { ReadAll(Path("m")); }), HasSubstr("No such file"));
    }
    Put(Path(file), bytes);
  }
  ExpectSame(ReadAll(Path("m")), tensors);
}

TEST_F(CheckpointDamageTest, EveryFlippedByteIsFoundOrHarmless) {
  const Tensors tensors = Sample();
  WriteCheckpoint(Path("m"), tensors);
  int harmless = 0;
  for (const char* file : {"m.index", "m.data-00000-of-00001"}) {
    const std::string bytes = ReadFile(Path(file));
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (const int flip : {0x01, 0x80, 0xff}) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ flip);
        Put(Path(file), changed);
        try {
          ExpectSame(ReadAll(Path("m")), tensors);
          ++harmless;
        } catch (const Error& e) {
          EXPECT_EQ(CodeName(e.code()), "DATA_LOSS") << e.what();
        }
      }
    }
    Put(Path(file), bytes);
  }
  // The 34 bytes that pad the footer, and one flip before them: a number that then goes on into the
  // padding's zeros is the same number.
  EXPECT_EQ(harmless, 3 * 34 + 1);
}

// As a program that means harm does: the checksums are right, the content is not.
TEST_F(CheckpointDamageTest, ChangedBytesWithTheirChecksumsDoNoHarm) {
  const Tensors tensors = Sample();
  WriteCheckpoint(Path("m"), tensors);
  const std::string bytes = ReadFile(Path("m.index"));
  const std::string_view view = bytes;
  // The three blocks lie one after the other, each with a type and a checksum behind it.
  const size_t data = view.find("\xc0\xf2\xa1\xb0") - 9;  // where the empty metaindex block begins
  const size_t index = data + 13, end = view.size() - 48;
  int read = 0;
  for (const auto& block : {std::pair{size_t{0}, data}, {index, end}}) {
    const size_t from = block.first, to = block.second;
    const auto checksum = [&](std::string* changed) {
      const uint32_t crc = MaskedCrc32c(std::string_view(*changed).substr(from, to - 4 - from));
      std::memcpy(changed->data() + to - 4, &crc, 4);
    };
    std::string same = bytes;
    checksum(&same);
    ASSERT_EQ(same, bytes) << "these are the blocks";
    for (size_t at = from; at < to - 4; ++at) {
      for (int value = 0; value < 256; value += value < 16 || value > 239 ? 1 : 14) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(value);
        checksum(&changed);
        Put(Path("m.index"), changed);
        try {
          ReadAll(Path("m"));
          ++read;
        } catch (const Error& e) {
          EXPECT_TRUE(e.code() == Code::kDataLoss || e.code() == Code::kUnimplemented) << e.what();
        }
      }
    }
  }
  EXPECT_GT(read, 0);
}

TEST_F(CheckpointDamageTest, RefusesWhatItCannotHold) {
  const Tensor t = Tensor::Scalar(2.f);
  EXPECT_THAT(ErrorOf(Code::kInvalidArgument,
                      [&] {
                        WriteCheckpoint(Path("m"), {{"a", t}, {"b", t}, {"a", t}});
                      }),
              HasSubstr("'a' comes twice"));
  ErrorOf(Code::kInvalidArgument, [&] { WriteCheckpoint(Path("m"), {{"", t}}); });
  ErrorOf(Code::kInvalidArgument, [&] { WriteCheckpoint(Path("m"), {{"a", Tensor()}}); });
  EXPECT_THAT(ErrorOf(Code::kInvalidArgument,
                      [&] {
                        WriteCheckpoint(Path("x/m"), {{"a", t}});
                      }),
              HasSubstr("cannot write " + Path("x/m")));
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(CheckpointDamageTest, FailureLeavesTheOldCheckpoint) {
  const Tensors tensors = Sample();
  WriteCheckpoint(Path("m"), tensors);
  {
    OutputFile unfinished(Path("m.index"));
    unfinished.Append("half of it");
  }
  ExpectSame(ReadAll(Path("m")), tensors);
  WriteCheckpoint(Path("m"), {{"other", Tensor::Scalar(2.f)}});
  EXPECT_THAT(CheckpointReader(Path("m")).names(), ElementsAre("other"));
  RemoveCheckpoint(Path("m"));
  EXPECT_TRUE(fs::is_empty(folder_));
}
}  // namespace
}  // namespace graphrun
