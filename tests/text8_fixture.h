// The character models of text8 for tests: built at toy size, fed by their plans.
#ifndef GRAPHRUN_TESTS_TEXT8_FIXTURE_H_
#define GRAPHRUN_TESTS_TEXT8_FIXTURE_H_

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "core/base/file.h"
#include "core/import/case_file.h"
#include "core/import/load.h"
#include "models/text8_corpus.h"
#include "tests/model_fixture.h"
#include "tests/model_run.h"

namespace graphrun {

struct Text8Case {
  std::string name;
  Settings toy;   // the sizes of model.NAME.case.pb
  Settings full;  // what full.NAME.case.pb has other than the defaults
};

inline std::vector<Text8Case> UdacityCases() {
  const Settings simple = {"batch=4", "steps=5", "nodes=6"};
  Settings embedding = simple;
  embedding.push_back("embedding=7");
  Settings dropout = embedding;
  dropout.push_back("keep=0.7");
  return {{"text8_simple", simple, {}},
          {"text8_fused", simple, {}},
          {"text8_embedding", embedding, {}},
          {"text8_bigram", embedding, {}},
          {"text8_bigram_dropout", dropout, {"keep=0.9"}}};
}
inline Text8Case TfpCase() { return {"text8_tfp", {"batch=4", "steps=6", "hidden=8"}, {}}; }
inline std::vector<Text8Case> AllText8Cases() {
  std::vector<Text8Case> cases = UdacityCases();
  cases.push_back(TfpCase());
  return cases;
}

using Window = std::vector<std::vector<int32_t>>;  // rows of ids

// Ids that no two places, rows or batches have in the same order.
inline Window SomeWindow(int64_t rows, int64_t columns, int64_t batch) {
  Window window(rows, std::vector<int32_t>(columns));
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) {
      window[r][c] =
          static_cast<int32_t>((7 * r + 5 * c * c + 11 * batch + r * c) % models::kText8Symbols);
    }
  }
  return window;
}

// The one-hot rows of a column, float32 [rows, 27].
inline Tensor OneHotColumn(const Window& window, size_t column) {
  const auto rows = static_cast<int64_t>(window.size());
  Tensor t = Tensor::Zeros(DType::kFloat, {rows, models::kText8Symbols});
  for (int64_t r = 0; r < rows; ++r) {
    t.data<float>()[r * models::kText8Symbols + window[r][column]] = 1;
  }
  return t;
}

// What a plan feeds of a window: all inputs as ids, or columns one-hot.
inline Feeds FeedsOf(const google::protobuf::RepeatedPtrField<pb::Feed>& plan,
                     const Window& window) {
  Feeds feeds;
  for (const pb::Feed& feed : plan) {
    if (feed.source() == pb::Feed::COLUMN) {
      EXPECT_TRUE(feed.one_hot());
      feeds.emplace_back(feed.tensor(), OneHotColumn(window, feed.column()));
      continue;
    }
    EXPECT_EQ(feed.source(), pb::Feed::INPUTS);
    std::vector<int32_t> ids;
    for (const std::vector<int32_t>& row : window) {
      ids.insert(ids.end(), row.begin(), row.end() - 1);
    }
    const auto rows = static_cast<int64_t>(window.size());
    feeds.emplace_back(feed.tensor(),
                       Tensor::Of(ids, {rows, static_cast<int64_t>(ids.size()) / rows}));
  }
  return feeds;
}

class Text8Test : public testing::Test {
 protected:
  ModelRunPtr Build(const Text8Case& c, const Settings& settings) {
    return BuildModel(c.name, settings, &registry_);
  }
  // TensorFlow's graph: of toy size, or with the sizes of its authors. nullptr without a folder.
  ModelRunPtr Reference(const Text8Case& c, bool full) {
    const char* folder = std::getenv("GRAPHRUN_CASES");
    if (folder == nullptr) return nullptr;
    auto run = std::make_unique<ModelRun>(&registry_);
    const std::string file = (full ? "/full/full." : "/model.") + c.name + ".case.pb";
    ParseMetaGraph(ParseCase(ReadFile(folder + file)).meta_graph, &run->meta);
    return run;
  }
  // Gives both the same values of all weights.
  static void Equate(const ModelRun& a, const ModelRun& b) {
    double phase = 0;
    for (const VariableInfo& v : a.meta.variables) {
      if (!v.trainable || v.dtype != DType::kFloat) continue;
      const Tensor value = Wave(v.shape, 0.4, 1.3, ++phase);
      for (const ModelRun* run : {&a, &b}) run->session->SetVariable(v.name, value);
    }
  }
  static Window TrainingWindow(const pb::RunPlan& plan, int64_t batch) {
    const pb::Batches& sizes = plan.train().batches();
    return SomeWindow(sizes.batch(), sizes.steps() + 1, batch);
  }
  static double TrainStep(const ModelRun& run, const Feeds& feeds) {
    return run.session->Run(feeds, {run.plan.train().loss()}, {run.plan.train().targets(0)})[0]
        .number_at(0);
  }

  OpRegistry registry_ = AllOps();
};

}  // namespace graphrun

#endif  // GRAPHRUN_TESTS_TEXT8_FIXTURE_H_
