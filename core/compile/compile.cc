#include "core/compile/compile.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/compile/passes.h"
#include "core/compile/specialise.h"
#include "core/graph/verify.h"

namespace graphrun {
namespace {

constexpr char kSpecialise[] = "specialise";

}  // namespace

const std::vector<Pass>& Passes() {
  static const std::vector<Pass> passes = {
      // Specialisation folds and inlines what it needs for its types; these two find what others
      // uncover.
      {"fold", FoldConstants},
      {"inline", InlineFunctions},
      // Specialisation leaves each use its own copies of constants and shapes, and gradients their
      // own of products.
      {"common_subexpressions", MergeCommonSubexpressions},
      // After the folding of what loops hand on unchanged.
      {"trim_loops", TrimLoops},
      // When only the variables that are needed are left. Later, loops are counted ones.
      {"count_loops", CountLoops, true},
      // Tensors in the place of lists tell shapes that gradients ask for.
      {"fold", FoldConstants},
      {"common_subexpressions", MergeCommonSubexpressions},
      // After what its steps share is merged, and before products and loops are divided.
      {"reroll_loops", RerollLoops, true},
      // So that the next finds what need not recur.
      {"split_products", SplitProducts},
      {"distribute_loops", DistributeLoops, true},
      // When the look-ups of all trips are one.
      {"gather_products", GatherProducts},
      // When only products that recur are left in loops.
      {"pack_weights", PackWeights},
      // After those that merge, fold and leave out what would be kept.
      {"keep_derived", KeepDerivedValues},
      // After all who look for ops: what it moves they would not find.
      {"fuse", FuseElements},
      // Last: what the passes before left unused.
      {"dead_nodes", RemoveDeadNodes},
  };
  return passes;
}

std::vector<std::string> PassNames() {
  std::vector<std::string> names = {kSpecialise};
  for (const Pass& pass : Passes()) {
    if (std::find(names.begin(), names.end(), pass.name) == names.end()) names.push_back(pass.name);
  }
  return names;
}

void CheckPassName(const std::string& name, bool disable) {
  const std::vector<std::string> names = PassNames();
  if (std::find(names.begin(), names.end(), name) == names.end())
    ThrowInvalid("no pass '" + name + "'" + DidYouMean(name, names));
  if (disable && name == kSpecialise)
    ThrowInvalid("pass '" + name + "' cannot be left out: it makes what the others work on");
}

std::unique_ptr<Function> CompileFunction(const Graph& graph, const RunSignature& signature,
                                          const CompileOptions& options) {
  std::unique_ptr<Function> f = Specialise(graph, signature);
  const auto done = [&](const std::string& pass) {
    if (options.verify_each)
      WithContext([&] { return "after pass '" + pass + "'"; }, [&] { Verify(*f); });
    if (options.after_pass) options.after_pass(pass, *f);
  };
  done(kSpecialise);
  Unit unit(f.get());
  for (const Pass& pass : Passes()) {
    const auto& off = options.disabled_passes;
    if (std::find(off.begin(), off.end(), pass.name) != off.end()) continue;
    if (pass.counts_trips && options.max_trips) continue;
    WithContext([&] { return "in pass '" + pass.name + "'"; }, [&] { pass.run(unit); });
    done(pass.name);
  }
  return f;
}

std::unique_ptr<Plan> Compile(const Graph& graph, const RunSignature& signature,
                              const CompileOptions& options) {
  return MakePlan(CompileFunction(graph, signature, options));
}

}  // namespace graphrun
