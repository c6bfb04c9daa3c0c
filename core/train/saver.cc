#include "core/train/saver.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "core/base/error.h"
#include "core/graph/op_def.h"
#include "core/import/save.h"
#include "core/io/checkpoint.h"
#include "core/io/checkpoint_state.h"

namespace graphrun::train {
namespace {

namespace fs = std::filesystem;

// "'a', 'b', 'c' and 7 more".
std::string SomeOf(const std::vector<std::string>& items, size_t limit = 8) {
  std::string out;
  for (size_t i = 0; i < std::min(items.size(), limit); ++i) {
    out += (i > 0 ? ", " : "") + items[i];
  }
  if (items.size() > limit) out += " and " + std::to_string(items.size() - limit) + " more";
  return out;
}

std::string Quoted(const std::string& name) { return "'" + name + "'"; }

// "variable 'w'", "variables 'w', 'b'".
std::string Variables(const std::vector<std::string>& quoted) {
  return (quoted.size() == 1 ? "variable " : "variables ") + SomeOf(quoted);
}

// A recovered path may be spelled differently.
bool SameFile(const fs::path& a, const fs::path& b) {
  return fs::absolute(a).lexically_normal() == fs::absolute(b).lexically_normal();
}

void CheckNames(const std::vector<std::string>& names, const CheckpointReader& reader) {
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    if (!reader.Find(name)) missing.push_back(name);
  }
  if (missing.empty()) return;
  std::vector<std::string> quoted, there;
  std::transform(missing.begin(), missing.end(), std::back_inserter(quoted), Quoted);
  for (const std::string& name : reader.names()) {
    there.push_back(Quoted(name) + " " + reader.Find(name)->ToString());
  }
  std::string message = "checkpoint " + reader.prefix() + " has no value for " + Variables(quoted);
  if (missing.size() == 1) message += DidYouMean(missing[0], reader.names());
  ThrowNotFound(message + "; it has " + (there.empty() ? "nothing" : SomeOf(there)));
}

void CheckTypes(const std::vector<std::string>& names, const CheckpointReader& reader,
                const Graph& graph) {
  std::vector<std::string> wrong;
  for (const std::string& name : names) {
    const NodeId id = graph.Find(name);
    if (id == kNoNode || !graph.node(id).op->handles) {
      ThrowNotFound("the session's graph has no variable " + Quoted(name) +
                    DidYouMean(name, graph.NodeNames()));
    }
    const ValueType& type = graph.type({id, 0});
    const CheckpointReader::Entry& entry = *reader.Find(name);
    if (type.element_dtype != entry.dtype || !type.element_shape.CompatibleWith(entry.shape)) {
      wrong.push_back(Quoted(name) + " is " + std::string(DTypeName(type.element_dtype)) +
                      type.element_shape.ToString() + " and " + entry.ToString() + " there");
    }
  }
  if (!wrong.empty()) {
    ThrowInvalid("checkpoint " + reader.prefix() + " is of another model: " + SomeOf(wrong));
  }
}

}  // namespace

Saver::Saver(int max_to_keep) : max_to_keep_(max_to_keep) {
  if (max_to_keep < 0) {
    ThrowInvalid("max_to_keep is " + std::to_string(max_to_keep) +
                 "; give how many checkpoints to keep, or 0 for all");
  }
}

Saver::Saver(const std::vector<Variable>& variables, int max_to_keep) : Saver(max_to_keep) {
  for (const Variable& v : variables) names_.push_back(v.name);
}

Saver::Saver(const MetaGraph& meta, int max_to_keep) : Saver(max_to_keep) {
  for (const VariableInfo& v : meta.variables) names_.push_back(v.name);
}

std::string Saver::Save(const Session& session, const std::string& prefix,
                        std::optional<int64_t> global_step, const MetaGraph* meta) {
  if (!fs::path(prefix).has_filename()) {
    ThrowInvalid("'" + prefix + "' names no checkpoint; give a file's name in a folder");
  }
  std::vector<std::pair<std::string, Tensor>> tensors;
  std::vector<std::string> unset;
  for (const std::string& name : names_) {
    try {
      tensors.emplace_back(name, session.VariableValue(name));
    } catch (const Error& e) {
      if (e.code() != Code::kFailedPrecondition) throw;
      unset.push_back(Quoted(name));
    }
  }
  if (!unset.empty()) {
    throw Error(Code::kFailedPrecondition, "cannot save " + prefix + ": " + Variables(unset) +
                                               " without a value yet; run the initializers first");
  }
  const std::string path = global_step ? prefix + "-" + std::to_string(*global_step) : prefix;
  const std::string folder = fs::path(path).parent_path().string();
  std::error_code ignored;  // writing says why
  if (!folder.empty()) fs::create_directories(folder, ignored);
  if (meta) SaveMetaGraph(*meta, path + ".meta");
  WriteCheckpoint(path, tensors);

  std::vector<std::string> kept = checkpoints_;
  std::erase_if(kept, [&](const std::string& other) { return SameFile(other, path); });
  kept.push_back(path);
  const size_t excess =
      max_to_keep_ > 0 ? kept.size() - std::min<size_t>(kept.size(), max_to_keep_) : 0;
  const std::vector<std::string> old(kept.begin(), kept.begin() + static_cast<int64_t>(excess));
  kept.erase(kept.begin(), kept.begin() + static_cast<int64_t>(excess));
  WriteCheckpointState(folder, kept);
  checkpoints_ = std::move(kept);
  for (const std::string& checkpoint : old) RemoveCheckpoint(checkpoint);
  return path;
}

void Saver::Restore(Session& session, const std::string& path) const {
  if (path.empty()) ThrowNotFound("there is no checkpoint to restore");
  std::string prefix = path;
  std::error_code ignored;
  // A checkpoint may lie beside a folder of its name.
  if (!CheckpointExists(path) && fs::is_directory(path, ignored)) {
    prefix = LatestCheckpoint(path);
    if (prefix.empty()) {
      ThrowNotFound("folder " + path +
                    " has no file named 'checkpoint' that leads to a checkpoint");
    }
  }
  const CheckpointReader reader(prefix);
  CheckNames(names_, reader);
  CheckTypes(names_, reader, session.graph());
  std::vector<Tensor> values;
  for (const std::string& name : names_) values.push_back(reader.Read(name));
  for (size_t i = 0; i < names_.size(); ++i) {
    session.SetVariable(names_[i], values[i]);
    values[i] = Tensor();
  }
}

std::string Saver::LatestCheckpoint(const std::string& folder) {
  return graphrun::LatestCheckpoint(folder);
}

void Saver::Recover(const std::string& folder) { checkpoints_ = ReadCheckpointState(folder); }

}  // namespace graphrun::train
