// What training leaves in files, and what comes of it: checkpoints, the vocabulary beside them,
// evaluations of trained weights, event files.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "core/io/crc32c.h"
#include "proto/event.pb.h"
#include "proto/graph.pb.h"
#include "tests/cli_toys.h"

namespace graphrun {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CliSaveTest : public CliToys {
 protected:
  // Steps of the checkpoints in a folder.
  static std::set<int> Steps(const std::string& folder) {
    std::set<int> steps;
    for (const auto& entry : fs::directory_iterator(Path(folder))) {
      if (entry.path().extension() == ".index") {
        const std::string stem = entry.path().stem().string();
        steps.insert(std::stoi(stem.substr(stem.rfind('-') + 1)));
      }
    }
    return steps;
  }
  static std::string Loss(const std::string& eval) {
    const std::string out = Succeed("eval " + eval);
    const size_t at = out.find(": loss ");
    EXPECT_NE(at, out.npos) << out;
    return out.substr(at, out.find('\n', at) - at);
  }
};

TEST_F(CliSaveTest, TheVocabularyTravelsBesideTheCheckpoint) {
  const std::string model = Export("shakespeare_rnn");
  Write("text.txt", Lines(60));
  Succeed(model + " --data text.txt --steps 30 --seed 1 --save-dir vocabulary");
  fs::remove(Path("text.txt"));

  const std::string options = " --restore vocabulary --seed 2 --prime 'the owl' -n 40";
  const std::string text = Succeed("sample " + model + options);
  EXPECT_EQ(text.find_first_not_of("theowlsawfxndruy \n"), text.npos) << text;
  EXPECT_EQ(Succeed("sample vocabulary/model.ckpt-30.meta" + options), text);
  EXPECT_THAT(Fail("sample " + model + " --restore vocabulary --prime z"),
              HasSubstr("which is not among the 16 symbols"));

  // A text whose own order of symbols is another.
  Write("other.txt", std::string(100, 'y') + Lines(30) + std::string(99, 'u'));
  const std::string eval = " --restore vocabulary --data other.txt";
  EXPECT_EQ(Loss(model + eval), Loss("vocabulary/model.ckpt-30.meta" + eval));
  EXPECT_THAT(Succeed("eval " + model + eval), HasSubstr("vocabulary 16\n"));
  // In training too.
  Write("part.txt", "the owl" + Lines(9) + "zzz");
  const Result r = Run("train " + model + " --restore vocabulary --data part.txt --steps 1");
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, HasSubstr("vocabulary 16\n"));
  EXPECT_THAT(r.err, HasSubstr("graphrun: 3 symbols of the train text are not in the vocabulary"));
}

TEST_F(CliSaveTest, RestoredWeightsGoOn) {
  const std::string restored = Trained("ptb");
  Write("text.txt", "the old owls\n" + Succeed("sample " + restored + " -n 2000 --seed 1"));
  const std::string data = " --data text.txt --seed 4";
  // At a rate of zero, training measures the loss of the weights that it started from.
  const std::string epoch = " --epochs 1 --set lr=0" + data;
  const double untrained = NumberAfter("Train Perplexity: ", Succeed("ptb.pb" + epoch));
  const double trained = NumberAfter("Train Perplexity: ", Succeed(restored + epoch));
  EXPECT_LT(trained, 0.7 * untrained);
  EXPECT_NEAR(trained,
              NumberAfter("perplexity ", Succeed("eval " + restored + " --split train" + data)),
              2e-3);
  Succeed(restored + " --epochs 4 --set lr=0.3" + data + " --save-dir more");
  EXPECT_LT(NumberAfter("perplexity ", Succeed("eval ptb.pb --restore more --split train" + data)),
            trained);
}

TEST_F(CliSaveTest, FiveCheckpointsAreKept) {
  const std::string model = Export("ptb", "--data builtin");
  const std::string run = model + " --seed 1 --threads 1 --quiet --save-dir kept ";
  Succeed(run + "--steps 42 --save-every 7");
  EXPECT_THAT(Steps("kept"), ElementsAre(14, 21, 28, 35, 42));
  EXPECT_EQ(std::distance(fs::directory_iterator(Path("kept")), {}), 5 * 3 + 1);
  EXPECT_THAT(Read("kept/checkpoint"), HasSubstr("model_checkpoint_path: \"model.ckpt-42\"\n"));
  EXPECT_THAT(Read("kept/checkpoint"), Not(HasSubstr("model.ckpt-7\"")));
  const std::string latest = Loss(model + " --restore kept");
  EXPECT_EQ(Loss(model + " --restore kept/model.ckpt-42"), latest);
  EXPECT_NE(Loss(model + " --restore kept/model.ckpt-14"), latest);

  // Another run in the same folder counts those that are there, and goes through the same weights.
  Succeed(run + "--steps 33 --save-every 11");
  EXPECT_THAT(Steps("kept"), ElementsAre(11, 22, 33, 35, 42));
  EXPECT_THAT(Read("kept/checkpoint"), HasSubstr("model_checkpoint_path: \"model.ckpt-33\"\n"));
  EXPECT_NE(Loss(model + " --restore kept"), latest);
  Succeed(run + "--steps 42 --save-every 40");
  EXPECT_THAT(Steps("kept"), ElementsAre(11, 22, 33, 40, 42));
  EXPECT_EQ(Loss(model + " --restore kept"), latest);
}

TEST_F(CliSaveTest, SavesWhenThePlanSays) {
  Write("text.txt", Lines(250));
  const std::string model = Export("ptb");
  const std::string out = Succeed(model + " --data text.txt --epochs 3 --save-dir epochs");
  const std::set<int> steps = Steps("epochs");
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(*steps.rbegin(), 3 * *steps.begin());
  for (const int step : steps) {
    EXPECT_THAT(out, HasSubstr("saved epochs/model.ckpt-" + std::to_string(step) + "\n"));
  }
  // Also where the last epoch ends early.
  Succeed(model + " --data text.txt --steps 5 --save-dir deep/end");
  EXPECT_THAT(Steps("deep/end"), ElementsAre(5));
  Write("file", "");
  const Result r = Run(model + " --data text.txt --steps 2 --save-dir file");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, HasSubstr("--save-dir: cannot write checkpoints to the folder 'file'"));
  EXPECT_THAT(r.out, Not(HasSubstr("Stopped"))) << "said before training";
  fs::create_directory(Path("damaged"));
  Write("damaged/checkpoint", "no state\n");
  EXPECT_THAT(Fail(model + " --data text.txt --steps 2 --save-dir damaged", 2),
              HasSubstr("damaged/checkpoint"));
  EXPECT_THAT(Fail(model + " --save-every 5"), HasSubstr("--save-dir"));
}

TEST_F(CliSaveTest, EvalSaysWhatTrainingSaid) {
  Write("text.txt", Lines(300));
  const std::string model = Export("ptb"), end = " --data text.txt --threads 1";
  const std::string out = Succeed(model + end + " --seed 2 --epochs 1 --save-dir ptb");
  const std::string eval = "eval " + model + " --restore ptb" + end;
  const double valid = NumberAfter("Valid Perplexity: ", out);
  EXPECT_NEAR(NumberAfter("valid: loss .* perplexity ", Succeed(eval)), valid, 1e-3);
  EXPECT_NEAR(NumberAfter("valid: loss .* perplexity ", Succeed(eval + " --split valid")), valid,
              1e-3);
  EXPECT_NEAR(NumberAfter("test: loss .* perplexity ", Succeed(eval + " --split test")),
              NumberAfter("Test Perplexity: ", out), 1e-3);
  EXPECT_THAT(Fail(eval + " --split tests"),
              AllOf(HasSubstr("evaluates valid, test, train"), HasSubstr("did you mean 'test'")));
}

TEST_F(CliSaveTest, EvalTakesTheStateThatValidationTakes) {
  const std::string model = Export("text8_simple");
  const std::string out = Succeed(model + " --steps 21 --seed 2 --threads 1 --save-dir simple");
  const std::vector<double> said = NumbersAfter("Validation set perplexity: ", out);
  ASSERT_EQ(said.size(), 3u) << "after steps 1, 11 and 21";
  const std::string eval = Succeed("eval " + model + " --restore simple --threads 1");
  EXPECT_NEAR(NumberAfter("perplexity ", eval), said[2], 6e-3);
  EXPECT_THAT(Fail("eval " + model + " --split test"), HasSubstr("evaluates valid, train"));
}

TEST_F(CliSaveTest, EvalTakesSplitsThatTrainingDoesNot) {
  const std::string model = Export("text8_tfp"), end = " --data text.txt --threads 1";
  std::string text = Lines(900);
  std::replace(text.begin(), text.end(), '\n', ' ');
  Write("text.txt", text);
  const std::string out = Succeed(model + end + " --seed 2 --epochs 1 --quiet --save-dir tfp");
  const std::vector<double> said = NumbersAfter("Test average NLL: ", out);
  ASSERT_EQ(said.size(), 2u) << "after each half of the epoch";
  const std::string eval = "eval " + model + " --restore tfp" + end;
  const std::string test = Succeed(eval + " --split test");
  EXPECT_NEAR(NumberAfter("bits, ", test), said[1], 1e-3);
  const std::string valid = Succeed(eval + " --split valid");
  EXPECT_THAT(valid, ContainsRegex("valid: loss [0-9.]+ nats"));
  EXPECT_EQ(Succeed(eval), valid);
  EXPECT_NE(NumberAfter("loss ", valid), NumberAfter("loss ", test));
  const std::string rnn = "eval " + Export("shakespeare_rnn") + " --data text.txt";
  EXPECT_THAT(Succeed(rnn), HasSubstr("\ntrain: loss ")) << "all that there is";
  EXPECT_THAT(Fail(rnn + " --split valid"), HasSubstr("evaluates train"));
}

class CliEventsTest : public CliToys {
 protected:
  // All events of the only file in a folder; their framing is right.
  static std::vector<pb::Event> Events(const std::string& folder) {
    std::vector<pb::Event> events;
    const fs::directory_iterator files{Path(folder)};
    EXPECT_EQ(std::distance(files, {}), 1);
    const std::string bytes = ReadFile(fs::directory_iterator(Path(folder))->path().string());
    for (size_t at = 0; at < bytes.size();) {
      uint64_t length = 0;
      if (bytes.size() - at < 16) ADD_FAILURE() << "a record is cut off";
      std::memcpy(&length, &bytes[at], 8);
      const std::string_view data = std::string_view(bytes).substr(at + 12, length);
      uint32_t checksum = 0;
      std::memcpy(&checksum, &bytes.at(at + 12 + length), 4);
      EXPECT_EQ(checksum, MaskedCrc32c(data));
      EXPECT_TRUE(events.emplace_back().ParseFromString(std::string(data)));
      at += 16 + length;
    }
    return events;
  }
  // The values of a tag, by step.
  static std::map<int64_t, float> Values(const std::vector<pb::Event>& events,
                                         const std::string& tag) {
    std::map<int64_t, float> values;
    for (const pb::Event& event : events) {
      for (const auto& value : event.summary().value()) {
        if (value.tag() == tag) values[event.step()] = value.simple_value();
      }
    }
    return values;
  }
  static pb::GraphDef GraphOf(const std::vector<pb::Event>& events) {
    pb::GraphDef graph;
    EXPECT_EQ(events.at(0).file_version(), "brain.Event:2");
    EXPECT_TRUE(graph.ParseFromString(events.at(1).graph_def()));
    return graph;
  }
};

TEST_F(CliEventsTest, HaveTheGraphEveryLossAndEvaluations) {
  Write("text.txt", Lines(250));
  const std::string model = Export("ptb");
  const std::string out = Succeed(
      model + " --data text.txt --seed 1 --epochs 2 --logdir epochs_log --save-dir for_steps");
  const std::vector<pb::Event> events = Events("epochs_log");
  EXPECT_GT(GraphOf(events).node_size(), 100);

  const std::map<int64_t, float> costs = Values(events, "train/cost");
  const auto steps = static_cast<int64_t>(costs.size());
  EXPECT_THAT(out, HasSubstr("model.ckpt-" + std::to_string(steps) + "\n"));
  EXPECT_EQ(costs.begin()->first, 1);
  EXPECT_EQ(costs.rbegin()->first, steps);
  EXPECT_GT(costs.at(1), costs.at(steps));
  const std::map<int64_t, float> rates = Values(events, "train/rate");
  EXPECT_THAT(rates, ElementsAre(std::pair(0, 1.0f), std::pair(steps / 2, 0.5f)));
  for (const auto& [name, label] : {std::pair("train", "Train"), std::pair("valid", "Valid")}) {
    const std::vector<double> said = NumbersAfter(std::string(label) + " Perplexity: ", out);
    const auto logged = Values(events, std::string(name) + "/perplexity");
    ASSERT_EQ(logged.size(), 2u) << name;
    EXPECT_NEAR(logged.at(steps / 2), said.at(0), 1e-3) << name;
    EXPECT_NEAR(logged.at(steps), said.at(1), 1e-3) << name;
    EXPECT_NEAR(std::exp(Values(events, std::string(name) + "/loss").at(steps)), said.at(1), 1e-2);
  }
  EXPECT_NEAR(Values(events, "test/perplexity").at(steps), NumberAfter("Test Perplexity: ", out),
              1e-3);
}

TEST_F(CliEventsTest, HaveMetricsOfReports) {
  const std::string model = Export("text8_simple");
  const std::string out = Succeed(model + " --seed 1 --steps 12 --logdir reports_log");
  const std::vector<pb::Event> events = Events("reports_log");
  const std::vector<double> said = NumbersAfter("Minibatch perplexity: ", out);
  const auto logged = Values(events, "train/minibatch_perplexity");
  ASSERT_EQ(logged.size(), 2u);
  EXPECT_NEAR(logged.at(1), said.at(0), 6e-3);
  EXPECT_NEAR(logged.at(11), said.at(1), 6e-3);
  EXPECT_EQ(Values(events, "train/learning_rate").at(11), 10.0f);
  EXPECT_NEAR(Values(events, "valid/perplexity").at(11),
              NumbersAfter("Validation set perplexity: ", out).at(1), 6e-3);
  EXPECT_EQ(Values(events, "train/cost").size(), 12u);
}

TEST_F(CliEventsTest, HaveWhatTheGraphSums) {
  const std::string model = Export("shakespeare_lstm");
  const std::string out = Succeed(model + " --seed 1 --steps 20 --logdir sums_log");
  const std::vector<pb::Event> events = Events("sums_log");
  std::map<std::string, int> tags;
  for (const pb::Event& event : events) {
    for (const auto& value : event.summary().value()) ++tags[value.tag()];
  }
  EXPECT_EQ(tags["train/cost"], 20);
  tags.erase("train/cost");
  // The graph's own scalars; those of the training loss are the cost.
  ASSERT_FALSE(tags.empty());
  bool loss = false;
  for (const auto& [tag, count] : tags) {
    EXPECT_EQ(count, 20) << tag;
    loss = loss || Values(events, tag) == Values(events, "train/cost");
  }
  EXPECT_TRUE(loss);
  EXPECT_NEAR(Values(events, "train/cost").at(20), NumberAfter("Loss Training \\[", out), 6e-4);
}

}  // namespace
}  // namespace graphrun
