#include "tools/graphrun/run_output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "core/import/display_graph.h"
#include "core/io/event_file.h"
#include "core/train/saver.h"
#include "tools/graphrun/commands.h"

namespace graphrun {

struct RunOutput::Checkpoints {
  Checkpoints(const std::string& folder, const MetaGraph& model, int max_to_keep)
      : prefix(folder + "/model.ckpt"), meta(model), saver(model, max_to_keep) {
    // Now rather than after the first hours of training.
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (!failure && access(folder.c_str(), W_OK) != 0) {
      failure = std::error_code(errno, std::generic_category());
    }
    if (failure) {
      ThrowInvalid(fmt::format("--save-dir: cannot write checkpoints to the folder '{}': {}",
                               folder, failure.message()));
    }
    ReadGivenFile([&] { saver.Recover(folder); });
  }
  const std::string prefix;
  const MetaGraph& meta;
  train::Saver saver;
};

struct RunOutput::Events {
  explicit Events(const std::string& folder) : writer(folder) {}
  EventWriter writer;
};

RunOutput::RunOutput(const RunOutputOptions& options, const MetaGraph& meta,
                     const pb::RunPlan& plan) {
  if (!options.save_dir.empty()) {
    const int most = plan.saving().max_to_keep();
    checkpoints_ = std::make_unique<Checkpoints>(options.save_dir, meta,
                                                 most > 0 ? most : train::Saver::kMaxToKeep);
  }
  if (!options.logdir.empty()) {
    events_ = std::make_unique<Events>(options.logdir);
    events_->writer.AddGraph(DisplayGraph(meta.graph));
  }
}

RunOutput::~RunOutput() = default;

void RunOutput::Log(int64_t step, const Scalars& scalars) {
  if (events_ != nullptr) events_->writer.AddScalars(step, scalars);
}

void RunOutput::LogSummary(int64_t step, const std::string& summary) {
  if (events_ != nullptr && !summary.empty()) events_->writer.AddSummary(step, summary);
}

std::string RunOutput::Save(Session& session, int64_t step) {
  if (checkpoints_ == nullptr) return "";
  Checkpoints& to = *checkpoints_;
  return to.saver.Save(session, to.prefix, step, &to.meta);
}

}  // namespace graphrun
