// LinSpace, Empty: tensors from nothing but numbers and sizes.
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace lin_space {

struct EmptyAttrs {
  DType dtype;
  bool init;
};

void InferShape(ShapeContext& c) {
  for (int i : {0, 1, 2}) c.WithRank(i, 0);
  const std::optional<int64_t> num = c.IntValue(2);
  if (num && *num <= 0) ThrowInvalid("LinSpace: num must be above 0, not " + std::to_string(*num));
  c.SetOut(0, {num.value_or(kUnknownDim)});
}

void Kernel(KernelContext& k) {
  ForFloat(k.Out(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T start = k.In<T>(0)[0], stop = k.In<T>(1)[0];
    const std::span<T> out = k.Out<T>(0);
    const auto last = static_cast<int64_t>(out.size()) - 1;
    const T step = last > 0 ? (stop - start) / static_cast<T>(last) : T{0};
    // The ends as they are, infinite ones too. Product and sum in one instruction would round once.
    for (int64_t i = 1; i < last; ++i) out[i] = step * static_cast<T>(i);
    for (int64_t i = 1; i < last; ++i) out[i] += start;
    out[last] = stop;
    out[0] = start;
  });
}

}  // namespace lin_space

OpDef LinSpaceOp() {
  return Op("LinSpace")
      .Doc(
          "output holds num numbers in equal steps, the first is start and the last stop; only "
          "start when num is 1. INVALID_ARGUMENT when num is not above 0.")
      .Input("start", "T")
      .Input("stop", "T")
      .Input("num", "Tidx")
      .Output("output", "T")
      .TypeAttr("T", kFloats)
      .TypeAttr("Tidx", kInts, DType::kInt32)
      .Shape(lin_space::InferShape)
      .NoGradient("TensorFlow's Python function is made of other ops")
      .Kernel(lin_space::Kernel);
}

OpDef EmptyOp() {
  using lin_space::EmptyAttrs;
  return Op<EmptyAttrs>("Empty")
      .Doc(
          "output has the dimensions that the int32 vector shape names. TensorFlow leaves the "
          "elements undefined unless `init`; here they are zeros always.")
      .Input("shape", "int32")
      .Output("output", "dtype")
      .TypeAttr("dtype", &EmptyAttrs::dtype)
      .Attr("init", &EmptyAttrs::init, false)
      .Shape([](ShapeContext& c) {
        c.WithRank(0, 1);
        c.SetOut(0, c.ValueAsSizes(0));
      })
      .NoGradient("the input is a shape")
      .Kernel([](KernelContext& k) { ClearElements(k.Out(0)); });
}

}  // namespace graphrun::ops
