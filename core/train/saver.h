// Saver: the values of a model's variables to and from checkpoints, as TensorFlow's train.Saver.
#ifndef GRAPHRUN_CORE_TRAIN_SAVER_H_
#define GRAPHRUN_CORE_TRAIN_SAVER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/build/scope.h"
#include "core/graph/meta_graph.h"
#include "core/run/session.h"

namespace graphrun::train {

//   train::Saver saver(root.Variables());
//   const std::string path = saver.Save(session, "run/model", step);     // "run/model-400"
//   saver.Restore(session, train::Saver::LatestCheckpoint("run"));
//
// Not thread-safe. Variables are saved under their names.
class Saver {
 public:
  static constexpr int kMaxToKeep = 5;

  // INVALID_ARGUMENT when max_to_keep is negative; 0 keeps all checkpoints. The variables are to be
  // those of the sessions' graphs.
  explicit Saver(const std::vector<Variable>& variables, int max_to_keep = kMaxToKeep);
  // All variables of a model file.
  explicit Saver(const MetaGraph& meta, int max_to_keep = kMaxToKeep);

  // Writes prefix, or "<prefix>-<global_step>", which is returned; then its folder's `checkpoint`
  // file; then removes the oldest of this saver's checkpoints beyond max_to_keep. With `meta` also
  // writes "<path>.meta". The folder is made if need be. FAILED_PRECONDITION naming the variables
  // without values; else as WriteCheckpoint. After an error all earlier checkpoints are still
  // there.
  std::string Save(const Session& session, const std::string& prefix,
                   std::optional<int64_t> global_step = {}, const MetaGraph* meta = nullptr);

  // Sets all variables to the values in a checkpoint, or, of a folder, in its latest; what else the
  // checkpoint has is ignored. NOT_FOUND when there is none, or naming the variables that it lacks;
  // INVALID_ARGUMENT naming those of another dtype or shape; DATA_LOSS as CheckpointReader. After
  // an error no variable has changed.
  void Restore(Session& session, const std::string& path) const;

  // The newest checkpoint of a folder, "" when there is none (core/io/checkpoint_state.h).
  static std::string LatestCheckpoint(const std::string& folder);

  // Takes over the checkpoints that a folder's `checkpoint` file names, so that a run that goes on
  // counts those of its former life against max_to_keep.
  void Recover(const std::string& folder);
  // Oldest first.
  const std::vector<std::string>& checkpoints() const { return checkpoints_; }

 private:
  explicit Saver(int max_to_keep);

  std::vector<std::string> names_;  // of the variables
  int max_to_keep_;
  std::vector<std::string> checkpoints_;
};

}  // namespace graphrun::train

#endif  // GRAPHRUN_CORE_TRAIN_SAVER_H_
