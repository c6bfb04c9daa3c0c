// Recorder: runs a session and keeps what it was given and what it answered as a case.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_RECORDER_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_RECORDER_H_

#include <set>
#include <string>
#include <vector>

#include "core/graph/graph.h"
#include "core/import/case_file.h"
#include "core/run/session.h"
#include "core/train/runs.h"

namespace graphrun {

class Recorder final : public Runs {
 public:
  // The session must outlive it.
  Recorder(Session& session, const Tolerance& tolerance)
      : session_(session), tolerance_(tolerance) {}

  const Graph& graph() const override { return session_.graph(); }
  Step Prepare(const std::vector<TensorName>& feeds, const std::vector<TensorName>& fetches,
               const std::vector<TensorName>& targets) override;

  // Values of `fetches` after one run, which is added to runs(). What random operations without
  // seeds drew is added to the run's feeds, so that a replay draws the same. FAILED_PRECONDITION
  // naming the operations when one of these is in a function, where it cannot be fed.
  std::vector<Tensor> Run(std::vector<NamedTensor> feeds, const std::vector<std::string>& fetches,
                          const std::vector<std::string>& targets);
  // Gives a variable a value in a run of its own: through the node that assigns it, whose value is
  // fed. FAILED_PRECONDITION when no node of the graph assigns it.
  void SetVariable(const std::string& name, const Tensor& value) override;

  const std::vector<CaseRun>& runs() const { return runs_; }
  // Random operations with seeds in loops and branches: they draw here in the order of the trips,
  // in TensorFlow in any.
  const std::set<std::string>& unordered() const { return unordered_; }

 private:
  // Outputs of random operations without seeds that a run needs.
  std::vector<std::string> UnseededDraws(const std::set<Output>& fed,
                                         const std::vector<Output>& fetches,
                                         const std::vector<NodeId>& targets);

  Session& session_;
  const Tolerance tolerance_;
  std::vector<CaseRun> runs_;
  std::set<std::string> unordered_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_RECORDER_H_
