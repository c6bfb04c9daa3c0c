// graphrun profile and bench.
#include <nlohmann/json.hpp>

#include "core/import/case_file.h"
#include "tests/cli_fixture.h"

namespace graphrun {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class CliProfileTest : public CliFolder {
 protected:
  static void SetUpTestSuite() {
    CliFolder::SetUpTestSuite();
    const Result r = Run("export ptb --data builtin --seed 3 " + std::string(kToy) + " -o toy.pb");
    ASSERT_EQ(r.code, 0) << r.err;
    ASSERT_EQ(Run("record toy.pb --steps 2 -o toy.case.pb").code, 0);
  }
};

TEST_F(CliProfileTest, BenchPrintsTheMedianOfASteps) {
  for (const char* flags : {"", " --interpret", " --disable-pass trim_loops --threads 1"}) {
    const Result r = Run("bench toy.pb --steps 3" + std::string(flags));
    EXPECT_EQ(r.code, 0) << r.err;
    EXPECT_EQ(r.err, "");
    EXPECT_THAT(r.out, MatchesRegex("toy: median [0-9]+\\.[0-9]+ ms/step, [0-9]+ units/s\n"));
    // A step predicts 8 rows of 6 words.
    double ms = 0, units = 0;
    ASSERT_EQ(std::sscanf(r.out.c_str(), "toy: median %lf ms/step, %lf units/s", &ms, &units), 2);
    EXPECT_NEAR(units * ms / 1e3, 48, 1);
  }
}

TEST_F(CliProfileTest, BenchPrintsTheMedianOfACasesLastRun) {
  const Result r = Run("bench toy.case.pb --steps 3");
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, MatchesRegex("toy: median [0-9]+\\.[0-9]+ ms/run\n"));
  EXPECT_EQ(Run("bench toy.case.pb --steps 1 --interpret").code, 0);
  // Without a number there are many.
  EXPECT_THAT(Run("bench toy.case.pb").out, HasSubstr(" ms/run\n"));
}

TEST_F(CliProfileTest, BenchSaysWhatItCannotMeasure) {
  Case c = ParseCase(Read("toy.case.pb"));
  c.runs.back().error = "INVALID_ARGUMENT";
  Write("fails.case.pb", SerializeCase(c));
  Result r = Run("bench fails.case.pb");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, HasSubstr("the last run of 'fails.case.pb', which is measured, is one that "
                               "fails with INVALID_ARGUMENT"));
  c.runs.erase(c.runs.begin());  // nothing is initialised
  Write("bare.case.pb", SerializeCase(c));
  r = Run("bench bare.case.pb");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, Not(HasSubstr("which is measured, is one that fails with \n")));
  c.runs.clear();
  Write("empty.case.pb", SerializeCase(c));
  EXPECT_THAT(Run("bench empty.case.pb").err, HasSubstr("has no run to measure"));
  Write("damaged.case.pb", "no case");
  EXPECT_EQ(Run("bench damaged.case.pb").code, 2);
  EXPECT_THAT(Run("bench toy.case.pb --data builtin").err, HasSubstr("--data"));
  EXPECT_THAT(Run("bench missing.pb").err, HasSubstr("there is no file 'missing.pb'"));
  EXPECT_EQ(Run("bench toy.pb --disable-pass x").code, 1);
}

TEST_F(CliProfileTest, ProfileShowsRowsByTimeAndAllOfTheStep) {
  const Result r = Run("profile toy.pb --steps 4 --by op --rows 5");
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, HasSubstr("ms a step, mean of 4; threads: "));
  EXPECT_THAT(r.out,
              ContainsRegex("\nop  +nodes  +calls/step  +ms/step  +share  +rate  +of roof\n"));
  EXPECT_THAT(r.out, ContainsRegex("\nMatMul  +[^ ]*MatMul[^ ]* \\(\\+[0-9]+\\) "));
  EXPECT_THAT(r.out, ContainsRegex("\nrest  +[0-9]+ rows "));
  EXPECT_THAT(r.out, ContainsRegex("\nexecutor "));
  // Shares, but for the line of the whole step, which is the last, add up to it.
  double sum = 0, last = 0, before = 101;
  int rows = 0;
  for (size_t at = r.out.find("share"); (at = r.out.find('%', at + 1)) != r.out.npos;) {
    const size_t word = r.out.find_last_of(" \n", at) + 1;
    const std::string text = r.out.substr(word, at - word);
    if (text.find('.') == text.npos) continue;  // of the roof
    sum += last;
    last = std::stod(text);
    if (++rows <= 5) {
      EXPECT_LE(last, before);
      before = last;
    }
  }
  EXPECT_EQ(last, 100);
  EXPECT_NEAR(sum, 100, 1);
}

TEST_F(CliProfileTest, ProfileTellsShapesAndNodesApart) {
  const Result shapes = Run("profile toy.pb --steps 2 --rows 100");
  EXPECT_EQ(shapes.code, 0) << shapes.err;
  EXPECT_THAT(shapes.out, ContainsRegex("MatMul  +\\[48,16\\] \\[16,64\\]  "));
  EXPECT_THAT(shapes.out, ContainsRegex("GFLOP/s|GB/s"));
  const Result nodes = Run("profile toy.pb --steps 2 --rows 1000 --by node --interpret");
  EXPECT_EQ(nodes.code, 0) << nodes.err;
  EXPECT_THAT(nodes.out, Not(HasSubstr("(+")));
  EXPECT_GT(std::count(nodes.out.begin(), nodes.out.end(), '\n'),
            std::count(shapes.out.begin(), shapes.out.end(), '\n'));
}

TEST_F(CliProfileTest, ProfileShowsACasesLastRun) {
  const Result r = Run("profile toy.case.pb --steps 2 --by op");
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, ContainsRegex("\nMatMul "));
  EXPECT_THAT(r.out, ContainsRegex("\nstep "));
}

TEST_F(CliProfileTest, ProfileWritesATraceOfEventsThatLieWithinEachOther) {
  const Result r = Run("profile toy.pb --steps 2 --trace t.json");
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, ContainsRegex("\nt.json: [0-9]+ events\n"));
  const auto json = nlohmann::json::parse(Read("t.json"));
  struct Event {
    double begin, end;
  };
  std::vector<Event> events;
  int runs = 0, loops = 0, shapes = 0;
  for (const auto& e : json["traceEvents"]) {
    if (e["ph"] != "X") continue;
    events.push_back({e["ts"], e["ts"].get<double>() + e["dur"].get<double>()});
    EXPECT_TRUE(e.contains("pid") && e.contains("tid"));
    runs += e["name"] == "run";
    loops += e["cat"] == "control";
    shapes += e["name"] == "_PackedMatMul" && e["args"]["inputs"] == "[8,16] [1024]";
  }
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(loops, 4) << "forward and backward";
  EXPECT_EQ(shapes, 2 * 6);
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
  });
  std::vector<Event> open;
  for (const Event& e : events) {
    while (!open.empty() && open.back().end <= e.begin) open.pop_back();
    if (!open.empty()) {
      EXPECT_LE(e.end, open.back().end + 0.01);
    }
    open.push_back(e);
  }
  EXPECT_THAT(Run("profile toy.pb --steps 1 --trace no/folder.json").err,
              HasSubstr("cannot write no/folder.json"));
}

}  // namespace
}  // namespace graphrun
