#include "tools/graphrun/weights.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/train/run_plan.h"
#include "core/train/saver.h"
#include "tools/graphrun/command_line.h"

namespace graphrun {

std::string FindCheckpoint(const std::string& restore) {
  if (!std::filesystem::is_directory(restore)) return restore;
  if (std::string latest = train::Saver::LatestCheckpoint(restore); !latest.empty()) return latest;
  throw Error(Code::kNotFound,
              fmt::format("--restore: the folder '{}' has no checkpoint: it lacks the file "
                          "'checkpoint', or what that names",
                          restore));
}

void StartVariables(const Model& model, const pb::RunPlan& plan, const std::string& restore,
                    Session& session) {
  InitializeVariables(plan, session);
  if (restore.empty()) return;
  ReadGivenFile([&] { train::Saver(*model.meta).Restore(session, FindCheckpoint(restore)); });
}

void AddTrainedModel(const Command& command, std::string* file, std::string* restore) {
  command.Option("FILE", *file, "Model, or model.ckpt-STEP.meta beside a checkpoint")
      .Required()
      .TypeName("");
  command
      .Option("--restore", *restore,
              "Trained weights: PREFIX of a checkpoint, or the folder, of which the latest is\n"
              "taken; without it the weights are the initial ones")
      .TypeName("CHECKPOINT");
}

void NoteInitialWeights(const std::string& restore) {
  if (!restore.empty()) return;
  fmt::print(stderr, "graphrun: without --restore, these are the initial weights\n");
}

void TakeVocabulary(const std::string& restore, pb::RunPlan* plan) {
  if (plan->vocabulary().symbols_size() > 0 || restore.empty()) return;
  const std::string file = FindCheckpoint(restore) + ".meta";
  if (!std::filesystem::exists(file)) return;
  const Model model = LoadModel(file);
  if (const auto saved = FindRunPlan(*model.meta)) {
    *plan->mutable_vocabulary()->mutable_symbols() = saved->vocabulary().symbols();
  }
}

}  // namespace graphrun
