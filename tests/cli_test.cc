// The command as a user meets it: output, errors, exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <regex>

#include "tests/cli_fixture.h"

namespace graphrun {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// A small PTB model on the built-in corpus, exported once.
class CliTest : public CliFolder {
 protected:
  static void SetUpTestSuite() {
    CliFolder::SetUpTestSuite();
    const Result r = Run("export ptb --data builtin --seed 3 " + std::string(kToy) + " -o toy.pb");
    ASSERT_EQ(r.code, 0) << r.err;
  }
};

// All numbers that follow `label` in the text.
std::vector<double> NumbersAfter(const std::string& label, const std::string& text) {
  std::vector<double> numbers;
  const std::regex pattern(label + "([-+.0-9a-z]+)");
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
    numbers.push_back(std::atof((*it)[1].str().c_str()));
  }
  return numbers;
}

TEST_F(CliTest, HelpOnEveryLevelHasAnExample) {
  for (const char* command : {"", "list", "export", "train", "run", "batches", "info", "ops", "dot",
                              "check", "record", "plan", "grad", "profile", "bench"}) {
    const Result r = Run(std::string(command) + " --help");
    EXPECT_EQ(r.code, 0) << command;
    EXPECT_THAT(r.out, HasSubstr("Example:")) << command;
    EXPECT_THAT(r.err, IsEmpty()) << command;
  }
}

TEST_F(CliTest, ListNamesTheModels) {
  const Result r = Run("list");
  EXPECT_EQ(r.code, 0);
  EXPECT_THAT(r.out, HasSubstr("ptb"));
}

TEST_F(CliTest, UsageErrorsAreOneAndNameTheNearest) {
  Result r = Run("trian toy.pb");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(
      r.err,
      StartsWith("graphrun: there is no command or model file 'trian'; did you mean 'train'"));
  r = Run("export ptb --set hiden=3 -o x.pb");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, HasSubstr("did you mean 'hidden'"));
  r = Run("export pbt -o x.pb");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, HasSubstr("did you mean 'ptb'"));
  r = Run("train toy.pb --epochs many");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, StartsWith("graphrun: "));
  r = Run("train toy.pb --set hidden=3");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, HasSubstr("hidden=16 built in"));
  r = Run("train absent.pb");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, HasSubstr("there is no file 'absent.pb'"));
}

TEST_F(CliTest, BadFilesAreTwo) {
  Write("noise.pb", "\x13\x37 no model \xff\xfe");
  EXPECT_EQ(Run("noise.pb").code, 2);
  Write("empty.pb", "");
  EXPECT_EQ(Run("info empty.pb").code, 2);
  const std::string bytes = Read("toy.pb");
  Write("cut.pb", bytes.substr(0, bytes.size() / 2));
  const Result r = Run("train cut.pb");
  EXPECT_EQ(r.code, 2);
  EXPECT_THAT(r.err, StartsWith("graphrun: "));
  Write("noise.npy", "not numpy");
  EXPECT_EQ(Run("run toy.pb --feed model/x=noise.npy --fetch model/x").code, 2);
}

TEST_F(CliTest, TrainsAsThePlanSays) {
  const Result r = Run("toy.pb --epochs 1 --seed 1");
  ASSERT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, HasSubstr("hidden=16"));
  EXPECT_THAT(r.out, HasSubstr("Learning rate: 1.000\n"));
  EXPECT_THAT(r.out, ContainsRegex(
                         "\\([0-9]+\\.[0-9][0-9]%\\)    Perplexity=[0-9.]+    Speed=[0-9]+ wps\n"));
  EXPECT_THAT(r.out, HasSubstr("Epoch 1 : Train Perplexity: "));
  EXPECT_THAT(r.out, Not(HasSubstr("\r"))) << "no bar when standard output is no terminal";
  const std::vector<double> train = NumbersAfter("Train Perplexity: ", r.out);
  const std::vector<double> valid = NumbersAfter("Valid Perplexity: ", r.out);
  const std::vector<double> test = NumbersAfter("Test Perplexity: ", r.out);
  ASSERT_EQ(valid.size(), 1u);
  ASSERT_EQ(test.size(), 1u);
  EXPECT_LT(train[0], 250);
  EXPECT_LT(valid[0], 120) << "a vocabulary of 450 words, and a learnable grammar";
  EXPECT_LT(test[0], 120);
  EXPECT_EQ(Run("toy.pb --epochs 1 --seed 1 --quiet").out.find("Speed"), std::string::npos);
}

TEST_F(CliTest, LossFallsInTwentySteps) {
  const Result r = Run("toy.pb --steps 20 --seed 1");
  ASSERT_EQ(r.code, 0) << r.err;
  const std::vector<double> perplexity = NumbersAfter("Perplexity=", r.out);
  ASSERT_GE(perplexity.size(), 2u);
  EXPECT_LT(perplexity[1], perplexity[0]);
  EXPECT_THAT(r.out, HasSubstr("Stopped after 20 steps"));
}

TEST_F(CliTest, InterpreterAgreesWithThePlan) {
  const std::vector<double> planned =
      NumbersAfter("Perplexity=", Run("toy.pb --steps 20 --seed 1").out);
  const std::vector<double> interpreted =
      NumbersAfter("Perplexity=", Run("toy.pb --steps 20 --seed 1 --interpret").out);
  ASSERT_GE(planned.size(), 2u);
  ASSERT_EQ(planned.size(), interpreted.size());
  for (size_t i = 0; i < planned.size(); ++i) {
    EXPECT_NEAR(std::log(planned[i]), std::log(interpreted[i]), 1e-4);
  }
}

TEST_F(CliTest, QuietPrintsResultsOnly) {
  const Result r = Run("toy.pb --epochs 1 --quiet");
  EXPECT_EQ(r.code, 0);
  EXPECT_EQ(std::count(r.out.begin(), r.out.end(), '\n'), 3) << r.out;
  EXPECT_THAT(r.err, IsEmpty());
}

TEST_F(CliTest, LearningRateCanBeSet) {
  EXPECT_THAT(Run("toy.pb --steps 1 --set lr=0.25").out, HasSubstr("Learning rate: 0.250"));
  const Result r = Run("toy.pb --steps 1 --set lr=fast");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, HasSubstr("'fast'"));
}

TEST_F(CliTest, TextErrorsSayWhatIsMissing) {
  Write("short.txt", "a b c\nd e f\n");
  Result r = Run("toy.pb --data short.txt");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, HasSubstr("Not enough data"));
  std::string lines;
  for (int i = 0; i < 40; ++i) lines += "a b\n";
  Write("few.txt", lines);
  r = Run("toy.pb --data few.txt");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, HasSubstr("one batch of 8 rows of 6 symbols"));
  ASSERT_EQ(Run("export ptb " + std::string(kToy) + " --set vocab=20 -o small.pb").code, 0);
  r = Run("small.pb");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, HasSubstr("but the graph has rows for 20 only"));
}

TEST_F(CliTest, BatchesShowWhatIsFed) {
  const Result r = Run("batches toy.pb -n 2");
  ASSERT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, HasSubstr("batch 1 of "));
  EXPECT_THAT(r.out, HasSubstr("batch 2 of "));
  EXPECT_THAT(r.out, HasSubstr("int32[8,6]"));
}

}  // namespace
}  // namespace graphrun
