// What ops on variables share: the type behind a handle, before the run and in it.
#ifndef GRAPHRUN_OPS_STATE_HANDLE_H_
#define GRAPHRUN_OPS_STATE_HANDLE_H_

#include <cstdint>

#include "core/graph/op_context.h"

namespace graphrun::ops {

// The shape of the variable that handle input i leads to, as far as it is known. INVALID_ARGUMENT
// when input i is no scalar, or when the variable is known to have another dtype than `dtype`
// (kInvalid: any).
Shape HandleShape(ShapeContext& c, int i, DType dtype = DType::kInvalid);

// The variable of handle input i. INVALID_ARGUMENT when its dtype is not `dtype`.
VariableState& VariableOfType(const KernelContext& k, int i, DType dtype);

// Fails when the variable, which is locked, has no value: as in TensorFlow by `code` where the op
// takes a resource variable, and always by FAILED_PRECONDITION where a file has a reference.
void CheckHasValue(const KernelContext& k, const VariableState& v, Code code = Code::kNotFound);
// The variable's value; NOT_FOUND or FAILED_PRECONDITION like this when it has none.
Tensor ValueOf(const KernelContext& k, const VariableState& v);

// Checks that every element of the int tensor `indices` is in [0, limit). INVALID_ARGUMENT naming
// the first that is not.
void CheckIndices(const Tensor& indices, int64_t limit);

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_STATE_HANDLE_H_
