// What training prints: the lines that each model's authors print, where they print them; and what
// plans of a user's own may ask for.
#include <algorithm>
#include <cmath>
#include <sstream>

#include "tests/cli_toys.h"

namespace graphrun {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class TrainerLinesTest : public CliToys {
 protected:
  // The lines that a run prints after the two that say what is run.
  static std::vector<std::string> LinesOf(const std::string& run) {
    std::istringstream stream(Succeed(run));
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    const auto text = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
      return line.starts_with("text: ");
    });
    EXPECT_NE(text, lines.end());
    lines.erase(lines.begin(), text == lines.end() ? text : text + 1);
    return lines;
  }
  // The whole of each line has to match its pattern.
  static void ExpectLines(const std::vector<std::string>& lines,
                          const std::vector<std::string>& patterns) {
    for (size_t i = 0; i < std::max(lines.size(), patterns.size()); ++i) {
      ASSERT_LT(i, patterns.size()) << "more: " << lines[i];
      ASSERT_LT(i, lines.size()) << "missing: " << patterns[i];
      EXPECT_TRUE(std::regex_match(lines[i], std::regex(patterns[i])))
          << "line " << i << ": " << lines[i] << "\nwant: " << patterns[i];
    }
  }
};

const char kRule[] = "={80}";

TEST_F(TrainerLinesTest, Text8Simple) {
  const std::vector<std::string> report = {
      "Average loss at step @: [0-9]\\.[0-9]{6} learning rate: @@\\.[0-9]{6}",
      "Minibatch perplexity: [0-9]+\\.[0-9]{2}"};
  const std::vector<std::string> sample = {kRule,        "[a-z ]{80}", "[a-z ]{80}", "[a-z ]{80}",
                                           "[a-z ]{80}", "[a-z ]{80}", kRule};
  std::vector<std::string> want;
  for (int step = 0; step <= 100; step += 10) {
    const std::string rate = step < 40 ? "10" : step < 80 ? "1" : "0";
    want.push_back(
        ReplacedOnce(ReplacedOnce(report[0], "@:", std::to_string(step) + ":"), "@@", rate));
    want.push_back(report[1]);
    if (step % 100 == 0) want.insert(want.end(), sample.begin(), sample.end());
    want.push_back("Validation set perplexity: [0-9]+\\.[0-9]{2}");
  }
  const std::string model = Export("text8_simple", "--set max_steps=101 --set decay_steps=40");
  const std::vector<std::string> lines = LinesOf(model + " --seed 1");
  ExpectLines(lines, want);
  // The mean of the steps since the report before, the first of which has one step only.
  const auto value = [&](size_t line, const std::string& label) {
    return NumberAfter(label, lines.at(line));
  };
  EXPECT_NEAR(std::exp(value(0, "step 0: ")), value(1, "perplexity: "), 6e-3);
  EXPECT_GT(value(0, "step 0: "), value(10, "step 10: "));
}

TEST_F(TrainerLinesTest, Text8Tfp) {
  Write("text.txt", [] {
    std::string text = Lines(200);
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }());
  const std::string model = Export("text8_tfp", "--set samples=5 --set epochs=1");
  std::vector<std::string> want;
  for (const char* epoch : {"0\\.5", "1"}) {
    want.insert(want.end(),
                {std::string("Epoch: ") + epoch, "Train average bits/char: [0-9]\\.[0-9]{8}",
                 "Test average NLL: [0-9]+\\.[0-9]{8}", "Samples:"});
    want.insert(want.end(), 5, "[a-z ]{7}");
  }
  std::vector<std::string> lines = LinesOf(model + " --data text.txt --seed 1");
  const std::regex progress("[0-9]+/[0-9]+    [0-9]\\.[0-9]{4} bits/char");
  const size_t all = lines.size();
  std::erase_if(lines, [&](const std::string& line) { return std::regex_match(line, progress); });
  EXPECT_LT(lines.size(), all);
  ExpectLines(lines, want);
  EXPECT_LT(NumberAfter(": ", lines.at(10)), NumberAfter(": ", lines.at(1)));
}

TEST_F(TrainerLinesTest, ShakespeareRnn) {
  Write("text.txt", Lines(40));
  const std::string model = Export("shakespeare_rnn", "--set epochs=3 --set sample_length=30");
  const std::string out = Succeed(model + " --data text.txt --seed 1");
  // 9 rows of 6 characters a batch.
  const auto batches = static_cast<int>(Lines(40).size()) / (9 * 6);
  size_t at = 0;
  for (int epoch = 0; epoch < 3; ++epoch) {
    const std::string line = std::to_string((epoch + 1) * batches) + "/" +
                             std::to_string(3 * batches) + " (epoch " + std::to_string(epoch) +
                             "), train_loss = ";
    at = out.find("\n" + line, at);
    ASSERT_NE(at, out.npos) << line << " in " << out;
    const std::string rest = out.substr(at + 1 + line.size());
    EXPECT_TRUE(std::regex_search(rest,
                                  std::regex("^[0-9]\\.[0-9]{3}, time/batch = [0-9]+\\.[0-9]{3}\n"),
                                  std::regex_constants::match_continuous))
        << rest;
    // "he " of the prime, "T" being no symbol of the text, and what follows.
    const size_t sample = rest.find('\n') + 1;
    EXPECT_EQ(rest.substr(sample, 3), "he ");
    EXPECT_EQ(rest.at(sample + 3 + 30), '\n');
  }
}

TEST_F(TrainerLinesTest, ShakespeareLstm) {
  const std::string model =
      Export("shakespeare_lstm", "--set max_steps=61 --set sample_length=20 --data builtin");
  const Result r = Run(model + " --seed 1");
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.err, IsEmpty());
  EXPECT_THAT(r.out, ContainsRegex("^shakespeare_lstm.pb: shakespeare_lstm hidden=11 .* batch=9 "))
      << "the flags";
  std::vector<double> losses;
  for (const int step : {20, 40, 60}) {
    losses.push_back(NumberAfter("\n\\[" + std::to_string(step) +
                                     "\\] Cross-Entropy Loss Training \\[(?=[0-9]\\.[0-9]{3}\\]\n)",
                                 r.out));
  }
  EXPECT_LT(losses[2], losses[0]);
  EXPECT_THAT(NumbersAfter("Cross-Entropy Loss Training \\[", r.out), SizeIs(3));
  const size_t sample = r.out.find("]\nThe ", r.out.find("[60]"));
  ASSERT_NE(sample, r.out.npos) << r.out;
  EXPECT_EQ(r.out.size() - sample - 2, 4 + 20 + 1u);
}

TEST_F(TrainerLinesTest, ShakespeareLstmWithOptions) {
  const std::string model =
      Export("shakespeare_lstm", "--set accuracy=1 --set validation=0.1 --set max_steps=100000");
  Write("text.txt", Lines(90));
  const std::vector<std::string> lines = LinesOf(model + " --data text.txt --seed 1 --epochs 2");
  std::vector<std::string> training, validation;
  for (const std::string& line : lines) {
    if (std::regex_match(line,
                         std::regex("\\[[0-9]+\\] Cross-Entropy Loss Training "
                                    "\\[[0-9]\\.[0-9]{3}\\]  Accuracy \\[[01]\\.[0-9]{3}\\]"))) {
      training.push_back(line);
    }
    if (std::regex_match(line,
                         std::regex("\\[[12]\\] Cross-Entropy Loss Validation "
                                    "\\[[0-9]\\.[0-9]{3}\\]  Accuracy \\[[01]\\.[0-9]{3}\\]"))) {
      validation.push_back(line);
    }
  }
  EXPECT_GE(training.size(), 2u);
  EXPECT_THAT(validation, SizeIs(2));
  EXPECT_EQ(static_cast<int64_t>(training.size() + validation.size()),
            std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
              return line.find("Cross-Entropy") != line.npos;
            }));
  EXPECT_GT(NumberAfter("Accuracy \\[", validation.at(1)), 0.2);
}

TEST_F(TrainerLinesTest, Ptb) {
  Write("text.txt", Lines(250));
  const std::vector<std::string> lines =
      LinesOf(Export("ptb", "--set epochs=2 --set sample_length=30") + " --data text.txt --seed 1");
  const std::string perplexity = "[0-9]+\\.[0-9]{3}";
  std::vector<std::string> results;
  for (const std::string& line : lines) {
    const bool progress =
        std::regex_match(line, std::regex("\\([0-9]+\\.[0-9]{2}%\\)    Perplexity=" + perplexity +
                                          "    Speed=[0-9]+ wps"));
    if (!progress) results.push_back(line);
    if (line == "Sample:") break;
  }
  ExpectLines(
      results,
      {"Epoch 1 : Learning rate: 1\\.000", "Epoch 1 : Train Perplexity: " + perplexity,
       "Epoch 1 : Valid Perplexity: " + perplexity, "Epoch 2 : Learning rate: 0\\.500",
       "Epoch 2 : Train Perplexity: " + perplexity, "Epoch 2 : Valid Perplexity: " + perplexity,
       "Test Perplexity: " + perplexity, "Sample:"});
}

TEST_F(TrainerLinesTest, APlanMayNameASamplerThatTheGraphLacks) {
  const std::string model = Export("shakespeare_rnn", "--data builtin");
  const std::string plan = Succeed("plan " + model);
  Write("plan.textproto", ReplacedOnce(plan, "/sample/samples:0", "/sample/absent:0"));
  const std::string run = model + " --plan plan.textproto --steps 3 --seed 1";
  EXPECT_THAT(Succeed(run), HasSubstr("\nThe ")) << "it samples by steps";
  Succeed("sample " + model + " --plan plan.textproto -n 5");
  EXPECT_THAT(Fail("sample " + model + " --plan plan.textproto --in-graph"),
              HasSubstr("sample/absent"));
  // A graph whose only sampler is that one has to have it.
  const std::string tfp = Export("text8_tfp");
  const std::string samples = Succeed("plan " + tfp);
  const size_t at = samples.find("samples: \"");
  ASSERT_NE(at, samples.npos);
  Write("plan.textproto", std::string(samples).insert(at + 10, "no"));
  EXPECT_THAT(Fail(tfp + " --plan plan.textproto --steps 1", 2), HasSubstr("no node 'no"));
}

TEST_F(TrainerLinesTest, UnknownNamesInLinesAreRefusedBeforeTheFirstStep) {
  const std::string model = Export("text8_simple");
  const std::string plan = Succeed("plan " + model);
  const auto fail = [&](const std::string& from, const std::string& to) {
    Write("plan.textproto", ReplacedOnce(plan, from, to));
    const Result r = Run(model + " --plan plan.textproto --steps 1");
    EXPECT_EQ(r.code, 1) << to;
    EXPECT_THAT(r.out, Not(HasSubstr("Stopped"))) << to;
    return r.err;
  };
  EXPECT_THAT(fail("{recent:", "{resent:"),
              HasSubstr("unknown name 'resent'; did you mean 'recent'"));
  EXPECT_THAT(fail("{learning_rate:", "{learning_rat:"), HasSubstr("did you mean 'learning_rate'"));
  EXPECT_THAT(fail("perplexity: {perplexity:", "perplexity: {minibatch_perplexity:"),
              HasSubstr("unknown name 'minibatch_perplexity'"))
      << "a metric of another phase";
  EXPECT_THAT(fail("{recent:.6}", "{recent:six}"), HasSubstr("is no format"));
  EXPECT_THAT(fail("{recent:.6}", "{recent"), HasSubstr("a line of the run plan"));
}

}  // namespace
}  // namespace graphrun
