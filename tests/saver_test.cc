// Saver: variables to checkpoints and back, in the same graph and in another.
#include "core/train/saver.h"

#include <filesystem>

#include "core/base/file.h"
#include "core/import/load.h"
#include "core/io/checkpoint.h"
#include "tests/model_fixture.h"

namespace graphrun {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using train::Saver;

class SaverTest : public ModelTest {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              (std::string("graphrun_saver_") +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    kernel_ = root_.VariableScope("cell").GetVariable("kernel", {2, 3});
    bias_ = root_.VariableScope("cell").GetVariable("bias", {3});
    step_ = root_.GlobalStep();
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  // Sets the variables to numbers that follow from k.
  void Set(float k) {
    session_->SetVariable("cell/kernel", Wave({2, 3}, k, .7, .1));
    session_->SetVariable("cell/bias", Wave({3}, k, .3, .2));
    session_->SetVariable("global_step", Tensor::Scalar<int64_t>(static_cast<int64_t>(k)));
  }
  static std::vector<std::string> Checkpoints(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".index") names.push_back(entry.path().stem().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  fs::path folder_;
  Variable kernel_, bias_, step_;
};

TEST_F(SaverTest, RestoresWhatWasSaved) {
  Start();
  Set(4);
  Saver saver(root_.Variables());
  const std::string path = saver.Save(*session_, Path("deep/model"), 400);
  EXPECT_EQ(path, Path("deep/model-400"));
  EXPECT_EQ(Saver::LatestCheckpoint(Path("deep")), path);
  EXPECT_THAT(CheckpointReader(path).names(),
              ElementsAre("cell/bias", "cell/kernel", "global_step"));
  for (const std::string& from : {path, Path("deep")}) {
    Set(-5);
    saver.Restore(*session_, from);
    ExpectNear(session_->VariableValue("cell/kernel"), Floats(Wave({2, 3}, 4, .7, .1)), 0);
    EXPECT_EQ(session_->VariableValue("global_step").scalar<int64_t>(), 4);
  }
  EXPECT_EQ(saver.Save(*session_, Path("plain")), Path("plain"));
}

TEST_F(SaverTest, AnotherGraphTakesTheVariablesItHas) {
  Start();
  Set(4);
  Saver(root_.Variables()).Save(*session_, Path("m"));
  MetaGraph other(&registry_);
  const Variable bias = Scope::Root(other).VariableScope("cell").GetVariable("bias", {3});
  Session session(other.graph);
  Saver(other).Restore(session, Path("m"));
  ExpectNear(session.VariableValue("cell/bias"), Floats(Wave({3}, 4, .3, .2)), 0);
}

TEST_F(SaverTest, WritesTheModelBeside) {
  Start();
  const std::string path = Saver(meta_).Save(*session_, Path("m"), 7, &meta_);
  MetaGraph loaded(&registry_);
  LoadMetaGraph(path + ".meta", &loaded);
  EXPECT_EQ(loaded.variables.size(), 3u);
  Session session(loaded.graph);
  Saver(loaded).Restore(session, path);
  EXPECT_EQ(Floats(session.VariableValue("cell/kernel")),
            Floats(session_->VariableValue("cell/kernel")));
}

TEST_F(SaverTest, KeepsTheNewest) {
  Start();
  Saver saver(root_.Variables(), 2);
  for (const int64_t step : {1, 2, 2, 30, 4}) saver.Save(*session_, Path("m"), step, &meta_);
  EXPECT_THAT(Checkpoints(folder_), ElementsAre("m-30", "m-4"));
  EXPECT_FALSE(fs::exists(Path("m-2.data-00000-of-00001")));
  EXPECT_FALSE(fs::exists(Path("m-2.meta")));
  EXPECT_THAT(saver.checkpoints(), ElementsAre(Path("m-30"), Path("m-4")));
  EXPECT_EQ(ReadFile(Path("checkpoint")),
            "model_checkpoint_path: \"m-4\"\nall_model_checkpoint_paths: \"m-30\"\n"
            "all_model_checkpoint_paths: \"m-4\"\n");

  Saver stranger(root_.Variables(), 2);  // removes only its own
  stranger.Save(*session_, Path("n"));
  EXPECT_THAT(Checkpoints(folder_), ElementsAre("m-30", "m-4", "n"));

  saver.Save(*session_, Path("m"), 4);
  Saver resumed(root_.Variables(), 2);
  resumed.Recover(folder_.string() + "/./");
  for (const int64_t step : {4, 5}) resumed.Save(*session_, Path("m"), step);
  EXPECT_THAT(Checkpoints(folder_), ElementsAre("m-4", "m-5", "n"));

  Saver all(root_.Variables(), 0);
  for (int64_t step = 100; step < 107; ++step) all.Save(*session_, Path("all"), step);
  EXPECT_EQ(Checkpoints(folder_).size(), 10u);
  EXPECT_THAT(ErrorOf(Code::kInvalidArgument, [&] { Saver s(root_.Variables(), -1); }),
              HasSubstr("max_to_keep is -1"));
}

TEST_F(SaverTest, NamesVariablesWithoutValues) {
  Session session(meta_.graph);
  session.SetVariable("cell/bias", Wave({3}, 1, .3, .2));
  EXPECT_THAT(
      ErrorOf(Code::kFailedPrecondition, [&] { Saver(meta_).Save(session, Path("m")); }),
      HasSubstr(
          "variables 'cell/kernel', 'global_step' without a value yet; run the initializers"));
  EXPECT_FALSE(fs::exists(folder_));
  EXPECT_THAT(ErrorOf(Code::kInvalidArgument, [&] { Saver(meta_).Save(session, Path("")); }),
              HasSubstr("names no checkpoint"));
}

TEST_F(SaverTest, SaysWhatDoesNotFit) {
  Start();
  Set(4);
  fs::create_directories(folder_);
  const Saver saver(meta_);
  const auto fails = [&](Code code, const std::string& path) {
    const std::string error = ErrorOf(code, [&] { saver.Restore(*session_, path); });
    EXPECT_EQ(session_->VariableValue("global_step").scalar<int64_t>(), 4) << "nothing changed";
    return error;
  };
  const Tensor bias = Wave({3}, 9, .3, .2), step = Tensor::Scalar<int64_t>(9);
  WriteCheckpoint(
      Path("m"),
      {{"cell/kernels", Wave({2, 3}, 9, .1, .1)}, {"cell/bias", bias}, {"global_step", step}});
  const std::string missing = fails(Code::kNotFound, Path("m"));
  EXPECT_THAT(missing, HasSubstr("m has no value for variable 'cell/kernel'; did you mean "
                                 "'cell/kernels'"));
  EXPECT_THAT(missing, HasSubstr("it has 'cell/bias' float32[3], 'cell/kernels' float32[2,3]"));

  WriteCheckpoint(Path("m"), {{"cell/kernel", Wave({3, 2}, 9, .1, .1)},
                              {"cell/bias", Tensor::Vector<double>({1, 2, 3})},
                              {"global_step", step}});
  const std::string other = fails(Code::kInvalidArgument, Path("m"));
  EXPECT_THAT(other, HasSubstr("'cell/kernel' is float32[2,3] and float32[3,2] there"));
  EXPECT_THAT(other, HasSubstr("'cell/bias' is float32[3] and float64[3] there"));
  EXPECT_THAT(other, Not(HasSubstr("global_step")));

  WriteCheckpoint(
      Path("m"),
      {{"cell/kernel", Wave({2, 3}, 9, .1, .1)}, {"cell/bias", bias}, {"global_step", step}});
  std::string data = ReadFile(Path("m.data-00000-of-00001"));
  data.back() = 1;  // of the last variable
  WriteFile(Path("m.data-00000-of-00001"), data);
  EXPECT_THAT(fails(Code::kDataLoss, Path("m")), HasSubstr("while reading 'global_step'"));
  EXPECT_THAT(fails(Code::kNotFound, folder_.string()), HasSubstr("no file named 'checkpoint'"));
  EXPECT_THAT(fails(Code::kNotFound, ""), HasSubstr("no checkpoint to restore"));

  MetaGraph empty(&registry_);
  Session session(empty.graph);
  EXPECT_THAT(ErrorOf(Code::kNotFound, [&] { saver.Restore(session, Path("m")); }),
              HasSubstr("the session's graph has no variable 'cell/kernel'"));
}

}  // namespace
}  // namespace graphrun
