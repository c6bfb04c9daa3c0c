#include "core/graph/fixed_constants.h"

#include <set>

#include "core/base/error.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "core/graph/reference.h"

namespace graphrun {
namespace {

const std::string* CopyOf(const Node& node) {
  const auto it = node.attrs.find(kCopyOfAttr);
  return it == node.attrs.end() ? nullptr : std::get_if<std::string>(&it->second);
}

// The constants whose values the shape function of a node asks for, and those from which the values
// that it asks for are computed.
std::set<Output> AskedConstants(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  std::set<Output> asked;
  std::vector<Output> open;
  const auto ask = [&](int i) { open.push_back(node.inputs[i]); };
  std::vector<ValueType> inputs, outputs;
  for (Output o : node.inputs) inputs.push_back(graph.type(o));
  for (int k = 0; k < graph.num_outputs(id); ++k)
    outputs.push_back({.dtype = graph.dtype({id, k})});
  const ShapeContext::Values values{[&](int i) {
                                      ask(i);
                                      return graph.ConstValue(node.inputs[i]);
                                    },
                                    [&](int i) {
                                      ask(i);
                                      return graph.PartialValue(node.inputs[i]);
                                    }};
  ShapeContext context(node, *graph.library(), inputs, outputs, values);
  try {
    node.op->shape(context);
  } catch (const Error& e) {  // it was inferred once; what was asked is known
    if (e.broken()) throw;
  }
  while (!open.empty()) {
    const Output o = open.back();
    open.pop_back();
    if (!asked.insert(o).second) continue;
    if (graph.node(o.node).op->partial) {
      for (Output in : graph.node(o.node).inputs) open.push_back(in);
    }
  }
  return asked;
}

}  // namespace

void FixConstant(Graph* main, const Graph& graph, Output constant) {
  if (!graph.ConstValue(constant)) return;
  NodeId id = constant.node;
  if (const std::string* name = CopyOf(graph.node(id))) {
    id = main->Find(*name);
  } else if (&graph != main) {
    return;
  }
  if (id == kNoNode || !main->ConstValue({id, 0}) || main->node(id).attrs.contains(kFixedAttr))
    return;
  main->SetAttr(id, kFixedAttr, true);
}

void FixConstantsOfTypes(Graph* main, const Graph& graph, const std::vector<NodeId>& ys) {
  std::vector<std::string> functions;
  std::set<std::string> seen;
  const auto fix = [&](const Graph& g, NodeId id) {
    for (Output o : AskedConstants(g, id)) FixConstant(main, g, o);
    for (std::string& name : FunctionNames(g.node(id))) {
      if (seen.insert(name).second) functions.push_back(std::move(name));
    }
  };
  const std::vector<bool> needed = Ancestors(graph, ys, {});
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (needed[id]) fix(graph, id);
  }
  for (size_t i = 0; i < functions.size(); ++i) {
    const Graph& body = graph.library()->Get(functions[i]).graph;
    for (NodeId id = 0; id < body.num_ids(); ++id) {
      if (body.exists(id)) fix(body, id);
    }
  }
}

Output CopyConstant(const Graph& from, bool from_main, Output constant, const std::string& name,
                    Graph* to) {
  const Node& node = from.node(constant.node);
  const Output copy = to->AddConst(name, *from.ConstValue(constant));
  if (const std::string* original = CopyOf(node)) {
    to->SetAttr(copy.node, kCopyOfAttr, *original);
  } else if (from_main) {
    to->SetAttr(copy.node, kCopyOfAttr, node.name);
  }
  return copy;
}

}  // namespace graphrun
