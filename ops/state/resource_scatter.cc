// ResourceScatterAdd, -Sub, -Mul, -Div, -Min, -Max and -Update: change rows of a variable.
#include <algorithm>
#include <type_traits>

#include "core/base/parallel.h"
#include "core/graph/op_def.h"
#include "ops/state/handle.h"

namespace graphrun::ops {
namespace resource_scatter {

enum class Mode { kAdd, kSub, kMul, kDiv, kMin, kMax, kUpdate };

void InferShape(ShapeContext& c) {
  const Shape params = HandleShape(c, 0, c.Type(2).dtype);
  if (c.In(2).rank() == 0 || !params.known_rank()) return;
  if (params.rank() == 0) ThrowInvalid("a scalar variable has no rows to scatter to");
  c.MergeShapes(c.In(2), Concatenate(c.In(1), params.From(1)),
                "updates' shape and indices' with the variable's row");
}

template <typename T>
T Divide(T x, T u) {
  // The lowest number has no negative: it wraps around, as in all other arithmetic.
  if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    using Bits = std::make_unsigned_t<T>;
    if (u == -1) return static_cast<T>(Bits{0} - static_cast<Bits>(x));
  }
  return static_cast<T>(x / u);
}

template <typename T>
T Join(Mode mode, T x, T u) {
  switch (mode) {
    case Mode::kAdd:
      return static_cast<T>(x + u);
    case Mode::kSub:
      return static_cast<T>(x - u);
    case Mode::kMul:
      return static_cast<T>(x * u);
    case Mode::kDiv:
      return Divide(x, u);
    case Mode::kMin:
      return std::min(x, u);
    case Mode::kMax:
      return std::max(x, u);
    case Mode::kUpdate:
      break;
  }
  return u;
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
      for (int64_t j = begin; j < end; ++j) to[j] = Join(mode, to[j], from[j * step]);
    }
  });
}

void Kernel(KernelContext& k, Mode mode) {
  const Tensor& indices = k.In(1);
  const Tensor& updates = k.In(2);
  VariableState& v = VariableOfType(k, 0, updates.dtype());
  const VariableLock lock(v);
  CheckHasValue(k, v);
  const Shape shape = v.value().shape();
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
      if (mode == Mode::kDiv && std::ranges::count(updates.span<T>(), T(0)) > 0) {
        ThrowInvalid("ResourceScatterDiv: division by zero");
      }
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
      .Writes()
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

OpDef ResourceScatterMulOp() {
  return resource_scatter::Declare("ResourceScatterMul",
                                   "Multiplies rows of a variable by updates, one by one.",
                                   resource_scatter::Mode::kMul);
}

OpDef ResourceScatterDivOp() {
  return resource_scatter::Declare("ResourceScatterDiv",
                                   "Divides rows of a variable by updates, one by one. "
                                   "INVALID_ARGUMENT for a zero.",
                                   resource_scatter::Mode::kDiv);
}

OpDef ResourceScatterMinOp() {
  return resource_scatter::Declare("ResourceScatterMin",
                                   "Lowers elements of a variable's rows to those of updates.",
                                   resource_scatter::Mode::kMin);
}

OpDef ResourceScatterMaxOp() {
  return resource_scatter::Declare("ResourceScatterMax",
                                   "Raises elements of a variable's rows to those of updates.",
                                   resource_scatter::Mode::kMax);
}

}  // namespace graphrun::ops
