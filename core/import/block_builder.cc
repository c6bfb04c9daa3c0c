#include "core/import/block_builder.h"

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/graph/op_def.h"
#include "core/graph/op_registry.h"
#include "core/import/node_attrs.h"
#include "core/import/proto_bytes.h"
#include "proto/node_def.pb.h"

namespace graphrun {
namespace {

// Files of this graph version and of those before write the unknown shape of a placeholder as that
// of a scalar.
constexpr int kLastWithoutUnknownRank = 21;

}  // namespace

Output BlockBuilder::Lookup(RewriteBlock& b, Port port, int variable) const {
  for (RewriteBlock* at = &b; at; at = at->parent) {
    if (const auto it = at->values.find(port); it != at->values.end())
      return b.builder->Resolve(Expr(at->builder, it->second));
    if (at->loop >= 0 && variables_.WrittenInFrame(at->loop).contains(variable)) break;
  }
  return {};
}

Output BlockBuilder::FindValue(RewriteBlock& b, Port port) const {
  for (;;) {
    const ForeignNode& node = foreign_.node(port.node);
    if (node.kind == ForeignKind::kSwitch && loops_.VariableOf(port.node) >= 0) {
      if (port.index == 0) break;
      port = {loops_.frame(loops_.FrameOf(port.node)).variables[loops_.VariableOf(port.node)].merge,
              0};
    } else if (node.kind == ForeignKind::kSwitch || node.kind == ForeignKind::kEnter) {
      port = node.inputs[0];
    } else {
      break;
    }
  }
  return Lookup(b, port);
}

Output BlockBuilder::Value(RewriteBlock& b, Port port, int consumer) {
  if (variables_.VariableOf(port) >= 0) return reader_->ReadVariable(b, port, consumer);
  if (const Output found = FindValue(b, port); found.valid()) return found;
  if (const ForeignNode& node = foreign_.node(port.node); node.kind == ForeignKind::kBroken)
    throw Error(node.problem.code, node.problem.reason);
  const RewriteBlock* top = &b;
  while (!top->top()) top = top->parent;
  if (top->operations.contains(port.node) && loops_.FrameOf(port.node) == 0) {
    ThrowInvalid("'" + std::string(foreign_.node(port.node).name) + ":" +
                 std::to_string(port.index) + "' is no output of " + foreign_.Describe(port.node));
  }
  throw Error(Code::kUnimplemented,
              "the value of " + foreign_.Describe(port.node) +
                  " exists only inside a loop or cond that does not contain its consumer");
}

std::vector<Output> BlockBuilder::Inputs(RewriteBlock& b, int i, size_t first) {
  std::vector<Output> inputs;
  const ForeignNode& node = foreign_.node(i);
  for (size_t k = first; k < node.inputs.size(); ++k) inputs.push_back(Value(b, node.inputs[k], i));
  return inputs;
}

std::vector<Output> BlockBuilder::KnownInputs(RewriteBlock& b,
                                              const std::vector<int>& nodes) const {
  std::set<Output> inputs;
  for (int i : nodes) {
    for (Port p : foreign_.node(i).inputs) {
      const auto passes = [&] {
        const ForeignNode& from = foreign_.node(p.node);
        return (from.kind == ForeignKind::kSwitch || from.kind == ForeignKind::kEnter) &&
               !from.inputs.empty();
      };
      while (passes()) p = foreign_.node(p.node).inputs[0];
      if (const int variable = variables_.VariableOf(p); variable >= 0) p = {variable, 0};
      if (const Output o = Lookup(b, p); o.valid()) inputs.insert(o);
    }
  }
  return {inputs.begin(), inputs.end()};
}

NodeId BlockBuilder::Add(RewriteBlock& b, int i, std::string_view op, std::vector<Output> inputs,
                         AttrMap attrs, const char* suffix) {
  const ForeignNode& node = foreign_.node(i);
  const std::string name = std::string(node.name) + suffix;
  const auto add = b.top() && !*suffix ? &Graph::AddNodeNamed : &Graph::AddNode;
  const NodeId id = (b.graph().*add)(op, name, std::move(inputs), std::move(attrs), Controls(b, i));
  if (!node.def->device().empty()) b.graph().SetDevice(id, node.def->device());
  b.operations[i] = id;
  return id;
}

void BlockBuilder::AddPlain(RewriteBlock& b, int i) {
  const pb::NodeDef& def = *foreign_.node(i).def;
  const OpDef& op = registry_.Get(def.op() == "RefIdentity" ? "Identity" : def.op());
  if (op.structure == Structure::kArg)
    ThrowInvalid("only the signature of a function makes parameters");
  AttrMap attrs = ReadAttrs(foreign_, def, op, budget_);
  if (op.structure == Structure::kPlaceholder && foreign_.producer() <= kLastWithoutUnknownRank) {
    const auto it = attrs.find("shape");
    if (it != attrs.end() && AttrEqual(it->second, Shape{})) it->second = Shape::Unknown();
  }
  const NodeId id = Add(b, i, op.name, Inputs(b, i), std::move(attrs));
  for (int k = 0; k < b.graph().num_outputs(id); ++k) b.values[{i, k}] = {id, k};
}

NodeId BlockBuilder::AddUnavailable(RewriteBlock& b, const std::string& name, const std::string& op,
                                    const Problem& problem, std::vector<Output> inputs,
                                    const std::vector<DType>& types, const pb::NodeDef* def) {
  // Only ops that we know are known to do nothing else.
  const OpDef* known = registry_.Find(op);
  const bool stateful = !known || !known->pure() || known->structure != Structure::kNone;
  AttrMap attrs = {{"op", op},
                   {"reason", problem.reason},
                   {"code", static_cast<int64_t>(problem.code)},
                   {"stateful", stateful},
                   {"Tout", types}};
  if (def) attrs.emplace("def", ProtoBytes(*def));
  // Nodes of the main graph keep their names (Run reserved them) as long as these are free.
  const bool named = b.top() && foreign_.Find(name) >= 0 && b.graph().Find(name) == kNoNode;
  const auto add = named ? &Graph::AddNodeNamed : &Graph::AddNode;
  return (b.graph().*add)("_Unavailable", name, std::move(inputs), std::move(attrs), {});
}

std::pair<std::string, std::string> BlockBuilder::SplitScopeName(const std::string& name) {
  const size_t slash = name.rfind('/');
  if (slash == name.npos) return {"", name};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

Scope BlockBuilder::ScopeAt(FunctionBuilder* builder, const std::string& prefix) {
  const Scope top = builder->scope();
  return prefix.empty() ? top : top.NameScope(prefix + "/");
}

}  // namespace graphrun
