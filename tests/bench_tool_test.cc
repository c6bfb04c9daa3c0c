// tools/bench, with peers that are not there, fail, or say any number.
#include "tests/cli_fixture.h"

namespace graphrun {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class BenchToolTest : public CliFolder {
 protected:
  // Of the folder tools, measuring the command of this build.
  static Result Tool(const std::string& tool, const std::string& args) {
    const std::string command = tool + " --graphrun '" + kCommand + "' --rounds 1 " + args + " >'" +
                                Path("out.txt") + "' 2>'" + Path("err.txt") + "'";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, Read("out.txt"), Read("err.txt")};
  }
  static Result Bench(const std::string& environment, const std::string& args) {
    return Tool(environment + " '" + kSourceDir + "/tools/bench'",
                "--seconds 0.01 --threads 1 " + args);
  }
  static Result Scaling(const std::string& args) {
    return Tool(std::string("python3 '") + kSourceDir + "/tools/bench_scaling.py'",
                "--steps 1 " + args);
  }
};

TEST_F(BenchToolTest, WithoutPeersThereIsGraphrunAndTheBound) {
  const Result r = Bench("", "--reference /nowhere --models text8_simple");
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.err, HasSubstr("no folder /nowhere with the peers' models"));
  EXPECT_THAT(r.out, HasSubstr("| model | graphrun | bound | to the better peer | to the bound |"));
  EXPECT_THAT(r.out,
              ContainsRegex("\\| text8_simple \\| [0-9.]+ \\| [0-9.]+ \\| - \\| [0-9.]+ \\|"));
}

TEST_F(BenchToolTest, RatiosAreToTheBetterPeerAndFailuresLeaveAColumnEmpty) {
  std::filesystem::create_directory(Path("peers"));
  Write("peers/tf1_bench.py",
        "import os, sys\n"
        "assert sys.argv[3:] == ['--threads', '1'], sys.argv\n"
        "print('m: median', '0.002' if 'TF_XLA_FLAGS' in os.environ else '0.004', 'ms/step')\n");
  Write("peers/torch_bench.py",
        "import sys\n"
        "assert '--compile' not in sys.argv, 'cannot compile'\n"
        "print(sys.argv[1], ': torch 1 median 0.001 ms/step, 3 units/s')\n");
  Write("peers/hand_text8_simple.cc",
        "#include <cstdio>\nint main() { std::puts(\"by hand: median 0.003 ms, or so\"); }\n");
  const Result r = Bench("GRAPHRUN_TF=python3 GRAPHRUN_TORCH=python3",
                         "--models text8_simple --reference '" + Path("peers") + "'");
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.err, HasSubstr("PyTorch compiled and text8_simple: exit code 1: AssertionError: "
                               "cannot compile"));
  double ours = 0, bound = 0, ratio = 0, to_bound = 0;
  const size_t row = r.out.find("| text8_simple");
  ASSERT_NE(row, r.out.npos) << r.out;
  ASSERT_EQ(
      std::sscanf(r.out.c_str() + row,
                  "| text8_simple | %lf | 0.004 | 0.002 | 0.001 | - | 0.003 | %lf | %lf | %lf |",
                  &ours, &bound, &ratio, &to_bound),
      4)
      << r.out;
  EXPECT_NEAR(ratio / (ours / 0.001), 1, 0.01);
  EXPECT_NEAR(to_bound / (ours / bound), 1, 0.1);
}

TEST_F(BenchToolTest, ErrorsOfGraphrunEndIt) {
  const Result r = Bench("", "--reference /nowhere --models text9");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, HasSubstr("graphrun and text9: exit code 1"));
  EXPECT_THAT(r.out, Not(HasSubstr("|")));
}

TEST_F(BenchToolTest, ScalingIsMeasuredAndDrawn) {
  const Result r =
      Scaling("--model text8_simple --vary batch=4,9 --threads 1,2 -o '" + Path("s.svg") + "'");
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, ContainsRegex(
                         "text8_simple, 2 threads, ms a step by batch: 4: [0-9.]+, 9: [0-9.]+\n"));
  const std::string svg = Read("s.svg");
  EXPECT_THAT(svg, StartsWith("<svg "));
  EXPECT_THAT(svg, HasSubstr("text8_simple: ms per step by batch"));
  EXPECT_THAT(svg, HasSubstr("2 threads"));
  EXPECT_EQ(Scaling("--model text9 -o x.svg").code, 1);
}

}  // namespace
}  // namespace graphrun
