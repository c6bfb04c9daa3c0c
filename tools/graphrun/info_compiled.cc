#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "core/base/error.h"
#include "core/compile/compile.h"
#include "core/compile/fuse.h"
#include "core/compile/known_types.h"
#include "core/graph/function_attr.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "core/train/run_plan.h"
#include "tools/graphrun/info_parts.h"

namespace graphrun {
namespace {

struct Totals {
  int instructions = 0;
  int dynamic = 0;  // whose shapes are inferred when they run
  int loops = 0;
  double flops = 0;
};

// Of a node whose types are known; 0 of others.
double FlopsOf(const Node& node, const std::vector<ValueType>& inputs,
               const std::vector<ValueType>& outputs) {
  const auto known = [](const ValueType& t) { return t.shape.fully_known(); };
  if (!node.op->cost || !std::all_of(inputs.begin(), inputs.end(), known) ||
      !std::all_of(outputs.begin(), outputs.end(), known))
    return 0;
  return node.op->cost(CostContext(node, inputs, outputs)).flops;
}
double FlopsOfFused(const Graph& g) {
  double flops = 0;
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    if (!g.exists(id)) continue;
    const KnownTypes types(g, id);
    flops += FlopsOf(types.node, types.in, types.out);
  }
  return flops;
}

void Add(const Graph& g, const Block& block, Totals* totals) {
  for (const Instruction& in : block.instructions) {
    ++totals->instructions;
    totals->dynamic += in.infer_shapes;
    totals->loops += in.structure == Structure::kWhile;
    if (in.kernel && in.node->op->structure == Structure::kCall) {
      totals->flops += FlopsOfFused(RegionFunction(g, *in.node, 0).graph);
      continue;
    }
    std::vector<ValueType> inputs, outputs;
    for (const Output o : in.node->inputs) inputs.push_back(g.type(o));
    for (size_t k = 0; k < in.outputs.size(); ++k)
      outputs.push_back({.dtype = in.outputs[k].dtype, .shape = in.shapes[k]});
    totals->flops += FlopsOf(*in.node, inputs, outputs);
    for (size_t b = 0; b < in.blocks.size(); ++b)
      Add(RegionFunction(g, *in.node, b).graph, *in.blocks[b], totals);
    if (in.callee) Add(RegionFunction(g, *in.node, 0).graph, *in.callee, totals);
  }
}

// What fusion made of the phase, and why what it might have joined is apart.
void PrintFusion(const Graph& graph, const RunSignature& signature) {
  const std::unique_ptr<Function> f =
      CompileFunction(graph, signature, {.disabled_passes = {"fuse"}});
  Unit unit(f.get());
  const FusionCounts counts = FuseAndCount(unit);
  fmt::print("  {:<10} {} fused kernels of {} nodes\n", "", counts.kernels, counts.nodes);
  for (size_t i = 0; i < kApartReasons; ++i) {
    if (counts.apart[i] == 0) continue;
    fmt::print("  {:<10}   pairs apart: {:>4}  {}\n", "", counts.apart[i],
               ApartText(static_cast<Apart>(i)));
  }
}

void PrintPhase(const Graph& graph, const pb::Phase& phase) {
  RunSignature signature;
  const auto feed = [&](const std::string& name) {
    const Output o = graph.FindOutput(name);
    signature.feeds.emplace_back(o, graph.type(o));
  };
  for (const pb::Feed& f : phase.feeds()) feed(f.tensor());
  signature.fetches.push_back(graph.FindOutput(CostTensor(phase)));
  for (const pb::Carry& state : phase.state()) {
    feed(state.feed());
    signature.fetches.push_back(graph.FindOutput(state.fetch()));
  }
  for (const std::string& target : phase.targets())
    signature.targets.push_back(graph.FindOutput(target).node);
  const std::unique_ptr<Plan> plan = Compile(graph, signature);
  Totals totals;
  Add(plan->function->graph, plan->block, &totals);
  double constants = 0;
  for (const Constant& c : plan->constants) constants += static_cast<double>(c.value.bytes());
  fmt::print("  {:<10} {} instructions; loops: {}; with shapes that only the run tells: {}\n",
             phase.name() + ":", totals.instructions, totals.loops, totals.dynamic);
  fmt::print("  {:<10} arena {} ({} without sharing), constants {}; in all about {}\n", "",
             BytesText(static_cast<double>(plan->arena_bytes)),
             BytesText(static_cast<double>(plan->arena_values_bytes)), BytesText(constants),
             BytesText(static_cast<double>(plan->Bytes())));
  PrintFusion(graph, signature);
  if (plan->num_kept > 0) {
    fmt::print("  {:<10} made of variables and kept until one changes: {}\n", "",
               BytesText(static_cast<double>(plan->kept_bytes)));
  }
  fmt::print("  {:<10} {:.3g} GFLOP in products and element-wise ops, with one trip of each loop\n",
             "", totals.flops / 1e9);
}

}  // namespace

void PrintCompiledPlans(const MetaGraph& meta) {
  const std::optional<pb::RunPlan> plan = FindRunPlan(meta);
  if (!plan) {
    throw Error(Code::kFailedPrecondition,
                "the file has no run plan, so that nothing says which steps are to be compiled");
  }
  fmt::print("\nCompiled\n");
  PrintPhase(meta.graph, plan->train());
  for (const pb::Phase& phase : plan->evaluations()) PrintPhase(meta.graph, phase);
}

std::string JoinFirst(const std::vector<std::string>& items, size_t most) {
  std::string text;
  for (size_t i = 0; i < std::min(items.size(), most); ++i) text += (i ? ", " : "") + items[i];
  return items.size() > most ? fmt::format("{}, ... ({})", text, items.size()) : text;
}

std::string Thousands(int64_t n) {
  std::string text = std::to_string(n);
  for (int64_t at = static_cast<int64_t>(text.size()) - 3; at > 0; at -= 3) text.insert(at, ",");
  return text;
}

std::string BytesText(double n) {
  const char* unit = "bytes";
  for (const char* next : {"KiB", "MiB", "GiB"}) {
    if (n < 1024) break;
    n /= 1024;
    unit = next;
  }
  return fmt::format("{:.3g} {}", n, unit);
}

}  // namespace graphrun
