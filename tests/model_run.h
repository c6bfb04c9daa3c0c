// A model of the registry at toy size, with its plan and a session.
#ifndef GRAPHRUN_TESTS_MODEL_RUN_H_
#define GRAPHRUN_TESTS_MODEL_RUN_H_

#include <memory>
#include <string>
#include <vector>

#include "core/graph/meta_graph.h"
#include "core/run/session.h"
#include "core/train/run_plan.h"
#include "models/model_registry.h"

namespace graphrun {

using Settings = std::vector<std::string>;

struct ModelRun {
  explicit ModelRun(const OpRegistry* registry) : meta(registry) {}
  // Gives the variables their first values in a new session.
  void Start(SessionOptions options = {.seed = 3}) {
    session = std::make_unique<Session>(meta.graph, options);
    session->Run({}, {}, {"init"});
  }
  MetaGraph meta;
  pb::RunPlan plan;
  std::unique_ptr<Session> session;
};
using ModelRunPtr = std::unique_ptr<ModelRun>;

inline ModelRunPtr BuildModel(const std::string& name, const Settings& settings,
                              const OpRegistry* registry) {
  const models::ModelSpec& spec = models::GetModel(name);
  auto run = std::make_unique<ModelRun>(registry);
  spec.Build(run->meta, models::Options(spec, settings));
  run->plan = FindRunPlan(run->meta).value();
  return run;
}

}  // namespace graphrun

#endif  // GRAPHRUN_TESTS_MODEL_RUN_H_
