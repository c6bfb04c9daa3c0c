#include "core/compile/folding.h"

#include "core/base/error.h"
#include "core/base/size.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

constexpr size_t kMaxFoldedBytes = 1 << 16;

}  // namespace

bool IsFoldable(const Node& node) {
  return node.op->pure() && node.op->structure == Structure::kNone && !node.op->handles;
}

int SameInput(const Node& node, const Graph& graph, const std::vector<Output>& inputs) {
  if (!node.op->same_as) return -1;
  std::vector<ValueType> in, out(1);
  for (Output o : inputs) in.push_back(graph.type(o));
  const ShapeContext::Values values{[&](int i) { return graph.ConstValue(inputs[i]); }, {}};
  return node.op->same_as(ShapeContext(node, *graph.library(), in, out, values));
}

std::optional<std::vector<Tensor>> FoldedValues(const Node& node, const Graph& graph,
                                                const std::vector<Output>& inputs,
                                                const std::vector<DType>& outputs,
                                                const KernelEnvironment& env) {
  const OpDef& op = *node.op;
  if (op.inputs.empty()) return std::nullopt;
  std::vector<Tensor> values;
  std::vector<ValueType> in, out;
  for (Output o : inputs) {
    const Tensor* value = graph.ConstValue(o);
    if (!value) return std::nullopt;
    values.push_back(*value);
    in.push_back(TypeOf(*value));
  }
  for (DType dtype : outputs) {
    if (DTypeSize(dtype) == 0) return std::nullopt;
    out.push_back({.dtype = dtype});
  }
  const ShapeContext::Values known{[&](int i) { return &values[i]; }, {}};
  ShapeContext context(node, *graph.library(), in, out, known);
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
      if (CheckedBytes(out[i].shape.num_elements(), out[i].dtype) > kMaxFoldedBytes)
        return std::nullopt;
      results[i] = Tensor(out[i].dtype, out[i].shape);
    }
    KernelContext kernel(node, env, in_pointers, out_pointers, shapes, nullptr, nullptr);
    RunOnce(kernel);
  } catch (const Error& e) {
    if (e.broken()) throw;
    return std::nullopt;
  }
  for (Tensor& t : results) t = t.Copy();  // it may be memory of an input, or of the pool
  return results;
}

}  // namespace graphrun
