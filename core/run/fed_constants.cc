#include "core/run/fed_constants.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/graph/function_attr.h"
#include "core/graph/op_def.h"
#include "core/graph/reference.h"

namespace graphrun {
namespace {

using Names = std::set<std::string>;

// The constant of the main graph that a node is a copy of; "" when it is none.
std::string CopyOf(const Node& node) {
  const auto it = node.attrs.find(kCopyOfAttr);
  const auto* name = it == node.attrs.end() ? nullptr : std::get_if<std::string>(&it->second);
  return name && node.op->structure == Structure::kConst ? *name : "";
}

// Which constants each function has copies of, in itself or in those that it calls; functions that
// one node calls have the same, as they get the same inputs.
class CopyFinder {
 public:
  CopyFinder(const Graph& main, const Names& constants) : library_(*main.library()) {
    AddCalls(main, "");
    for (size_t i = 0; i < functions_.size(); ++i) {
      const Function& f = library_.Get(functions_[i]);
      Names& copied = copied_[f.name];
      for (NodeId id = 0; id < f.graph.num_ids(); ++id) {
        if (!f.graph.exists(id)) continue;
        if (const std::string name = CopyOf(f.graph.node(id)); constants.contains(name))
          copied.insert(name);
      }
      AddCalls(f.graph, f.name);
    }
    for (bool changed = true; changed;) {
      changed = false;
      for (const auto& [caller, callees] : calls_) {
        Names all;
        for (const std::string& f : callees) all.insert(copied_[f].begin(), copied_[f].end());
        for (const std::string& f : callees) changed |= Grow(&copied_[f], all);
        if (!caller.empty()) changed |= Grow(&copied_[caller], all);
      }
    }
  }

  const std::vector<std::string>& functions() const { return functions_; }
  const Names& Copied(const std::string& function) const { return copied_.at(function); }
  bool IsBody(const std::string& function) const { return bodies_.contains(function); }

 private:
  static bool Grow(Names* names, const Names& more) {
    const size_t before = names->size();
    names->insert(more.begin(), more.end());
    return names->size() != before;
  }
  void AddCalls(const Graph& graph, const std::string& caller) {
    for (NodeId id = 0; id < graph.num_ids(); ++id) {
      if (!graph.exists(id)) continue;
      const Node& node = graph.node(id);
      std::vector<std::string> callees = FunctionNames(node);
      if (callees.empty()) continue;
      for (const Region& region : node.op->regions) {
        if (region.repeats) bodies_.insert(RegionFunction(graph, node, region).name);
      }
      for (const std::string& f : callees) {
        if (seen_.insert(f).second) functions_.push_back(f);
      }
      calls_.emplace_back(caller, std::move(callees));
    }
  }

  const FunctionLibrary& library_;
  std::vector<std::string> functions_;
  std::set<std::string> bodies_;
  std::set<std::string> seen_;
  std::map<std::string, Names> copied_;
  std::vector<std::pair<std::string, std::vector<std::string>>> calls_;  // (caller, of one node)
};

// Has the node call the functions' new forms, with the outputs `values` of constants as further
// inputs.
void ExtendCall(Graph* graph, NodeId id, const CopyFinder& finder,
                const std::map<std::string, std::string>& renamed,
                const std::map<std::string, Output>& values) {
  const Node node = graph->node(id);
  const std::vector<std::string> callees = FunctionNames(node);
  if (callees.empty() || finder.Copied(callees[0]).empty()) return;
  std::vector<Output> inputs = node.inputs;
  for (const std::string& name : finder.Copied(callees[0])) inputs.push_back(values.at(name));
  AttrMap attrs = node.attrs;
  for (auto& [key, value] : attrs) {
    if (auto* f = std::get_if<FuncRef>(&value)) f->name = renamed.at(f->name);
  }
  // What follows from the inputs is found again.
  for (const Region& region : node.op->regions) {
    attrs.erase(region.types_attr);
    if (region.repeats) attrs.erase("output_shapes");
  }
  graph->ReplaceNode(id, node.op->name, std::move(inputs), std::move(attrs));
}

}  // namespace

std::unique_ptr<WithoutCopies> WithoutCopies::Make(const Graph& graph,
                                                   const std::set<Output>& fed) {
  Names constants;
  std::map<std::string, Output> outputs;
  for (Output o : fed) {
    if (!graph.ConstValue(o)) continue;
    constants.insert(graph.node(o.node).name);
    outputs[graph.node(o.node).name] = o;
  }
  if (constants.empty()) return nullptr;
  const CopyFinder finder(graph, constants);
  std::map<std::string, std::string> renamed;
  FunctionLibrary& library = *graph.library();
  for (const std::string& name : finder.functions()) {
    if (!finder.Copied(name).empty()) renamed[name] = library.UniqueName(name);
  }
  if (renamed.empty()) return nullptr;
  std::unique_ptr<WithoutCopies> made(new WithoutCopies(graph.Clone()));
  // A node's types are inferred from the functions that it calls: those come first.
  std::set<std::string> done;
  const auto ready = [&](const Graph& body) {
    for (NodeId id = 0; id < body.num_ids(); ++id) {
      if (!body.exists(id)) continue;
      for (const std::string& f : FunctionNames(body.node(id))) {
        if (renamed.contains(f) && !done.contains(f)) return false;
      }
    }
    return true;
  };
  while (done.size() < renamed.size()) {
    for (const auto& [name, new_name] : renamed) {
      const Function& old = library.Get(name);
      if (done.contains(name) || !ready(old.graph)) continue;
      done.insert(name);
      auto copy = std::make_unique<Function>(new_name, old.graph.Clone());
      copy->args = old.args;
      copy->results = old.results;
      copy->control_results = old.control_results;
      copy->whole = old.whole;
      std::map<std::string, Output> values;
      for (const std::string& constant : finder.Copied(name))
        values[constant] = copy->AddArg(constant, graph.type(outputs.at(constant)));
      const auto value_of = [&](Output o) {
        const auto it = values.find(CopyOf(copy->graph.node(o.node)));
        return it == values.end() ? o : it->second;
      };
      for (NodeId id = 0; id < copy->graph.num_ids(); ++id) {
        if (!copy->graph.exists(id)) continue;
        const int inputs = static_cast<int>(copy->graph.node(id).inputs.size());
        for (int i = 0; i < inputs; ++i)
          copy->graph.SetInput(id, i, value_of(copy->graph.node(id).inputs[i]));
        ExtendCall(&copy->graph, id, finder, renamed, values);
      }
      for (Output& o : copy->results) o = value_of(o);
      if (finder.IsBody(name)) {
        for (const auto& [constant, value] : values) copy->results.push_back(value);
      }
      library.Add(std::move(copy));
      made->added_.push_back(new_name);
    }
  }
  for (NodeId id = 0; id < made->graph_.num_ids(); ++id) {
    if (made->graph_.exists(id)) ExtendCall(&made->graph_, id, finder, renamed, outputs);
  }
  return made;
}

WithoutCopies::~WithoutCopies() {
  for (const std::string& name : added_) graph_.library()->Remove(name);
}

}  // namespace graphrun
