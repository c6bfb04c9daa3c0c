#include "tools/graphrun/case_steps.h"

#include <fmt/format.h>

#include "core/base/file.h"
#include "core/import/load.h"
#include "ops/register_all.h"

namespace graphrun {
namespace {

std::vector<TensorName> NamesOf(const std::vector<NamedTensor>& tensors) {
  std::vector<TensorName> names;
  for (const NamedTensor& t : tensors) names.emplace_back(t.name);
  return names;
}

std::vector<Tensor> FeedsOf(const CaseRun& run) {
  std::vector<Tensor> feeds;
  for (const NamedTensor& feed : run.feeds) feeds.push_back(feed.value);
  return feeds;
}

Session::Callable Prepare(Session& session, const CaseRun& run) {
  return session.Prepare(NamesOf(run.feeds), NamesOf(run.fetches),
                         {run.targets.begin(), run.targets.end()});
}

}  // namespace

CaseSteps::CaseSteps(const MeasureFlags& flags, RunObserver* observer)
    : ops_(AllOps()),
      case_(ReadGivenFile([&] { return ParseCase(ReadFile(flags.file)); })),
      meta_(&ops_) {
  if (!flags.data.empty() || !flags.plan.empty())
    ThrowInvalid("a case holds what its runs are fed: --data and --plan are for models");
  ReadGivenFile([&] { ParseMetaGraph(case_.meta_graph, &meta_); });
  const std::vector<CaseRun>& runs = case_.runs;
  if (runs.empty()) ThrowInvalid(fmt::format("'{}' has no run to measure", flags.file));
  if (const std::string& error = runs.back().error; !error.empty()) {
    ThrowInvalid(fmt::format("the last run of '{}', which is measured, is one that fails with {}",
                             flags.file, error));
  }
  session_.emplace(meta_.graph, flags.Options(observer));
  for (size_t i = 0; i + 1 < runs.size(); ++i) {
    try {
      Prepare(*session_, runs[i])(FeedsOf(runs[i]), &fetched_);
    } catch (Error& e) {
      if (CodeName(e.code()) == runs[i].error && !e.broken()) continue;
      throw e.While(fmt::format("in run {} of {}", i + 1, runs.size()));
    }
  }
  WithContext([&] { return fmt::format("in run {} of {}", runs.size(), runs.size()); },
              [&] { callable_.emplace(Prepare(*session_, runs.back())); });
  feeds_ = FeedsOf(runs.back());
}

void CaseSteps::Step() {
  WithContext([&] { return fmt::format("in run {} of {}", case_.runs.size(), case_.runs.size()); },
              [&] { (*callable_)(feeds_, &fetched_); });
}

}  // namespace graphrun
