// Runs: who carries out the runs of a plan: a session, or somebody between who keeps what it saw.
#ifndef GRAPHRUN_CORE_TRAIN_RUNS_H_
#define GRAPHRUN_CORE_TRAIN_RUNS_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/run/session.h"

namespace graphrun {

// As the functions of Session with these names.
class Runs {
 public:
  // Feeds in the order of Prepare's; the fetched values' memory is recycled.
  using Step = std::function<void(const std::vector<Tensor>& feeds, std::vector<Tensor>* fetched)>;
  virtual ~Runs() = default;
  virtual const Graph& graph() const = 0;
  virtual Step Prepare(const std::vector<TensorName>& feeds, const std::vector<TensorName>& fetches,
                       const std::vector<TensorName>& targets) = 0;
  virtual void SetVariable(const std::string& name, const Tensor& value) = 0;
};

// The session must outlive it.
class SessionRuns final : public Runs {
 public:
  explicit SessionRuns(Session& session) : session_(session) {}
  const Graph& graph() const override { return session_.graph(); }
  Step Prepare(const std::vector<TensorName>& feeds, const std::vector<TensorName>& fetches,
               const std::vector<TensorName>& targets) override {
    return session_.Prepare(feeds, fetches, targets);
  }
  void SetVariable(const std::string& name, const Tensor& value) override {
    session_.SetVariable(name, value);
  }

 private:
  Session& session_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TRAIN_RUNS_H_
