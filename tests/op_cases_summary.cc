// Rows of the op table for ops/summary: bytes as TensorFlow 2.15.1 gives them.
#include <gtest/gtest.h>

#include <string_view>

#include "tests/op_cases.h"

namespace graphrun::test {
namespace {

using Check = std::function<void(const std::vector<Tensor>& in, const std::vector<Tensor>& out)>;
using namespace std::string_view_literals;

Check Bytes(std::string_view want) {
  return [want](const std::vector<Tensor>&, const std::vector<Tensor>& out) {
    ASSERT_EQ(out[0].shape(), Shape{});
    EXPECT_EQ(out[0].data<std::string>()[0], want);
  };
}

OpInput Text(std::string text) { return Fed(Tensor::Scalar(std::move(text))); }

constexpr std::string_view kScalars =
    "\n\x08\n\x01"
    "a\x15\x00\x00\x80?"
    "\n\x08\n\x01"
    "b\x15\x00\x00 \xc0"sv;
constexpr std::string_view kHistogram =
    "\n}\n\x01h*x\x11\x00\x00\x00\x00\x00\x00\x08@\x19\x00\x00\x00\x00\x00\x00\x00@"
    "!\x00\x00\x00\x00\x00\x00\x08@)\x00\x00\x00\x00\x00\x00\"@"
    "2(\x00\x00\x00\x00\x00\x00\x00\x00\x11\xea-\x81\x99\x97q=h\xbc\x10"
    "5\x9a\x07\x07@"
    "\r\x9c\xc5\xa0)U\t@\xff\xff\xff\xff\xff\xff\xef\x7f"
    ":(\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf0?"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf0?\x00\x00\x00\x00\x00\x00\x00\x00"sv;
constexpr std::string_view kTensor =
    "\n\x1c\n\x01tB\x12\x08\x03\x12\x04\x12\x02\x08\x02\"\x08\x01\x00\x00\x00\x02\x00\x00\x00"
    "J\x03\x12\x01"
    "d"sv;

}  // namespace

OpTable SummaryCases() {
  OpTable t;
  const std::vector<DType> numbers = {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64};
  const std::vector<DType> floats = {DType::kFloat, DType::kDouble};
  const OpInput tags = Fed(Tensor::Vector<std::string>({"a", "b"}));
  t.cases = {
      {.op = "ScalarSummary",
       .inputs = {tags, Values("[2]", {1, -2.5})},
       .check = Bytes(kScalars),
       .types = floats},
      {.op = "ScalarSummary",
       .inputs = {Text("a"), Values("[]", {1})},
       .label = "one",
       .check = Bytes(kScalars.substr(0, 10)),
       .types = numbers},
      {.op = "HistogramSummary",
       .inputs = {Text("h"), Values("[2]", {0, 3})},
       .check = Bytes(kHistogram),
       .types = numbers},
      {.op = "TensorSummaryV2",
       .inputs = {Text("t"), Fed(Tensor::Vector<int32_t>({1, 2})),
                  Text("\x12\x01"
                       "d")},
       .check = Bytes(kTensor),
       .types = {DType::kFloat}},
      {.op = "MergeSummary",
       .inputs = {Text(std::string(kScalars.substr(0, 10))),
                  Text(std::string(kScalars.substr(10)))},
       .check = Bytes(kScalars),
       .types = {DType::kFloat}},
  };
  const OpInput some = Text(std::string(kScalars));
  t.errors = {
      {"MergeSummary", {some, some}, "the tag 'a'"},
      {"MergeSummary", {Text("zzz")}, "no Summary message"},
      {"HistogramSummary", {Text("h"), Values("[2]", {0, 1.0 / 0.0})}, "'h'"},
      {"TensorSummaryV2", {Text("t"), "[2]", Text("zzz")}, "no SummaryMetadata message"},
  };
  const std::vector<DType> tagged = {DType::kString, DType::kFloat, DType::kString};
  t.shapes = {
      {"ScalarSummary", "[2];[2]", "[]", {}, tagged},
      {"ScalarSummary", "[2];[3]", "error: shapes of tags and values", {}, tagged},
      {"HistogramSummary", "[2];[2]", "error: rank 0", {}, tagged},
      {"TensorSummaryV2", "[];[2];[]", "[]", {}, tagged},
  };
  return t;
}

}  // namespace graphrun::test
