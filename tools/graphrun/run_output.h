// RunOutput: what a run of training leaves in files: checkpoints and event files, where the command
// line asks for them.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_RUN_OUTPUT_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_RUN_OUTPUT_H_

#include <memory>
#include <string>

#include "core/graph/meta_graph.h"
#include "core/run/session.h"
#include "core/train/train_observer.h"
#include "proto/plan.pb.h"

namespace graphrun {

struct RunOutputOptions {
  std::string save_dir;  // "": no checkpoints
  std::string logdir;    // "": no event file
};

class RunOutput {
 public:
  // Makes the folders. `meta`, whose plan has the vocabulary, is saved beside every checkpoint; it
  // must outlive this.
  RunOutput(const RunOutputOptions& options, const MetaGraph& meta, const pb::RunPlan& plan);
  ~RunOutput();

  using Scalars = TrainObserver::Scalars;
  bool logs() const { return events_ != nullptr; }
  // These do nothing without an event file.
  void Log(int64_t step, const Scalars& scalars);
  void LogSummary(int64_t step, const std::string& summary);  // Summary messages; "": none
  // The path of a new checkpoint of all variables; "" when none are saved.
  std::string Save(Session& session, int64_t step);

 private:
  struct Checkpoints;
  struct Events;
  std::unique_ptr<Checkpoints> checkpoints_;
  std::unique_ptr<Events> events_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_RUN_OUTPUT_H_
