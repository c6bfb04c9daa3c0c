#include "ops/state/handle.h"

#include "core/graph/reference.h"

namespace graphrun::ops {
namespace handle {

[[noreturn]] void ThrowDType(const std::string& what, DType has, DType wants) {
  ThrowInvalid(what + " is " + std::string(DTypeName(has)) + ", and the op works on " +
               std::string(DTypeName(wants)));
}

}  // namespace handle

Shape HandleShape(ShapeContext& c, int i, DType dtype) {
  c.WithRank(i, 0);
  const ValueType& type = c.Type(i);
  if (dtype != DType::kInvalid && type.element_dtype != DType::kInvalid &&
      type.element_dtype != dtype) {
    handle::ThrowDType("the variable of input " + std::to_string(i), type.element_dtype, dtype);
  }
  return type.element_shape;
}

VariableState& VariableOfType(const KernelContext& k, int i, DType dtype) {
  VariableState& v = k.VariableAt(i);
  if (v.dtype != dtype) handle::ThrowDType("variable '" + v.name + "'", v.dtype, dtype);
  return v;
}

void CheckHasValue(const KernelContext& k, const VariableState& v, Code code) {
  if (v.has_value()) return;
  throw Error(IsReference(k.node()) ? Code::kFailedPrecondition : code,
              "variable '" + v.name + "' has no value yet; run its initializer, or restore it");
}

Tensor ValueOf(const KernelContext& k, const VariableState& v) {
  const VariableLock lock(v);
  CheckHasValue(k, v);
  return v.value();
}

void CheckIndices(const Tensor& indices, int64_t limit) {
  ForInt(indices.dtype(), [&](auto z) {
    const auto at = indices.span<decltype(z)>();
    for (size_t i = 0; i < at.size(); ++i) {
      if (at[i] >= 0 && at[i] < limit) continue;
      ThrowInvalid("indices[" + std::to_string(i) + "] = " + std::to_string(at[i]) +
                   " is not in [0, " + std::to_string(limit) + ")");
    }
  });
}

}  // namespace graphrun::ops
