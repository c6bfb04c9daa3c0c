// CaseSteps: the last run of a case file, again and again, to be measured.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_CASE_STEPS_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_CASE_STEPS_H_

#include <optional>
#include <vector>

#include "core/graph/meta_graph.h"
#include "core/graph/op_registry.h"
#include "core/import/case_file.h"
#include "core/run/session.h"
#include "tools/graphrun/training_steps.h"

namespace graphrun {

class CaseSteps {
 public:
  // Makes the runs before the last one, in order. INVALID_ARGUMENT for flags that only models take,
  // and when there is no last run, or it is one that fails. `observer`, if any, sees the steps.
  explicit CaseSteps(const MeasureFlags& flags, RunObserver* observer = nullptr);
  void Step();

 private:
  const OpRegistry ops_;
  const Case case_;
  MetaGraph meta_;
  std::optional<Session> session_;
  std::optional<Session::Callable> callable_;
  std::vector<Tensor> feeds_, fetched_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_CASE_STEPS_H_
