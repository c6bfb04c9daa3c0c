// Compile: from a graph and a signature to a Plan, through the passes.
#ifndef GRAPHRUN_CORE_COMPILE_COMPILE_H_
#define GRAPHRUN_CORE_COMPILE_COMPILE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/compile/compile_options.h"
#include "core/compile/plan.h"
#include "core/graph/op_context.h"
#include "core/graph/unit.h"

namespace graphrun {

// What is to be run, and with what types of feeds.
struct RunSignature {
  std::vector<std::pair<Output, ValueType>> feeds;
  // Of the feeds, in their order, the values that every run of the plan is given; empty tensors, or
  // nothing at all, where they may differ.
  std::vector<Tensor> values = {};
  std::vector<Output> fetches;
  std::vector<NodeId> targets;
};

// One pass: rewrites a function and those it calls in place.
struct Pass {
  std::string name;
  std::function<void(Unit&)> run;
  bool counts_trips = false;  // makes loops, or takes trips from them
};

// The passes after specialisation, in order; see compile.cc for why each is where it is.
const std::vector<Pass>& Passes();

// The function that computes the signature: parameters are the feeds, results the fetches.
std::unique_ptr<Function> CompileFunction(const Graph& graph, const RunSignature& signature,
                                          const CompileOptions& options = {});
std::unique_ptr<Plan> Compile(const Graph& graph, const RunSignature& signature,
                              const CompileOptions& options = {});

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_COMPILE_H_
