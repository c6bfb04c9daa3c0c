#include "core/import/variable_rewriter.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/graph/op_def.h"
#include "core/graph/op_registry.h"
#include "core/graph/reference.h"
#include "core/import/foreign_ops.h"
#include "core/import/node_attrs.h"
#include "proto/node_def.pb.h"

namespace graphrun {
namespace {

std::string_view OpOf(const pb::NodeDef& def) {
  return def.op() == "RefIdentity" ? std::string_view("Identity") : std::string_view(def.op());
}

// Whether a later read of the same memory needs the op again, for what it does or for a gradient of
// its own.
bool Repeats(const pb::NodeDef& def) { return OpOf(def) != "Identity" || GradientOpType(def); }

// Of a ReadVariableOp that stands for a reference, or for a node that reads it.
AttrMap AttrsOfRead(DType dtype, bool edge) {
  return {{"dtype", dtype}, {kReferenceAttr, true}, {kEdgeAttr, edge}};
}

}  // namespace

void VariableRewriter::EmitVariable(RewriteBlock& b, int i) {
  const OpDef& op = registry_.Get("VarHandleOp");
  AttrMap attrs = ReadAttrs(foreign_, *foreign_.node(i).def, op, budget_);
  std::erase_if(attrs, [&](const auto& a) { return !op.FindAttr(a.first); });
  attrs[kReferenceAttr] = true;
  if (variables_.ChangesShape(i)) attrs["shape"] = Shape::Unknown();
  b.values[{i, 0}] = {blocks_.Add(b, i, "VarHandleOp", {}, std::move(attrs)), 0};
}

Output VariableRewriter::Handle(RewriteBlock& b, int variable) {
  const Output handle = blocks_.Lookup(b, {variable, 0});
  if (!handle.valid())
    ThrowInvalid("variable " + foreign_.Describe(variable) + " lies in a loop or cond");
  if (b.graph().dtype(handle) != DType::kResource)
    ThrowInvalid("variable " + foreign_.Describe(variable) + " cannot be made");
  return handle;
}

// What runs the last of `writes`.
std::vector<NodeId> VariableRewriter::OperationsOf(RewriteBlock& b,
                                                   const std::vector<int>& writes) {
  return blocks_.WaitFor(b, variables_.Last(writes));
}

// What runs the writes of the variables, references to which the node has as inputs, that come
// before it: an edge that carries a reference is one from its last write.
std::vector<NodeId> VariableRewriter::WritesOfInputs(RewriteBlock& b, int node) {
  std::vector<NodeId> operations;
  for (Port p : foreign_.node(node).inputs) {
    const int variable = variables_.VariableOf(p);
    if (variable < 0) continue;
    for (NodeId w : OperationsOf(b, variables_.WritesBefore(node, variable)))
      operations.push_back(w);
  }
  return operations;
}

// The variable's value after `writes` (and before any other write of the run), for consumers that
// get it through the nodes `through`, the nearest first. It is read in the outermost block where
// that is possible: not outside a loop that writes the variable, and not outside a cond, which may
// be what keeps an uninitialised variable from being read. `edge`: no node on the way reads it.
Output VariableRewriter::ReadAfter(RewriteBlock& b, int variable, const std::vector<int>& through,
                                   const std::vector<int>& writes, bool edge) {
  const std::pair key{through.front(), writes};
  RewriteBlock* at = &b;
  for (;; at = at->parent) {
    if (const auto it = at->reads.made_.find(key); it != at->reads.made_.end()) {
      if (!edge) at->graph().SetAttr(it->second.node, kEdgeAttr, false);
      return b.builder->Resolve(Expr(at->builder, it->second));
    }
    if (at->loop < 0 || variables_.WrittenInFrame(at->loop).contains(variable)) break;
  }
  const Output handle = Handle(*at, variable);
  AttrMap attrs = AttrsOfRead(at->graph().type(handle).element_dtype, edge);
  std::vector<std::string> names;
  for (int i : through) {
    if (i != variable) names.emplace_back(foreign_.node(i).name);
  }
  if (!names.empty()) attrs[kThroughAttr] = names;
  const std::string name = std::string(foreign_.node(variable).name) + "/value";
  const Output read{at->graph().AddNode("ReadVariableOp", name, {handle}, std::move(attrs),
                                        OperationsOf(*at, writes)),
                    0};
  at->reads.made_[key] = read;
  return b.builder->Resolve(Expr(at->builder, read));
}

Output VariableRewriter::ReadVariable(RewriteBlock& b, Port port, int consumer) {
  const int variable = variables_.VariableOf(port);
  const auto writes_before = [&](int node) {
    return node < 0 ? std::vector<int>() : variables_.WritesBefore(node, variable);
  };
  // At the end of a block the port itself is the consumer.
  const std::vector<int> writes = writes_before(consumer < 0 ? port.node : consumer);
  // From the port to the variable.
  std::vector<int> repeats, through;
  bool edge = true;
  Port at = port;
  while (foreign_.node(at.node).kind != ForeignKind::kVariable &&
         foreign_.node(at.node).kind != ForeignKind::kVariableWrite) {
    const ForeignNode& node = foreign_.node(at.node);
    if (node.kind == ForeignKind::kPlain) {
      // A copy that sees the same writes is as good.
      if (const Output copy = blocks_.Lookup(b, {at.node, 0}, variable);
          copy.valid() && writes_before(at.node) == writes) {
        return Repeat(b, copy, repeats);
      }
      (Repeats(*node.def) ? repeats : through).push_back(at.node);
    }
    edge = edge && node.kind == ForeignKind::kPlain && node.def->op() != "Identity";
    at = node.inputs[0];
  }
  through.push_back(at.node);
  return Repeat(b, ReadAfter(b, variable, through, writes, edge), repeats);
}

Output VariableRewriter::Repeat(RewriteBlock& b, Output value, const std::vector<int>& repeats) {
  for (size_t k = repeats.size(); k-- > 0;) {
    const pb::NodeDef& def = *foreign_.node(repeats[k]).def;
    std::vector<Output> inputs = blocks_.Inputs(b, repeats[k], 1);
    inputs.insert(inputs.begin(), value);
    const OpDef& op = registry_.Get(OpOf(def));
    value = {b.graph().AddNode(op.name, def.name(), std::move(inputs),
                               ReadAttrs(foreign_, def, op, budget_)),
             0};
  }
  return value;
}

// A node whose output is its input in the same memory. An Identity of a variable is a read.
void VariableRewriter::EmitAlias(RewriteBlock& b, int i) {
  const ForeignNode& node = foreign_.node(i);
  const int variable = variables_.VariableOf({i, 0});
  const std::vector<int> writes = variables_.WritesBefore(i, variable);
  Port at = node.inputs[0];
  while (foreign_.node(at.node).kind == ForeignKind::kSwitch ||
         foreign_.node(at.node).kind == ForeignKind::kEnter)
    at = foreign_.node(at.node).inputs[0];
  if (Repeats(*node.def) || foreign_.node(at.node).kind != ForeignKind::kVariable)
    return blocks_.AddPlain(b, i);
  const Output handle = Handle(b, variable);
  const std::vector<NodeId> after = OperationsOf(b, writes);
  const bool edge = OpOf(*node.def) != node.def->op() && at.node == node.inputs[0].node;
  const NodeId read = blocks_.Add(b, i, "ReadVariableOp", {handle},
                                  AttrsOfRead(b.graph().type(handle).element_dtype, edge));
  for (NodeId w : after) b.graph().AddControlInput(read, w);
  b.values[{i, 0}] = {read, 0};
}

void VariableRewriter::EmitIsInitialized(RewriteBlock& b, int i) {
  const Port port = foreign_.node(i).inputs[0];
  const int variable = variables_.VariableOf(port);
  if (variable < 0) ThrowInvalid("its input leads to no variable");
  const NodeId is = blocks_.Add(b, i, "VarIsInitializedOp", {Handle(b, variable)}, {});
  for (NodeId w : WritesOfInputs(b, i)) b.graph().AddControlInput(is, w);
  b.values[{i, 0}] = {is, 0};
}

void VariableRewriter::EmitWrite(RewriteBlock& b, int i) {
  const ForeignNode& node = foreign_.node(i);
  const OpDef& op = registry_.Get(ResourceOp(node.def->op()));
  const int references = variables_.NumReferences(i);
  std::vector<Output> inputs;
  for (int k = 0; k < references; ++k) {
    const int variable = variables_.VariableOf(node.inputs[k]);
    if (variable < 0) ThrowInvalid("input " + std::to_string(k) + " leads to no variable");
    inputs.push_back(Handle(b, variable));
  }
  for (Output o : blocks_.Inputs(b, i, references)) inputs.push_back(o);
  pb::NodeDef def = *node.def;
  def.set_op(op.name);
  // The type of the value has another name in some.
  if (const auto type = def.attr().find("T"); type != def.attr().end() && !op.FindAttr("T"))
    (*def.mutable_attr())["dtype"] = type->second;
  for (const char* unknown : {"T", "use_locking", "validate_shape"}) {
    if (!op.FindAttr(unknown)) def.mutable_attr()->erase(unknown);
  }
  // The node's output was the variable: its name is that of a read after the write, so that it can
  // be fetched, and running it runs the write.
  const std::string name = std::string(node.name) + (b.top() ? "/write" : "");
  std::vector<NodeId> controls = blocks_.Controls(b, i);
  for (NodeId w : WritesOfInputs(b, i)) controls.push_back(w);
  NodeId write = kNoNode;
  try {
    AttrMap attrs = ReadAttrs(foreign_, def, op, budget_);
    attrs[kReferenceAttr] = true;
    write = b.graph().AddNode(op.name, name, inputs, std::move(attrs));
  } catch (const Error& e) {
    if (e.broken()) throw;
    // As it can be saved; reads after it need it.
    const Problem problem = unavailable_.UnknownType(def) ? Problem() : Problem::Of(e);
    write = blocks_.AddUnavailable(b, name, unavailable_.OpWithType(node.def->op(), def), problem,
                                   inputs, {}, &def);
  }
  for (NodeId c : controls) b.graph().AddControlInput(write, c);
  b.operations[i] = write;
  if (!b.top()) return;
  const int variable = variables_.VariableOf(node.inputs[0]);
  const Output handle = Handle(b, variable);
  std::vector<int> writes = variables_.WritesBefore(i, variable);
  writes.insert(std::lower_bound(writes.begin(), writes.end(), i), i);
  const NodeId read = b.graph().AddNodeNamed(
      "ReadVariableOp", node.name, {handle},
      AttrsOfRead(b.graph().type(handle).element_dtype, /*edge=*/true), {write});
  b.reads.made_[{i, writes}] = {read, 0};
}

}  // namespace graphrun
