// Nodes whose values are known before the run.
#include <algorithm>

#include "core/base/error.h"
#include "core/base/size.h"
#include "core/compile/copier.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

// Larger constants are cheaper to compute again than to keep.
constexpr size_t kMaxFoldedBytes = 1 << 16;

}  // namespace

// Whether output 0 is a known constant, or a tensor that exists already.
bool Copier::Fold(NodeId id, const std::vector<Output>& inputs) {
  const Node& node = from_.node(id);
  const OpDef& op = *node.op;
  if (!op.pure() || op.structure != Structure::kNone || op.handles || !ControlInputs(id).empty())
    return false;
  if (op.same_as) {
    std::vector<ValueType> in, out(1);
    for (Output o : inputs) in.push_back(to_.type(o));
    const ShapeContext::Values values{[&](int i) { return to_.ConstValue(inputs[i]); }, {}};
    const ShapeContext context(node, *to_.library(), in, out, values);
    const int same = op.same_as(context);
    // Who waits for this node waits for all of its inputs.
    const bool waits = std::any_of(inputs.begin(), inputs.end(), [&](Output o) {
      return same >= 0 && o != inputs[same] && Effectful(o.node);
    });
    if (same >= 0 && !waits) {
      SetCopy({id, 0}, inputs[same]);
      nodes_[id] = inputs[same].node;
      return true;
    }
  }
  if (op.inputs.empty()) return false;
  std::vector<Tensor> values;
  for (Output o : inputs) {
    const Tensor* value = to_.ConstValue(o);
    if (!value || Effectful(o.node)) return false;
    values.push_back(*value);
  }
  std::vector<ValueType> in, out;
  for (const Tensor& t : values) in.push_back(TypeOf(t));
  for (int i = 0; i < from_.num_outputs(id); ++i) {
    out.push_back({.dtype = from_.dtype({id, i})});
    if (DTypeSize(out.back().dtype) == 0) return false;
  }
  const ShapeContext::Values known{[&](int i) { return &values[i]; }, {}};
  ShapeContext context(node, *to_.library(), in, out, known);
  std::vector<Tensor> results(out.size());
  std::vector<Tensor*> in_pointers, out_pointers;
  std::vector<Shape> shapes;
  for (Tensor& t : values) in_pointers.push_back(&t);
  try {
    op.shape(context);
    for (size_t i = 0; i < out.size(); ++i) {
      shapes.push_back(out[i].shape);
      out_pointers.push_back(&results[i]);
      const bool by_kernel = op.allocates_outputs || (op.view_of >= 0 && i == 0);
      if (by_kernel) continue;
      if (CheckedBytes(out[i].shape.num_elements(), out[i].dtype) > kMaxFoldedBytes) return false;
      results[i] = Tensor(out[i].dtype, out[i].shape);
    }
    KernelContext kernel(node, *context_->folding, in_pointers, out_pointers, shapes, nullptr,
                         nullptr);
    RunOnce(kernel);
  } catch (const Error&) {
    return false;  // the error belongs to the run, which may never get here
  }
  for (size_t i = 0; i < results.size(); ++i) {
    const Output o{id, static_cast<int>(i)};
    if (!needs_->has(o) || map_.contains(o)) continue;
    const Output made = to_.AddConst(node.name, results[i].Copy());
    AddWaits(made.node, Waits(inputs));
    SetCopy(o, made);
  }
  return true;
}

// Whether every used output is known by its type alone, as that of Shape is.
bool Copier::FoldKnown(NodeId id, NodeId copy) {
  const Node& node = to_.node(copy);
  if (!node.control_inputs.empty()) return false;
  const std::optional<Tensor> value = ValueByType(to_, copy);
  if (!value) return false;
  const std::string name = node.name;
  std::vector<NodeId> waits = Waits(node.inputs);
  if (std::any_of(node.inputs.begin(), node.inputs.end(),
                  [&](Output o) { return Effectful(o.node); })) {
    Finish(id, copy);  // for those who wait for it
    if (Ordering(copy)) waits.push_back(copy);
  } else {
    to_.RemoveNode(copy);
  }
  const Output made = to_.AddConst(name, *value);
  AddWaits(made.node, waits);
  SetCopy({id, 0}, made);
  return true;
}

}  // namespace graphrun
