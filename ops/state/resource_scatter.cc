// ResourceScatterAdd, ResourceScatterSub, ResourceScatterUpdate: change rows of a variable.
#include <algorithm>

#include "core/base/parallel.h"
#include "core/graph/op_def.h"
#include "ops/state/handle.h"

namespace graphrun::ops {
namespace resource_scatter {

enum class Mode { kAdd, kSub, kUpdate };

void InferShape(ShapeContext& c) {
  const Shape params = HandleShape(c, 0, c.Type(2).dtype);
  if (c.In(2).rank() == 0 || !params.known_rank()) return;
  if (params.rank() == 0) ThrowInvalid("a scalar variable has no rows to scatter to");
  c.MergeShapes(c.In(2), Concatenate(c.In(1), params.From(1)),
                "updates' shape and indices' with the variable's row");
}

// Rows [n, inner] into the variable, in the order of indices. Threads share the columns, so
// repeated rows need no locks and always add up in the same order. A single update serves for all
// elements.
template <typename T, typename Index>
void Scatter(Mode mode, std::span<const Index> rows, int64_t inner, const T* updates, bool scalar,
             T* params) {
  const int64_t n = static_cast<int64_t>(rows.size());
  ParallelFor(inner, 1 + (1 << 15) / n, [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < n; ++i) {
      T* to = params + static_cast<int64_t>(rows[i]) * inner;
      const T* from = scalar ? updates : updates + i * inner;
      const int64_t step = scalar ? 0 : 1;
      for (int64_t j = begin; j < end; ++j) {
        const T u = from[j * step];
        to[j] = mode == Mode::kUpdate ? u : mode == Mode::kAdd ? to[j] + u : to[j] - u;
      }
    }
  });
}

void Kernel(KernelContext& k, Mode mode) {
  const Tensor& indices = k.In(1);
  const Tensor& updates = k.In(2);
  VariableState& v = VariableOfType(k, 0, updates.dtype());
  const Shape shape = v.value.shape();
  const bool scalar = updates.shape().rank() == 0;
  if (shape.rank() == 0 ||
      (!scalar && updates.shape() != Concatenate(indices.shape(), shape.From(1)))) {
    ThrowInvalid("updates of shape " + updates.shape().ToString() + " at indices of shape " +
                 indices.shape().ToString() + " do not fit variable '" + v.name + "' of shape " +
                 shape.ToString());
  }
  CheckIndices(indices, shape[0]);
  const int64_t inner = shape.From(1).num_elements();
  if (indices.num_elements() == 0 || inner == 0) return;
  Tensor& params = v.Mutable(k.pool());
  ForInt(indices.dtype(), [&](auto i) {
    ForNumericOrBool(params.dtype(), [&](auto z) {
      using T = decltype(z);
      Scatter<T, decltype(i)>(mode, indices.span<decltype(i)>(), inner, updates.data<T>(), scalar,
                              params.data<T>());
    });
  });
}

OpDef Declare(const char* name, const char* doc, Mode mode) {
  std::vector<DType> types = kNumbers;
  if (mode == Mode::kUpdate) types.push_back(DType::kBool);
  return Op(name)
      .Doc(std::string(doc) +
           " indices [n...] choose rows of the variable [rows, inner...]; updates are "
           "[n..., inner...] or one scalar. INVALID_ARGUMENT for an index outside [0, rows).")
      .Input("resource", "resource")
      .Input("indices", "Tindices")
      .Input("updates", "dtype")
      .TypeAttr("dtype", types)
      .TypeAttr("Tindices", kInts)
      .Has(Effect::kWrite)
      .Shape(InferShape)
      .NoGradient("it has no outputs")
      .Kernel([mode](KernelContext& k) { Kernel(k, mode); });
}

}  // namespace resource_scatter

OpDef ResourceScatterAddOp() {
  return resource_scatter::Declare("ResourceScatterAdd",
                                   "Adds updates to rows of a variable; repeated rows add up.",
                                   resource_scatter::Mode::kAdd);
}

OpDef ResourceScatterSubOp() {
  return resource_scatter::Declare(
      "ResourceScatterSub", "Subtracts updates from rows of a variable; repeated rows add up.",
      resource_scatter::Mode::kSub);
}

OpDef ResourceScatterUpdateOp() {
  return resource_scatter::Declare("ResourceScatterUpdate",
                                   "Sets rows of a variable; the last of repeated rows counts.",
                                   resource_scatter::Mode::kUpdate);
}

}  // namespace graphrun::ops
