// Shape, ShapeN, Size, Rank: the dimensions of tensors as tensors.
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace shape_ops {

constexpr char kIntegers[] = "integers that do not depend on the elements";

Shape LengthOf(const Shape& x) { return {x.known_rank() ? x.rank() : kUnknownDim}; }

// INVALID_ARGUMENT when the number is too large for the output's type.
template <typename T>
T AsOutput(int64_t n) {
  if (static_cast<T>(n) == n) return static_cast<T>(n);
  ThrowInvalid("the size " + std::to_string(n) + " does not fit int32; ask for out_type int64");
}

void WriteShapes(KernelContext& k) {
  for (int i = 0; i < k.num_outputs(); ++i) {
    ForInt(k.Out(i).dtype(), [&](auto z) {
      using T = decltype(z);
      const Shape& x = k.In(i).shape();
      for (int d = 0; d < x.rank(); ++d) k.Out<T>(i)[d] = AsOutput<T>(x[d]);
    });
  }
}

}  // namespace shape_ops

OpDef ShapeOp() {
  return Op<>("Shape")
      .Doc("output is the vector of input's dimensions, of type out_type.")
      .Input("input", "T")
      .Output("output", "out_type")
      .TypeAttr("T")
      .TypeAttr("out_type", kInts, DType::kInt32)
      .Shape([](ShapeContext& c) { c.SetOut(0, shape_ops::LengthOf(c.In(0))); })
      .Partial([](const PartialContext& c) { return c.In(0); })
      .NoGradient(shape_ops::kIntegers)
      .Kernel(shape_ops::WriteShapes);
}

OpDef ShapeNOp() {
  return Op<>("ShapeN")
      .Doc("output[i] is the vector of the dimensions of input[i], of type out_type.")
      .Input("input", "N*T")
      .Output("output", "N*out_type")
      .NumberAttr("N")
      .TypeAttr("T")
      .TypeAttr("out_type", kInts, DType::kInt32)
      .Shape([](ShapeContext& c) {
        for (int i = 0; i < c.num_inputs(); ++i) c.SetOut(i, shape_ops::LengthOf(c.In(i)));
      })
      .Partial([](const PartialContext& c) { return c.In(0); })
      .NoGradient(shape_ops::kIntegers)
      .Kernel(shape_ops::WriteShapes);
}

OpDef SizeOp() {
  return Op<>("Size")
      .Doc("output is the number of input's elements, a scalar of type out_type.")
      .Input("input", "T")
      .Output("output", "out_type")
      .TypeAttr("T")
      .TypeAttr("out_type", kInts, DType::kInt32)
      .Shape([](ShapeContext& c) { c.SetOut(0, Shape{}); })
      .Partial([](const PartialContext& c) {
        const Shape& x = c.In(0);
        return Shape{x.fully_known() ? x.num_elements() : kUnknownDim};
      })
      .NoGradient(shape_ops::kIntegers)
      .Kernel([](KernelContext& k) {
        ForInt(k.Out(0).dtype(), [&](auto z) {
          using T = decltype(z);
          k.Out<T>(0)[0] = shape_ops::AsOutput<T>(k.In(0).num_elements());
        });
      });
}

OpDef RankOp() {
  return Op<>("Rank")
      .Doc("output is the number of input's dimensions, an int32 scalar.")
      .Input("input", "T")
      .Output("output", "int32")
      .TypeAttr("T")
      .Shape([](ShapeContext& c) { c.SetOut(0, Shape{}); })
      .Partial([](const PartialContext& c) { return shape_ops::LengthOf(c.In(0)); })
      .NoGradient(shape_ops::kIntegers)
      .Kernel([](KernelContext& k) { k.Out<int32_t>(0)[0] = k.In(0).shape().rank(); });
}

}  // namespace graphrun::ops
