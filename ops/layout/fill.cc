// Fill: a tensor of equal elements.
#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace fill {

void InferShape(ShapeContext& c) {
  c.WithRank(0, 1);
  c.WithRank(1, 0);
  c.SetOut(0, c.ValueAsSizes(0));
}

Shape Elements(const PartialContext& c) {
  const Shape dims = c.Value(0), value = c.Value(1);
  if (dims.rank() != 1 || dims[0] < 0 || dims[0] > Shape::kMaxRank || value.rank() != 1)
    return Shape::Unknown();
  Shape all;
  for (int64_t i = 0; i < dims[0]; ++i) all.Append(value[0]);
  return all;
}

void Kernel(KernelContext& k) {
  StridedCopy copy;
  copy.Add(k.Out(0).num_elements(), 1, 0);
  copy.Run(k.Out(0), 0, k.In(1), 0);
}

}  // namespace fill

OpDef FillOp() {
  return Op<>("Fill")
      .Means(Meaning::kFill)
      .Doc(
          "output has the dimensions that the int vector dims names, each element the scalar "
          "value.")
      .Input("dims", "index_type")
      .Input("value", "T")
      .Output("output", "T")
      .TypeAttr("T")
      .TypeAttr("index_type", kInts, DType::kInt32)
      .Shape(fill::InferShape)
      .Partial(fill::Elements)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {{}, op::ReduceSum(g.scope(), g.DOut(0))};
      })
      .Kernel(fill::Kernel);
}

}  // namespace graphrun::ops
