// Pack: stacks tensors of one shape along a new dimension.
#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/batch_rules.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace pack {

struct Attrs {
  int64_t axis;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  Shape x = Shape::Unknown();
  for (int i = 0; i < c.num_inputs(); ++i)
    x = c.MergeShapes(x, c.In(i), "shapes of the packed tensors");
  if (!x.known_rank()) return;
  const int axis = CanonicalAxis(t.axis, x.rank() + 1);
  Shape y = x.Slice(0, axis);
  y.Append(c.num_inputs());
  c.SetOut(0, Concatenate(y, x.From(axis)));
}

Shape Elements(const PartialContext& c) {
  if (c.num_inputs() > Shape::kMaxRank) return Shape::Unknown();
  Shape all;
  for (int i = 0; i < c.num_inputs(); ++i) {
    const Shape scalar = c.Value(i);
    all.Append(scalar.rank() == 1 ? scalar[0] : kUnknownDim);
  }
  return all;
}

std::vector<Grad> Gradient(GradContext& g, const Attrs& t) {
  const std::vector<Expr> parts = op::Unpack(g.scope(), g.DOut(0), g.num_inputs(), t.axis);
  return std::vector<Grad>(parts.begin(), parts.end());
}

void Kernel(KernelContext& k, const Attrs& t) {
  const Shape& x = k.In(0).shape();
  const int axis = CanonicalAxis(t.axis, x.rank() + 1);
  const int64_t outer = CountElements(x, 0, axis), part = CountElements(x, axis, x.rank());
  StridedCopy copy;
  copy.Add(outer, part * k.num_inputs(), part);
  copy.Add(part, 1, 1);
  for (int i = 0; i < k.num_inputs(); ++i) copy.Run(k.Out(0), i * part, k.In(i), 0);
}

}  // namespace pack

OpDef PackOp() {
  using pack::Attrs;
  return Op<Attrs>("Pack")
      .Doc(
          "output stacks the N tensors values, all of one shape, along a new dimension at position "
          "axis, in "
          "[-rank-1, rank].")
      .Input("values", "N*T")
      .Output("output", "T")
      .NumberAttr("N")
      .TypeAttr("T")
      .Attr("axis", &Attrs::axis, 0)
      .Shape(pack::InferShape)
      .Partial(pack::Elements)
      .Grad(pack::Gradient)
      .Kernel(pack::Kernel)
      .Batch([](BatchContext& c, const Attrs& t) -> std::vector<Output> {
        std::vector<Output> parts;
        for (int i = 0; i < c.num_inputs(); ++i) parts.push_back(c.Full(i));
        return {c.Add("Pack", parts, {{"axis", t.axis < 0 ? t.axis : t.axis + 1}})};
      });
}

}  // namespace graphrun::ops
