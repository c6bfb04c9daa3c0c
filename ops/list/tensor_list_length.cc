// TensorListLength: the number of elements of a list.
#include "ops/list/list.h"

namespace graphrun::ops {

OpDef TensorListLengthOp() {
  return Op("TensorListLength")
      .Doc("The number of elements of the list, set or not: an int32 scalar.")
      .Input("input_handle", "variant")
      .Output("length", "int32")
      .Means(Meaning::kListLength)
      .Shape([](ShapeContext& c) {
        c.WithRank(0, 0);
        c.SetOut(0, {});
      })
      .NoGradient("its output does not depend on the elements")
      .Kernel([](KernelContext& k) {
        k.Out<int32_t>(0)[0] = static_cast<int32_t>(AsList(k.In(0)).items.size());
      });
}

}  // namespace graphrun::ops
