// graphrun info: what is in a model file.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/graph/op_def.h"
#include "core/graph/print.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"
#include "tools/graphrun/info_parts.h"

namespace graphrun {
namespace {

void PrintVariables(const MetaGraph& meta) {
  fmt::print("\nVariables\n");
  size_t width = 8;
  for (const VariableInfo& v : meta.variables) width = std::max(width, v.name.size());
  int64_t trained = 0, all = 0;
  double bytes = 0;
  for (const VariableInfo& v : meta.variables) {
    const bool known = v.shape.fully_known();
    const int64_t n = known ? v.shape.num_elements() : 0;
    all += n;
    bytes += static_cast<double>(n) * static_cast<double>(DTypeSize(v.dtype));
    if (v.trainable) trained += n;
    fmt::print("  {:<{}}  {:<8} {:<14} {:>12}{}\n", v.name, width, DTypeName(v.dtype),
               v.shape.ToString(), known ? Thousands(n) : "?", v.trainable ? "" : "  not trained");
  }
  fmt::print("  {} variables, {} parameters ({} trained), {}\n", meta.variables.size(),
             Thousands(all), Thousands(trained), BytesText(bytes));
}

void PrintSignatures(const MetaGraph& meta) {
  if (meta.signatures.empty() && meta.other_signatures.empty()) return;
  fmt::print("\nSignatures\n");
  const auto print = [](const char* title, const std::map<std::string, SignatureTensor>& tensors) {
    for (const auto& [key, t] : tensors) {
      fmt::print("    {} {}: {} {}{}\n", title, key, t.name, DTypeName(t.dtype),
                 t.shape.ToString());
    }
  };
  for (const auto& [name, s] : meta.signatures) {
    fmt::print("  {}{}\n", name, s.method_name.empty() ? "" : " (" + s.method_name + ")");
    print("in ", s.inputs);
    print("out", s.outputs);
  }
  for (const auto& [name, bytes] : meta.other_signatures)
    fmt::print("  {}: of tensors that do not exist here, sparse or composite\n", name);
}

// Behind ops of nodes that cannot run.
constexpr char kCannotRun[] = "*";

void CountOps(const Graph& g, std::map<std::string, int>* counts) {
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    if (!g.exists(id)) continue;
    const bool runs = g.node(id).op->structure != Structure::kUnavailable;
    ++(*counts)[NameOfOp(g.node(id)) + (runs ? "" : kCannotRun)];
  }
}

void PrintNodes(const MetaGraph& meta) {
  std::map<std::string, int> counts;
  CountOps(meta.graph, &counts);
  const auto& functions = meta.graph.library()->functions();
  int inner = 0;
  for (const auto& [name, f] : functions) {
    CountOps(f->graph, &counts);
    inner += f->graph.num_nodes();
  }
  if (!functions.empty()) fmt::print("\nFunctions\n");
  for (const auto& [name, f] : functions) {
    fmt::print("  {:<48} {:>5} nodes, {} parameters, {} results\n", name, f->graph.num_nodes(),
               f->args.size(), f->results.size());
  }
  fmt::print("\nNodes: {} in the graph{}\n", Thousands(meta.graph.num_nodes()),
             inner ? fmt::format(", {} in functions", Thousands(inner)) : "");
  std::vector<std::pair<std::string, int>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  constexpr size_t kColumns = 3;
  const size_t rows = (sorted.size() + kColumns - 1) / kColumns;
  for (size_t r = 0; r < rows; ++r) {
    for (size_t at = r; at < sorted.size(); at += rows) {
      const bool last = at + rows >= sorted.size();
      fmt::print("  {:>5} {:<{}}{}", sorted[at].second, sorted[at].first, last ? 0 : 26,
                 last ? "\n" : "");
    }
  }
  const auto cannot_run = [](const auto& op) { return op.first.ends_with(kCannotRun); };
  if (std::any_of(sorted.begin(), sorted.end(), cannot_run))
    fmt::print("{} cannot run here; runs that do not need them work\n", kCannotRun);
}

void PrintUnavailable(const MetaGraph& meta) {
  std::vector<std::string> lines;
  const auto add = [&](const Graph& g, const std::string& where) {
    for (NodeId id = 0; id < g.num_ids(); ++id) {
      if (!g.exists(id) || g.node(id).op->structure != Structure::kUnavailable) continue;
      const Node& node = g.node(id);
      const std::string& reason = std::get<std::string>(node.attrs.find("reason")->second);
      const auto code = static_cast<Code>(std::get<int64_t>(node.attrs.find("code")->second));
      lines.push_back(fmt::format("'{}' ({}){}: {}: {}", node.name, NameOfOp(node), where,
                                  CodeName(code),
                                  reason.empty() ? "the op does not exist here" : reason));
    }
  };
  add(meta.graph, "");
  for (const auto& [name, f] : meta.graph.library()->functions())
    add(f->graph, fmt::format(" in function '{}'", name));
  if (lines.empty()) return;
  fmt::print("\nCannot run, and why\n");
  constexpr size_t kMost = 20;
  for (size_t i = 0; i < std::min(lines.size(), kMost); ++i) fmt::print("  {}\n", lines[i]);
  if (lines.size() > kMost) fmt::print("  ... ({} in all)\n", lines.size());
}

}  // namespace

void AddInfoCommand(CommandLine& line) {
  auto path = std::make_shared<std::string>();
  auto plans = std::make_shared<bool>(false);
  const Command command =
      line.Add("info", "Show what is in a model file: variables, plan, signatures, nodes");
  command.Footer("Example:\n  graphrun info ptb.pb\n  graphrun info ptb.pb --plan");
  command.Switch("--plan", *plans,
                 "Compile the plan's phases, and show what came of each: instructions, memory");
  command.Option("model", *path, "The model file").Required().TypeName("MODEL.pb");
  command.Does([path, plans] {
    const Model model = LoadModel(*path);
    const MetaGraph& meta = *model.meta;
    fmt::print("{}{}\n", *path, meta.tags.empty() ? "" : " (" + JoinFirst(meta.tags) + ")");
    PrintVariables(meta);
    PrintPlan(meta);
    if (*plans) PrintCompiledPlans(meta);
    PrintSignatures(meta);
    PrintCollections(meta);
    PrintNodes(meta);
    PrintUnavailable(meta);
  });
}

}  // namespace graphrun
