// The C++ example of the README: compiled and run here, and shown there word for word.
// [README
#include <cstdio>
#include <random>

#include "core/build/ops.h"
#include "core/import/save.h"
#include "core/run/session.h"
#include "models/nn/layers.h"
#include "models/nn/optimizers.h"
#include "models/nn/rnn.h"
#include "ops/register_all.h"

using namespace graphrun;

// An LSTM learns to add up the eight numbers that it reads one by one. Returns the last loss.
float TrainAndSave(const std::string& path) {
  const OpRegistry ops = AllOps();
  MetaGraph model(&ops);
  const Scope s = Scope::Root(model);
  s.SetRandomSeed(1);
  const Expr x = op::Placeholder(s.WithName("x"), DType::kFloat, {32, 8, 1});
  const Expr y = op::Sum(s.WithName("y"), x, {1});
  nn::BasicLSTMCell cell(16);
  const nn::RnnResult rnn = nn::DynamicRnn(s, cell, x, {.dtype = DType::kFloat});
  const Expr guess = nn::Dense(s, rnn.outputs[{all, -1}], 1);
  const Expr loss = op::ReduceMean(s.WithName("loss"), op::Square(s, guess - y));
  const Expr step = train::AdamOptimizer(0.02).Minimize(s, loss);
  const Expr init = s.GlobalVariablesInitializer();

  Session session(model.graph);
  session.Run({}, {}, {init});
  std::mt19937 random(1);
  float last = 0;
  for (int i = 0; i <= 400; ++i) {
    Tensor batch(DType::kFloat, {32, 8, 1});
    for (float& v : batch.span<float>()) v = static_cast<float>(random() % 1000) / 1000 - 0.5f;
    last = session.Run({{x, batch}}, {loss}, {step})[0].scalar<float>();
    if (i % 100 == 0) std::printf("step %3d  loss %.4f\n", i, last);
  }
  SaveMetaGraph(model, path);  // graphrun info lstm.pb; graphrun dot lstm.pb -o lstm.svg
  return last;
}
// README]

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/import/load.h"
#include "tests/paths.h"

namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ReadmeExample, Learns) {
  const std::string path =
      (std::filesystem::temp_directory_path() / "readme_example_lstm.pb").string();
  EXPECT_LT(TrainAndSave(path), 0.05);
  const OpRegistry ops = AllOps();
  MetaGraph loaded(&ops);
  LoadMetaGraph(path, &loaded);
  EXPECT_NE(loaded.graph.Find("loss"), kNoNode);
  std::filesystem::remove(path);
}

TEST(ReadmeExample, StandsInTheReadme) {
  const std::string root = kSourceDir;
  const std::string source = ReadFile(root + "/tests/readme_example_test.cc");
  const size_t begin = source.find("// [README\n") + 11, end = source.find("// README]");
  EXPECT_NE(ReadFile(root + "/README.md").find(source.substr(begin, end - begin)),
            std::string::npos);
}

}  // namespace
