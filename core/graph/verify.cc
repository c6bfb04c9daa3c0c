#include "core/graph/verify.h"

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/graph/graph_algo.h"
#include "core/graph/node_signature.h"
#include "core/graph/op_def.h"
#include "core/graph/print.h"

namespace graphrun {
namespace {

class Verifier {
 public:
  explicit Verifier(const Graph& graph) : graph_(graph) {}

  void CheckGraph() {
    std::set<std::string> names;
    for (NodeId id = 0; id < graph_.num_ids(); ++id) {
      if (!graph_.exists(id)) continue;
      const Node& node = graph_.node(id);
      if (node.name.empty() || !names.insert(node.name).second)
        Fail(2, id, "names are not empty and unique");
      if (graph_.Find(node.name) != id) Fail(2, id, "the node is found by its name");
      CheckEdges(id);
      CheckSignature(id);
      CheckFunctions(id);
    }
    if (!FindCycle(graph_).empty()) {
      Fail(5, FindCycle(graph_).front(), "data and control edges form no cycle");
    }
    for (NodeId id = 0; id < graph_.num_ids(); ++id) {
      if (graph_.exists(id)) CheckTypes(id);
    }
  }

  void CheckMain() {
    for (NodeId id = 0; id < graph_.num_ids(); ++id) {
      if (graph_.exists(id) && graph_.node(id).op->structure == Structure::kArg) {
        Fail(8, id, "a main graph has no parameters");
      }
    }
  }

  void CheckFunction(const Function& f) {
    int args = 0;
    for (NodeId id = 0; id < graph_.num_ids(); ++id) {
      if (!graph_.exists(id) || graph_.node(id).op->structure != Structure::kArg) continue;
      ++args;
      const int64_t index = std::get<int64_t>(graph_.node(id).attrs.find("index")->second);
      if (index < 0 || index >= static_cast<int64_t>(f.args.size()) || f.args[index] != id) {
        Fail(8, id, "parameters are numbered 0..n-1, each once");
      }
    }
    if (args != static_cast<int>(f.args.size())) {
      ThrowInternal("graph invariant 8: function '" + f.name +
                    "' lists parameters that do not exist");
    }
    for (Output o : f.results) {
      if (!Exists(o))
        ThrowInternal("graph invariant 8: function '" + f.name +
                      "' has a result that does not exist");
    }
    for (NodeId id : f.control_results) {
      if (!graph_.exists(id)) {
        ThrowInternal("graph invariant 8: function '" + f.name +
                      "' has a control result that does not exist");
      }
    }
  }

 private:
  bool Exists(Output o) const {
    return graph_.exists(o.node) && o.index >= 0 && o.index < graph_.num_outputs(o.node);
  }

  void CheckEdges(NodeId id) {
    const Node& node = graph_.node(id);
    for (Output o : node.inputs) {
      if (!Exists(o)) Fail(3, id, "every input exists");
    }
    for (NodeId c : node.control_inputs) {
      if (!graph_.exists(c)) Fail(3, id, "every control input exists");
    }
  }

  void CheckSignature(NodeId id) {
    const Node& node = graph_.node(id);
    for (const AttrDef& def : node.op->attrs) {
      const auto it = node.attrs.find(def.name);
      if (it == node.attrs.end()) Fail(6, id, "attribute " + def.name + " is present");
      if (AttrKind(it->second) != def.kind)
        Fail(6, id, "attribute " + def.name + " is a " + def.kind);
    }
    const std::vector<DType> want = InputTypes(*node.op, node.attrs);
    if (want.size() != node.inputs.size())
      Fail(4, id, "the node has " + std::to_string(want.size()) + " inputs");
    for (size_t i = 0; i < want.size(); ++i) {
      if (graph_.dtype(node.inputs[i]) != want[i]) {
        Fail(4, id, "input " + std::to_string(i) + " is " + std::string(DTypeName(want[i])));
      }
    }
  }

  void CheckFunctions(NodeId id) {
    for (const std::string& name : FunctionNames(graph_.node(id))) {
      if (!graph_.library()->Find(name)) Fail(7, id, "function '" + name + "' exists");
    }
  }

  void CheckTypes(NodeId id) {
    if (graph_.node(id).op->structure == Structure::kArg) return;
    std::vector<ValueType> inferred;
    try {
      inferred = graph_.InferredTypes(id);
    } catch (const Error& e) {
      if (e.broken()) throw;
      const bool functions = !FunctionNames(graph_.node(id)).empty();
      Fail(functions ? 7 : 9, id, "the shape function accepts the inputs (" + e.message() + ")");
    }
    for (size_t i = 0; i < inferred.size(); ++i) {
      const ValueType& have = graph_.type({id, static_cast<int>(i)});
      if (have.dtype != inferred[i].dtype || !have.shape.CompatibleWith(inferred[i].shape) ||
          Merge(have.shape, inferred[i].shape) != have.shape) {
        Fail(9, id,
             "output " + std::to_string(i) + " is " + inferred[i].ToString() + ", not " +
                 have.ToString());
      }
    }
  }

  [[noreturn]] void Fail(int invariant, NodeId id, const std::string& rule) {
    Error e = Error::Broken("graph invariant " + std::to_string(invariant) + ": " + rule + ": '" +
                            graph_.node(id).name + "' (" + graph_.node(id).op->name + ")");
    std::string lines;
    for (NodeId n = std::max<NodeId>(0, id - 3); n < std::min<NodeId>(graph_.num_ids(), id + 4);
         ++n) {
      if (graph_.exists(n))
        lines += std::string(n == id ? "\n  > " : "\n    ") + PrintNode(graph_, n);
    }
    throw e.While("among" + lines);
  }

  const Graph& graph_;
};

}  // namespace

void Verify(const Graph& graph) {
  Verifier main(graph);
  main.CheckGraph();
  main.CheckMain();
  for (const auto& entry : graph.library()->functions()) {
    const Function* f = entry.second.get();
    WithContext([&] { return "in function '" + f->name + "'"; },
                [&] {
                  Verifier verifier(f->graph);
                  verifier.CheckGraph();
                  verifier.CheckFunction(*f);
                });
  }
}

void Verify(const Function& function) {
  std::vector<const Function*> all = {&function};
  for (const std::string& name : CalledFunctions(function))
    all.push_back(&function.graph.library()->Get(name));
  for (const Function* f : all) {
    WithContext([&] { return "in function '" + f->name + "'"; },
                [&] {
                  Verifier verifier(f->graph);
                  verifier.CheckFunction(*f);
                  verifier.CheckGraph();
                });
  }
}

}  // namespace graphrun
