// AccumulateNV2: the sum of tensors of one shape, which is given.
#include "core/build/ops.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace accumulate_n {
namespace {

struct Attrs {
  Shape shape;
};
using Sum = decltype([](const auto& x, const auto& y) { return x + y; });

void InferShape(ShapeContext& c, const Attrs& t) {
  Shape shape = t.shape;
  for (int i = 0; i < c.num_inputs(); ++i) {
    shape = c.MergeShapes(shape, c.In(i), "the shapes of attribute and inputs");
  }
  c.SetOut(0, shape);
}

void Kernel(KernelContext& k) {
  Tensor& out = k.Out(0);
  if (k.num_inputs() == 1) return out.CopyFrom(k.In(0));
  static constexpr auto kLoops = LoopsOf<2, false, Sum>(kNumberTypes, kCheap);
  const ElementLoop& loop = FindLoop(kLoops, out.dtype());
  const void* sum = k.In(0).raw();
  for (int i = 1; i < k.num_inputs(); ++i) {
    const std::array<Operand, 2> in{{{sum, &out.shape()}, {k.In(i).raw(), &out.shape()}}};
    RunElementwise(loop, in, out.raw(), out.shape());
    sum = out.raw();
  }
}

}  // namespace
}  // namespace accumulate_n

OpDef AccumulateNV2Op() {
  using accumulate_n::Attrs;
  return Op<Attrs>("AccumulateNV2")
      .Doc(
          "sum is the sum of all inputs, which have the shape `shape` (partly unknown, if wanted).")
      .Input("inputs", "N*T")
      .Output("sum", "T")
      .NumberAttr("N")
      .TypeAttr("T", kNumbers)
      .Attr("shape", &Attrs::shape)
      .Shape(accumulate_n::InferShape)
      .Grad([](GradContext& g) { return std::vector<Grad>(g.num_inputs(), g.DOut(0)); })
      .Kernel(accumulate_n::Kernel);
}

}  // namespace graphrun::ops
