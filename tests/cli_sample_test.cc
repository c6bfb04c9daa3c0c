// graphrun sample: what it writes, and what it refuses.
#include <algorithm>
#include <iterator>
#include <sstream>

#include "tests/cli_toys.h"

namespace graphrun {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class CliSampleTest : public CliToys {};

TEST_F(CliSampleTest, HelpOfTheCommandsOfAModelFitsAScreen) {
  for (const std::string command : {"", "train", "eval", "sample"}) {
    std::istringstream help(Succeed(command + " --help"));
    bool example = false;
    for (std::string line; std::getline(help, line);) {
      example = example || line == "Example:";
      EXPECT_LE(line.size(), 110u) << line;
      EXPECT_THAT(line, Not(HasSubstr(" in ["))) << "bounds";
    }
    EXPECT_TRUE(example) << command;
  }
}

TEST_F(CliSampleTest, WritesThePrimeAndSoManyCharacters) {
  const std::string sample = "sample " + Trained("shakespeare_lstm");
  for (const char* how :
       {" --prime 'WIDOW: ' -n 23 --seed ", " --prime Wo -n 31 --in-graph --seed "}) {
    const std::string text = Succeed(sample + how + "5");
    EXPECT_EQ(text.size(), how[9] == '\'' ? 7 + 23 + 1u : 2 + 31 + 1u) << text;
    EXPECT_THAT(text, StartsWith(how[9] == '\'' ? "WIDOW: " : "Wo"));
    EXPECT_EQ(Succeed(sample + how + "5"), text);
    EXPECT_NE(Succeed(sample + how + "6"), text);
    EXPECT_EQ(Succeed(sample + how + "5 --interpret"), text);
  }
  EXPECT_EQ(Succeed(sample + " --prime 'WIDOW: ' -n 0"), "WIDOW: \n");
}

TEST_F(CliSampleTest, WritesWords) {
  const std::string sample = "sample " + Trained("ptb");
  for (const char* how : {"", " --in-graph"}) {
    const std::string text = Succeed(sample + " --prime 'the old' -n 29 --seed 1" + how);
    EXPECT_THAT(text, StartsWith("the old"));
    std::istringstream stream(text);
    const auto words = std::distance(std::istream_iterator<std::string>(stream), {});
    // The end of a line is a word of the model; the last one here ends the output.
    EXPECT_EQ(words + std::count(text.begin(), text.end(), '\n') - 1, 2 + 29) << text;
  }
}

TEST_F(CliSampleTest, ThreeWaysOfSampling) {
  const std::string sample = "sample " + Trained("shakespeare_rnn") + " -n 40 --prime ";
  const std::string likeliest = Succeed(sample + "Wo --sampling 0 --seed 1");
  EXPECT_EQ(Succeed(sample + "Wo --sampling 0 --seed 2"), likeliest);
  EXPECT_NE(Succeed(sample + "Wo --sampling 1 --seed 1"),
            Succeed(sample + "Wo --sampling 1 --seed 2"));
  EXPECT_EQ(Succeed(sample + "Wo --sampling 1 --seed 1"), Succeed(sample + "Wo --seed 1"));

  const std::string after_spaces = Succeed(sample + "Wo --sampling 2 --seed 1");
  const size_t word = likeliest.find_first_of(" \n");
  EXPECT_EQ(after_spaces.substr(0, word + 1), likeliest.substr(0, word + 1));
  EXPECT_NE(Succeed(sample + "'Wo ' --sampling 2 --seed 1"),
            Succeed(sample + "'Wo ' --sampling 2 --seed 2"));
}

TEST_F(CliSampleTest, ALowTemperatureIsTheLikeliest) {
  const std::string sample = "sample " + Trained("shakespeare_rnn") + " -n 40 --prime Wo ";
  const std::string likeliest = Succeed(sample + "--sampling 0");
  // So low that a power of any probability is zero.
  for (const char* temperature : {"1e-3", "1e-9"}) {
    for (const char* how : {"", " --in-graph"}) {
      EXPECT_EQ(Succeed(sample + "--seed 4 --temperature " + temperature + how), likeliest) << how;
    }
  }
  EXPECT_EQ(Succeed(sample + "--seed 4 --temperature 1"), Succeed(sample + "--seed 4"));
  EXPECT_NE(Succeed(sample + "--seed 4 --temperature 2"), Succeed(sample + "--seed 4"));
  EXPECT_NE(Succeed(sample + "--seed 4 --in-graph --temperature 2"),
            Succeed(sample + "--seed 4 --in-graph"));
  for (const char* temperature : {"0", "-1", "nan", "inf"}) {
    for (const char* how : {"", " --in-graph"}) {
      EXPECT_THAT(Fail(sample + "--temperature=" + temperature + how),
                  AllOf(HasSubstr("--temperature: "), HasSubstr(" is no number above 0")))
          << temperature << how;
    }
  }
}

TEST_F(CliSampleTest, SeveralTextsAreDifferent) {
  const std::string sample = "sample " + Trained("text8_simple") + " -n 30 --seed 2 ";
  const std::string one = Succeed(sample), three = Succeed(sample + "--count 3");
  ASSERT_EQ(one.size(), 31u);
  ASSERT_EQ(three.size(), 93u);
  EXPECT_THAT(three, StartsWith(one));
  EXPECT_NE(three.substr(31, 31), one);
  EXPECT_NE(three.substr(62), one);
  EXPECT_NE(three.substr(62), three.substr(31, 31));
}

TEST_F(CliSampleTest, WithoutAPrimeNothingIsMadeUp) {
  const std::string lstm = "sample " + Trained("shakespeare_lstm") + " --prime '' -n ";
  EXPECT_EQ(Succeed(lstm + "0"), "\n");
  EXPECT_EQ(Succeed(lstm + "7").size(), 8u);
  EXPECT_EQ(Succeed(lstm + "7 --in-graph").size(), 8u);
  const std::string bigram = "sample " + Trained("text8_bigram") + " -n ";
  for (const char* how : {"", " --prime ''", " --in-graph", " --in-graph --prime ''"}) {
    EXPECT_EQ(Succeed(bigram + "7" + how).size(), 8u) << how;
  }
}

TEST_F(CliSampleTest, PrimesThatTheModelCannotReadAreRefused) {
  const std::string ptb = "sample " + Trained("ptb");
  const std::string bigram = "sample " + Trained("text8_bigram");
  for (const char* how : {"", " --in-graph"}) {
    EXPECT_THAT(Fail(ptb + " --prime 'the zebra'" + how),
                HasSubstr("the prime has 'zebra', which is not among the 448 symbols"));
    EXPECT_THAT(Fail(bigram + " --prime 'ca\xc3\xa9'" + how),
                HasSubstr("the prime has '\xc3\xa9'"));
    EXPECT_THAT(Fail(bigram + " --prime The" + how),
                AllOf(HasSubstr("the prime has 'T'"), HasSubstr("did you mean 't'?")));
    EXPECT_THAT(Fail(bigram + " --prime t" + how),
                HasSubstr("--prime: this model reads 2 symbols at once"));
  }
}

TEST_F(CliSampleTest, AGraphThatSamplesByItselfRefusesByName) {
  const std::string sample = "sample " + Trained("text8_tfp") + " --seed 1";
  const std::string texts = Succeed(sample);
  EXPECT_EQ(texts.size(), 3 * 8u) << texts;
  EXPECT_EQ(Succeed(sample), texts);
  EXPECT_EQ(Succeed(sample + " --in-graph"), texts);
  EXPECT_THAT(Succeed(sample + " --count 2"), AllOf(StartsWith(texts), testing::SizeIs(6 * 8)));
  for (const char* option : {"--prime abc", "-n 5", "--temperature 0.5", "--sampling 0"}) {
    const std::string name = std::string(option).substr(0, std::string(option).find(' '));
    EXPECT_THAT(Fail(sample + " " + option),
                StartsWith("graphrun: " + name + ": the graph of this model samples by itself"));
  }
  EXPECT_THAT(Fail("sample " + Trained("ptb") + " --in-graph --sampling 0"),
              StartsWith("graphrun: --sampling: the graph of this model samples by itself"));
}

TEST_F(CliSampleTest, InitialWeightsAreSaidToBe) {
  const std::string model = Export("text8_simple");
  for (const std::string command : {"sample ", "eval "}) {
    const Result r = Run(command + model + " --seed 1");
    EXPECT_EQ(r.code, 0);
    EXPECT_EQ(r.err, "graphrun: without --restore, these are the initial weights\n");
    EXPECT_THAT(r.out, Not(HasSubstr("initial")));
  }
  EXPECT_THAT(Run("sample " + Trained("text8_simple")).err, IsEmpty());
}

TEST_F(CliSampleTest, WithoutAVocabularyThereIsNoText) {
  const std::string sample = "sample " + Export("shakespeare_rnn");
  EXPECT_THAT(Fail(sample), AllOf(HasSubstr("has no vocabulary"), HasSubstr("--data")));
  EXPECT_THAT(Fail(sample + " --restore nowhere/model"),
              HasSubstr("no checkpoint nowhere/model: there is no file nowhere/model.index"));
}

TEST_F(CliSampleTest, WeightsThatAreNoNumbersAreNamed) {
  const std::string model = Export("ptb", "--data builtin");
  const Result r = Run(model + " --steps 9 --seed 3 --set lr=1e30 --save-dir diverged");
  EXPECT_THAT(r.err, HasSubstr("its weights are not finite"));
  EXPECT_THAT(Fail("sample " + model + " --restore diverged"),
              HasSubstr("its weights are not finite, as after too high a learning rate"));
}

TEST_F(CliSampleTest, CheckpointsOfOtherModelsAreRefused) {
  const std::string ptb = Trained("ptb"), rnn = Trained("shakespeare_rnn");
  EXPECT_THAT(Fail("sample ptb.pb --restore shakespeare_rnn-saved"),
              AllOf(HasSubstr("has no value for variables 'model/"), HasSubstr("it has 'rnnlm/")));
  Succeed("export ptb --data builtin " + std::string(kToy) + " --set hidden=13 -o other.pb");
  for (const std::string command : {"sample ", "eval ", "train "}) {
    EXPECT_THAT(Fail(command + "other.pb --restore ptb-saved"),
                AllOf(HasSubstr("is of another model"),
                      HasSubstr("'model/embedding' is float32[448,13] and float32[448,16] there")));
  }
}

TEST_F(CliSampleTest, CheckpointsThatAreNotThereAreNamed) {
  const std::string model = Export("ptb", "--data builtin");
  std::filesystem::create_directory(Path("folder"));
  for (const std::string command : {"sample ", "eval ", "train "}) {
    EXPECT_THAT(Fail(command + model + " --restore folder"),
                HasSubstr("the folder 'folder' has no checkpoint"));
    EXPECT_THAT(Fail(command + model + " --restore folder/m"),
                HasSubstr("no checkpoint folder/m: there is no file folder/m.index"));
  }
}

TEST_F(CliSampleTest, DamagedCheckpointsAreTwo) {
  const std::string model = Trained("ptb");
  const std::string prefix = "ptb-saved/model.ckpt-80";
  const auto damage = [&](const std::string& name, const std::string& bytes) {
    const std::string before = Read(name);
    Write(name, bytes);
    for (const std::string command : {"sample ", "eval ", "train "}) {
      EXPECT_THAT(Fail(command + model, 2), HasSubstr("ptb-saved/")) << name;
    }
    Write(name, before);
  };
  const std::string data = prefix + ".data-00000-of-00001", values = Read(data);
  damage(data, values.substr(0, values.size() / 2));
  std::string flipped = values;
  flipped[values.size() / 3] ^= 4;
  damage(data, flipped);
  damage(prefix + ".index", Read(prefix + ".index").substr(0, 70));
  damage("ptb-saved/checkpoint", "no state\n");
  Succeed("sample " + model);
  // What holds the vocabulary is read only where the model has none.
  Write(prefix + ".meta", Read(prefix + ".meta").substr(0, 900));
  Succeed("sample " + model);
  EXPECT_THAT(Fail("sample " + Export("ptb", "--set vocab=448") + " --restore ptb-saved", 2),
              HasSubstr(prefix + ".meta"));
}

}  // namespace
}  // namespace graphrun
