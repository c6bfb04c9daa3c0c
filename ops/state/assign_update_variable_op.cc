// AssignAddVariableOp, AssignSubVariableOp: change a variable by a dense amount.
#include "core/base/parallel.h"
#include "core/graph/op_def.h"
#include "ops/state/handle.h"

namespace graphrun::ops {
namespace assign_update_variable_op {

template <typename T>
void Add(T* v, const T* x, int64_t n, bool subtract) {
  ParallelFor(n, 1 << 15, [=](int64_t begin, int64_t end) {
    if (subtract) {
      for (int64_t i = begin; i < end; ++i) v[i] -= x[i];
    } else {
      for (int64_t i = begin; i < end; ++i) v[i] += x[i];
    }
  });
}

void Kernel(KernelContext& k, bool subtract) {
  const Tensor& x = k.In(1);
  VariableState& v = VariableOfType(k, 0, x.dtype());
  const VariableLock lock(v);
  CheckHasValue(k, v);
  if (v.value().shape() != x.shape()) {
    ThrowInvalid("variable '" + v.name + "' has shape " + v.value().shape().ToString() +
                 ", and the value to " + (subtract ? "subtract" : "add") + " " +
                 x.shape().ToString());
  }
  Tensor& value = v.Mutable(k.pool());
  ForNumeric(x.dtype(), [&](auto z) {
    using T = decltype(z);
    Add(value.data<T>(), x.data<T>(), x.num_elements(), subtract);
  });
}

OpDef Declare(const char* name, const char* doc, bool subtract) {
  return Op(name)
      .Doc(doc)
      .Input("resource", "resource")
      .Input("value", "dtype")
      .TypeAttr("dtype", kNumbers)
      .Writes()
      .Shape([](ShapeContext& c) {
        c.MergeShapes(HandleShape(c, 0, c.Type(1).dtype), c.In(1),
                      "the variable's shape and the value's");
      })
      .NoGradient("it has no outputs")
      .Kernel([subtract](KernelContext& k) { Kernel(k, subtract); });
}

}  // namespace assign_update_variable_op

OpDef AssignAddVariableOpOp() {
  return assign_update_variable_op::Declare(
      "AssignAddVariableOp", "Adds `value`, of the variable's shape, to the variable.", false);
}

OpDef AssignSubVariableOpOp() {
  return assign_update_variable_op::Declare(
      "AssignSubVariableOp", "Subtracts `value`, of the variable's shape, from the variable.",
      true);
}

}  // namespace graphrun::ops
