// ConcatOffset: where each of the concatenated tensors begins.
#include <algorithm>

#include "core/base/size.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"

namespace graphrun::ops {
namespace concat_offset {

void InferShape(ShapeContext& c) {
  c.WithRank(0, 0);
  for (int i = 1; i < c.num_inputs(); ++i) c.SetOut(i - 1, c.WithRank(i, 1));
}

void Kernel(KernelContext& k) {
  ForInt(k.Out(0).dtype(), [&](auto z) {
    using T = decltype(z);
    const int rank = static_cast<int>(k.In<T>(1).size());
    const int axis = CanonicalAxis(k.In(0).scalar<int32_t>(), rank);
    int64_t begin = 0;
    for (int i = 0; i < k.num_outputs(); ++i) {
      const auto shape = k.In<T>(i + 1);
      if (static_cast<int>(shape.size()) != rank) {
        ThrowInvalid("ConcatOffset: shapes " + k.In(1).ToString() + " and " +
                     k.In(i + 1).ToString() + " differ in length");
      }
      for (int d = 0; d < rank; ++d) {
        if (d != axis && shape[d] != k.In<T>(1)[d]) {
          ThrowInvalid("ConcatOffset: shapes " + k.In(1).ToString() + " and " +
                       k.In(i + 1).ToString() + " differ in dimension " + std::to_string(d));
        }
      }
      const auto offset = k.Out<T>(i);
      std::fill(offset.begin(), offset.end(), T{0});
      offset[axis] = static_cast<T>(begin);
      if (offset[axis] != begin)
        ThrowInvalid("ConcatOffset: the offset " + std::to_string(begin) +
                     " does not fit its type");
      begin = CheckedAdd(begin, shape[axis]);
    }
  });
}

}  // namespace concat_offset

OpDef ConcatOffsetOp() {
  return Op<>("ConcatOffset")
      .Doc(
          "offset[i] is the index at which a tensor of shape shape[i] begins when N of them are "
          "concatenated along "
          "concat_dim. INVALID_ARGUMENT when the shapes differ in another dimension.")
      .Input("concat_dim", "int32")
      .Input("shape", "N*shape_type")
      .Output("offset", "N*shape_type")
      .NumberAttr("N", 2)
      .TypeAttr("shape_type", kInts, DType::kInt32)
      .Shape(concat_offset::InferShape)
      .NoGradient("integers")
      .Kernel(concat_offset::Kernel);
}

}  // namespace graphrun::ops
