#include "core/graph/print.h"

#include "core/graph/op_def.h"

namespace graphrun {
namespace {

std::string NameOf(const Graph& g, Output o) {
  if (!g.exists(o.node)) return "<missing>";
  return g.node(o.node).name + (o.index == 0 ? "" : ":" + std::to_string(o.index));
}

std::string PrintNodes(const Graph& g, const char* indent) {
  std::string out;
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    if (g.exists(id)) out += indent + PrintNode(g, id) + "\n";
  }
  return out;
}

}  // namespace

std::string PrintNode(const Graph& g, NodeId id) {
  const Node& node = g.node(id);
  std::string out = node.name;
  for (int i = 0; i < g.num_outputs(id); ++i) out += (i ? ", " : ": ") + g.type({id, i}).ToString();
  out += " = " + node.op->name + "(";
  for (size_t i = 0; i < node.inputs.size(); ++i)
    out += (i ? ", " : "") + NameOf(g, node.inputs[i]);
  for (size_t i = 0; i < node.control_inputs.size(); ++i) {
    out += (i || !node.inputs.empty() ? ", ^" : "^") + NameOf(g, {node.control_inputs[i], 0});
  }
  out += ")";
  for (const auto& [name, value] : node.attrs) {
    const AttrDef* def = node.op->FindAttr(name);
    if (def && def->default_value && AttrEqual(value, *def->default_value)) continue;
    out += " " + name + "=" + AttrToString(value);
  }
  return out;
}

std::string PrintFunction(const Function& f, bool with_callees) {
  std::string out = f.name + "(";
  for (size_t i = 0; i < f.args.size(); ++i) out += (i ? ", " : "") + f.graph.node(f.args[i]).name;
  out += ") {\n" + PrintNodes(f.graph, "  ") + "  return ";
  for (size_t i = 0; i < f.results.size(); ++i)
    out += (i ? ", " : "") + NameOf(f.graph, f.results[i]);
  for (NodeId id : f.control_results) out += " ^" + f.graph.node(id).name;
  out += "\n}\n";
  if (!with_callees) return out;
  for (const std::string& name : CalledFunctions(f))
    out += "\n" + PrintFunction(f.graph.library()->Get(name));
  return out;
}

std::string PrintGraph(const Graph& graph, bool with_functions) {
  std::string out = PrintNodes(graph, "");
  if (!with_functions) return out;
  for (const auto& [name, f] : graph.library()->functions()) out += "\n" + PrintFunction(*f);
  return out;
}

const std::string& NameOfOp(const Node& node) {
  if (node.op->structure != Structure::kUnavailable) return node.op->name;
  return std::get<std::string>(node.attrs.find("op")->second);
}

}  // namespace graphrun
