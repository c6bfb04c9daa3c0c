// graphrun check: what it compares, what it says, and that it goes on after a bad file.
#include <cmath>

#include "core/build/ops.h"
#include "core/import/case_file.h"
#include "core/import/save.h"
#include "tests/cli_fixture.h"
#include "tests/test_graph.h"
#include "tests/test_values.h"

namespace graphrun {
namespace {

using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// A tensor of 16 bit numbers, by their bits.
Tensor Halves(DType dtype, const std::vector<uint16_t>& bits) {
  Tensor t(dtype, {static_cast<int64_t>(bits.size())});
  std::memcpy(t.raw(), bits.data(), t.bytes());
  return t;
}

class CliCheckTest : public CliFolder {
 protected:
  // y = x * x of a [2,3] placeholder, constants of several types, and a variable.
  CliCheckTest() {
    const Scope& s = graph_.root;
    const Expr x = op::Placeholder(s.WithName("x"), DType::kFloat, {2, 3});
    op::Mul(s.WithName("y"), x, x);
    s.WithName("count").Const(Tensor::Vector<int32_t>({4, 5, 6}));
    s.WithName("word").Const(Tensor::Vector<std::string>({"one", "two"}));
    s.WithName("odd").Const(Tensor::Vector<float>({NAN, INFINITY, 1, -INFINITY}));
    op::Gather(s.WithName("rows"), x, s.Const(Tensor::Vector<int32_t>({1, 1})));
    s.WithName("half").Const(Halves(DType::kHalf, {0x3c00, 0xc000, 0x7e00}));       // 1, -2, NaN
    s.WithName("brain").Const(Halves(DType::kBFloat16, {0x3f80, 0xc000, 0x0000}));  // 1, -2, 0
    s.WithName("free").Const(Tensor::Scalar(2.0f));
    s.NewVariable(s.WithName("start").Const(Tensor::Vector<float>({1, 2})), "v");
    case_ = {.name = "small.case", .meta_graph = SerializeMetaGraph(graph_.meta)};
  }

  // A run of its own that fetches one tensor.
  void Fetch(const std::string& name, const Tensor& want, const Tolerance& tolerance = {}) {
    case_.runs.push_back(
        {.feeds = {{"x:0", kX}}, .fetches = {{name, want}}, .tolerance = tolerance});
  }
  Result Check(const std::string& options = "") {
    Write("small.case.pb", SerializeCase(case_));
    return Run("check small.case.pb " + options);
  }
  std::string Failure() {
    const Result r = Check();
    EXPECT_EQ(r.code, 1);
    EXPECT_THAT(r.out, EndsWith("0 passed, 1 failed\n"));
    return r.out;
  }

  const Tensor kX = Tensor::Of<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  const Tensor kY = Tensor::Of<float>({1, 4, 9, 16, 25, 36}, {2, 3});
  TestGraph graph_;
  Case case_;
};

TEST_F(CliCheckTest, WhatTheGraphGivesPasses) {
  Fetch("y:0", kY);
  Fetch("count:0", Tensor::Vector<int32_t>({4, 5, 6}));
  Fetch("word:0", Tensor::Vector<std::string>({"one", "two"}));
  Fetch("odd:0", Tensor::Vector<float>({NAN, INFINITY, 1, -INFINITY}));
  for (const char* options : {"", "--interpret", "--jobs 1"}) {
    const Result r = Check(options);
    EXPECT_EQ(r.code, 0) << options;
    EXPECT_EQ(r.out, "1 passed, 0 failed\n") << options;
    EXPECT_THAT(r.err, IsEmpty());
  }
  EXPECT_EQ(Check("-v").out, "passed small.case.pb\n1 passed, 0 failed\n");
}

TEST_F(CliCheckTest, TheLargestDifferenceIsNamedWithItsPlace) {
  Fetch("y:0", kY);
  Fetch("y:0", Tensor::Of<float>({1, 4, 9, 16.25, 25, 36.5}, {2, 3}), {.absolute = 0.3});
  EXPECT_THAT(Failure(), StartsWith("FAILED small.case.pb: run 2, tensor y:0: largest difference "
                                    "0.5 at [1,2]: got 36, want 36.5 (1 of 6 elements)\n"));
}

TEST_F(CliCheckTest, TolerancesAreAddedAndHoldForFloatsOnly) {
  // 36 against 36.5 is off by 0.5 = 0.135 + 0.01 * 36.5.
  const Tensor near = Tensor::Of<float>({1, 4, 9, 16, 25, 36.5}, {2, 3});
  Fetch("y:0", near, {.relative = 0.01, .absolute = 0.136});
  EXPECT_EQ(Check().code, 0);
  case_.runs.clear();
  Fetch("y:0", near, {.relative = 0.01, .absolute = 0.134});
  EXPECT_EQ(Check().code, 1);
  case_.runs.clear();
  Fetch("count:0", Tensor::Vector<int32_t>({4, 7, 7}), {.relative = 10, .absolute = 10});
  EXPECT_THAT(Failure(), HasSubstr("count:0: 2 of 3 elements differ, the first at [1]: got 5, "
                                   "want 7"));
}

TEST_F(CliCheckTest, ZeroToleranceMeansEqual) {
  Fetch("y:0", Tensor::Of<float>({1, 4, 9, 16, 25, std::nextafter(36.0f, 40.0f)}, {2, 3}));
  EXPECT_THAT(Failure(), HasSubstr("at [1,2]"));
}

TEST_F(CliCheckTest, NothingButItselfIsNanOrInfinite) {
  Fetch("odd:0", Tensor::Vector<float>({1, INFINITY, 1, -INFINITY}), {.absolute = 1e9});
  EXPECT_THAT(Failure(), HasSubstr("largest difference inf at [0]: got nan, want 1"));
  case_.runs.clear();
  Fetch("odd:0", Tensor::Vector<float>({NAN, INFINITY, 1, INFINITY}), {.relative = 1e9});
  EXPECT_THAT(Failure(), HasSubstr("at [3]: got -inf, want inf"));
}

TEST_F(CliCheckTest, StringsTypesAndShapesAreCompared) {
  Fetch("word:0", Tensor::Vector<std::string>({"one", "too"}));
  EXPECT_THAT(Failure(), HasSubstr("at [1]: got 'two', want 'too'"));
  case_.runs.clear();
  Fetch("y:0", Tensor::Of<float>({1, 4, 9, 16, 25, 36}, {3, 2}));
  EXPECT_THAT(Failure(), HasSubstr("got float32[2,3], want float32[3,2]"));
  case_.runs.clear();
  Fetch("count:0", Tensor::Vector<int64_t>({4, 5, 6}));
  EXPECT_THAT(Failure(), HasSubstr("got int32[3], want int64[3]"));
}

TEST_F(CliCheckTest, SixteenBitFloatsAreNumbers) {
  const Tolerance one_step{.relative = 1e-2};
  Fetch("half:0", Halves(DType::kHalf, {0x3c01, 0xc001, 0x7e01}), one_step);
  Fetch("brain:0", Halves(DType::kBFloat16, {0x3f81, 0xc000, 0x8000}), one_step);
  EXPECT_EQ(Check().out, "1 passed, 0 failed\n");
  Fetch("half:0", Halves(DType::kHalf, {0x3c00, 0xc200, 0x7e00}), one_step);
  EXPECT_THAT(Failure(), HasSubstr("run 3, tensor half:0: largest difference 1 at [1]: got -2, "
                                   "want -3"));
}

TEST_F(CliCheckTest, AnErrorMustHaveItsCode) {
  case_.runs.push_back({.fetches = {{"y:0", {}}}, .error = "INVALID_ARGUMENT"});  // x is not fed
  EXPECT_EQ(Check().out, "1 passed, 0 failed\n");
  case_.runs[0].error = "NOT_FOUND";
  EXPECT_THAT(Failure(), HasSubstr("run 1: NOT_FOUND was expected, not INVALID_ARGUMENT: "));
  case_.runs[0].error = "";
  EXPECT_THAT(Failure(), HasSubstr("run 1: INVALID_ARGUMENT: "));
  case_.runs[0] = {.feeds = {{"x:0", kX}}, .fetches = {{"y:0", {}}}, .error = "OUT_OF_RANGE"};
  EXPECT_THAT(Failure(), HasSubstr("run 1: OUT_OF_RANGE was expected, but it succeeded"));
}

TEST_F(CliCheckTest, RunsShareTheSession) {
  const std::string read = graph_.meta.FindVariable("v")->snapshot;
  case_.runs.push_back({.fetches = {{read, {}}}, .error = "FAILED_PRECONDITION"});
  case_.runs.push_back({.targets = {graph_.meta.FindVariable("v")->initializer}});
  Fetch(read, Tensor::Vector<float>({1, 2}));
  const Result r = Check();
  EXPECT_EQ(r.code, 0) << r.out;
}

TEST_F(CliCheckTest, GradientsAreOurReverseModes) {
  const Tensor dy = Tensor::Of<float>({1, 0, 2, 0, -1, 0}, {2, 3});
  const Tensor drows = Tensor::Of<float>({1, 2, 3, 10, 20, 30}, {2, 3});
  const Tensor dx = Tensor::Of<float>({2, 0, 12, 11, 12, 33}, {2, 3});  // 2x dy, and rows added up
  case_.gradients.push_back({.ys = {"y:0", "rows:0"},
                             .xs = {"x:0", "free:0"},
                             .grad_ys = {{"rows:0", drows}, {"y:0", dy}},
                             .feeds = {{"x:0", kX}},
                             .expected = {{"free:0", Tensor::Scalar(0.0f)}, {"x:0", dx}}});
  Result r = Check();
  EXPECT_EQ(r.code, 0) << r.out;
  case_.gradients[0].ys = {"rows:0"};  // a sparse gradient
  case_.gradients[0].expected[1].value = Tensor::Of<float>({0, 0, 0, 11, 22, 33}, {2, 3});
  r = Check();
  EXPECT_EQ(r.code, 0) << r.out;
  case_.gradients[0].expected[0].value = Tensor::Scalar(3.0f);
  EXPECT_THAT(Failure(), HasSubstr("gradient 1, tensor d/dfree:0: largest difference 3 at []: got "
                                   "0, want 3"));
  case_.gradients[0].xs = {"nowhere:0"};
  EXPECT_THAT(Failure(), HasSubstr("gradient 1: NOT_FOUND: "));
}

TEST_F(CliCheckTest, ABadFileIsAFailureAndNotTheEnd) {
  Fetch("y:0", kY);
  Check();
  Write("noise.case.pb", "\x13 no case");
  case_.meta_graph = "no graph";
  Write("graph.case.pb", SerializeCase(case_));
  const Result r =
      Run("check noise.case.pb absent.case.pb graph.case.pb small.case.pb -v --jobs 2");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.out, ContainsRegex("FAILED noise.case.pb: DATA_LOSS: .*\n"
                                   "FAILED absent.case.pb: NOT_FOUND: .*\n"
                                   "FAILED graph.case.pb: DATA_LOSS: .*\n"
                                   "passed small.case.pb\n"
                                   "1 passed, 3 failed\n"));
}

TEST_F(CliCheckTest, FilterChoosesByName) {
  Fetch("y:0", kY);
  EXPECT_EQ(Check("--filter mall.c").out, "1 passed, 0 failed\n");
  EXPECT_EQ(Check("--filter 'sm*case'").out, "1 passed, 0 failed\n");
  const Result r = Check("--filter 'sm*cas'");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, HasSubstr("--filter sm*cas: no case has such a name"));
}

TEST(CaseFile, SurvivesTheWayThroughAFile) {
  const Case c{.name = "n",
               .meta_graph = "graph",
               .runs = {{.targets = {"init"},
                         .feeds = {{"x:0", Tensor::Vector<double>({1, 2})}},
                         .fetches = {{"y:0", Tensor::Scalar(true)}, {"z:0", {}}},
                         .tolerance = {.relative = 0.5, .absolute = 0.25},
                         .error = "NOT_FOUND"}},
               .gradients = {{.ys = {"y:0"},
                              .xs = {"x:0"},
                              .grad_ys = {{"y:0", Tensor::Scalar(1.0f)}},
                              .feeds = {},
                              .expected = {{"x:0", Tensor::Scalar(2.0f)}},
                              .tolerance = {.relative = 0.125}}}};
  const Case read = ParseCase(SerializeCase(c));
  EXPECT_EQ(SerializeCase(read), SerializeCase(c));
  ASSERT_EQ(read.runs.size(), 1u);
  EXPECT_EQ(read.runs[0].targets, c.runs[0].targets);
  EXPECT_EQ(Numbers(read.runs[0].feeds[0].value), (std::vector<double>{1, 2}));
  EXPECT_TRUE(read.runs[0].fetches[1].value.empty());
  EXPECT_EQ(read.runs[0].tolerance.absolute, 0.25);
  EXPECT_EQ(read.runs[0].error, "NOT_FOUND");
  ASSERT_EQ(read.gradients.size(), 1u);
  EXPECT_EQ(read.gradients[0].tolerance.relative, 0.125);
  EXPECT_EQ(Numbers(read.gradients[0].expected[0].value), std::vector<double>{2});
}

TEST(CaseFile, SaysWhichValueIsWrong) {
  Case c{.name = "n", .meta_graph = "graph"};
  c.runs.push_back({.feeds = {{"x:0", Tensor::Vector<double>({1, 2})}}});
  std::string bytes = SerializeCase(c);
  bytes[bytes.find("\x08\x02\x12")] = '\x10';  // TensorProto.dtype is gone
  const Error e = Caught([&] { ParseCase(bytes); });
  EXPECT_THAT(e.what(), HasSubstr("while reading the value of 'x:0'"));
}

}  // namespace
}  // namespace graphrun
