// Event files: the framing and what is in the records.
#include "core/io/event_file.h"

#include <cstring>
#include <filesystem>

#include "core/base/file.h"
#include "core/import/display_graph.h"
#include "core/io/crc32c.h"
#include "core/io/summary.h"
#include "proto/event.pb.h"
#include "proto/graph.pb.h"
#include "tests/model_fixture.h"

namespace graphrun {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class EventFileTest : public ModelTest {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              (std::string("graphrun_events_") +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::vector<pb::Event> Events(const std::string& path) {
    const std::string bytes = ReadFile(path);
    std::string_view rest = bytes;
    const auto take = [&](size_t n) {
      EXPECT_LE(n, rest.size());
      const std::string_view taken = rest.substr(0, n);
      rest.remove_prefix(taken.size());
      return taken;
    };
    const auto checksum = [&](std::string_view of) {
      uint32_t crc = 0;
      std::memcpy(&crc, take(4).data(), 4);
      EXPECT_EQ(crc, MaskedCrc32c(of));
    };
    std::vector<pb::Event> events;
    while (!rest.empty()) {
      const std::string_view length = take(8);
      checksum(length);
      uint64_t n = 0;
      std::memcpy(&n, length.data(), 8);
      const std::string_view data = take(n);
      checksum(data);
      EXPECT_TRUE(events.emplace_back().ParseFromString(std::string(data)));
    }
    return events;
  }

  fs::path folder_;
};

TEST_F(EventFileTest, RecordsAreTensorFlows) {
  // TFRecordWriter wrote this for b"abc".
  const std::string record = FormatRecord("abc");
  ASSERT_EQ(record.size(), 19u);
  EXPECT_EQ(record.substr(0, 8), std::string("\x03\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(record.substr(8, 4), "\xb0\x99\x49\x0e");
  EXPECT_EQ(record.substr(12, 3), "abc");
  EXPECT_EQ(record.substr(15), "\x6e\x57\xf1\x21");
}

TEST_F(EventFileTest, WritesEveryKindAtOnce) {
  EventWriter writer((folder_ / "deep" / "log").string());
  const std::string name = fs::path(writer.path()).filename().string();
  EXPECT_THAT(name, testing::MatchesRegex("events\\.out\\.tfevents\\.[0-9]{10}\\..+"));
  writer.AddScalars(3, {{"loss", 2.5}, {"rate", .125}});
  const std::vector<std::string> tags = {"x", "y"};
  writer.AddSummary(5, ScalarSummaryBytes(tags, Tensor::Vector<float>({6, 7})));
  writer.AddStart(4);
  writer.AddGraph("bytes of a graph");
  EXPECT_THAT(ErrorOf(Code::kInvalidArgument, [&] { writer.AddSummary(6, "\xff"); }),
              HasSubstr("no Summary message"));

  const std::vector<pb::Event> events = Events(writer.path());  // without a Flush
  ASSERT_EQ(events.size(), 5u);
  EXPECT_EQ(events[0].file_version(), "brain.Event:2");
  EXPECT_GT(events[0].wall_time(), 1.7e9);
  EXPECT_EQ(events[1].step(), 3);
  ASSERT_EQ(events[1].summary().value_size(), 2);
  EXPECT_EQ(events[1].summary().value(1).tag(), "rate");
  EXPECT_EQ(events[1].summary().value(1).simple_value(), .125f);
  EXPECT_EQ(events[2].step(), 5);
  EXPECT_EQ(events[2].summary().value(1).simple_value(), 7);
  EXPECT_EQ(events[3].session_log().status(), pb::SessionLog::START);
  EXPECT_EQ(events[3].step(), 4);
  EXPECT_EQ(events[4].graph_def(), "bytes of a graph");
  writer.Flush();
}

TEST_F(EventFileTest, TwoWritersHaveTwoFiles) {
  EventWriter a(folder_.string()), b(folder_.string());
  EXPECT_NE(a.path(), b.path());
  b.AddStart(2);
  EXPECT_EQ(Events(a.path()).size(), 1u);
  EXPECT_EQ(Events(b.path()).size(), 2u);
}

TEST_F(EventFileTest, SaysWhyItCannotWrite) {
  fs::create_directories(folder_);
  WriteFile((folder_ / "file").string(), "");
  EXPECT_THAT(
      ErrorOf(Code::kInvalidArgument, [&] { EventWriter writer((folder_ / "file").string()); }),
      HasSubstr("Not a directory"));
}

TEST_F(EventFileTest, DisplayGraphLeavesOutLargeConstants) {
  const Expr small = root_.WithName("small").Const(Wave({5}, 1, .1, .1));
  const Expr large = root_.WithName("large").Const(Wave({500}, 1, .1, .1));
  root_.Add("AddV2", {large, root_.Add("Sum", {small, op::Ints(root_, {0})})});
  pb::GraphDef def;
  ASSERT_TRUE(def.ParseFromString(DisplayGraph(meta_.graph)));
  EXPECT_EQ(def.node_size(), 5);
  for (const pb::NodeDef& node : def.node()) {
    EXPECT_EQ(node.attr().contains("value"), node.op() == "Const" && node.name() != "large");
    EXPECT_EQ(node.attr().contains("_too_large_attrs"), node.name() == "large");
    const auto& shapes = node.attr().at("_output_shapes").list();
    ASSERT_EQ(shapes.shape_size(), 1) << node.name();
    if (node.name() == "large") {
      EXPECT_EQ(shapes.shape(0).dim(0).size(), 500);
      EXPECT_EQ(node.attr().at("_too_large_attrs").list().s(0), "value");
    }
  }
  EXPECT_LT(DisplayGraph(meta_.graph).size(), 1200u);
  EXPECT_GT(DisplayGraph(meta_.graph, 5000).size(), 2000u);
}

}  // namespace
}  // namespace graphrun
