#include "core/compile/compile.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/compile/passes.h"
#include "core/compile/specialise.h"

namespace graphrun {
namespace {

// A pass over the function and all that it calls.
std::function<void(Function&)> Everywhere(void (*pass)(Function&)) {
  return [pass](Function& main) {
    pass(main);
    for (const std::string& name : CalledFunctions(main)) pass(main.graph.library()->Get(name));
  };
}

}  // namespace

const std::vector<Pass>& Passes() {
  static const std::vector<Pass> passes = {
      // Specialisation leaves each use its own copies of constants and shapes, and gradients their
      // own of products.
      {"common_subexpressions", Everywhere(MergeCommonSubexpressions)},
      // Last: what the passes before left unused.
      {"dead_nodes", Everywhere(RemoveDeadNodes)},
  };
  return passes;
}

std::unique_ptr<Function> CompileFunction(const Graph& graph, const RunSignature& signature,
                                          const CompileOptions& options) {
  std::unique_ptr<Function> f = Specialise(graph, signature);
  if (options.after_pass) options.after_pass("specialise", *f);
  for (const Pass& pass : Passes()) {
    const auto& off = options.disabled_passes;
    if (std::find(off.begin(), off.end(), pass.name) != off.end()) continue;
    WithContext([&] { return "in pass '" + pass.name + "'"; }, [&] { pass.run(*f); });
    if (options.after_pass) options.after_pass(pass.name, *f);
  }
  return f;
}

std::unique_ptr<Plan> Compile(const Graph& graph, const RunSignature& signature,
                              const CompileOptions& options) {
  return MakePlan(CompileFunction(graph, signature, options));
}

}  // namespace graphrun
