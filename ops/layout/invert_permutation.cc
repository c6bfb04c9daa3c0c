// InvertPermutation: y[x[i]] = i.
#include <algorithm>

#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {

OpDef InvertPermutationOp() {
  return Op<>("InvertPermutation")
      .Doc("y[x[i]] = i for an int vector x. INVALID_ARGUMENT when x is no permutation of 0..n-1.")
      .Input("x", "T")
      .Output("y", "T")
      .TypeAttr("T", kInts, DType::kInt32)
      .Shape([](ShapeContext& c) { c.SetOut(0, c.WithRank(0, 1)); })
      .NoGradient("integers")
      .Kernel([](KernelContext& k) {
        ForInt(k.Out(0).dtype(), [&](auto z) {
          using T = decltype(z);
          const auto x = k.In<T>(0);
          const auto y = k.Out<T>(0);
          const T n = static_cast<T>(x.size());
          std::fill(y.begin(), y.end(), T{-1});
          for (T i = 0; i < n; ++i) {
            if (x[i] < 0 || x[i] >= n || y[x[i]] >= 0) {
              ThrowInvalid("InvertPermutation: " + k.In(0).ToString() + " is no permutation");
            }
            y[x[i]] = i;
          }
        });
      });
}

}  // namespace graphrun::ops
