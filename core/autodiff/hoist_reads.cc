#include "core/autodiff/hoist_reads.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "core/base/error.h"
#include "core/graph/function_attr.h"
#include "core/graph/gradient_rule.h"
#include "core/graph/op_def.h"
#include "core/graph/unit.h"

namespace graphrun {
namespace {

bool ReadsVariable(const Node& node) {
  return node.op->name == "ReadVariableOp" || node.op->name == "ResourceGather";
}

// What functions do with a variable whose handle they are given.
struct Usage {
  DType read = DType::kInvalid;  // the type it is read as; kInvalid: not read
  std::string obstacle;          // a node that does something else with it

  void Add(const Usage& other) {
    if (read == DType::kInvalid) read = other.read;
    if (obstacle.empty()) obstacle = other.obstacle;
  }
};

Usage UsageOf(const Graph& graph, Output handle);

Usage UsageInCall(const Graph& graph, const Node& node, int input) {
  Usage usage;
  for (const Region& region : node.op->regions) {
    const Function& f = RegionFunction(graph, node, region);
    const Output arg{f.args[input - region.first_input], 0};
    usage.Add(UsageOf(f.graph, arg));
    if (region.repeats && f.results[input] != arg) usage.obstacle = node.name;
  }
  return usage;
}

Usage UsageOf(const Graph& graph, Output handle) {
  Usage usage;
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (!graph.exists(id)) continue;
    const Node& node = graph.node(id);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.inputs[i] != handle) continue;
      if (ReadsVariable(node)) {
        usage.Add({graph.dtype({id, 0}), ""});
      } else if (const std::vector<Region>& regions = node.op->regions;
                 !regions.empty() && static_cast<int>(i) >= regions[0].first_input) {
        usage.Add(UsageInCall(graph, node, static_cast<int>(i)));
      } else {
        usage.Add({DType::kInvalid, node.name});
      }
    }
  }
  return usage;
}

void ReplaceReads(Function& f, Output handle, Output value) {
  Graph& g = f.graph;
  const NodeId n = g.num_ids();
  for (NodeId id = 0; id < n; ++id) {
    if (!g.exists(id) || !ReadsVariable(g.node(id)) || g.node(id).inputs[0] != handle) continue;
    const Node read = g.node(id);
    AttrMap gradient;  // the read's own, if the file gives it one
    if (!GivenGradient(read).empty()) gradient.insert(*read.attrs.find(kGradientOpType));
    if (read.op->name == "ReadVariableOp") {
      if (gradient.empty()) {
        Unit(&f).ReplaceUses(f, {id, 0}, value);
      } else {
        g.ReplaceNode(id, "Identity", {value}, std::move(gradient));
      }
      continue;
    }
    const AttrValue batch_dims = read.attrs.find("batch_dims")->second;
    const Output axis = g.AddConst(
        read.name + "/axis", Tensor::Scalar(static_cast<int32_t>(std::get<int64_t>(batch_dims))));
    gradient.emplace("batch_dims", batch_dims);
    g.ReplaceNode(id, "GatherV2", {value, read.inputs[1], axis}, std::move(gradient));
  }
}

std::unique_ptr<Function> Copy(const Function& f, FunctionLibrary& library) {
  if (!f.gradient.empty()) {
    throw Error(Code::kUnimplemented,
                fmt::format("function '{}' reads a variable and has the gradient function '{}': no "
                            "gradient of such a variable can be taken",
                            f.name, f.gradient));
  }
  auto copy = std::make_unique<Function>(library.UniqueName(f.name), f.graph.Clone());
  copy->args = f.args;
  copy->results = f.results;
  copy->control_results = f.control_results;
  copy->whole = f.whole;
  return copy;
}

void Hoist(Graph& graph, const std::set<Output>& handles, const std::vector<bool>* needed) {
  FunctionLibrary& library = *graph.library();
  const NodeId n = graph.num_ids();
  for (NodeId id = 0; id < n; ++id) {
    if (!graph.exists(id) || (needed != nullptr && !(*needed)[id])) continue;
    const Node node = graph.node(id);
    const std::vector<Region>& regions = node.op->regions;
    if (regions.empty()) continue;
    std::vector<std::pair<int, DType>> reads;  // input, type
    for (int i = regions[0].first_input; i < static_cast<int>(node.inputs.size()); ++i) {
      if (!handles.contains(node.inputs[i])) continue;
      const Usage usage = UsageInCall(graph, node, i);
      if (usage.read == DType::kInvalid) continue;
      if (!usage.obstacle.empty()) {
        throw Error(Code::kUnimplemented,
                    fmt::format("'{}' ({}) reads the variable of '{}', and '{}' in it does more "
                                "with it than that: no gradient of such a variable can be taken",
                                node.name, node.op->name, graph.OutputName(node.inputs[i]),
                                usage.obstacle));
      }
      reads.emplace_back(i, usage.read);
    }
    if (reads.empty()) continue;

    for (const Region& region : regions) {
      std::unique_ptr<Function> f = Copy(RegionFunction(graph, node, region), library);
      std::set<Output> inner;
      for (const auto& [i, dtype] : reads) inner.insert({f->args[i - region.first_input], 0});
      Hoist(f->graph, inner, nullptr);
      graph.SetAttr(id, region.attr, FuncRef{f->name});
      library.Add(std::move(f));
    }
    std::vector<Output> values;
    for (const auto& [i, dtype] : reads) {
      values.push_back({graph.AddNode("ReadVariableOp", node.name + "/ReadVariableOp",
                                      {node.inputs[i]}, {{"dtype", dtype}}),
                        0});
    }
    const std::vector<std::vector<Output>> parameters = AddCaptures(graph, id, values);
    for (size_t k = 0; k < regions.size(); ++k) {
      Function& f =
          library.Get(std::get<FuncRef>(graph.node(id).attrs.find(regions[k].attr)->second).name);
      for (size_t r = 0; r < reads.size(); ++r) {
        const Output handle{f.args[reads[r].first - regions[k].first_input], 0};
        ReplaceReads(f, handle, parameters[k][r]);
      }
      std::erase_if(f.control_results, [&f](NodeId at) { return !MustRun(f.graph, at); });
    }
  }
}

}  // namespace

void HoistReads(Graph& graph, const std::set<Output>& handles, const std::vector<bool>& needed) {
  Hoist(graph, handles, &needed);
}

}  // namespace graphrun
