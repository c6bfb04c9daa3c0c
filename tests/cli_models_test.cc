// Every model of `graphrun list` at toy size, as its user meets it: exported, trained, evaluated,
// sampled, recorded.
#include <map>

#include "models/model_registry.h"
#include "tests/cli_fixture.h"

namespace graphrun {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Sizes with which a model learns in a second or two what the bound says.
struct Toy {
  std::string settings;  // of export
  std::string run;       // of training
  double bound;          // on the loss of a symbol of the training text, in nats
};

const std::map<std::string, Toy>& Toys() {
  static const std::map<std::string, Toy> toys = {
      {"ptb", {"--set hidden=16 --set layers=1 --set batch=8 --set steps=6", "--steps 150", 5.2}},
      {"text8_tfp", {"--set hidden=24 --set batch=9 --set steps=11", "--steps 150", 2.7}},
      {"text8_simple", {"--set nodes=20 --set batch=12 --set steps=7", "--steps 150", 2.8}},
      {"text8_fused", {"--set nodes=20 --set batch=12 --set steps=7", "--steps 150", 2.8}},
      {"text8_embedding",
       {"--set nodes=20 --set embedding=13 --set batch=12 --set steps=7", "--steps 150", 2.8}},
      {"text8_bigram",
       {"--set nodes=20 --set embedding=13 --set batch=12 --set steps=7", "--steps 150", 2.8}},
      {"text8_bigram_dropout",
       {"--set nodes=20 --set embedding=13 --set batch=12 --set steps=7 --set keep=0.9",
        "--steps 150", 2.8}},
      {"shakespeare_rnn",
       {"--set hidden=24 --set batch=9 --set steps=11 --set lr=0.01", "--steps 150", 2.7}},
      {"shakespeare_lstm",
       {"--set hidden=24 --set layers=2 --set batch=9 --set steps=11 --set lr=0.03", "--steps 150",
        2.8}},
  };
  return toys;
}

class CliModelsTest : public CliFolder, public testing::WithParamInterface<std::string> {
 protected:
  // The number after `label` in a text.
  static double NumberAfter(const std::string& text, const std::string& label) {
    const size_t at = text.find(label);
    EXPECT_NE(at, text.npos) << label << " in " << text;
    return at == text.npos ? 0 : std::stod(text.substr(at + label.size()));
  }
  static void Succeed(const Result& r) { ASSERT_EQ(r.code, 0) << r.out << r.err; }
};

TEST(CliModelsTable, HasEveryModel) {
  for (const models::ModelSpec& model : models::AllModels()) {
    EXPECT_TRUE(Toys().contains(model.name)) << model.name;
  }
  EXPECT_EQ(Toys().size(), models::AllModels().size());
}

TEST_P(CliModelsTest, LearnsTheSameBytesInEveryRun) {
  const Toy& toy = Toys().at(GetParam());
  const std::string model = GetParam() + ".pb";
  Succeed(Run("export " + GetParam() + " --data builtin " + toy.settings + " -o " + model));
  for (const char* folder : {"first", "second"}) {
    std::filesystem::remove_all(Path(folder));
    Succeed(Run(model + " --threads 1 --seed 3 --quiet --save-dir " + folder + " " + toy.run));
  }
  for (const char* end : {".index", ".data-00000-of-00001"}) {
    const std::string file = std::string("/model.ckpt-150") + end;
    EXPECT_EQ(Read("first" + file), Read("second" + file)) << end;
  }

  const Result untrained = Run("eval " + model + " --split train --seed 3 --threads 1");
  Succeed(untrained);
  EXPECT_THAT(untrained.err, HasSubstr("initial weights"));
  const Result trained = Run("eval " + model + " --split train --restore first --threads 1");
  Succeed(trained);
  const double before = NumberAfter(untrained.out, "train: loss ");
  const double after = NumberAfter(trained.out, "train: loss ");
  EXPECT_LT(after, toy.bound);
  EXPECT_GT(before, toy.bound) << "the bound shows nothing";

  const std::string sample = "sample " + model + " --restore first --threads 1 --seed 5";
  const Result text = Run(sample);
  Succeed(text);
  EXPECT_GT(text.out.size(), 40u);
  EXPECT_THAT(text.err, IsEmpty());
  EXPECT_EQ(Run(sample).out, text.out);
  const Result in_graph = Run(sample + " --in-graph");
  Succeed(in_graph);
  EXPECT_GT(in_graph.out.size(), 40u);
  std::filesystem::remove_all(Path("first"));
  std::filesystem::remove_all(Path("second"));
}

TEST_P(CliModelsTest, ARecordedRunPasses) {
  const std::string name = GetParam();
  Succeed(Run("export " + name + " --data builtin " + Toys().at(name).settings + " -o toy.pb"));
  Succeed(Run("record toy.pb --steps 3 -o toy.case.pb"));
  for (const char* how : {"", " --interpret"}) {
    const Result r = Run(std::string("check toy.case.pb") + how);
    EXPECT_EQ(r.out, "1 passed, 0 failed\n") << r.err;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, CliModelsTest, testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const auto& [name, toy] : Toys()) names.push_back(name);
                           return names;
                         }()),
                         [](const auto& model) { return model.param; });

}  // namespace
}  // namespace graphrun
