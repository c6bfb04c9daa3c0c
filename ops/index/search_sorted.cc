// LowerBound, UpperBound: where values would go into sorted rows.
#include <algorithm>

#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace search_sorted {

void InferShape(ShapeContext& c) {
  const Shape sorted = c.WithRank(0, 2), values = c.WithRank(1, 2);
  c.MergeDim(sorted[0], values[0], "rows of sorted_inputs and values");
  c.SetOut(0, values);
}

void Kernel(KernelContext& k, bool upper) {
  const int64_t n = k.In(0).shape()[1], m = k.In(1).shape()[1], count = k.In(1).num_elements();
  ForNumeric(k.In(0).dtype(), [&](auto z) {
    ForInt(k.Out(0).dtype(), [&](auto i) {
      using T = decltype(z);
      for (int64_t at = 0; at < count; ++at) {
        const T* row = k.In(0).data<T>() + at / m * n;
        const T value = k.In(1).data<T>()[at];
        const T* found =
            upper ? std::upper_bound(row, row + n, value) : std::lower_bound(row, row + n, value);
        k.Out(0).data<decltype(i)>()[at] = static_cast<decltype(i)>(found - row);
      }
    });
  });
}

OpDef Declare(const char* name, const char* which, bool upper) {
  return Op(name)
      .Doc(
          std::string("For each of values [batch, m], the position of the first element of its row "
                      "of sorted_inputs [batch, n] that is ") +
          which + ", or n.")
      .Input("sorted_inputs", "T")
      .Input("values", "T")
      .Output("output", "out_type")
      .TypeAttr("T", kNumbers)
      .TypeAttr("out_type", kInts, DType::kInt32)
      .Shape(InferShape)
      .NoGradient("its output are positions")
      .Kernel([upper](KernelContext& k) { Kernel(k, upper); });
}

}  // namespace search_sorted

OpDef LowerBoundOp() { return search_sorted::Declare("LowerBound", "not less than it", false); }

OpDef UpperBoundOp() { return search_sorted::Declare("UpperBound", "greater than it", true); }

}  // namespace graphrun::ops
