#include "core/io/checkpoint_state.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <filesystem>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/output_file.h"
#include "core/io/checkpoint.h"
#include "proto/checkpoint_state.pb.h"

namespace graphrun {
namespace {

namespace fs = std::filesystem;
namespace text = google::protobuf;

constexpr int64_t kLargestState = int64_t{1} << 24;

std::string StateFile(const std::string& folder) {
  return (fs::path(folder) / "checkpoint").string();
}

// Keeps the first complaint instead of printing it.
class FirstError final : public text::io::ErrorCollector {
 public:
  void AddError(int line, int, const std::string& what) override {
    if (first.empty()) first = "line " + std::to_string(line + 1) + ": " + what;
  }
  void AddWarning(int, int, const std::string&) override {}

  std::string first;
};

// Where the checkpoint is that the file of `folder` calls `named`; "" when it is nowhere.
std::string Locate(const fs::path& folder, const fs::path& named) {
  // operator/ takes an absolute path as it is.
  for (const fs::path& path : {folder / named, folder / named.filename()}) {
    if (named.has_filename() && CheckpointExists(path.string())) return path.string();
  }
  return "";
}

}  // namespace

std::vector<std::string> ReadCheckpointState(const std::string& folder) {
  const std::string path = StateFile(folder);
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return {};
  pb::CheckpointState state;
  FirstError error;
  text::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.SetRecursionLimit(16);  // the message has no messages in it
  parser.AllowUnknownField(true);
  if (!parser.ParseFromString(ReadFile(path, kLargestState), &state)) {
    throw Error(Code::kDataLoss, path + " does not say which checkpoints there are: " +
                                     error.first + "; give one by name, or remove this file");
  }
  std::vector<std::string> prefixes;
  const auto add = [&](const std::string& named) {
    const std::string prefix = Locate(folder, named);
    if (prefix.empty()) return;
    std::erase(prefixes, prefix);  // comes later now
    prefixes.push_back(prefix);
  };
  for (const std::string& named : state.all_model_checkpoint_paths()) add(named);
  add(state.model_checkpoint_path());
  return prefixes;
}

void WriteCheckpointState(const std::string& folder, const std::vector<std::string>& prefixes) {
  const fs::path state_file = fs::absolute(StateFile(folder)).lexically_normal();
  pb::CheckpointState state;
  for (const std::string& prefix : prefixes) {
    const fs::path path(prefix);
    state.add_all_model_checkpoint_paths(path.parent_path() == fs::path(folder)
                                             ? path.filename().string()
                                             : fs::absolute(path).lexically_normal().string());
  }
  Check(state.all_model_checkpoint_paths_size() > 0, "a state file names a checkpoint");
  state.set_model_checkpoint_path(*state.all_model_checkpoint_paths().rbegin());
  std::string bytes;
  text::TextFormat::PrintToString(state, &bytes);
  WriteFile(state_file.string(), bytes);
  SyncFolder(folder);
}

std::string LatestCheckpoint(const std::string& folder) {
  const std::vector<std::string> prefixes = ReadCheckpointState(folder);
  return prefixes.empty() ? "" : prefixes.back();
}

}  // namespace graphrun
